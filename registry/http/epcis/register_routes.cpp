// Registration together with events, and whose GS1 keys are: what EPCIS has no word for.
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "registry/events/authorities.h"
#include "registry/events/capture.h"
#include "registry/events/documents.h"
#include "registry/events/event_faults.h"
#include "registry/http/api/drafts.h"
#include "registry/http/epcis/extensions.h"
#include "registry/http/epcis/problem.h"
#include "registry/http/epcis/routes.h"
#include "registry/json/fields.h"
#include "registry/json/parse.h"
#include "registry/registration/objects.h"
#include "registry/registration/rates.h"

namespace idnode::http {

namespace {

using boost::beast::http::status;
using boost::beast::http::verb;
using events::Authorities;
using registration::Outcome;

constexpr std::size_t kAuthoritiesMax = 1'000;

/// What `POST /idn/v1/events:register` says: `{"identifier":{…},"events":[…]}`.
struct Registration {
    registration::Draft draft;  // views into the body
    std::vector<v1::EventRecord> events;
};

Outcome<Registration> read_registration(const EpcisCall& call, boost::json::value& body) {
    auto* const object = body.if_object();
    const json::Place root;
    if (object == nullptr) return registration::invalid("body", "must be an object");
    const auto fine = json::check_members(*object, root, {"identifier", "events"});
    if (!fine) return registration::to_refusal(fine.error());
    const auto* const identifier = object->if_contains("identifier");
    if (identifier == nullptr) return registration::missing("identifier");
    const json::Place identifier_at = root.member("identifier");
    auto draft = read_identifier(*identifier, registration::Write::kCreate, identifier_at);
    if (!draft) return registration::to_refusal(draft.error());
    auto* const list = object->if_contains("events");
    if (list == nullptr || !list->is_array()) {
        return registration::invalid("events", "must be an array of events");
    }
    const auto declared = declared_extensions(call.request);
    if (!declared) return declared.error();
    Registration out{*std::move(draft), {}};
    const json::Place list_at = root.member("events");
    boost::json::array& events = list->get_array();
    for (std::size_t i = 0; i < events.size(); ++i) {
        auto event = events::read_single(call.lifecycle, events[i], *declared, list_at.item(i));
        if (!event) return event.error();
        out.events.push_back(*std::move(event));
    }
    return out;
}

/// The record and its events in one commit, or neither.
Response post_registration(EpcisCall& call) {
    if (auto wrong = check_media_types(call.request)) return *std::move(wrong);
    auto body = json::parse(call.request.body());
    if (!body) return problem(registration::to_refusal(body.error()));
    auto wanted = read_registration(call, *body);
    if (!wanted) return problem(wanted.error());
    const registration::Registrar& registrar = call.lifecycle.registrar;
    if (const auto rate = admit_identifiers(registrar, *call.actor, 1); !rate) {
        return problem(rate.error());
    }
    auto prepared = events::Capture(call.lifecycle).prepare(*call.actor, wanted->events);
    if (!prepared) return problem(prepared.error());
    if (prepared->is_left_out) {
        for (const auto& one : prepared->outcomes) {
            if (!one && one.error().code != registration::Code::kWrongState) {
                return problem(one.error());
            }
        }
    }
    const auto written = registration::Identifiers(registrar).write(
        *call.actor, {&wanted->draft, 1}, registration::Together::kAllOrNothing,
        [&](const registration::WrittenAll& all) {
            return all.front() ? prepared->edits : std::vector<model::ObjectEdit>();
        });
    if (!written) return problem(written.error());
    if (!written->front()) return problem(written->front().error());
    boost::json::array ids;
    for (const auto& one : prepared->outcomes) ids.emplace_back(one->event_id);
    return json_answer(status::created, boost::json::serialize(boost::json::object{
                                            {"handle", std::string(wanted->draft.handle)},
                                            {"version", std::to_string(written->front()->version)},
                                            {"eventIDs", std::move(ids)}}));
}

boost::json::object authority_json(const Authorities::Authority& authority) {
    return {{"beginning", authority.beginning},
            {"enterpriseId", std::to_string(authority.enterprise_id)}};
}

Response put_authority(EpcisCall& call) {
    auto body = json::parse(call.request.body());
    if (!body) return problem(registration::to_refusal(body.error()));
    const auto* const object = body->if_object();
    const auto* const id = object != nullptr ? object->if_contains("enterpriseId") : nullptr;
    Authorities::Authority wanted{call.subjects[0], 0};
    if (id != nullptr && id->is_string()) {
        registration::read_cursor(json::view(id->get_string()), wanted.enterprise_id);
    } else if (id != nullptr && id->is_int64() && id->get_int64() > 0) {
        wanted.enterprise_id = static_cast<std::uint64_t>(id->get_int64());
    }
    if (wanted.enterprise_id == 0) return problem(registration::missing("enterpriseId"));
    const auto done = Authorities(call.lifecycle.registrar).put(*call.actor, wanted);
    if (!done) return problem(done.error());
    return json_answer(status::ok, boost::json::serialize(authority_json(wanted)));
}

Response get_authority(EpcisCall& call) {
    const auto found = Authorities(call.lifecycle.registrar).find(*call.actor, call.subjects[0]);
    if (!found) return problem(found.error());
    return json_answer(status::ok, boost::json::serialize(authority_json(*found)));
}

Response delete_authority(EpcisCall& call) {
    const auto done = Authorities(call.lifecycle.registrar).remove(*call.actor, call.subjects[0]);
    if (!done) return problem(done.error());
    return Response(status::no_content, 11);
}

Response list_authorities(EpcisCall& call) {
    const auto after = call.parameters.first("cursor").value_or("");
    const auto found =
        Authorities(call.lifecycle.registrar).list(*call.actor, after, kAuthoritiesMax);
    if (!found) return problem(found.error());
    boost::json::array list;
    for (const Authorities::Authority& one : *found) list.push_back(authority_json(one));
    boost::json::object out{{"authorities", std::move(list)}};
    if (found->size() == kAuthoritiesMax) out["nextCursor"] = found->back().beginning;
    return json_answer(status::ok, boost::json::serialize(out));
}

constexpr std::array kRoutes{
    EpcisRoute{verb::post, "/idn/v1/events:register", false, post_registration},
    EpcisRoute{verb::get, "/idn/v1/events/authorities", false, list_authorities},
    EpcisRoute{verb::put, "/idn/v1/events/authorities/{beginning}", false, put_authority},
    EpcisRoute{verb::get, "/idn/v1/events/authorities/{beginning}", false, get_authority},
    EpcisRoute{verb::delete_, "/idn/v1/events/authorities/{beginning}", false, delete_authority},
};

}  // namespace

std::span<const EpcisRoute> register_routes() {
    return kRoutes;
}

}  // namespace idnode::http
