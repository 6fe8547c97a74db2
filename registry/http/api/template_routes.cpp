// Templates of prefixes.

#include "registry/http/api/bodies.h"
#include "registry/registration/templates.h"

namespace idnode::http {

namespace {

using registration::Templates;

/// A template in a body, of the prefix and with the version name of the path.
registration::Outcome<v1::Template> read_template(const ApiCall& call) {
    v1::Template out;
    if (auto read = read_body(call, out); !read) return read.error();
    out.set_prefix(call.subjects[0]);
    if (call.subjects.size() == 1) return out;
    if (!out.version_name().empty() && out.version_name() != call.subjects[1]) {
        return registration::invalid("templateVersion", "must be that of the path");
    }
    out.set_version_name(call.subjects[1]);
    return out;
}

Response create(ApiCall& call) {
    const auto wanted = read_template(call);
    if (!wanted) return refuse(call, wanted.error());
    return answer_outcome(call, Status::created,
                          Templates(call.registrar).create(call.actor, *wanted));
}

Response list(ApiCall& call) {
    return answer_outcome(
        call, Status::ok,
        Templates(call.registrar)
            .list(call.actor, call.subjects[0], parameter(call, "cursor"), page_size(call)));
}

Response get(ApiCall& call) {
    return answer_outcome(
        call, Status::ok,
        Templates(call.registrar).find(call.actor, call.subjects[0], call.subjects[1]));
}

/// PUT a draft, PATCH any.
Response change(ApiCall& call, registration::Outcome<v1::Template> (Templates::*how)(
                                   const registration::Actor&, const v1::Template&,
                                   std::optional<model::TransactionId>)) {
    const auto wanted = read_template(call);
    if (!wanted) return refuse(call, wanted.error());
    const auto expected = expected_version(call.request);
    if (!expected) return refuse(call, expected.error());
    Templates templates(call.registrar);
    return answer_outcome(call, Status::ok, (templates.*how)(call.actor, *wanted, *expected));
}

Response replace(ApiCall& call) {
    return change(call, &Templates::replace_draft);
}

Response edit(ApiCall& call) {
    return change(call, &Templates::edit);
}

Response publish(ApiCall& call) {
    return answer_outcome(
        call, Status::ok,
        Templates(call.registrar).publish(call.actor, call.subjects[0], call.subjects[1]));
}

Response withdraw(ApiCall& call) {
    return answer_outcome(
        call, Status::ok,
        Templates(call.registrar).withdraw(call.actor, call.subjects[0], call.subjects[1]));
}

Response remove(ApiCall& call) {
    const auto deletion = parameter(call, "force") == "true" ? Templates::Deletion::kForced
                                                             : Templates::Deletion::kUnused;
    return answer_outcome(
        call,
        Templates(call.registrar).remove(call.actor, call.subjects[0], call.subjects[1], deletion));
}

}  // namespace

std::span<const ApiRoute> template_routes() {
    static constexpr std::string_view kAll = "/idn/v1/prefixes/{prefix}/templates";
    static constexpr std::string_view kOne = "/idn/v1/prefixes/{prefix}/templates/{version}";
    static constexpr std::array kRoutes{
        ApiRoute{Method::post, kAll, "createTemplate", false, &create},
        ApiRoute{Method::get, kAll, "listTemplates", false, &list},
        ApiRoute{Method::get, kOne, "getTemplate", false, &get},
        ApiRoute{Method::put, kOne, "replaceTemplate", false, &replace},
        ApiRoute{Method::patch, kOne, "editTemplate", false, &edit},
        ApiRoute{Method::delete_, kOne, "deleteTemplate", false, &remove},
        ApiRoute{Method::post, "/idn/v1/prefixes/{prefix}/templates/{version}/publish",
                 "publishTemplate", false, &publish},
        ApiRoute{Method::post, "/idn/v1/prefixes/{prefix}/templates/{version}/withdraw",
                 "withdrawTemplate", false, &withdraw},
    };
    return kRoutes;
}

}  // namespace idnode::http
