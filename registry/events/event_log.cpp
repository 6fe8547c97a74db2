#include "registry/events/event_log.h"

#include <algorithm>

namespace idnode::events {

/// With the mutex held.
Result<void> EventLog::find_last() {
    if (knows_last_) return {};
    const auto events = store_.walk_objects(model::Table::kEvents);
    const auto found = events->seek_before({});
    if (!found) return found.error();
    if (*found) {
        const auto key = read_event_key(events->key());
        if (!key) return Error{Errc::kDamaged, "the key of the last event is damaged"};
        last_ = *key;
    }
    knows_last_ = true;
    return {};
}

Result<EventLog::Taken> EventLog::take(std::size_t count) {
    const std::scoped_lock lock(mutex_);
    if (auto known = find_last(); !known) return std::move(known).error();
    const EventKey first{.record_time_ms = std::max(clock_.now(), last_.record_time_ms),
                         .sequence = last_.sequence + 1};
    last_ = {.record_time_ms = first.record_time_ms, .sequence = last_.sequence + count};
    under_way_.insert(first);
    return Taken(*this, first);
}

void EventLog::end(const EventKey& first) {
    {
        const std::scoped_lock lock(mutex_);
        under_way_.erase(first);
    }
    ended_.notify_all();
}

Result<EventKey> EventLog::settled() {
    std::unique_lock lock(mutex_);
    if (auto known = find_last(); !known) return std::move(known).error();
    const EventKey until = last_;
    ended_.wait(lock, [&] { return under_way_.empty() || *under_way_.begin() > until; });
    return until;
}

Result<EventKey> EventLog::settled_now() {
    const std::scoped_lock lock(mutex_);
    if (auto known = find_last(); !known) return std::move(known).error();
    if (under_way_.empty()) return last_;
    // The key before the first one under way: sequences never repeat.
    EventKey before = *under_way_.begin();
    --before.sequence;
    return before;
}

}  // namespace idnode::events
