// What is known about one identifier: its timeline, its present state.

#include <array>
#include <charconv>
#include <utility>

#include "registry/events/event_time.h"
#include "registry/events/history.h"
#include "registry/events/state.h"
#include "registry/http/epcis/problem.h"
#include "registry/http/epcis/routes.h"
#include "registry/service/responsibility.h"

namespace idnode::http {

namespace {

using boost::beast::http::field;
using boost::beast::http::status;
using boost::beast::http::verb;
using events::Access;
using registration::invalid;
using registration::Outcome;

constexpr std::int64_t kNsPerMs = 1'000'000;

/// What every question about one identifier says.
struct About {
    std::string cid;
    std::int64_t as_of_ns = INT64_MAX;
    events::KnownAt known{};
};

Outcome<std::optional<std::int64_t>> read_time(const EpcisCall& call, std::string_view name) {
    const auto text = call.parameters.first(name);
    if (!text) return std::optional<std::int64_t>{};
    const auto time = events::parse_event_time(*text);
    if (!time) return invalid(std::string(name), std::string(time.error().rule));
    return std::optional(time->ns);
}

/// Any spelling of the identifier. Digits that may be several things are taken as what events are
/// mostly about: the first that they can be.
Outcome<std::string> read_identifier(const EpcisCall& call) {
    const auto text = call.parameters.first("id");
    if (!text || text->empty()) return registration::missing("id");
    const schemes::Options& options = call.lifecycle.terms.schemes;
    auto parsed = schemes::parse(*text, options);
    if (parsed) return std::move(parsed->cid);
    if (parsed.error().fault == schemes::Fault::kAmbiguous) {
        auto candidates = schemes::candidates(*text, options);
        if (!candidates.empty()) return std::move(candidates.front().cid);
    }
    return invalid("id", schemes::text_of(parsed.error()));
}

Outcome<About> read_about(const EpcisCall& call) {
    if (call.actor) {
        const auto allowed = require(*call.actor, v1::SCOPE_EVENTS_READ);
        if (!allowed) return allowed.error();
    }
    auto cid = read_identifier(call);
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
    constexpr std::string_view kHandles = "hdl:";
    if (!cid.starts_with(kHandles)) return false;
    const std::string_view handle = cid.substr(kHandles.size());
    const registration::Registrar& registrar = call.lifecycle.registrar;
    service::Responsibility responsibility(registrar.store, registrar.terms.own_prefix);
    const auto suffix_case = responsibility.of(handle);
    if (!suffix_case) return false;
    const auto found = registrar.store.read(model::key_of(handle, *suffix_case),
                                            model::ReadTier::kAny, [](const model::RecordView&) {});
    return found && *found == model::Lookup::kFound;
}

/// The same for what was never heard of and for what may not be seen at all.
Response nothing_known(std::string_view cid) {
    return problem({.status = status::not_found,
                    .type = "NoSuchResourceException",
                    .detail = "nothing is known here about " + std::string(cid)});
}

Outcome<std::size_t> read_page_size(const EpcisCall& call) {
    const auto text = call.parameters.first("perPage");
    if (!text) return events::HistoryQuestion{}.count_max;
    std::size_t out = 0;
    const auto read = std::from_chars(text->data(), text->data() + text->size(), out);
    if (read.ec != std::errc{} || read.ptr != text->data() + text->size() || out == 0 ||
        out > events::kHistoryPageMax) {
        return invalid("perPage",
                       "must be a number from 1 to " + std::to_string(events::kHistoryPageMax));
    }
    return out;
}

Response get_history(EpcisCall& call) {
    const auto about = read_about(call);
    if (!about) return problem(about.error());
    const auto count = read_page_size(call);
    if (!count) return problem(count.error());
    const std::string_view cursor = call.parameters.first("cursor").value_or("");
    Access access(call.lifecycle.registrar, call.actor);
    const auto history =
        events::read_history(call.lifecycle, access,
                             {.cid = about->cid,
                              .as_of_ns = about->as_of_ns,
                              .known = about->known,
                              .warning = call.parameters.first("hasWarning").value_or(""),
                              .cursor = cursor,
                              .count_max = *count});
    if (!history) return problem(history.error());
    const bool shows_nothing = history->events.empty() && history->cursor.empty();
    if (shows_nothing && cursor.empty() && !is_registered(call, about->cid)) {
        return nothing_known(about->cid);
    }
    auto body = events::history_json(call.lifecycle, about->cid, *history);
    if (!body) return problem(body.error());
    if (auto settled = access.settle(); !settled) return problem(settled.error());
    return json_answer(status::ok, *std::move(body));
}

Response get_stage(EpcisCall& call) {
    const auto about = read_about(call);
    if (!about) return problem(about.error());
    Access access(call.lifecycle.registrar, call.actor);
    const auto state =
        events::read_state(call.lifecycle, access,
                           {.cid = about->cid, .as_of_ns = about->as_of_ns, .known = about->known});
    if (!state) return problem(state.error());
    if (!state->is_known() && !is_registered(call, about->cid)) return nothing_known(about->cid);
    if (auto settled = access.settle(); !settled) return problem(settled.error());
    return json_answer(status::ok, events::state_json(about->cid, *state));
}

constexpr std::array kRoutes{
    EpcisRoute{verb::get, "/idn/v1/history", true, &get_history},
    EpcisRoute{verb::get, "/idn/v1/stage", true, &get_stage},
};

}  // namespace

std::span<const EpcisRoute> product_routes() {
    return kRoutes;
}

}  // namespace idnode::http
