// What enterprises let each other read.

#include "registry/http/api/bodies.h"
#include "registry/registration/grants.h"

namespace idnode::http {

namespace {

using registration::Grants;

Response create(ApiCall& call) {
    v1::Grant wanted;
    if (auto read = read_body(call, wanted); !read) return refuse(call, read.error());
    return answer_outcome(call, Status::created, Grants(call.registrar).create(call.actor, wanted));
}

Response list(ApiCall& call) {
    const auto side =
        parameter(call, "received") == "true" ? Grants::Side::kReceived : Grants::Side::kGiven;
    return answer_outcome(call, Status::ok,
                          Grants(call.registrar)
                              .list(call.actor, number_of(parameter(call, "enterpriseId")), side,
                                    parameter(call, "cursor"), page_size(call)));
}

Response get(ApiCall& call) {
    return answer_outcome(call, Status::ok,
                          Grants(call.registrar).find(call.actor, number_of(call.subjects[0])));
}

Response withdraw(ApiCall& call) {
    return answer_outcome(call,
                          Grants(call.registrar).withdraw(call.actor, number_of(call.subjects[0])));
}

}  // namespace

std::span<const ApiRoute> grant_routes() {
    static constexpr std::array kRoutes{
        ApiRoute{Method::post, "/idn/v1/grants", "createGrant", false, &create},
        ApiRoute{Method::get, "/idn/v1/grants", "listGrants", false, &list},
        ApiRoute{Method::get, "/idn/v1/grants/{id}", "getGrant", false, &get},
        ApiRoute{Method::delete_, "/idn/v1/grants/{id}", "withdrawGrant", false, &withdraw},
    };
    return kRoutes;
}

}  // namespace idnode::http
