#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>

#include "registry/events/event_keys.h"
#include "registry/model/ports.h"

namespace idnode::events {

/// Hands out the keys of events, in ascending order, and knows which are on their way into the
/// store: so that who reads events in the order of their keys misses none. One for each store; may
/// be used by several threads.
class EventLog {
  public:
    EventLog(const model::RecordStore& store, const model::Clock& clock)
        : store_(store), clock_(clock) {}

    /// Keys that a commit uses: `first`, and those with the following sequences. On their way until
    /// this is destroyed.
    class Taken {
      public:
        Taken(EventLog& log, EventKey first) : log_(&log), first_(first) {}
        Taken(Taken&& other) noexcept : log_(other.log_), first_(other.first_) {
            other.log_ = nullptr;
        }
        Taken& operator=(Taken&&) = delete;
        ~Taken() {
            if (log_ != nullptr) log_->end(first_);
        }
        EventKey at(std::size_t index) const {
            return {first_.record_time_ms, first_.sequence + index};
        }

      private:
        EventLog* log_;
        EventKey first_;
    };
    /// Record times never go back, though the clock may.
    Result<Taken> take(std::size_t count);

    /// Waits until everything that was on its way at the call is stored or given up, and gives the
    /// last key handed out before it: no event will come up to there any more.
    Result<EventKey> settled();
    /// Without waiting: no event will come up to there any more.
    Result<EventKey> settled_now();

  private:
    Result<void> find_last();
    void end(const EventKey& first);

    const model::RecordStore& store_;
    const model::Clock& clock_;
    std::mutex mutex_;
    std::condition_variable ended_;
    bool knows_last_ = false;
    EventKey last_{};               // handed out
    std::set<EventKey> under_way_;  // the first key of each
};

}  // namespace idnode::events
