#include "registry/http/snms/prefix_state.h"

#include "registry/registration/enterprises.h"
#include "registry/registration/prefixes.h"

namespace idnode::http::snms {

namespace {

constexpr int kDisabled = 0;
constexpr int kEnabled = 1;
constexpr int kToBeDeleted = 2;
constexpr int kRejected = 3;
constexpr int kWaiting = 4;
constexpr int kInReview = 5;

constexpr int kNotHosted = 1;
constexpr int kApplying = 2;
constexpr int kHostingRejected = 3;
constexpr int kHosted = 4;

constexpr std::size_t kPage = 500;

}  // namespace

PrefixStanding standing_of(const v1::Enterprise& enterprise, const v1::Prefix& prefix) {
    PrefixStanding out{.prefix = prefix.prefix(), .created = prefix.created()};
    const bool gone = enterprise.state() == v1::ENTERPRISE_STATE_RETIRED ||
                      prefix.state() == v1::PREFIX_STATE_RETIRED;
    const bool in_use = enterprise.state() == v1::ENTERPRISE_STATE_APPROVED &&
                        prefix.state() == v1::PREFIX_STATE_ENABLED;
    out.status = gone ? kToBeDeleted : in_use ? kEnabled : kDisabled;
    out.proxy_state = prefix.hosting() == v1::HOSTING_HOSTED ? kHosted : kNotHosted;
    return out;
}

PrefixStanding standing_of_request(const v1::Enterprise& enterprise) {
    PrefixStanding out{.prefix = enterprise.profile().requested_prefix(),
                       .status = kInReview,
                       .proxy_state = kApplying,
                       .created = enterprise.created()};
    switch (enterprise.state()) {
        case v1::ENTERPRISE_STATE_APPLIED:
            out.status = kWaiting;
            break;
        case v1::ENTERPRISE_STATE_REJECTED:
            out.status = kRejected;
            out.proxy_state = kHostingRejected;
            break;
        case v1::ENTERPRISE_STATE_RETIRED:
            out.status = kToBeDeleted;
            break;
        case v1::ENTERPRISE_STATE_SUSPENDED:
            out.status = kDisabled;
            break;
        default:
            break;  // approved: the prefix itself is next
    }
    return out;
}

registration::Outcome<std::vector<v1::Prefix>> prefixes_of(const SnmsCall& call,
                                                           std::uint64_t enterprise_id) {
    std::vector<v1::Prefix> out;
    std::string cursor;
    do {
        const auto some =
            registration::Prefixes(call.registrar()).list(call.actor, enterprise_id, cursor, kPage);
        if (!some) return some.error();
        out.insert(out.end(), some->prefixes().begin(), some->prefixes().end());
        cursor = some->next_cursor();
    } while (!cursor.empty());
    return out;
}

registration::Outcome<PrefixStanding> standing_of(const SnmsCall& call,
                                                  const v1::Enterprise& enterprise) {
    const auto prefixes = prefixes_of(call, enterprise.id());
    if (!prefixes) return prefixes.error();
    if (prefixes->empty()) return standing_of_request(enterprise);
    return standing_of(enterprise, prefixes->front());
}

registration::Outcome<void> for_each_enterprise(
    const SnmsCall& call,
    const std::function<registration::Outcome<void>(const v1::Enterprise&)>& visit) {
    std::string cursor;
    do {
        const auto some =
            registration::Enterprises(call.registrar()).list(call.actor, cursor, kPage);
        if (!some) return some.error();
        for (const v1::Enterprise& enterprise : some->enterprises()) {
            if (auto visited = visit(enterprise); !visited) return visited;
        }
        cursor = some->next_cursor();
    } while (!cursor.empty());
    return {};
}

Fault foreign_enterprise() {
    return {.status = kNoPermission,
            .code = registration::Code::kNotAllowed,
            .chinese = "没有该企业的操作权限",
            .english = "this belongs to another enterprise"};
}

}  // namespace idnode::http::snms
