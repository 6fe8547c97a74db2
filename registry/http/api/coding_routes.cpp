// Coding rules of prefixes, suffixes by them, and leases of their serial numbers.

#include "registry/http/api/bodies.h"
#include "registry/registration/coding_rules.h"
#include "registry/registration/prefixes.h"
#include "registry/registration/serials.h"

namespace idnode::http {

namespace {

using registration::CodingRules;
using registration::Serials;

Response list_rules(ApiCall& call) {
    return answer_outcome(
        call, Status::ok,
        CodingRules(call.registrar)
            .list(call.actor, call.subjects[0], parameter(call, "cursor"), page_size(call)));
}

Response get_rule(ApiCall& call) {
    return answer_outcome(
        call, Status::ok,
        CodingRules(call.registrar).find(call.actor, call.subjects[0], call.subjects[1]));
}

Response put_rule(ApiCall& call) {
    v1::CodingRule wanted;
    if (auto read = read_body(call, wanted); !read) return refuse(call, read.error());
    if (!wanted.name().empty() && wanted.name() != call.subjects[1]) {
        return refuse(call, registration::invalid("name", "must be that of the path"));
    }
    wanted.set_prefix(call.subjects[0]);
    wanted.set_name(call.subjects[1]);
    auto expected = expected_version(call.request);
    if (!expected) return refuse(call, expected.error());
    if (must_be_new(call.request)) *expected = 0;
    return answer_outcome(call, Status::ok,
                          CodingRules(call.registrar).put(call.actor, wanted, *expected));
}

Response remove_rule(ApiCall& call) {
    return answer_outcome(
        call, CodingRules(call.registrar).remove(call.actor, call.subjects[0], call.subjects[1]));
}

Response make_suffixes(ApiCall& call) {
    v1::SuffixRequest wanted;
    if (auto read = read_body(call, wanted); !read) return refuse(call, read.error());
    return answer_outcome(call, Status::ok,
                          CodingRules(call.registrar)
                              .suffixes(call.actor, call.subjects[0], call.subjects[1], wanted));
}

Response choose_rule(ApiCall& call) {
    v1::CodingRuleChoice wanted;
    if (auto read = read_body(call, wanted); !read) return refuse(call, read.error());
    return answer_outcome(call, Status::ok,
                          registration::Prefixes(call.registrar)
                              .set_coding_rule(call.actor, call.subjects[0], wanted.coding_rule()));
}

Response lease(ApiCall& call) {
    v1::LeaseRequest wanted;
    if (auto read = read_body(call, wanted); !read) return refuse(call, read.error());
    return answer_outcome(
        call, Status::created,
        Serials(call.registrar).lease(call.actor, call.subjects[0], call.subjects[1], wanted));
}

Response list_leases(ApiCall& call) {
    return answer_outcome(call, Status::ok,
                          Serials(call.registrar)
                              .list(call.actor, call.subjects[0], call.subjects[1],
                                    parameter(call, "cursor"), page_size(call)));
}

Response give_back(ApiCall& call) {
    v1::LeaseReturn wanted;
    if (auto read = read_body(call, wanted); !read) return refuse(call, read.error());
    return answer_outcome(call, Status::ok,
                          Serials(call.registrar)
                              .give_back(call.actor, call.subjects[0], call.subjects[1],
                                         number_of(call.subjects[2]), wanted.unused_from()));
}

}  // namespace

std::span<const ApiRoute> coding_routes() {
    static constexpr std::string_view kRule = "/idn/v1/prefixes/{prefix}/coding-rules/{name}";
    static constexpr std::string_view kLeases =
        "/idn/v1/prefixes/{prefix}/coding-rules/{name}/leases";
    static constexpr std::array kRoutes{
        ApiRoute{Method::put, "/idn/v1/prefixes/{prefix}/coding-rule", "chooseCodingRule", false,
                 &choose_rule},
        ApiRoute{Method::get, "/idn/v1/prefixes/{prefix}/coding-rules", "listCodingRules", false,
                 &list_rules},
        ApiRoute{Method::get, kRule, "getCodingRule", false, &get_rule},
        ApiRoute{Method::put, kRule, "putCodingRule", false, &put_rule},
        ApiRoute{Method::delete_, kRule, "deleteCodingRule", false, &remove_rule},
        ApiRoute{Method::post, "/idn/v1/prefixes/{prefix}/coding-rules/{name}/suffixes",
                 "makeSuffixes", false, &make_suffixes},
        ApiRoute{Method::post, kLeases, "leaseSerials", false, &lease},
        ApiRoute{Method::get, kLeases, "listLeases", false, &list_leases},
        ApiRoute{Method::post,
                 "/idn/v1/prefixes/{prefix}/coding-rules/{name}/leases/{first}/return",
                 "returnLease", false, &give_back},
    };
    return kRoutes;
}

}  // namespace idnode::http
