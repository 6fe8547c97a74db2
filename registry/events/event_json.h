#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>

#include "proto/idnode/v1/event.pb.h"
#include "proto/schemes/canonical.h"
#include "registry/events/context.h"
#include "registry/json/place.h"
#include "registry/model/ports.h"
#include "registry/registration/refusal.h"

/// Events from JSON, identifiers document §10.
namespace idnode::events {

inline constexpr std::size_t kEventIdBytesMax = 1'024;
inline constexpr std::size_t kEventBytesMax = 1U << 20U;  // of the body, §10.5
inline constexpr std::size_t kEventIdentifiersMax = 10'000;
inline constexpr std::size_t kSensorReportsMax = 10'000;  // §10.5

/// What events are read with.
struct EventForm {
    const schemes::Options& schemes;
    const model::Digests& digests;
    const Namespaces& namespaces;  // of the document
    std::int64_t time_ns_max;      // later ones lie too far ahead
};

/// One event, by every rule of §10, §11 and §16 that it can be held against by itself. Words of the
/// vocabulary become short in `event`, `recordTime` goes, `eventID` is filled in: that is what the
/// record's `body` has. A refusal names the member and the rule. Who captures it, and whether they
/// may, is left open.
registration::Outcome<v1::EventRecord> read_event(boost::json::object& event, const EventForm& form,
                                                  const json::Place& at);

}  // namespace idnode::events
