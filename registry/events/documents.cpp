#include "registry/events/documents.h"

#include <chrono>

#include "registry/events/event_faults.h"
#include "registry/events/event_time.h"
#include "registry/json/fields.h"
#include "registry/json/parse.h"

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

namespace {

constexpr std::string_view kBody = "epcisBody";
constexpr std::string_view kList = "eventList";

bool is_text(const boost::json::object& object, std::string_view name, std::string_view text) {
    const auto* const value = object.if_contains(name);
    return value != nullptr && value->is_string() && json::view(value->get_string()) == text;
}

/// `schemaVersion` and `creationDate`.
Outcome<void> check_shell(const boost::json::object& document) {
    const json::Place at;
    const auto* const version = document.if_contains("schemaVersion");
    if (version == nullptr || !version->is_string() ||
        !json::view(version->get_string()).starts_with("2.")) {
        return refuse(faults::kDocument, at.member("schemaVersion"), "must be 2.0");
    }
    const auto* const created = document.if_contains("creationDate");
    if (created == nullptr || !created->is_string() ||
        !parse_event_time(json::view(created->get_string()))) {
        return refuse(faults::kDocument, at.member("creationDate"), "must be a time with a zone");
    }
    return {};
}

}  // namespace

boost::json::array& EventDocument::events() {
    return json.get_object()[kBody].get_object()[kList].get_array();
}

Outcome<EventDocument> read_document(const Lifecycle& lifecycle, std::string_view text) {
    auto parsed = json::parse(text, lifecycle.terms.capture_bytes_max);
    if (!parsed) return registration::to_refusal(parsed.error());
    EventDocument out{*std::move(parsed), {}};
    const json::Place at;
    auto* const document = out.json.if_object();
    if (document == nullptr || !is_text(*document, "type", "EPCISDocument")) {
        return refuse(faults::kDocument, at.member("type"), "must be EPCISDocument");
    }
    const auto* const context = document->if_contains("@context");
    if (context == nullptr) return refuse(faults::kContext, at.member("@context"), "must be given");
    const json::Place context_at = at.member("@context");
    if (auto added = out.namespaces.add(*context, Namespaces::Of::kDocument, context_at); !added) {
        return added.error();
    }
    if (auto fine = check_shell(*document); !fine) return fine.error();
    auto* const body = document->if_contains(kBody);
    auto* const list =
        body != nullptr && body->is_object() ? body->get_object().if_contains(kList) : nullptr;
    if (list == nullptr || !list->is_array()) {
        return refuse(faults::kDocument, at.member("epcisBody.eventList"),
                      "must be an array of events");
    }
    const std::size_t count = list->get_array().size();
    if (count <= lifecycle.terms.capture_events_max) return out;
    return registration::Refusal{
        .code = registration::Code::kLimit,
        .message = "the document has " + std::to_string(count) + " events, at most " +
                   std::to_string(lifecycle.terms.capture_events_max) + " are taken at once",
        .field = "eventList",
        .remedy = "send it in parts, or as a stream of application/x-ndjson",
        .rule = faults::kLimit};
}

}  // namespace idnode::events
