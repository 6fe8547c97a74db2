#include "proto/base/hex.h"

#include <cstddef>

namespace idnode {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

std::size_t digit(char octet) {
    return kDigits.find(octet >= 'A' && octet <= 'F' ? static_cast<char>(octet - 'A' + 'a')
                                                     : octet);
}

}  // namespace

std::string to_hex(BytesView octets) {
    std::string out;
    out.reserve(2 * octets.size());
    for (const std::byte octet : octets) {
        out += kDigits[std::to_integer<std::size_t>(octet >> 4U)];
        out += kDigits[std::to_integer<std::size_t>(octet & std::byte{0x0F})];
    }
    return out;
}

std::optional<Bytes> parse_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    Bytes out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const std::size_t high = digit(text[i]);
        const std::size_t low = digit(text[i + 1]);
        if (high == kDigits.npos || low == kDigits.npos) return std::nullopt;
        out.push_back(static_cast<std::byte>(high << 4U | low));
    }
    return out;
}

}  // namespace idnode
