#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

/// What the coroutines of this folder share.
namespace idnode::resolver {

namespace asio = boost::asio;

template <class T>
using Task = asio::awaitable<T>;

/// Completes operations with their error as a value: `auto [failure, size] = co_await ...`.
inline constexpr auto kAsValues = asio::as_tuple(asio::use_awaitable);

using SteadyTime = std::chrono::steady_clock::time_point;

}  // namespace idnode::resolver
