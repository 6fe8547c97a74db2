#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <utility>

namespace idnode::resolver {

/// For how long something has been so, counted from the first time anybody asks. Connections ask
/// when their deadlines are checked, so that no message costs a look at the clock.
class Since {
  public:
    using Clock = std::chrono::steady_clock;

    void restart() { is_begun_ = false; }
    Clock::duration at(Clock::time_point now) {
        if (!std::exchange(is_begun_, true)) begun_ = now;
        return now - begun_;
    }

  private:
    Clock::time_point begun_{};
    bool is_begun_ = false;
};

/// What a listener knows of a stream connection that it accepted, whatever is spoken on it. Used on
/// one thread.
class Connection {
  public:
    using Clock = std::chrono::steady_clock;

    virtual ~Connection() = default;

    /// Runs until the peer closes, a deadline passes, or `close`.
    virtual boost::asio::awaitable<void> run() = 0;
    /// Reads no more, and closes when all answers are out.
    virtual void end() = 0;
    virtual void close() = 0;
    /// Called about twice a second: closes what has waited too long for the peer.
    virtual void check_deadlines(Clock::time_point now) = 0;
    /// How many requests came since it was last asked.
    virtual std::uint64_t take_requests() = 0;
};

}  // namespace idnode::resolver
