#include "registry/registration/prefixes.h"

#include <array>
#include <utility>
#include <vector>

#include "proto/base/text.h"
#include "proto/handle/admin.h"
#include "proto/handle/key.h"
#include "proto/handle/site.h"
#include "proto/idnode/v1/enterprise.pb.h"
#include "registry/model/identifier.h"
#include "registry/registration/coding_rules.h"
#include "registry/registration/objects.h"

namespace idnode::registration {

namespace {

using model::Table;

constexpr std::int32_t kSiteIndex = 1;
constexpr std::int32_t kAdminIndex = 100;
constexpr std::uint32_t kGroupIndex = 200;  // of the node's administrators, in its prefix handle
constexpr std::uint32_t kPortMax = 65'535;
constexpr std::size_t kReasonBytesMax = 1'024;

Refusal foreign(std::string_view prefix) {
    return {
        .code = Code::kForeignPrefix,
        .message = "prefix '" + std::string(prefix) + "' is not one that this account may use here",
        .field = "handle",
        .remedy = "use a prefix that was allotted to the account's enterprise"};
}

Refusal disabled(const v1::Prefix& prefix, std::string_view why) {
    return {.code = Code::kPrefixDisabled,
            .message = "prefix '" + prefix.prefix() + "' " + std::string(why),
            .field = "handle",
            .remedy = "ask the operator of the node"};
}

handle::Value value_of(std::int32_t index, std::string type, Bytes data) {
    handle::Value out;
    out.index = index;
    out.type = std::move(type);
    out.data = std::move(data);
    return out;
}

Outcome<handle::Site> site_of(const v1::EnterpriseSite& site) {
    const auto address = handle::parse_site_address(site.address());
    if (!address) return invalid("site.address", "must be an IPv4 or IPv6 address");
    handle::Server server;
    server.address = *address;
    const BytesView key = as_bytes_view(site.public_key());
    server.public_key.assign(key.begin(), key.end());
    struct Port {
        std::string_view field;
        std::uint32_t number;
        handle::Transport transport;
    };
    for (const Port& port : {Port{"site.udpPort", site.udp_port(), handle::Transport::kUdp},
                             Port{"site.tcpPort", site.tcp_port(), handle::Transport::kTcp},
                             Port{"site.httpPort", site.http_port(), handle::Transport::kHttp}}) {
        if (port.number > kPortMax) return invalid(std::string(port.field), "at most 65535");
        if (port.number == 0) continue;
        const bool is_udp = port.transport == handle::Transport::kUdp;
        server.interfaces.push_back(
            {is_udp ? handle::InterfaceType::kQuery : handle::InterfaceType::kBoth, port.transport,
             port.number});
    }
    if (server.interfaces.empty()) {
        return Refusal{.code = Code::kMissing,
                       .message = "site: at least one port must be given",
                       .field = "site.tcpPort"};
    }
    handle::Site out;
    out.servers.push_back(std::move(server));
    return out;
}

}  // namespace

model::SuffixCase suffix_case_of(const v1::Prefix& prefix) {
    return prefix.suffix_case() == v1::SUFFIX_CASE_KEEP ? model::SuffixCase::kKeep
                                                        : model::SuffixCase::kFold;
}

/// Whether it is homed, and its prefix handle.
Outcome<std::vector<model::Edit>> Prefixes::hosting_edits(const v1::Prefix& prefix) const {
    const bool hosted = prefix.hosting() == v1::HOSTING_HOSTED;
    const std::string own = model::prefix_handle_of(registrar_.terms.own_prefix);
    model::Record record{model::prefix_handle_of(prefix.prefix()), {}};
    if (hosted) {
        // The sites of the node's own prefix handle, wherever the node moves.
        record.values.push_back(value_of(kSiteIndex, "HS_SERV", to_bytes(own)));
    } else {
        const auto site = site_of(prefix.site());
        if (!site) return site.error();
        record.values.push_back(value_of(kSiteIndex, "HS_SITE", handle::encode_site(*site)));
    }
    const handle::Admin admin{.administrator = {own, kGroupIndex}};
    record.values.push_back(value_of(kAdminIndex, "HS_ADMIN", handle::encode_admin(admin)));
    auto values = model::encode_record_values(record);
    if (!values) return to_refusal(values.error());
    model::Edit home;
    home.kind = hosted ? model::Edit::Kind::kHome : model::Edit::Kind::kUnhome;
    home.handle = record.handle;
    home.suffix_case = suffix_case_of(prefix);
    model::Edit put;
    put.handle = record.handle;
    put.values = *std::move(values);
    std::vector<model::Edit> out;
    out.push_back(std::move(home));
    out.push_back(std::move(put));
    return out;
}

Outcome<v1::Prefix> Prefixes::allot(const Actor& actor, const v1::Allotment& wanted) {
    if (auto may = require(actor, v1::SCOPE_OPERATE); !may) return may.error();
    if (wanted.prefix().empty()) return missing("prefix");
    const auto fine = model::check_prefix(wanted.prefix(), registrar_.terms.prefix_levels_max);
    if (!fine) return invalid("prefix", fine.error().detail);
    const std::string name = fold_ascii(wanted.prefix());
    if (!name.starts_with(registrar_.terms.own_prefix + ".")) {
        return invalid("prefix", "must lie below the node's own, " + registrar_.terms.own_prefix);
    }
    const auto enterprise = registration::find<v1::Enterprise>(
        registrar_.store, Table::kEnterprises, number_key(wanted.enterprise_id()));
    if (!enterprise) return enterprise.error();
    if (!*enterprise) return not_found("enterprise " + std::to_string(wanted.enterprise_id()));
    if ((*enterprise)->state() != v1::ENTERPRISE_STATE_APPROVED) {
        return Refusal{
            .code = Code::kWrongState,
            .message = "enterprise " + std::to_string(wanted.enterprise_id()) + " is not approved",
            .field = "enterpriseId",
            .remedy = "review its application first"};
    }
    v1::Prefix prefix;
    prefix.set_prefix(name);
    prefix.set_enterprise_id(wanted.enterprise_id());
    prefix.set_state(v1::PREFIX_STATE_ENABLED);
    prefix.set_hosting(wanted.has_site() ? v1::HOSTING_DELEGATED : v1::HOSTING_HOSTED);
    *prefix.mutable_site() = wanted.site();
    prefix.set_coding_rule(wanted.coding_rule());
    const bool keeps = wanted.suffix_case() == v1::SUFFIX_CASE_UNSPECIFIED
                           ? registrar_.terms.suffix_case == model::SuffixCase::kKeep
                           : wanted.suffix_case() == v1::SUFFIX_CASE_KEEP;
    prefix.set_suffix_case(keeps ? v1::SUFFIX_CASE_KEEP : v1::SUFFIX_CASE_FOLD);
    *prefix.mutable_created() = to_timestamp(registrar_.clock.now());
    const auto there = read_stored(registrar_.store, Table::kPrefixes, name);
    if (!there) return there.error();
    if (*there) {
        return Refusal{.code = Code::kExists,
                       .message = "prefix: '" + name + "' is allotted already",
                       .field = "prefix"};
    }
    auto edits = hosting_edits(prefix);
    if (!edits) return edits.error();
    return put(actor, std::move(prefix), *std::move(edits),
               {point(Table::kPrefixByEnterprise, number_key(wanted.enterprise_id()) + name)});
}

Outcome<v1::Prefix> Prefixes::read(const Actor& actor, std::string_view prefix) {
    const std::string name = fold_ascii(prefix);
    auto found = registration::find<v1::Prefix>(registrar_.store, Table::kPrefixes, name);
    if (!found) return found.error();
    if (!*found || !actor.reaches((*found)->enterprise_id())) {
        return not_found("prefix '" + std::string(prefix) + "'");
    }
    return **std::move(found);
}

Outcome<v1::Prefix> Prefixes::put(const Actor& actor, v1::Prefix prefix,
                                  std::vector<model::Edit> edits,
                                  std::vector<model::ObjectEdit> more) {
    if (registrar_.terms.is_mirror) return to_refusal(Error{Errc::kRefused, {}});
    *prefix.mutable_changed() = to_timestamp(registrar_.clock.now());
    model::Change change = change_by(actor);
    change.edits = std::move(edits);
    change.objects = std::move(more);
    change.objects.push_back(
        registration::put(Table::kPrefixes, prefix.prefix(), prefix, prefix.version()));
    const auto committed = commit(registrar_.store, change);
    if (!committed) return committed.error();
    return read(actor, prefix.prefix());
}

Outcome<v1::Prefix> Prefixes::change_hosting(const Actor& actor, std::string_view name,
                                             const v1::HostingChange& wanted) {
    if (auto may = require(actor, v1::SCOPE_OPERATE); !may) return may.error();
    auto prefix = read(actor, name);
    if (!prefix) return prefix.error();
    if (prefix->state() != v1::PREFIX_STATE_ENABLED) {
        return disabled(*prefix, "is disabled or retired");
    }
    switch (wanted.hosting()) {
        case v1::HOSTING_HOSTED:
            break;
        case v1::HOSTING_DELEGATED:
            if (!wanted.has_site()) return missing("site");
            *prefix->mutable_site() = wanted.site();
            break;
        default:
            return missing("hosting");
    }
    prefix->set_hosting(wanted.hosting());
    auto edits = hosting_edits(*prefix);
    if (!edits) return edits.error();
    return put(actor, *std::move(prefix), *std::move(edits));
}

Outcome<v1::Prefix> Prefixes::change_state(const Actor& actor, std::string_view name,
                                           v1::PrefixState to, std::string_view reason) {
    if (auto may = require(actor, v1::SCOPE_OPERATE); !may) return may.error();
    auto prefix = read(actor, name);
    if (!prefix) return prefix.error();
    if (prefix->state() == v1::PREFIX_STATE_RETIRED) {
        return Refusal{.code = Code::kWrongState,
                       .message = "prefix '" + prefix->prefix() + "' is retired for good",
                       .field = "state"};
    }
    if (!is_utf8(reason) || reason.size() > kReasonBytesMax) {
        return invalid("reason",
                       "must be UTF-8, at most " + std::to_string(kReasonBytesMax) + " octets");
    }
    prefix->set_state(to);
    prefix->set_state_reason(std::string(reason));
    return put(actor, *std::move(prefix));
}

Outcome<v1::Prefix> Prefixes::disable(const Actor& actor, std::string_view prefix,
                                      std::string_view reason) {
    return change_state(actor, prefix, v1::PREFIX_STATE_DISABLED, reason);
}

Outcome<v1::Prefix> Prefixes::enable(const Actor& actor, std::string_view prefix) {
    return change_state(actor, prefix, v1::PREFIX_STATE_ENABLED, {});
}

Outcome<v1::Prefix> Prefixes::retire(const Actor& actor, std::string_view prefix,
                                     std::string_view reason) {
    return change_state(actor, prefix, v1::PREFIX_STATE_RETIRED, reason);
}

Outcome<v1::Prefix> Prefixes::set_coding_rule(const Actor& actor, std::string_view name,
                                              std::string_view rule) {
    if (auto may = require(actor, v1::SCOPE_TEMPLATES_WRITE); !may) return may.error();
    auto prefix = usable(actor, name, true);
    if (!prefix) return prefix.error();
    if (!rule.empty()) {
        const auto there = CodingRules(registrar_).named(prefix->prefix(), rule);
        if (!there) return there.error();
    }
    prefix->set_coding_rule(std::string(rule));
    return put(actor, *std::move(prefix));
}

Outcome<v1::Prefix> Prefixes::find(const Actor& actor, std::string_view prefix) {
    if (auto may = require(actor, v1::SCOPE_ENTERPRISES_READ); !may) return may.error();
    return read(actor, prefix);
}

Outcome<v1::PrefixList> Prefixes::list(const Actor& actor, std::uint64_t enterprise_id,
                                       std::string_view cursor, std::size_t count_max) {
    if (auto may = require(actor, v1::SCOPE_ENTERPRISES_READ); !may) return may.error();
    if (enterprise_id == 0) enterprise_id = actor.enterprise_id;
    if (!actor.reaches(enterprise_id)) {
        return not_found("enterprise " + std::to_string(enterprise_id));
    }
    v1::PrefixList out;
    const std::string after = fold_ascii(cursor);
    if (enterprise_id == 0) {
        const auto stored = registrar_.store.scan_objects(Table::kPrefixes, {}, after, count_max);
        if (!stored) return to_refusal(stored.error());
        for (const model::StoredObject& one : *stored) {
            v1::Prefix& prefix = *out.add_prefixes();
            if (!from_octets(one.value, prefix)) return damaged_object();
            prefix.set_version(one.version);
        }
        if (stored->size() == count_max) out.set_next_cursor(stored->back().key);
        return out;
    }
    const std::string beginning = number_key(enterprise_id);
    const auto entries =
        registrar_.store.scan_objects(Table::kPrefixByEnterprise, beginning,
                                      after.empty() ? after : beginning + after, count_max);
    if (!entries) return to_refusal(entries.error());
    for (const model::StoredObject& entry : *entries) {
        auto prefix = registration::find<v1::Prefix>(registrar_.store, Table::kPrefixes,
                                                     entry.key.substr(beginning.size()));
        if (!prefix) return prefix.error();
        if (*prefix) *out.add_prefixes() = **std::move(prefix);
    }
    if (entries->size() == count_max) {
        out.set_next_cursor(entries->back().key.substr(beginning.size()));
    }
    return out;
}

Outcome<v1::Prefix> Prefixes::usable(const Actor& actor, std::string_view name, bool for_change) {
    auto prefix =
        registration::find<v1::Prefix>(registrar_.store, Table::kPrefixes, fold_ascii(name));
    if (!prefix) return prefix.error();
    if (!*prefix || !actor.reaches((*prefix)->enterprise_id())) return foreign(name);
    if (!for_change) return **std::move(prefix);
    if ((*prefix)->state() != v1::PREFIX_STATE_ENABLED) {
        return disabled(**prefix, "is disabled or retired");
    }
    if ((*prefix)->hosting() != v1::HOSTING_HOSTED) {
        return disabled(**prefix, "is served by the enterprise's own node");
    }
    const auto enterprise = registration::find<v1::Enterprise>(
        registrar_.store, Table::kEnterprises, number_key((*prefix)->enterprise_id()));
    if (!enterprise) return enterprise.error();
    if (!*enterprise || (*enterprise)->state() != v1::ENTERPRISE_STATE_APPROVED) {
        return disabled(**prefix, "belongs to an enterprise that is suspended or retired");
    }
    return **std::move(prefix);
}

}  // namespace idnode::registration
