#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// What the program that is killed and the test that kills it agree on.
namespace idnode::test {

inline constexpr unsigned kCrashLoadRecords = 2000;

inline std::string crash_name(std::string_view group, std::uint64_t number) {
    return "88.100.7/" + std::string(group) + "-" + std::to_string(number);
}

}  // namespace idnode::test
