#pragma once

#include <string>
#include <string_view>

#include "proto/base/bytes.h"

namespace idnode::registration {

/// Lower case.
inline std::string to_hex(BytesView octets) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    out.reserve(2 * octets.size());
    for (const std::byte octet : octets) {
        out += kDigits[std::to_integer<std::size_t>(octet >> 4U)];
        out += kDigits[std::to_integer<std::size_t>(octet & std::byte{0x0F})];
    }
    return out;
}

}  // namespace idnode::registration
