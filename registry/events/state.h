#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/events/access.h"
#include "registry/events/containment.h"
#include "registry/events/event_reader.h"
#include "registry/events/lifecycle.h"

/// The present state of one identifier, or that of a time gone by: worked out from its events, read
/// backwards, whenever it is asked for.
namespace idnode::events {

struct StateQuestion {
    std::string_view cid;
    std::int64_t as_of_ns = INT64_MAX;  // what happened up to then
    KnownAt known{};                    // as it was known then
    bool with_contents = true;          // otherwise `children` stays empty
};

enum class Existence : std::uint8_t {
    kUnknown,  // no event says
    kCommissioned,
    kConsumed,  // it went into a transformation
    kDecommissioned,
    kDestroyed,
};
std::string_view name_of(Existence existence);

/// Something that an event says, of the identifier or of what it was in.
struct Said {
    std::string value;
    std::string via;  // the container; empty: said of the identifier itself
};
/// Who has it: the party that the last event which names one names, or else who captured the last
/// event.
struct Holder {
    std::string party;
    std::uint64_t enterprise_id = 0;  // only without party
};
struct Kin {
    std::string cid;
    ContainmentKind kind = ContainmentKind::kAggregation;
    std::int64_t since_ns = 0;
};

struct State {
    std::optional<Said> stage;
    std::optional<Said> disposition;
    std::vector<std::string> persistent;  // set and not unset, in words' order
    std::optional<Said> biz_location;
    std::optional<Said> read_point;
    std::optional<Holder> owner;
    std::optional<Holder> possessor;
    std::vector<Kin> parents;   // what it is directly in
    std::vector<Kin> children;  // what is directly in it
    bool more_children = false;
    Existence existence = Existence::kUnknown;
    std::optional<std::int64_t> first_event_ns;
    std::optional<std::int64_t> last_event_ns;  // inherited ones included
    std::size_t redacted = 0;                   // events that would have told more
    bool is_whole = true;                       // false: more events than are looked at

    bool is_known() const { return last_event_ns.has_value(); }
};

/// What `access` may read of it. May block on the disk.
registration::Outcome<State> read_state(const Lifecycle& lifecycle, Access& access,
                                        const StateQuestion& question);

boost::json::object state_object(std::string_view cid, const State& state);
std::string state_json(std::string_view cid, const State& state);

}  // namespace idnode::events
