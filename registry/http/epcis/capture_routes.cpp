#include <array>
#include <utility>

#include "registry/events/capture.h"
#include "registry/events/documents.h"
#include "registry/http/epcis/problem.h"
#include "registry/http/epcis/routes.h"
#include "registry/json/parse.h"

namespace idnode::http {

namespace {

using boost::beast::http::field;
using boost::beast::http::status;
using boost::beast::http::verb;

/// Where an event is, for `Location`.
std::string event_path(std::string_view event_id) {
    return "/events/" + percent_encode(event_id);
}

/// `POST /events`: 201, and again for one that is there already.
Response post_event(EpcisCall& call) {
    auto body = json::parse(call.request.body(), call.lifecycle.terms.capture_bytes_max);
    if (!body) return problem(registration::to_refusal(body.error()));
    auto event = events::read_single(call.lifecycle, *body, events::Namespaces());
    if (!event) return problem(event.error());
    auto captured = events::Capture(call.lifecycle)
                        .capture(*call.actor, {&*event, 1}, registration::Together::kIndependent);
    if (!captured) return problem(captured.error());
    const auto& outcome = captured->front();
    if (!outcome) return problem(outcome.error());
    Response out(status::created, 11);
    out.set(field::location, event_path(outcome->event_id));
    return out;
}

constexpr std::array kRoutes{
    EpcisRoute{verb::post, "/events", false, post_event},
};

}  // namespace

std::span<const EpcisRoute> capture_routes() {
    return kRoutes;
}

}  // namespace idnode::http
