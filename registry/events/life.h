#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "registry/events/access.h"
#include "registry/events/containment.h"
#include "registry/events/event_reader.h"
#include "registry/events/stages.h"

/// What happened to one identifier: by itself, and together with what it was in (identifiers
/// document §14.4).
namespace idnode::events {

/// A time during which something was in a container, directly or inside another one.
struct Stay {
    std::string container;
    Interval during;
    std::size_t distance = 1;            // more: the container of a container
    std::optional<EventKey> ended_by{};  // not where it was only put somewhere else
};
/// Those that the reader may know of: who may not read that it was put in, does not learn what
/// happened to the container. `direct`: its own containers.
struct Stays {
    std::vector<Stay> all;
    std::vector<Containment> direct;
    std::size_t redacted = 0;
    bool is_all = true;  // false: there were more than are looked at
};
/// Whether the reader may know of it: whether they may read the event that began it.
registration::Outcome<bool> may_know(Access& access, const Containment& one);
registration::Outcome<Stays> stays_of(EventReader& reader, Containments& containments,
                                      Access& access, std::string_view cid);

/// One event of the life of an identifier.
struct LifeEvent {
    EntryEnd end;
    v1::EventTouch what;       // what the identifier is in it; of an inherited one, its container
    std::string via;           // the container; empty: the event names the identifier itself
    bool took_out = false;     // it took out of the container all that was in it
    std::size_t distance = 0;  // of the container; 0: its own

    bool is_inherited() const { return !via.empty(); }
    StageMachine::Seen seen() const;
};

/// Its record: mostly it lies with the identifier.
Result<v1::EventRecord> record_of(EventReader& reader, const LifeEvent& one);

/// Where a page of a life begins: behind this event.
struct LifePlace {
    std::int64_t event_time_ns = INT64_MIN;
    EventKey event{.record_time_ms = INT64_MIN, .sequence = 0};

    auto operator<=>(const LifePlace&) const = default;
};
inline LifePlace place_of(const EntryEnd& end) {
    return {end.event_time_ns, end.event};
}

/// Reads lives. Events declared wrong, and declarations, are left out. `reader` must outlive it.
/// Blocks on the disk.
class LifeReader {
  public:
    LifeReader(EventReader& reader, std::string_view cid, std::span<const Stay> stays)
        : reader_(reader), cid_(cid), stays_(stays) {}

    /// From behind `after`, in the order of §10.3, about `count` of them: those of one time of
    /// event and record come together, unless they are very many. `is_all`: these were the last.
    struct Part {
        std::vector<LifeEvent> events;
        bool is_all = true;
        bool is_all_inherited = true;  // only of `backward`, whose `is_all` is about its own
    };
    Result<Part> forward(const LifePlace& after, std::int64_t before_ns, std::size_t count);
    /// The last ones before a time, latest first. Of the identifier itself at most `own_max`, of
    /// each container `inherited_max`.
    Result<Part> backward(std::int64_t before_ns, std::size_t own_max, std::size_t inherited_max);

  private:
    struct Limits {
        LifePlace after{};
        std::int64_t before_ns = INT64_MAX;
        std::size_t count = 0;
    };
    Result<void> gather(const Limits& limits, Part& out);
    Result<void> gather_back(const Limits& limits, const Stay* stay, Part& out);
    Result<void> gather_end(const Limits& limits, const Stay& stay, Part& out);
    Result<void> settle_ties(std::vector<LifeEvent>& events);

    EventReader& reader_;
    const std::string cid_;
    const std::span<const Stay> stays_;
};

}  // namespace idnode::events
