#include "registry/http/epcis/about.h"

#include <utility>

#include "registry/events/event_time.h"
#include "registry/events/registered.h"
#include "registry/http/epcis/problem.h"

namespace idnode::http {

using registration::invalid;
using registration::Outcome;

namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

}  // namespace

Outcome<std::optional<std::int64_t>> read_time(const EpcisCall& call, std::string_view name) {
    const auto text = call.parameters.first(name);
    if (!text) return std::optional<std::int64_t>{};
    const auto time = events::parse_event_time(*text);
    if (!time) return invalid(std::string(name), std::string(time.error().rule));
    return std::optional(time->ns);
}

/// Digits that may be several things are taken as what events are
/// mostly about: the first that they can be.
Outcome<std::string> read_identifier(const EpcisCall& call, std::string_view text,
                                     std::string_view field) {
    if (text.empty()) return registration::missing(std::string(field));
    const schemes::Options& options = call.lifecycle.terms.schemes;
    auto parsed = schemes::parse(text, options);
    if (parsed) return std::move(parsed->cid);
    if (parsed.error().fault == schemes::Fault::kAmbiguous) {
        auto candidates = schemes::candidates(text, options);
        if (!candidates.empty()) return std::move(candidates.front().cid);
    }
    return invalid(std::string(field), schemes::text_of(parsed.error()));
}

Outcome<About> read_about(const EpcisCall& call) {
    if (call.actor) {
        const auto allowed = require(*call.actor, v1::SCOPE_EVENTS_READ);
        if (!allowed) return allowed.error();
    }
    auto cid = read_identifier(call, call.parameters.first("id").value_or(""), "id");
    if (!cid) return cid.error();
    const auto as_of = read_time(call, "asOf");
    if (!as_of) return as_of.error();
    const auto known_at = read_time(call, "asKnownAt");
    if (!known_at) return known_at.error();
    About out{.cid = *std::move(cid)};
    if (*as_of) out.as_of_ns = **as_of;
    if (*known_at) out.known.last.record_time_ms = **known_at / kNsPerMs;
    return out;
}

/// Whether anybody may know that the identifier exists: it is registered here.
bool is_registered(const EpcisCall& call, std::string_view cid) {
    const auto record = events::find_record(call.lifecycle.registrar.store, cid);
    return record && *record;
}

/// The same for what was never heard of and for what may not be seen at all.
Response nothing_known(std::string_view cid) {
    return problem({.status = boost::beast::http::status::not_found,
                    .type = "NoSuchResourceException",
                    .detail = "nothing is known here about " + std::string(cid)});
}

}  // namespace idnode::http
