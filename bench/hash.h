#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "bench/random.h"
#include "proto/base/bytes.h"

namespace idnode::bench {

/// 64 bits of any octets. Only compared within one run: neither seed nor byte order matters.
inline std::uint64_t hash64(BytesView octets) {
    std::uint64_t hash = 0x9E3779B97F4A7C15U ^ octets.size();
    while (octets.size() >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, octets.data(), 8);
        hash = mix64(hash ^ word);
        octets = octets.subspan(8);
    }
    std::uint64_t word = 0;
    if (!octets.empty()) std::memcpy(&word, octets.data(), octets.size());
    return mix64(hash ^ word);
}
inline std::uint64_t hash64(std::string_view text) {
    return hash64(as_bytes_view(text));
}

/// What a client must get back of one value: index, type and data. The hash of a record is the sum
/// over its values, so that their order does not matter; timestamps and TTLs are left out.
inline std::uint64_t hash_value(std::int32_t index, std::string_view type,
                                std::uint64_t data_hash) {
    return mix64(hash64(type) + mix64(data_hash + static_cast<std::uint32_t>(index)));
}

}  // namespace idnode::bench
