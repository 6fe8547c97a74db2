// Data templates (§3): version 5, version 3 and the older path of version 3.

#include <array>

#include "proto/base/text.h"
#include "registry/http/snms/answers.h"
#include "registry/http/snms/json_body.h"
#include "registry/http/snms/template_body.h"
#include "registry/registration/templates.h"

namespace idnode::http::snms {

namespace {

using registration::Code;
using registration::Templates;

/// Which template a request is about.
struct Selected {
    std::string prefix;
    std::string version;
};

Outcome<Selected> read_selected(const Members& members) {
    auto prefix = members.text("prefix", kPrefixMax);
    if (!prefix) return prefix.error();
    auto version = members.text("version", kTemplateVersionMax);
    if (!version) return version.error();
    return Selected{*std::move(prefix), *std::move(version)};
}

/// Of a query, or of a deletion whose body was dropped on the way (§1.1).
Outcome<Selected> selected_in_query(const SnmsCall& call) {
    boost::json::object members;
    for (const std::string_view name : {"prefix", "version"}) {
        if (const auto value = call.parameters.first(name)) {
            if (!is_utf8(*value)) return broken_rule(name, "必须是UTF-8", "must be UTF-8");
            members[boost::json::string_view(name.data(), name.size())] =
                boost::json::string_view(value->data(), value->size());
        }
    }
    return read_selected(Members(members));
}

/// What the rules refuse, with the words of this interface.
Response refuse_template(const SnmsCall& call, const registration::Refusal& refusal) {
    Fault fault = fault_of(refusal);
    if (refusal.code == Code::kNotFound) fault.chinese = "模板不存在";
    if (refusal.code == Code::kExists) fault.chinese = "模板版本已存在";
    if (refusal.code == Code::kWrongState) fault.chinese = "模板已被标识使用，不能删除";
    return refuse(call, fault);
}

Response show(SnmsCall& call, TemplateForm form) {
    const auto selected = selected_in_query(call);
    if (!selected) return refuse(call, selected.error());
    const auto found =
        Templates(call.registrar()).find(call.actor, selected->prefix, selected->version);
    if (!found) return refuse_template(call, found.error());
    Response out = succeed(template_json(*found, form));
    if (is_lossy(*found)) out.set("X-IDN-Lossy", "1");
    return out;
}

Response add(SnmsCall& call, TemplateForm form) {
    const auto body = read_json_object(call);
    if (!body) return refuse(call, body.error());
    const auto wanted = read_template(Members(*body), form, call.registrar().terms);
    if (!wanted) return refuse(call, wanted.error());
    const auto created = Templates(call.registrar()).create(call.actor, *wanted);
    return created ? succeed("true") : refuse_template(call, created.error());
}

Response edit(SnmsCall& call) {
    const auto body = read_json_object(call);
    if (!body) return refuse(call, body.error());
    const Members members(*body);
    const auto selected = read_selected(members);
    if (!selected) return refuse(call, selected.error());
    Templates templates(call.registrar());
    const auto before = templates.find(call.actor, selected->prefix, selected->version);
    if (!before) return refuse_template(call, before.error());
    const auto wanted = read_template_edit(members, *before, call.registrar().terms);
    if (!wanted) return refuse(call, wanted.error());
    const auto done = templates.edit(call.actor, *wanted, before->version());
    return done ? succeed("true") : refuse_template(call, done.error());
}

Response remove(SnmsCall& call) {
    Outcome<Selected> selected = Selected{};
    if (has_no_body(call)) {
        selected = selected_in_query(call);
    } else {
        const auto body = read_json_object(call);
        if (!body) return refuse(call, body.error());
        selected = read_selected(Members(*body));
    }
    if (!selected) return refuse(call, selected.error());
    const bool forced =
        call.field("X-IDN-Force") == "1" && call.actor.scopes.has(v1::SCOPE_OPERATE);
    const auto done =
        Templates(call.registrar())
            .remove(call.actor, selected->prefix, selected->version,
                    forced ? Templates::Deletion::kForced : Templates::Deletion::kUnused);
    return done ? succeed("true") : refuse_template(call, done.error());
}

Response show_v3(SnmsCall& call) {
    return show(call, TemplateForm::kV3);
}
Response show_v5(SnmsCall& call) {
    return show(call, TemplateForm::kV5);
}
Response add_v3(SnmsCall& call) {
    return add(call, TemplateForm::kV3);
}
Response add_v5(SnmsCall& call) {
    return add(call, TemplateForm::kV5);
}

}  // namespace

std::span<const Route> template_routes() {
    static constexpr std::string_view kV5 = "/snms/api/v5/template";
    static constexpr std::string_view kV3 = "/snms/api/v3/template";
    static constexpr std::string_view kOlder = "/snms/api/template/v1";
    static constexpr std::array kRoutes{
        Route{Method::get, kV5, Access::kToken, &show_v5},
        Route{Method::post, kV5, Access::kToken, &add_v5},
        Route{Method::put, kV5, Access::kToken, &edit},
        Route{Method::delete_, kV5, Access::kToken, &remove},
        Route{Method::get, kV3, Access::kToken, &show_v3},
        Route{Method::post, kV3, Access::kToken, &add_v3},
        Route{Method::delete_, kV3, Access::kToken, &remove},
        Route{Method::get, kOlder, Access::kToken, &show_v3},
        Route{Method::post, kOlder, Access::kToken, &add_v3},
        Route{Method::delete_, kOlder, Access::kToken, &remove},
    };
    return kRoutes;
}

}  // namespace idnode::http::snms
