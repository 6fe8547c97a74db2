// Who read what is not public, single releases of core events, and who enterprises are at other
// nodes.

#include <boost/beast/http/status.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "registry/events/peer_tokens.h"
#include "registry/events/receipts.h"
#include "registry/events/releases.h"
#include "registry/http/api/message_json.h"
#include "registry/http/epcis/problem.h"
#include "registry/http/epcis/routes.h"
#include "registry/json/parse.h"
#include "registry/registration/objects.h"

namespace idnode::http {

namespace {

using boost::beast::http::status;
using boost::beast::http::verb;
using events::PeerTokens;
using events::Receipts;
using events::Releases;

constexpr std::size_t kPage = 100;

template <class Message>
Response answered(status code, const registration::Outcome<Message>& outcome) {
    if (!outcome) return problem(outcome.error());
    std::string body;
    write_message(*outcome, body);
    return json_answer(code, std::move(body));
}

std::uint64_t number(std::string_view text) {
    std::uint64_t out = 0;
    return registration::read_cursor(text, out) ? out : 0;
}

Response list_receipts(EpcisCall& call) {
    return answered(
        status::ok,
        Receipts(call.lifecycle.registrar)
            .list(*call.actor, number(call.parameters.first("enterpriseId").value_or("")),
                  call.parameters.first("cursor").value_or(""), kPage));
}

Response request_release(EpcisCall& call) {
    v1::Release wanted;
    const auto value = json::parse(call.request.body());
    if (!value) return problem(registration::invalid("", value.error().detail));
    if (auto read = read_message(*value, wanted); !read) {
        return problem(registration::invalid("", read.error().detail));
    }
    return answered(status::created,
                    Releases(call.lifecycle.registrar).request(*call.actor, wanted));
}

Response approve_release(EpcisCall& call) {
    return answered(
        status::ok,
        Releases(call.lifecycle.registrar).approve(*call.actor, number(call.subjects[0])));
}

Response find_release(EpcisCall& call) {
    return answered(status::ok,
                    Releases(call.lifecycle.registrar).find(*call.actor, number(call.subjects[0])));
}

Response consume_release(EpcisCall& call) {
    auto event = Releases(call.lifecycle.registrar).consume(*call.actor, number(call.subjects[0]));
    if (!event) return problem(event.error());
    Response out = json_answer(status::ok, *std::move(event));
    out.set(boost::beast::http::field::cache_control, "no-store");
    return out;
}

Response keep_peer_token(EpcisCall& call) {
    const auto value = json::parse(call.request.body());
    if (!value) return problem(registration::invalid("", value.error().detail));
    events::PeerCredential credential;
    for (const auto& [name, member] :
         {std::pair("url", &credential.url), std::pair("token", &credential.token)}) {
        const auto* text = value->is_object() ? value->get_object().if_contains(name) : nullptr;
        if (text == nullptr || !text->is_string()) return problem(registration::missing(name));
        *member = text->get_string();
    }
    const auto kept =
        PeerTokens(call.lifecycle.registrar).put(*call.actor, call.subjects[0], credential);
    return kept ? Response(status::no_content, 11) : problem(kept.error());
}

Response list_peer_tokens(EpcisCall& call) {
    const auto prefixes = PeerTokens(call.lifecycle.registrar).prefixes(*call.actor);
    if (!prefixes) return problem(prefixes.error());
    boost::json::array list;
    for (const std::string& prefix : *prefixes) list.emplace_back(prefix);
    return json_answer(status::ok,
                       boost::json::serialize(boost::json::object{{"prefixes", std::move(list)}}));
}

Response drop_peer_token(EpcisCall& call) {
    const auto dropped = PeerTokens(call.lifecycle.registrar).drop(*call.actor, call.subjects[0]);
    return dropped ? Response(status::no_content, 11) : problem(dropped.error());
}

}  // namespace

std::span<const EpcisRoute> access_routes() {
    static constexpr std::array kRoutes{
        EpcisRoute{verb::get, "/idn/v1/events/receipts", false, &list_receipts},
        EpcisRoute{verb::post, "/idn/v1/events/releases", false, &request_release},
        EpcisRoute{verb::get, "/idn/v1/events/releases/{id}", false, &find_release},
        EpcisRoute{verb::post, "/idn/v1/events/releases/{id}/approval", false, &approve_release},
        EpcisRoute{verb::post, "/idn/v1/events/releases/{id}/event", false, &consume_release},
        EpcisRoute{verb::get, "/idn/v1/events/peers", false, &list_peer_tokens},
        EpcisRoute{verb::put, "/idn/v1/events/peers/{prefix}", false, &keep_peer_token},
        EpcisRoute{verb::delete_, "/idn/v1/events/peers/{prefix}", false, &drop_peer_token},
    };
    return kRoutes;
}

}  // namespace idnode::http
