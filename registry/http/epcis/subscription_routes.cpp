#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <utility>

#include "registry/events/event_time.h"
#include "registry/events/named_queries.h"
#include "registry/events/subscriptions.h"
#include "registry/http/epcis/event_stream.h"
#include "registry/http/epcis/query_answers.h"
#include "registry/json/fields.h"
#include "registry/json/parse.h"

/// Named queries and subscriptions to them: /queries.
namespace idnode::http {

namespace {

namespace bj = boost::json;
using boost::beast::http::field;
using boost::beast::http::status;
using boost::beast::http::verb;
using registration::Outcome;

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::size_t kQueryBytesMax = 1U << 20U;
constexpr std::size_t kQueriesAtOnce = 100;

std::string time_text(std::int64_t ms) {
    return events::format_event_time(ms * kNsPerMs);
}

registration::Refusal refusal_of(const Error& error) {
    return registration::invalid("body", error.detail);
}

std::optional<Response> turned_away(const EpcisCall& call) {
    if (const auto allowed = require(*call.actor, v1::SCOPE_EVENTS_READ); !allowed) {
        return problem(allowed.error());
    }
    return not_acceptable(call.request);
}

Outcome<bj::object> read_body(const EpcisCall& call) {
    auto value = json::parse(call.request.body(), kQueryBytesMax);
    if (!value) return refusal_of(value.error());
    if (!value->is_object()) return registration::invalid("body", "must be a JSON object");
    return std::move(value->get_object());
}

// --- named queries -----------------------------------------------------------------------------

bj::object shown(const v1::NamedEventQuery& query) {
    bj::object out;
    out["name"] = query.name();
    boost::system::error_code ignored;
    out["query"] = bj::parse(query.json(), ignored);
    out["createdAt"] = time_text(query.created_ms());
    return out;
}

Response post_query(EpcisCall& call) {
    if (auto turned = turned_away(call)) return *std::move(turned);
    const auto body = read_body(call);
    if (!body) return problem(body.error());
    const json::Place place;
    if (auto known = json::check_members(*body, place, {"@context", "name", "query"}); !known) {
        return problem(refusal_of(known.error()));
    }
    const bj::value* name = body->if_contains("name");
    const bj::value* query = body->if_contains("query");
    if (name == nullptr || !name->is_string()) return problem(registration::missing("name"));
    if (query == nullptr || !query->is_object()) return problem(registration::missing("query"));
    const auto made = events::NamedQueries(call.lifecycle)
                          .create(*call.actor, json::view(name->get_string()), query->get_object());
    if (!made) return problem(made.error());
    Response out = json_answer(status::created, bj::serialize(shown(*made)));
    out.set(field::location, "/queries/" + query_encoded(made->name()));
    return out;
}

Response get_queries(EpcisCall& call) {
    if (auto turned = turned_away(call)) return *std::move(turned);
    const std::string after(call.parameters.first("nextPageToken").value_or(""));
    const auto found =
        events::NamedQueries(call.lifecycle).list(*call.actor, after, kQueriesAtOnce);
    if (!found) return problem(found.error());
    bj::array list;
    for (const v1::NamedEventQuery& one : *found) list.push_back(shown(one));
    Response out = json_answer(status::ok, bj::serialize(list));
    if (found->size() < kQueriesAtOnce) return out;
    out.set(field::link,
            "</queries?nextPageToken=" + query_encoded(found->back().name()) + ">; rel=\"next\"");
    return out;
}

Response get_query(EpcisCall& call) {
    if (auto turned = turned_away(call)) return *std::move(turned);
    const auto found =
        events::NamedQueries(call.lifecycle).find(*call.actor, call.subjects.front());
    if (!found) return no_such_name(found.error());
    return json_answer(status::ok, bj::serialize(shown(*found)));
}

Response delete_query(EpcisCall& call) {
    if (auto turned = turned_away(call)) return *std::move(turned);
    const auto done =
        events::NamedQueries(call.lifecycle).remove(*call.actor, call.subjects.front());
    if (!done) return no_such_name(done.error());
    return Response(status::no_content, 11);
}

/// What was asked for is kept; how it is cut into pages is said each time.
Response get_query_events(EpcisCall& call) {
    if (auto turned = turned_away(call)) return *std::move(turned);
    const auto found =
        events::NamedQueries(call.lifecycle).find(*call.actor, call.subjects.front());
    if (!found) return no_such_name(found.error());
    auto parameters = events::parameters_of(*found);
    for (const events::QueryParameter& one : query_parameters(call.parameters)) {
        if (one.name != "perPage" && one.name != "nextPageToken") {
            return problem({.status = status::bad_request,
                            .type = "QueryParameterException",
                            .detail = "only perPage and nextPageToken go with a named query",
                            .field = one.name});
        }
        std::erase_if(parameters, [&](const auto& kept) { return kept.name == one.name; });
        parameters.push_back(one);
    }
    const auto query = events::parse_query(parameters, call.lifecycle.terms.schemes);
    if (!query) return problem(query.error());
    return answer_query(call, *query, found->name());
}

// --- subscriptions -----------------------------------------------------------------------------

struct ScheduleField {
    std::string_view name;
    const std::string& (v1::EventQuerySchedule::*get)() const;
    std::string* (v1::EventQuerySchedule::*change)();
};
using Schedule = v1::EventQuerySchedule;
constexpr std::array kScheduleFields{
    ScheduleField{"second", &Schedule::second, &Schedule::mutable_second},
    ScheduleField{"minute", &Schedule::minute, &Schedule::mutable_minute},
    ScheduleField{"hour", &Schedule::hour, &Schedule::mutable_hour},
    ScheduleField{"dayOfMonth", &Schedule::day_of_month, &Schedule::mutable_day_of_month},
    ScheduleField{"month", &Schedule::month, &Schedule::mutable_month},
    ScheduleField{"dayOfWeek", &Schedule::day_of_week, &Schedule::mutable_day_of_week},
};

Result<Schedule> read_schedule(const bj::value& value, const json::Place& place) {
    const auto object = json::read_object(value, place);
    if (!object) return object.error();
    const auto known = json::check_members(
        **object, place, {"second", "minute", "hour", "dayOfMonth", "month", "dayOfWeek"});
    if (!known) return known.error();
    Schedule out;
    for (const ScheduleField& one : kScheduleFields) {
        const bj::value* text = (*object)->if_contains(one.name);
        if (text == nullptr) continue;
        if (text->is_number()) {
            *(out.*one.change)() = bj::serialize(*text);
            continue;
        }
        const auto read = json::read_string(*text, place.member(one.name));
        if (!read) return read.error();
        *(out.*one.change)() = std::string(*read);
    }
    return out;
}

Result<events::WantedSubscription> read_subscription(const bj::object& body) {
    const json::Place place;
    const auto known = json::check_members(body, place,
                                           {"@context", "dest", "signatureToken", "reportIfEmpty",
                                            "schedule", "stream", "initialRecordTime"});
    if (!known) return known.error();
    events::WantedSubscription out;
    const auto destination = json::require(body, "dest", place);
    if (!destination) return destination.error();
    const auto url = json::read_string(**destination, place.member("dest"));
    if (!url) return url.error();
    out.destination = *url;
    if (const bj::value* token = body.if_contains("signatureToken")) {
        const auto text = json::read_string(*token, place.member("signatureToken"));
        if (!text) return text.error();
        out.signature_token = *text;
    }
    if (const bj::value* report = body.if_contains("reportIfEmpty")) {
        const auto flag = json::read_bool(*report, place.member("reportIfEmpty"));
        if (!flag) return flag.error();
        out.report_if_empty = *flag;
    }
    bool stream = false;
    if (const bj::value* value = body.if_contains("stream")) {
        const auto flag = json::read_bool(*value, place.member("stream"));
        if (!flag) return flag.error();
        stream = *flag;
    }
    if (const bj::value* schedule = body.if_contains("schedule")) {
        auto read = read_schedule(*schedule, place.member("schedule"));
        if (!read) return read.error();
        out.schedule = *std::move(read);
    }
    if (stream == out.schedule.has_value()) {
        return place.member("stream").error("either this is true or there is a schedule");
    }
    if (const bj::value* initial = body.if_contains("initialRecordTime")) {
        const auto text = json::read_string(*initial, place.member("initialRecordTime"));
        if (!text) return text.error();
        const auto time = events::parse_event_time(*text);
        if (!time) return place.member("initialRecordTime").error("must be a time with zone");
        out.initial_record_ms = time->ns / kNsPerMs;
    }
    return out;
}

bj::object shown(const v1::EventSubscription& one) {
    bj::object out;
    out["subscriptionID"] = one.id();
    out["queryName"] = one.query_name();
    out["dest"] = one.destination();
    out["createdAt"] = time_text(one.created_ms());
    out["reportIfEmpty"] = one.report_if_empty();
    if (one.has_schedule()) {
        bj::object schedule;
        for (const ScheduleField& each : kScheduleFields) {
            const std::string& text = (one.schedule().*each.get)();
            if (!text.empty()) schedule[each.name] = text;
        }
        out["schedule"] = std::move(schedule);
    } else {
        out["stream"] = true;
    }
    if (one.last_executed_ms() != 0) out["lastExecutedAt"] = time_text(one.last_executed_ms());
    if (one.last_notified_ms() != 0) out["lastNotifiedAt"] = time_text(one.last_notified_ms());
    if (one.failures() != 0) {
        out["idn:failures"] = one.failures();
        out["idn:lastFailure"] = one.last_failure();
        out["idn:nextTryAt"] = time_text(one.next_ms());
    }
    return out;
}

std::string epc_format_of(const EpcisCall& call) {
    const auto found = call.request.find("GS1-EPC-Format");
    return found == call.request.end() ? std::string() : std::string(found->value());
}

Response post_subscription(EpcisCall& call) {
    if (auto turned = turned_away(call)) return *std::move(turned);
    const auto body = read_body(call);
    if (!body) return problem(body.error());
    auto wanted = read_subscription(*body);
    if (!wanted) {
        return problem({.status = status::bad_request,
                        .type = "SubscriptionControlsException",
                        .detail = wanted.error().detail});
    }
    wanted->epc_format = epc_format_of(call);
    const auto made =
        events::Subscriptions(call.lifecycle).create(*call.actor, call.subjects.front(), *wanted);
    if (!made) return no_such_name(made.error());
    Response out = json_answer(status::created, bj::serialize(shown(*made)));
    out.set(field::location,
            "/queries/" + query_encoded(call.subjects.front()) + "/subscriptions/" + made->id());
    return out;
}

Response get_subscriptions(EpcisCall& call) {
    if (auto turned = turned_away(call)) return *std::move(turned);
    const std::string& name = call.subjects.front();
    const auto query = events::NamedQueries(call.lifecycle).find(*call.actor, name);
    if (!query) return no_such_name(query.error());
    const auto found = events::Subscriptions(call.lifecycle).list(*call.actor, name);
    if (!found) return problem(found.error());
    bj::array list;
    for (const v1::EventSubscription& one : *found) list.push_back(shown(one));
    return json_answer(status::ok, bj::serialize(list));
}

Response get_subscription(EpcisCall& call) {
    if (auto turned = turned_away(call)) return *std::move(turned);
    const auto found =
        events::Subscriptions(call.lifecycle).find(*call.actor, call.subjects[0], call.subjects[1]);
    if (!found) return problem(found.error());
    return json_answer(status::ok, bj::serialize(shown(*found)));
}

Response delete_subscription(EpcisCall& call) {
    if (auto turned = turned_away(call)) return *std::move(turned);
    const auto done = events::Subscriptions(call.lifecycle)
                          .remove(*call.actor, call.subjects[0], call.subjects[1]);
    if (!done) return problem(done.error());
    return Response(status::no_content, 11);
}

constexpr std::array kRoutes{
    EpcisRoute{verb::post, "/queries", false, &post_query},
    EpcisRoute{verb::get, "/queries", false, &get_queries},
    EpcisRoute{verb::get, "/queries/{name}", false, &get_query},
    EpcisRoute{verb::delete_, "/queries/{name}", false, &delete_query},
    EpcisRoute{verb::get, "/queries/{name}/events", false, &get_query_events, &stream_events,
               &wants_event_stream},
    EpcisRoute{verb::post, "/queries/{name}/subscriptions", false, &post_subscription},
    EpcisRoute{verb::get, "/queries/{name}/subscriptions", false, &get_subscriptions},
    EpcisRoute{verb::get, "/queries/{name}/subscriptions/{id}", false, &get_subscription},
    EpcisRoute{verb::delete_, "/queries/{name}/subscriptions/{id}", false, &delete_subscription},
};

}  // namespace

std::span<const EpcisRoute> subscription_routes() {
    return kRoutes;
}

}  // namespace idnode::http
