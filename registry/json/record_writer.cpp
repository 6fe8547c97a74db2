#include <array>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "proto/base/limits.h"
#include "proto/base/reader.h"
#include "proto/base/text.h"
#include "proto/handle/admin.h"
#include "registry/json/encoding.h"
#include "registry/json/record_json.h"
#include "registry/json/structures.h"

namespace idnode::json {
namespace {

namespace bj = boost::json;

constexpr unsigned kAdminDigits = 12;  // permissions of HS_ADMIN, §2.5

void write_base64_object(BytesView octets, std::string& out) {
    out += R"({"format":"base64","value":")";
    append_base64(octets, out);
    out += "\"}";
}

void write_number(std::int32_t number, std::string& out) {
    std::array<char, 11> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void write_signed(std::uint32_t octets, std::string& out) {
    write_number(static_cast<std::int32_t>(octets), out);
}

/// Most values of records with a structure: the same text as by way of a document, where that reads
/// back to the same octets. False: it may not.
bool write_admin(BytesView data, std::string& out) {
    ByteReader in(data);
    const std::uint16_t permissions = in.u16("permissions");
    const std::string_view handle = in.text_u32("handle", limits::kFieldBytesMax);
    const std::uint32_t index = in.u32("index");
    if (!in.ok() || in.left() > 0 || permissions > handle::admin_permission::kAll ||
        !is_plain_text(handle)) {
        return false;
    }
    out += R"({"format":"admin","value":{"handle":)";
    append_json_string(handle, out);
    out += R"(,"index":)";
    write_signed(index, out);
    out += R"(,"permissions":")";
    for (unsigned bit = kAdminDigits; bit-- > 0;) {
        out += ((unsigned{permissions} >> bit) & 1U) != 0 ? '1' : '0';
    }
    out += "\"}}";
    return true;
}

bool write_structured(std::string_view type, BytesView data, std::string& out) {
    const std::string_view format = structured_format(type);
    if (format.empty()) return false;
    if (format == "admin" && write_admin(data, out)) return true;
    const auto value = write_structure(format, data);
    if (!value) return false;
    out.append(R"({"format":")").append(format).append(R"(","value":)");
    out.append(bj::serialize(*value)).append("}");
    return true;
}

void write_data(const handle::ValueView& value, std::string& out) {
    if (write_structured(value.type, value.data, out)) return;
    if (!is_plain_text(as_text(value.data))) return write_base64_object(value.data, out);
    out += R"({"format":"string","value":)";
    append_json_string(as_text(value.data), out);
    out += '}';
}

void write_permissions(std::uint8_t permissions, std::string& out) {
    out += R"(,"permissions":")";
    for (unsigned bit = permissions > 0x0F ? 8 : 4; bit-- > 0;) {
        out += ((permissions >> bit) & 1U) != 0 ? '1' : '0';
    }
    out += '"';
}

void write_ttl(const handle::ValueView& value, std::string& out) {
    out += R"(,"ttl":)";
    if (value.ttl_type == handle::TtlType::kRelative) return write_signed(value.ttl, out);
    out += '"';
    append_time(value.ttl, out);
    out += '"';
}

void write_references(const handle::ValueView& value, std::string& out) {
    ByteReader in(value.references);
    out += R"(,"references":[)";
    for (std::uint32_t i = 0; i < value.reference_count; ++i) {
        out += i == 0 ? R"({"handle":)" : R"(,{"handle":)";
        write_name(in.text_u32("reference handle", limits::kFieldBytesMax), out);
        out += R"(,"index":)";
        write_signed(in.u32("reference index"), out);
        out += '}';
    }
    out += ']';
}

}  // namespace

/// Types and handles are UTF-8, but nothing on the wire enforces it.
void write_name(std::string_view name, std::string& out) {
    if (is_utf8(name)) {
        append_json_string(name, out);
    } else {
        write_base64_object(as_bytes_view(name), out);
    }
}

void write_value(const handle::ValueView& value, std::string& out) {
    out += R"({"index":)";
    write_number(value.index, out);
    out += R"(,"type":)";
    write_name(value.type, out);
    out += R"(,"data":)";
    write_data(value, out);
    if (value.permissions != handle::permission::kDefault) {
        write_permissions(value.permissions, out);
    }
    write_ttl(value, out);
    if (value.timestamp != 0) {
        out += R"(,"timestamp":")";
        append_time(value.timestamp, out);
        out += '"';
    }
    if (value.reference_count > 0) write_references(value, out);
    out += '}';
}

Result<void> write_record(std::string_view handle, BytesView values, std::string& out) {
    const std::size_t start = out.size();
    out += R"({"handle":)";
    write_name(handle, out);
    out += R"(,"values":[)";
    ByteReader in(values);
    handle::ValuesReader reader(in);
    bool first = true;
    while (const auto value = reader.next()) {
        if (!first) out += ',';
        first = false;
        write_value(*value, out);
    }
    out += "]}";
    if (const auto end = in.finish(true); !end) {
        out.resize(start);
        return Error{Errc::kDamaged, "values of " + std::string(handle) + ": octet " +
                                         std::to_string(end.error().offset) + ", " +
                                         end.error().field};
    }
    return {};
}

}  // namespace idnode::json
