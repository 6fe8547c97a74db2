#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace idnode::storage {

/// Of a record's key, for what is in memory only. All 64 bits are good.
inline std::uint64_t key_hash(std::string_view key) {
    return std::hash<std::string_view>{}(key);
}

/// Which of `count` things a hash means: by its high bits.
inline std::uint64_t scaled(std::uint64_t hash, std::uint64_t count) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(hash) * count) >> 64U);
}

/// The same by all of its bits.
inline std::uint64_t spread(std::uint64_t hash, std::uint64_t count) {
    constexpr std::uint64_t kGolden = 0x9e37'79b9'7f4a'7c15;
    return scaled(hash * kGolden, count);
}

}  // namespace idnode::storage
