#pragma once

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string>

/// What answers that are sent in pieces share.
namespace idnode::http {

inline constexpr auto kAsTuple = boost::asio::as_tuple(boost::asio::use_awaitable);
// Before a full pool is asked again for the next piece.
inline constexpr std::chrono::milliseconds kPoolPause{100};

/// The line before a chunk.
inline std::string chunk_head(std::size_t size) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
    return std::string(digits.data(), end) + "\r\n";
}

}  // namespace idnode::http
