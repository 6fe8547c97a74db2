#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace idnode::storage {

/// Of a record's key, for what is in memory only. All 64 bits are good.
inline std::uint64_t key_hash(std::string_view key) {
    return std::hash<std::string_view>{}(key);
}

}  // namespace idnode::storage
