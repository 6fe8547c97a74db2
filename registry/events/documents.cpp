#include "registry/events/documents.h"

#include <chrono>

#include "registry/events/event_faults.h"

namespace idnode::events {

using registration::Outcome;

EventForm event_form(const Lifecycle& lifecycle, const Namespaces& namespaces) {
    const std::chrono::milliseconds now(lifecycle.registrar.clock.now());
    const std::chrono::nanoseconds last = now + lifecycle.terms.future_max;
    return {.schemes = lifecycle.terms.schemes,
            .digests = lifecycle.registrar.digests,
            .namespaces = namespaces,
            .time_ns_max = last.count()};
}

Outcome<v1::EventRecord> read_single(const Lifecycle& lifecycle, boost::json::value& value,
                                     const Namespaces& declared, const json::Place& at) {
    auto* const event = value.if_object();
    if (event == nullptr) return refuse(faults::kForm, at, "an event must be an object");
    return read_event(*event, event_form(lifecycle, declared), at);
}

}  // namespace idnode::events
