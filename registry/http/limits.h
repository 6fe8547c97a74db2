#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include "proto/base/limits.h"

namespace idnode::http {

/// The body of a tunnel request: one message with its envelope (§3.7).
inline constexpr std::size_t kTunnelBodyBytesMax =
    limits::kEnvelopeBytes + limits::kMessageBytesMax;

/// What a stranger's connection and request meet.
struct Limits {
    std::size_t connections_max = 4'096;         // of the whole server
    std::size_t header_bytes_max = 16'384;       // request line and fields
    std::size_t body_bytes_max = 4'194'304;      // of one request
    std::size_t bodies_bytes_max = 268'435'456;  // of all requests together
    std::chrono::seconds idle{60};               // between two requests
    // For the header of a request, then for its body, then for the peer to take the answer; a
    // second more for each 8 KiB that move.
    std::chrono::seconds request{30};
};

/// The octets that the bodies of all requests may take together. Thread-safe.
class BodyBudget {
  public:
    explicit BodyBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    /// A part of the budget, given back at its end.
    class Share {
      public:
        Share(BodyBudget& budget, std::size_t bytes) : budget_(&budget), bytes_(bytes) {}
        Share(Share&& other) noexcept
            : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;
        Share& operator=(Share&&) = delete;
        ~Share() { budget_->taken_.fetch_sub(bytes_); }

        std::size_t bytes() const { return bytes_; }
        /// False when so much is not left; then it stays as it was.
        bool grow_to(std::size_t bytes) {
            auto more = budget_->take(bytes - bytes_);
            if (more) bytes_ += std::exchange(more->bytes_, 0);
            return more.has_value();
        }

      private:
        BodyBudget* budget_;
        std::size_t bytes_;
    };

    /// Nothing when so much is not left.
    std::optional<Share> take(std::size_t bytes) {
        if (taken_.fetch_add(bytes) + bytes <= bytes_max_) return Share(*this, bytes);
        taken_.fetch_sub(bytes);
        return std::nullopt;
    }

  private:
    const std::size_t bytes_max_;
    std::atomic<std::size_t> taken_ = 0;
};

}  // namespace idnode::http
