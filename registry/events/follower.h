#pragma once

#include <vector>

#include "registry/events/access.h"
#include "registry/events/event_reader.h"
#include "registry/events/query.h"
#include "registry/model/ports.h"

namespace idnode::events {

/// What one reading of the log found.
struct Followed {
    std::vector<StoredEvent> events;
    EventKey position{};     // everything up to here was looked at
    bool is_at_end = false;  // and that is all there is for now
};

/// How far one reading goes.
struct FollowLimits {
    std::size_t events = 100;
    std::size_t bytes = 1U << 20U;
    std::size_t looked_at = 5'000;
};

/// Events that became known after `position` and up to `until`, in that order, that match and may
/// be read. Never core events: they leave their owner by a single release alone (identifiers
/// document §9.2). Blocks on the disk.
registration::Outcome<Followed> follow_events(const model::RecordStore& store, const Query& query,
                                              Access& access, const EventKey& position,
                                              const EventKey& until,
                                              const FollowLimits& limits = {});

}  // namespace idnode::events
