// What is known about one identifier: its timeline, its present state, its passport.

#include <array>
#include <charconv>
#include <utility>

#include "registry/events/history.h"
#include "registry/events/passport.h"
#include "registry/events/passport_page.h"
#include "registry/events/presets.h"
#include "registry/events/state.h"
#include "registry/http/epcis/about.h"
#include "registry/http/epcis/problem.h"
#include "registry/http/epcis/routes.h"

namespace idnode::http {

namespace {

using boost::beast::http::field;
using boost::beast::http::status;
using boost::beast::http::verb;
using events::Access;
using registration::invalid;
using registration::Outcome;

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

/// An answer to somebody in particular is for nobody else: it may hold what is not public.
Response answer_to(const EpcisCall& call, std::string body,
                   std::string_view content_type = "application/json") {
    Response out = json_answer(status::ok, std::move(body), content_type);
    out.set(field::vary, "Accept, Authorization");
    if (call.actor) out.set(field::cache_control, "no-store");
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
    return answer_to(call, *std::move(body));
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
    return answer_to(call, events::state_json(about->cid, *state));
}

/// Whether a page for people is wanted rather than JSON: what `Accept` names first.
bool wants_page(const Request& request) {
    const auto accept = request.find(field::accept);
    if (accept == request.end()) return false;
    const std::string_view types(accept->value().data(), accept->value().size());
    const std::size_t page = types.find("text/html");
    return page != std::string_view::npos && page < types.find("json");
}

Response get_passport(EpcisCall& call) {
    const auto about = read_about(call);
    if (!about) return problem(about.error());
    Access access(call.lifecycle.registrar, call.actor);
    const auto passport = events::read_passport(call.lifecycle, access, about->cid);
    if (!passport) return problem(passport.error());
    if (!passport->is_known()) return nothing_known(about->cid);
    if (auto settled = access.settle(); !settled) return problem(settled.error());
    if (!wants_page(call.request)) {
        return answer_to(call, events::passport_json(*passport), "application/ld+json");
    }
    Response out = answer_to(call, events::passport_page(*passport), "text/html; charset=utf-8");
    out.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    return out;
}

Response get_presets(EpcisCall& /*call*/) {
    return json_answer(status::ok, events::presets_json());
}

Response get_preset(EpcisCall& call) {
    auto body = events::preset_json(call.subjects.front());
    if (body) return json_answer(status::ok, *std::move(body));
    return problem({.status = status::not_found,
                    .type = "NoSuchResourceException",
                    .detail = "there is no preset for this kind of product"});
}

constexpr std::array kRoutes{
    EpcisRoute{verb::get, "/idn/v1/history", true, &get_history},
    EpcisRoute{verb::get, "/idn/v1/stage", true, &get_stage},
    EpcisRoute{verb::get, "/idn/v1/passport", true, &get_passport},
    EpcisRoute{verb::get, "/idn/v1/events/presets", true, &get_presets},
    EpcisRoute{verb::get, "/idn/v1/events/presets/{type}", true, &get_preset},
};

}  // namespace

std::span<const EpcisRoute> product_routes() {
    return kRoutes;
}

}  // namespace idnode::http
