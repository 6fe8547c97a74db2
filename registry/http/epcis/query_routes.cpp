#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <string>
#include <utility>

#include "proto/base/hex.h"
#include "registry/events/browsing.h"
#include "registry/events/context.h"
#include "registry/http/epcis/query_answers.h"
#include "registry/http/rest/etag.h"

/// Events, and what they are about: /events, /epcs, /bizSteps and the like.
namespace idnode::http {

namespace {

using boost::beast::http::field;
using boost::beast::http::status;
using boost::beast::http::verb;
using events::QueryParameter;

/// What every route here asks first. Nothing: go on.
std::optional<Response> turned_away(const EpcisCall& call) {
    if (const auto allowed = may_query(call); !allowed) return problem(allowed.error());
    return not_acceptable(call.request);
}

Response answer_parameters(EpcisCall& call, const std::vector<QueryParameter>& parameters) {
    const auto query = events::parse_query(parameters, call.lifecycle.terms.schemes);
    if (!query) return problem(query.error());
    return answer_query(call, *query);
}

Response get_events(EpcisCall& call) {
    if (auto turned = turned_away(call)) return *std::move(turned);
    return answer_parameters(call, query_parameters(call.parameters));
}

/// Events with one parameter more, which stands in the path.
Response events_by(EpcisCall& call, std::string_view parameter) {
    if (auto turned = turned_away(call)) return *std::move(turned);
    auto parameters = query_parameters(call.parameters);
    for (const QueryParameter& one : parameters) {
        if (one.name != parameter) continue;
        return problem({.status = status::bad_request,
                        .type = "QueryParameterException",
                        .detail = std::string(parameter) + " stands in the path already",
                        .field = std::string(parameter)});
    }
    parameters.push_back({.name = std::string(parameter), .values = {call.subjects.front()}});
    return answer_parameters(call, parameters);
}

Response events_of_type(EpcisCall& call) {
    if (call.subjects.front() == "all") return get_events(call);
    return events_by(call, "eventType");
}
Response events_of_epc(EpcisCall& call) {
    return events_by(call, "MATCH_anyEPC");
}
Response events_of_step(EpcisCall& call) {
    return events_by(call, "EQ_bizStep");
}
Response events_at_location(EpcisCall& call) {
    return events_by(call, "EQ_bizLocation");
}
Response events_at_read_point(EpcisCall& call) {
    return events_by(call, "EQ_readPoint");
}
Response events_of_disposition(EpcisCall& call) {
    return events_by(call, "EQ_disposition");
}

/// One event. Declarations about it have the same id: a link leads to them.
Response get_event(EpcisCall& call) {
    if (auto turned = turned_away(call)) return *std::move(turned);
    auto form = answer_form(call);
    if (!form) return problem(form.error());
    bool lacks_urn = false;
    form->lacks_urn = &lacks_urn;
    events::Access access(call.lifecycle.registrar, call.actor);
    events::Queries queries(call.lifecycle, access);
    const std::string& id = call.subjects.front();
    const auto event = queries.find(id);
    if (!event) return problem(event.error());
    if (!*event) {
        return problem({.status = status::not_found,
                        .type = "NoSuchResourceException",
                        .detail = "there is no event with this id"});
    }
    const auto declarations = queries.declarations(id);
    if (!declarations) return problem(declarations.error());

    const std::string etag = '"' + to_hex(as_bytes_view(to_key((*event)->key))) + '-' +
                             std::to_string(static_cast<unsigned>(form->epc_format)) + '-' +
                             std::to_string(declarations->size()) + '"';
    const auto known = call.request.find(field::if_none_match);
    const bool is_known = known != call.request.end() &&
                          names_etag({known->value().data(), known->value().size()}, etag, true);
    Response out(is_known ? status::not_modified : status::ok, 11);
    if (!is_known) {
        auto body = events::single_event_json((*event)->record, *form);
        if (!body) return problem(body.error());
        out = json_answer(status::ok, *std::move(body));
        note_missing_urn(lacks_urn, out);
    }
    out.set(field::etag, etag);
    if (!declarations->empty()) {
        out.set(field::link, "</events?EQ_eventID=" + query_encoded(id) +
                                 "&EXISTS_errorDeclaration=true>; rel=\"related\"");
    }
    return out;
}

// --- what events are about -----------------------------------------------------------------------

Response collection(const std::vector<std::string>& members) {
    boost::json::object out;
    out["@context"] = events::kEpcisContext;
    out["type"] = "Collection";
    out["member"] = boost::json::value_from(members);
    return json_answer(status::ok, boost::json::serialize(out));
}

Response list_types(EpcisCall& call) {
    if (auto turned = turned_away(call)) return *std::move(turned);
    return collection({"AggregationEvent", "AssociationEvent", "ObjectEvent", "TransactionEvent",
                       "TransformationEvent"});
}

/// All that is under one of them.
Response list_resources(EpcisCall& call) {
    if (auto turned = turned_away(call)) return *std::move(turned);
    return collection({"events"});
}

Response list_shelf(EpcisCall& call, events::Shelf shelf) {
    if (auto turned = turned_away(call)) return *std::move(turned);
    const auto paging = events::parse_query(query_parameters(call.parameters), {});
    if (!paging) return problem(paging.error());
    events::Access access(call.lifecycle.registrar, call.actor);
    const auto page =
        events::browse(call.lifecycle, access, shelf, paging->page_token, paging->per_page);
    if (!page) return problem(page.error());
    Response out = collection(page->members);
    if (!page->next_token.empty()) {
        out.set(field::link, "<" + next_link(call, page->next_token) + ">; rel=\"next\"");
    }
    return out;
}
Response list_epcs(EpcisCall& call) {
    return list_shelf(call, events::Shelf::kEpcs);
}
Response list_steps(EpcisCall& call) {
    return list_shelf(call, events::Shelf::kBizSteps);
}
Response list_locations(EpcisCall& call) {
    return list_shelf(call, events::Shelf::kBizLocations);
}
Response list_read_points(EpcisCall& call) {
    return list_shelf(call, events::Shelf::kReadPoints);
}
Response list_dispositions(EpcisCall& call) {
    return list_shelf(call, events::Shelf::kDispositions);
}

constexpr std::array kRoutes{
    EpcisRoute{verb::get, "/events", true, &get_events},
    EpcisRoute{verb::get, "/events/{eventID...}", true, &get_event},
    EpcisRoute{verb::get, "/eventTypes/{type}/events", true, &events_of_type},
    EpcisRoute{verb::get, "/epcs/{epc}/events", true, &events_of_epc},
    EpcisRoute{verb::get, "/bizSteps/{step}/events", true, &events_of_step},
    EpcisRoute{verb::get, "/bizLocations/{location}/events", true, &events_at_location},
    EpcisRoute{verb::get, "/readPoints/{point}/events", true, &events_at_read_point},
    EpcisRoute{verb::get, "/dispositions/{disposition}/events", true, &events_of_disposition},
    EpcisRoute{verb::get, "/eventTypes", true, &list_types},
    EpcisRoute{verb::get, "/eventTypes/{one}", true, &list_resources},
    EpcisRoute{verb::get, "/epcs", true, &list_epcs},
    EpcisRoute{verb::get, "/epcs/{one}", true, &list_resources},
    EpcisRoute{verb::get, "/bizSteps", true, &list_steps},
    EpcisRoute{verb::get, "/bizSteps/{one}", true, &list_resources},
    EpcisRoute{verb::get, "/bizLocations", true, &list_locations},
    EpcisRoute{verb::get, "/bizLocations/{one}", true, &list_resources},
    EpcisRoute{verb::get, "/readPoints", true, &list_read_points},
    EpcisRoute{verb::get, "/readPoints/{one}", true, &list_resources},
    EpcisRoute{verb::get, "/dispositions", true, &list_dispositions},
    EpcisRoute{verb::get, "/dispositions/{one}", true, &list_resources},
};

}  // namespace

std::span<const EpcisRoute> query_routes() {
    return kRoutes;
}

}  // namespace idnode::http
