// Prefixes: their state, and where their records are (§5).

#include <array>
#include <charconv>

#include "proto/base/text.h"
#include "registry/http/snms/answers.h"
#include "registry/http/snms/json_body.h"
#include "registry/http/snms/page.h"
#include "registry/http/snms/prefix_state.h"
#include "registry/http/snms/template_body.h"
#include "registry/json/encoding.h"
#include "registry/registration/objects.h"
#include "registry/registration/prefixes.h"

namespace idnode::http::snms {

namespace {

using registration::Code;
using registration::Prefixes;

constexpr std::int64_t kPortMax = 65'535;

void text_member(std::string_view name, std::string_view text, std::string& out) {
    out.append(out.ends_with('{') ? "\"" : ",\"").append(name).append("\":");
    json::append_json_string(text, out);
}

std::string address_of(const v1::Address& address) {
    std::string out;
    for (const std::string* part :
         {&address.province(), &address.city(), &address.county(), &address.text()}) {
        if (!out.empty() && !part->empty()) out += ' ';
        out += *part;
    }
    return out;
}

std::string prefix_json(const SnmsCall& call, const v1::Enterprise& enterprise,
                        const PrefixStanding& standing) {
    const v1::EnterpriseProfile& profile = enterprise.profile();
    std::string out = "{";
    text_member("prefix", standing.prefix, out);
    text_member("createDate", date_time(standing.created), out);
    text_member("ghrName", call.registrar().terms.own_prefix, out);
    out.append(",\"status\":").append(std::to_string(standing.status));
    text_member("entNameCn", profile.name(), out);
    text_member("entWebSite", profile.website(), out);
    text_member("entIndustry", profile.industry().category() + profile.industry().division(), out);
    text_member("entAddrCn", address_of(profile.address()), out);
    text_member("entDesc", profile.description(), out);
    return out;
}

struct Standing {
    v1::Enterprise enterprise;
    PrefixStanding prefix;
};

/// Every prefix that the caller reaches, allotted or asked for.
registration::Outcome<std::vector<Standing>> standings(const SnmsCall& call) {
    std::vector<Standing> out;
    const auto done = for_each_enterprise(
        call, [&](const v1::Enterprise& enterprise) -> registration::Outcome<void> {
            const auto prefixes = prefixes_of(call, enterprise.id());
            if (!prefixes) return prefixes.error();
            bool is_allotted = enterprise.profile().requested_prefix().empty();
            for (const v1::Prefix& prefix : *prefixes) {
                out.push_back({enterprise, standing_of(enterprise, prefix)});
                is_allotted = is_allotted || equal_folded(prefix.prefix(),
                                                          enterprise.profile().requested_prefix());
            }
            if (!is_allotted) out.push_back({enterprise, standing_of_request(enterprise)});
            return {};
        });
    if (!done) return done.error();
    return out;
}

Response query(SnmsCall& call) {
    const std::string prefix(call.parameter("prefix"));
    if (prefix.empty()) return refuse(call, missing_parameter("prefix"));
    if (prefix.size() > kPrefixMax || !is_utf8(prefix)) {
        return refuse(call, too_long("prefix", kPrefixMax));
    }
    const auto all = standings(call);
    if (!all) return refuse(call, all.error());
    for (const Standing& one : *all) {
        if (!equal_folded(one.prefix.prefix, prefix)) continue;
        return succeed(prefix_json(call, one.enterprise, one.prefix).append("}"));
    }
    if (call.actor.enterprise_id == 0) return refuse(call, no_such("前缀", "prefix"));
    return refuse(call, foreign_enterprise());
}

Response list(SnmsCall& call) {
    const auto page = read_page(call);
    if (!page) return refuse(call, page.error());
    const auto all = standings(call);
    if (!all) return refuse(call, all.error());
    std::vector<std::string> items;
    for (const Standing& one : *all) {
        const bool asked =
            page->holds(registration::to_time(one.prefix.created)) &&
            one.enterprise.profile().name().find(call.parameter("entName")) != std::string::npos &&
            one.prefix.prefix.find(call.parameter("entPrefix")) != std::string::npos;
        if (!asked) continue;
        std::string item = prefix_json(call, one.enterprise, one.prefix);
        item.append(",\"proxyState\":").append(std::to_string(one.prefix.proxy_state));
        items.push_back(item.append("}"));
    }
    return succeed(page_json(*page, items));
}

/// A port, as a number or in digits; 0: none.
Outcome<std::uint32_t> read_port(const Members& members, std::string_view name) {
    const auto text = members.optional_text(name, 5);
    if (!text) return text.error();
    if (text->empty()) return 0U;
    const auto port = members.integer(name, 1, kPortMax);
    if (!port) return port.error();
    return static_cast<std::uint32_t>(*port);
}

Outcome<v1::EnterpriseSite> read_site(const Members& members) {
    const auto type = members.optional_text("hdlType", 128);
    if (!type) return type.error();
    if (!type->empty() && *type != "HS_SITE") {
        return broken_rule(members.name_of("hdlType"), "只能是HS_SITE", "must be HS_SITE");
    }
    const auto ip_type = members.integer("ipType", 4, 6);
    if (!ip_type) return ip_type.error();
    const auto ip = members.text("ip", 64);
    if (!ip) return ip.error();
    const bool is_v6 = ip->find(':') != std::string::npos;
    const bool is_v4 = !is_v6 && ip->find('.') != std::string::npos;
    if (*ip_type == 5 || is_v6 != (*ip_type == 6) || is_v4 != (*ip_type == 4)) {
        return broken_rule(members.name_of("ip"), "与ipType不一致", "does not match ipType");
    }
    v1::EnterpriseSite out;
    out.set_address(*ip);
    const auto tcp = read_port(members, "tcpPort");
    if (!tcp) return tcp.error();
    const auto udp = read_port(members, "udpPort");
    if (!udp) return udp.error();
    const auto http = read_port(members, "httpPort");
    if (!http) return http.error();
    if (*tcp == 0 && *udp == 0 && *http == 0) {
        return missing_parameter(members.name_of("tcpPort"));
    }
    out.set_tcp_port(*tcp);
    out.set_udp_port(*udp);
    out.set_http_port(*http);
    return out;
}

struct Config {
    std::string prefix;
    v1::HostingChange change;
};

Outcome<Config> read_config(const Members& members) {
    const auto config = members.object("entPrefixConfig");
    if (!config) return config.error();
    auto prefix = config->text("entPrefix", kPrefixMax);
    if (!prefix) return prefix.error();
    Config out{.prefix = *std::move(prefix), .change = {}};
    if (members.has("proxyServerId")) {
        out.change.set_hosting(v1::HOSTING_HOSTED);
        return out;
    }
    auto site = read_site(*config);
    if (!site) return site.error();
    out.change.set_hosting(v1::HOSTING_DELEGATED);
    *out.change.mutable_site() = *std::move(site);
    return out;
}

Response configure(SnmsCall& call) {
    const auto body = read_json_object(call);
    if (!body) return refuse(call, body.error());
    const auto config = read_config(Members(*body));
    if (!config) return refuse(call, config.error());
    const auto done =
        Prefixes(call.registrar()).change_hosting(call.actor, config->prefix, config->change);
    if (done) return succeed("true");
    Fault fault = fault_of(done.error());
    if (done.error().code == Code::kNotFound) fault.chinese = "前缀尚未审核通过";
    if (done.error().field.starts_with("site.address")) fault.chinese = "ip不是有效的地址";
    return refuse(call, fault);
}

}  // namespace

std::span<const Route> prefix_routes() {
    static constexpr std::array kRoutes{
        Route{Method::get, "/snms/api/prefix/query", Access::kToken, &query},
        Route{Method::get, "/snms/api/prefix/page", Access::kToken, &list},
        Route{Method::post, "/snms/api/ent/config", Access::kToken, &configure},
    };
    return kRoutes;
}

}  // namespace idnode::http::snms
