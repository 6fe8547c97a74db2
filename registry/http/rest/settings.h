#pragma once

#include <chrono>
#include <cstddef>

namespace idnode::http {

struct RestSettings {
    std::size_t sessions_max = 65'536;
    /// Sessions that nobody has authenticated yet, from one address.
    std::size_t sessions_per_source_max = 256;
    std::chrono::seconds session_idle{1'800};         // §8.7
    std::chrono::milliseconds upstream_wait{30'000};  // for an answer of another node
    std::size_t body_bytes_max = 2U << 20U;           // a larger one: 413
};

}  // namespace idnode::http
