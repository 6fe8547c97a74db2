#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <string_view>

#include "proto/idnode/v1/event.pb.h"
#include "registry/events/event_json.h"
#include "registry/events/lifecycle.h"

/// What is sent to capture: single events and documents of them (identifiers document §10.7).
namespace idnode::events {

/// How events are read at this node now. `namespaces` must outlive it.
EventForm event_form(const Lifecycle& lifecycle, const Namespaces& namespaces);

/// One event. `declared`: prefixes of namespaces that were declared beside it.
registration::Outcome<v1::EventRecord> read_single(const Lifecycle& lifecycle,
                                                   boost::json::value& value,
                                                   const Namespaces& declared,
                                                   const json::Place& at = {});

/// A document of events, its shell checked. `event` members are read one by one.
struct EventDocument {
    boost::json::value json;
    Namespaces namespaces;

    boost::json::array& events();
};
/// An EPCISDocument. kLimit: more events than this node takes at once.
registration::Outcome<EventDocument> read_document(const Lifecycle& lifecycle,
                                                   std::string_view text);

}  // namespace idnode::events
