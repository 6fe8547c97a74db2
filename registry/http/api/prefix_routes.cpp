// Prefixes that enterprises were allotted.

#include "proto/idnode/v1/enterprise.pb.h"
#include "registry/http/api/bodies.h"
#include "registry/registration/prefixes.h"

namespace idnode::http {

namespace {

using registration::Prefixes;

Response allot(ApiCall& call) {
    v1::Allotment wanted;
    if (auto read = read_body(call, wanted); !read) return refuse(call, read.error());
    return answer_outcome(call, Status::created,
                          Prefixes(call.registrar).allot(call.actor, wanted));
}

Response list(ApiCall& call) {
    return answer_outcome(call, Status::ok,
                          Prefixes(call.registrar)
                              .list(call.actor, number_of(parameter(call, "enterpriseId")),
                                    parameter(call, "cursor"), page_size(call)));
}

Response get(ApiCall& call) {
    return answer_outcome(call, Status::ok,
                          Prefixes(call.registrar).find(call.actor, call.subjects[0]));
}

Response change_hosting(ApiCall& call) {
    v1::HostingChange wanted;
    if (auto read = read_body(call, wanted); !read) return refuse(call, read.error());
    return answer_outcome(
        call, Status::ok,
        Prefixes(call.registrar).change_hosting(call.actor, call.subjects[0], wanted));
}

Response disable(ApiCall& call) {
    v1::Reason reason;
    if (auto read = read_body(call, reason); !read) return refuse(call, read.error());
    return answer_outcome(
        call, Status::ok,
        Prefixes(call.registrar).disable(call.actor, call.subjects[0], reason.reason()));
}

Response enable(ApiCall& call) {
    return answer_outcome(call, Status::ok,
                          Prefixes(call.registrar).enable(call.actor, call.subjects[0]));
}

Response retire(ApiCall& call) {
    v1::Reason reason;
    if (auto read = read_body(call, reason); !read) return refuse(call, read.error());
    return answer_outcome(
        call, Status::ok,
        Prefixes(call.registrar).retire(call.actor, call.subjects[0], reason.reason()));
}

}  // namespace

std::span<const ApiRoute> prefix_routes() {
    static constexpr std::array kRoutes{
        ApiRoute{Method::post, "/idn/v1/prefixes", "allotPrefix", false, &allot},
        ApiRoute{Method::get, "/idn/v1/prefixes", "listPrefixes", false, &list},
        ApiRoute{Method::get, "/idn/v1/prefixes/{prefix}", "getPrefix", false, &get},
        ApiRoute{Method::put, "/idn/v1/prefixes/{prefix}/hosting", "changeHosting", false,
                 &change_hosting},
        ApiRoute{Method::post, "/idn/v1/prefixes/{prefix}/disable", "disablePrefix", false,
                 &disable},
        ApiRoute{Method::post, "/idn/v1/prefixes/{prefix}/enable", "enablePrefix", false, &enable},
        ApiRoute{Method::post, "/idn/v1/prefixes/{prefix}/retire", "retirePrefix", false, &retire},
    };
    return kRoutes;
}

}  // namespace idnode::http
