// Enterprises, from application to retirement.

#include "registry/http/api/bodies.h"
#include "registry/registration/enterprises.h"
#include "registry/registration/files.h"

namespace idnode::http {

namespace {

using registration::Enterprises;

std::uint64_t id_of(const ApiCall& call) {
    return number_of(call.subjects[0]);
}

Response apply(ApiCall& call) {
    v1::EnterpriseApplication application;
    if (auto read = read_body(call, application); !read) return refuse(call, read.error());
    return answer_outcome(call, Status::created,
                          Enterprises(call.registrar).apply(call.actor, application.profile()));
}

Response list(ApiCall& call) {
    return answer_outcome(
        call, Status::ok,
        Enterprises(call.registrar).list(call.actor, parameter(call, "cursor"), page_size(call)));
}

Response get(ApiCall& call) {
    return answer_outcome(call, Status::ok,
                          Enterprises(call.registrar).find(call.actor, id_of(call)));
}

Response change(ApiCall& call) {
    v1::EnterpriseApplication application;
    if (auto read = read_body(call, application); !read) return refuse(call, read.error());
    const auto expected = expected_version(call.request);
    if (!expected) return refuse(call, expected.error());
    return answer_outcome(call, Status::ok,
                          Enterprises(call.registrar)
                              .change(call.actor, id_of(call), application.profile(), *expected));
}

Response review(ApiCall& call) {
    v1::ReviewDecision decision;
    if (auto read = read_body(call, decision); !read) return refuse(call, read.error());
    return answer_outcome(call, Status::ok,
                          Enterprises(call.registrar).review(call.actor, id_of(call), decision));
}

Response suspend(ApiCall& call) {
    v1::Reason reason;
    if (auto read = read_body(call, reason); !read) return refuse(call, read.error());
    return answer_outcome(
        call, Status::ok,
        Enterprises(call.registrar).suspend(call.actor, id_of(call), reason.reason()));
}

Response resume(ApiCall& call) {
    return answer_outcome(call, Status::ok,
                          Enterprises(call.registrar).resume(call.actor, id_of(call)));
}

Response retire(ApiCall& call) {
    v1::Reason reason;
    if (auto read = read_body(call, reason); !read) return refuse(call, read.error());
    return answer_outcome(
        call, Status::ok,
        Enterprises(call.registrar).retire(call.actor, id_of(call), reason.reason()));
}

Response list_files(ApiCall& call) {
    return answer_outcome(call, Status::ok,
                          registration::Files(call.registrar).list(call.actor, id_of(call)));
}

/// Octets, as they were uploaded.
Response get_file(ApiCall& call) {
    const auto content = registration::Files(call.registrar).read(call.actor, id_of(call));
    if (!content) return refuse(call, content.error());
    Response out(Status::ok, 11);
    out.set(boost::beast::http::field::content_type, content->description.content_type());
    out.set(boost::beast::http::field::cache_control, "no-store");
    out.body() = as_text(content->octets);
    return out;
}

Response set_quota(ApiCall& call) {
    v1::Quota quota;
    if (auto read = read_body(call, quota); !read) return refuse(call, read.error());
    return answer_outcome(call, Status::ok,
                          Enterprises(call.registrar).set_quota(call.actor, id_of(call), quota));
}

}  // namespace

std::span<const ApiRoute> enterprise_routes() {
    static constexpr std::array kRoutes{
        ApiRoute{Method::post, "/idn/v1/enterprises", "applyEnterprise", false, &apply},
        ApiRoute{Method::get, "/idn/v1/enterprises", "listEnterprises", false, &list},
        ApiRoute{Method::get, "/idn/v1/enterprises/{id}", "getEnterprise", false, &get},
        ApiRoute{Method::put, "/idn/v1/enterprises/{id}", "changeEnterprise", false, &change},
        ApiRoute{Method::post, "/idn/v1/enterprises/{id}/review", "reviewEnterprise", false,
                 &review},
        ApiRoute{Method::post, "/idn/v1/enterprises/{id}/suspend", "suspendEnterprise", false,
                 &suspend},
        ApiRoute{Method::post, "/idn/v1/enterprises/{id}/resume", "resumeEnterprise", false,
                 &resume},
        ApiRoute{Method::post, "/idn/v1/enterprises/{id}/retire", "retireEnterprise", false,
                 &retire},
        ApiRoute{Method::put, "/idn/v1/enterprises/{id}/quota", "setQuota", false, &set_quota},
        ApiRoute{Method::get, "/idn/v1/enterprises/{id}/files", "listFiles", false, &list_files},
        ApiRoute{Method::get, "/idn/v1/files/{id}", "getFile", false, &get_file},
    };
    return kRoutes;
}

}  // namespace idnode::http
