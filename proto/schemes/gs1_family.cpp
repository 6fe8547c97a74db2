#include "proto/schemes/gs1_family.h"

#include "proto/schemes/gs1_key.h"

namespace idnode::schemes {
namespace {

constexpr std::string_view kTag = "gs1:";
constexpr std::string_view kLot = "10";
constexpr std::string_view kSerial = "21";

/// The parts of a CID, still percent-encoded.
struct Parts {
    std::string_view code;
    std::string_view value;
    std::string_view lot;
    std::string_view serial;
    std::string_view variant;  // 22
};

std::optional<Parts> read(std::string_view cid) {
    if (!cid.starts_with("gs1:/")) return std::nullopt;
    gs1::PathReader path(cid);
    Parts out;
    if (!path.next(out.code, out.value)) return std::nullopt;
    std::string_view code;
    std::string_view value;
    while (path.next(code, value)) {
        if (code == "22") out.variant = value;
        if (code == kLot) out.lot = value;
        if (code == kSerial) out.serial = value;
    }
    return out;
}

void append(std::string_view code, std::string_view value, std::string& out) {
    if (!value.empty()) out.append(1, '/').append(code).append(1, '/').append(value);
}

}  // namespace

std::optional<std::string> class_of(std::string_view cid) {
    const auto parts = read(cid);
    const gs1::KeyRule* rule = parts ? gs1::key_rule(parts->code) : nullptr;
    if (rule == nullptr || rule->level != Level::kClass) return std::nullopt;
    std::string out(kTag);
    // What tells an instance from its class is digits, so it has no escapes before it.
    const std::size_t size = rule->class_digits == 0 ? parts->value.size() : rule->class_digits;
    append(parts->code, parts->value.substr(0, size), out);
    return out;
}

std::optional<std::string> lot_of(std::string_view cid) {
    const auto parts = read(cid);
    if (!parts || parts->lot.empty()) return std::nullopt;
    std::string out(kTag);
    append(parts->code, parts->value, out);
    append(kLot, parts->lot, out);
    return out;
}

std::optional<std::string> without_lot(std::string_view cid) {
    const auto parts = read(cid);
    if (!parts || parts->lot.empty() || parts->serial.empty()) return std::nullopt;
    std::string out(kTag);
    append(parts->code, parts->value, out);
    append("22", parts->variant, out);
    append(kSerial, parts->serial, out);
    return out;
}

}  // namespace idnode::schemes
