// Applications of enterprises (§5), and new accounts (§2.5).

#include <array>
#include <charconv>

#include "registry/http/snms/answers.h"
#include "registry/http/snms/enterprise_body.h"
#include "registry/http/snms/page.h"
#include "registry/http/snms/prefix_state.h"
#include "registry/json/encoding.h"
#include "registry/registration/enterprises.h"
#include "registry/registration/objects.h"

namespace idnode::http::snms {

namespace {

using registration::Code;
using registration::Enterprises;

/// What this interface calls the fields of the rules.
std::string_view member_of(std::string_view field) {
    struct Name {
        std::string_view field;
        std::string_view member;
    };
    constexpr std::array kNames{
        Name{"account.name", "userName"},
        Name{"account.email", "email"},
        Name{"account.mobile", "mobile"},
        Name{"profile.certificate.number", "orgCrtCode"},
        Name{"profile.requestedPrefix", "entPrefix"},
    };
    for (const Name& name : kNames) {
        if (name.field == field) return name.member;
    }
    return field;
}

Response refuse_application(const SnmsCall& call, registration::Refusal refusal) {
    refusal.field = member_of(refusal.field);
    Fault fault = fault_of(refusal);
    if (refusal.code == Code::kExists) fault.chinese = refusal.field + "已存在";
    return refuse(call, fault);
}

/// Administrators of the node alone.
Outcome<void> require_operator(const SnmsCall& call) {
    const auto may = registration::require(call.actor, v1::SCOPE_OPERATE);
    return may ? Outcome<void>() : fault_of(may.error());
}

Response apply(SnmsCall& call, Applicant applicant) {
    if (const auto may = require_operator(call); !may) return refuse(call, may.error());
    const auto body = read_json_object(call);
    if (!body) return refuse(call, body.error());
    auto application = read_application(Members(*body), applicant);
    if (!application) return refuse(call, application.error());
    const std::string& own = call.registrar().terms.own_prefix;
    if (!application->profile.requested_prefix().starts_with(own + ".")) {
        return refuse(call, broken_rule("entPrefix", "必须在本节点前缀" + own + "之下",
                                        "must lie below the node's own, " + own));
    }
    application->password.hashed_login = call.context.settings.hashed_login;
    const auto filed = registration::file_application(call.registrar(), call.context.logins,
                                                      call.actor, *application);
    if (!filed) return refuse_application(call, filed.error());
    return succeed("true");
}

Response apply_with_user(SnmsCall& call) {
    return apply(call, Applicant::kNewUser);
}
Response apply_for_user(SnmsCall& call) {
    return apply(call, Applicant::kUser);
}

/// §2.5
Response register_account(SnmsCall& call) {
    if (const auto may = require_operator(call); !may) return refuse(call, may.error());
    const auto body = read_json_object(call);
    if (!body) return refuse(call, body.error());
    registration::Application wanted;
    const auto read =
        read_user(Members(*body),
                  {.name_member = "username", .password_max = 255, .contact_max = 255}, wanted);
    if (!read) return refuse(call, read.error());
    wanted.password.hashed_login = call.context.settings.hashed_login;
    const auto created =
        call.accounts.create_unbound(call.actor, wanted.user.account(), wanted.password);
    return created ? succeed("true") : refuse_application(call, created.error());
}

void text_member(std::string_view name, std::string_view text, std::string& out) {
    out.append(out.ends_with('{') ? "\"" : ",\"").append(name).append("\":");
    json::append_json_string(text, out);
}

std::string entry_json(const v1::Enterprise& enterprise, const PrefixStanding& standing) {
    const v1::EnterpriseProfile& profile = enterprise.profile();
    std::string out = "{\"id\":" + std::to_string(enterprise.id());
    text_member("orgName", profile.name(), out);
    out.append(",\"orgNature\":").append(std::to_string(profile.nature()));
    out.append(",\"orgCrtType\":").append(std::to_string(profile.certificate().kind()));
    text_member("orgCrtCode", profile.certificate().number(), out);
    text_member("industryCategory", profile.industry().category(), out);
    text_member("industrySpecific", profile.industry().division(), out);
    text_member("contactName", profile.contact().name(), out);
    text_member("contactPhone", profile.contact().phone(), out);
    text_member("entPrefix", standing.prefix, out);
    out.append(",\"status\":").append(std::to_string(standing.status));
    out.append(",\"proxyState\":").append(std::to_string(standing.proxy_state));
    text_member("createDate", date_time(enterprise.created()), out);
    return out.append("}");
}

Response list(SnmsCall& call) {
    const auto page = read_page(call);
    if (!page) return refuse(call, page.error());
    const std::string_view name = call.parameter("orgName");
    std::vector<std::string> items;
    const auto done = for_each_enterprise(call, [&](const v1::Enterprise& enterprise) {
        const bool asked = page->holds(registration::to_time(enterprise.created())) &&
                           enterprise.profile().name().find(name) != std::string::npos;
        if (!asked) return registration::Outcome<void>();
        const auto standing = standing_of(call, enterprise);
        if (!standing) return registration::Outcome<void>(standing.error());
        items.push_back(entry_json(enterprise, *standing));
        return registration::Outcome<void>();
    });
    return done ? succeed(page_json(*page, items)) : refuse(call, done.error());
}

/// The first administrator of an enterprise, without its secrets.
std::string user_json(SnmsCall& call, std::uint64_t enterprise_id) {
    const auto accounts = call.accounts.list(call.actor, enterprise_id, {}, 1);
    if (!accounts || accounts->accounts().empty()) return "null";
    const v1::Account& account = accounts->accounts(0);
    std::string out = "{";
    text_member("userName", account.name(), out);
    text_member("email", account.email(), out);
    text_member("mobile", account.mobile(), out);
    text_member("remarks", account.remarks(), out);
    return out.append("}");
}

Response detail(SnmsCall& call) {
    const std::string_view text = call.parameter("id");
    if (text.empty()) return refuse(call, missing_parameter("id"));
    std::uint64_t id = 0;
    const auto [at, failed] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (failed != std::errc{} || at != text.data() + text.size()) {
        return refuse(call, wrong_type("id", "必须是整数", "must be an integer"));
    }
    if (!call.actor.reaches(id)) return refuse(call, foreign_enterprise());
    const auto enterprise = Enterprises(call.registrar()).find(call.actor, id);
    if (!enterprise) {
        const bool is_missing = enterprise.error().code == Code::kNotFound;
        return refuse(call,
                      is_missing ? no_such("企业", "enterprise") : fault_of(enterprise.error()));
    }
    return succeed(application_json(*enterprise, user_json(call, id)));
}

}  // namespace

std::span<const Route> enterprise_routes() {
    static constexpr std::array kRoutes{
        Route{Method::post, "/identity/registry", Access::kToken, &register_account},
        Route{Method::post, "/snms/api/v3/ent/apply", Access::kToken, &apply_with_user},
        Route{Method::post, "/snms/api/ent/apply", Access::kToken, &apply_with_user},
        Route{Method::post, "/snms/api/v3/ent/upgrade-apply", Access::kToken, &apply_for_user},
        Route{Method::get, "/snms/api/v3/ent/page", Access::kToken, &list},
        Route{Method::get, "/snms/api/v3/ent/detail", Access::kToken, &detail},
    };
    return kRoutes;
}

}  // namespace idnode::http::snms
