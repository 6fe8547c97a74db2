#pragma once

#include <cstddef>
#include <cstdint>

#include "proto/base/reader.h"

/// Numbers in as few octets as they need: seven bits an octet, low ones first, 0x80 on all but the
/// last.
namespace idnode::storage {

inline constexpr unsigned kVarintBits = 7;
inline constexpr std::size_t kVarintBytesMax = 5;

/// `put` gets each octet. At most kVarintBytesMax for what `read_varint` reads.
template <class Put>
void write_varint(std::size_t number, Put put) {
    for (; number >> kVarintBits != 0; number >>= kVarintBits) {
        put(static_cast<std::uint8_t>(number | 0x80U));
    }
    put(static_cast<std::uint8_t>(number));
}

/// Above 32 bits: kTooLong.
inline std::uint32_t read_varint(ByteReader& in, const char* field) {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < kVarintBytesMax * kVarintBits; shift += kVarintBits) {
        const std::uint64_t octet = in.u8(field);
        out |= (octet & 0x7FU) << shift;
        if (octet < 0x80U) {
            if (out > UINT32_MAX) in.fail(WireErrc::kTooLong, field);
            return static_cast<std::uint32_t>(out);
        }
    }
    in.fail(WireErrc::kTooLong, field);
    return 0;
}

}  // namespace idnode::storage
