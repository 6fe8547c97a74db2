// Who read what is not public, and single releases of core events.

#include <boost/beast/http/status.hpp>

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

}  // namespace

std::span<const EpcisRoute> access_routes() {
    static constexpr std::array kRoutes{
        EpcisRoute{verb::get, "/idn/v1/events/receipts", false, &list_receipts},
        EpcisRoute{verb::post, "/idn/v1/events/releases", false, &request_release},
        EpcisRoute{verb::get, "/idn/v1/events/releases/{id}", false, &find_release},
        EpcisRoute{verb::post, "/idn/v1/events/releases/{id}/approval", false, &approve_release},
        EpcisRoute{verb::post, "/idn/v1/events/releases/{id}/event", false, &consume_release},
    };
    return kRoutes;
}

}  // namespace idnode::http
