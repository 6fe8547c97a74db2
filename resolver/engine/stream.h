#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "proto/base/bytes.h"

namespace idnode::resolver {

/// What follows the messages of an answer on the same connection, made piece by piece as the peer
/// takes it: one piece is in memory at a time, and no thread waits for the peer. Used by one thread
/// at a time.
class Stream {
  public:
    enum class Next : std::uint8_t {
        kMore,       // call again when the peer has taken this piece
        kAwaitPeer,  // call again with what the peer sends
        kEnd,        // that was the last piece; the connection goes on with messages
        kClose,      // that was the last piece; the connection ends (§3.6)
    };

    virtual ~Stream() = default;
    /// Appends the next piece to `out`; there may be none. `received`: what the peer has sent since
    /// the last call. Reads the disk and signs: call on the pool.
    virtual Next next(BytesView received, Bytes& out) = 0;
};
using StreamPtr = std::shared_ptr<Stream>;

/// How many streams may run at once, for all connections together. Thread-safe.
class StreamSlots {
  public:
    /// A place that is free again when this object goes. It must not outlive its slots.
    class Slot {
      public:
        explicit Slot(StreamSlots& slots) : slots_(&slots) {}
        Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
        Slot(const Slot&) = delete;
        Slot& operator=(const Slot&) = delete;
        Slot& operator=(Slot&&) = delete;
        ~Slot() {
            if (slots_ != nullptr) slots_->taken_.fetch_sub(1);
        }

      private:
        StreamSlots* slots_;
    };

    explicit StreamSlots(unsigned count_max) : count_max_(count_max) {}

    /// Nothing when all places are taken.
    std::optional<Slot> take() {
        if (taken_.fetch_add(1) < count_max_) return Slot(*this);
        taken_.fetch_sub(1);
        return std::nullopt;
    }
    unsigned taken() const { return taken_.load(); }

  private:
    const unsigned count_max_;
    std::atomic<unsigned> taken_ = 0;
};

}  // namespace idnode::resolver
