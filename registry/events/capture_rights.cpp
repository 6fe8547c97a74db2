#include "registry/events/capture_rights.h"

#include <algorithm>

#include "proto/idnode/v1/enterprise.pb.h"
#include "proto/schemes/canonical.h"
#include "registry/events/event_keys.h"
#include "registry/registration/grants.h"
#include "registry/registration/objects.h"
#include "registry/registration/prefixes.h"

namespace idnode::events {

using registration::Code;
using registration::Outcome;
using registration::Refusal;

namespace {

Refusal not_yours(std::string_view cid) {
    return {.code = Code::kForeignPrefix,
            .message = "the event names " + std::string(cid) +
                       ", which belongs to another enterprise of this node",
            .remedy = "ask its owner for a grant to capture events"};
}

template <class List, class Value>
bool allows(const List& list, const Value& value) {
    return list.empty() || std::ranges::find(list, value) != list.end();
}

bool covers_event(const v1::Grant& grant, const v1::EventRecord& event) {
    return std::ranges::find(grant.actions(), v1::GRANT_ACTION_CAPTURE) != grant.actions().end() &&
           grant.template_version().empty() &&
           event.label().level() <= std::max(grant.level_max(), v1::DATA_LEVEL_GENERAL) &&
           allows(grant.event_types(), event.type()) && allows(grant.biz_steps(), event.biz_step());
}

bool covers_identifier(const v1::Grant& grant, std::string_view cid) {
    if (grant.handle().empty()) {
        return grant.prefix().empty() || handle_prefix_of(cid) == grant.prefix();
    }
    const std::string granted = grant.prefix().empty() ? grant.handle() : "hdl:" + grant.handle();
    return schemes::key_of(granted) == schemes::key_of(cid);
}

}  // namespace

Outcome<bool> CaptureRights::is_statement(const v1::EventRecord& event) {
    if (actor_.enterprise_id == 0) return true;
    if (const auto fine = check_enterprise(actor_.enterprise_id); !fine) return fine.error();
    bool out = false;
    for (const Touched& one : touched_by(event)) {
        if (one.roles == v1::EVENT_ROLE_LOT) continue;
        const auto owner = owner_here(one.cid);
        if (!owner) return owner.error();
        if (*owner == 0) {
            out = true;
        } else if (*owner != actor_.enterprise_id) {
            const auto granted = is_granted(event, one.cid, *owner);
            if (!granted) return granted.error();
            if (!*granted) return not_yours(one.cid);
        }
    }
    return out;
}

/// 0: nobody here. Refused: its owner may not change anything about it now.
Outcome<std::uint64_t> CaptureRights::owner_here(std::string_view cid) {
    const auto owner = owners_.of(cid);
    if (!owner || *owner == 0) return owner;
    const std::string prefix = handle_prefix_of(cid);
    if (prefix.empty()) {
        if (const auto fine = check_enterprise(*owner); !fine) return fine.error();
        return owner;
    }
    auto known = prefixes_.find(prefix);
    if (known == prefixes_.end()) {
        known = prefixes_.emplace(prefix, look_at_prefix(prefix, *owner)).first;
    }
    return known->second;
}

Outcome<std::uint64_t> CaptureRights::look_at_prefix(const std::string& prefix,
                                                     std::uint64_t owner) const {
    // As its owner would ask.
    registration::Actor as_owner = actor_;
    as_owner.enterprise_id = owner;
    registration::Prefixes prefixes(registrar_);
    const auto found = prefixes.usable(as_owner, prefix, false);
    if (!found) return found.error();
    if (found->hosting() != v1::HOSTING_HOSTED) return std::uint64_t{0};
    const auto usable = prefixes.usable(as_owner, prefix, true);
    if (!usable) return usable.error();
    return owner;
}

/// Suspended enterprises say nothing more, about others' identifiers neither.
Outcome<void> CaptureRights::check_enterprise(std::uint64_t id) {
    if (fine_enterprises_.contains(id)) return {};
    const auto enterprise = registration::find<v1::Enterprise>(
        registrar_.store, model::Table::kEnterprises, registration::number_key(id));
    if (!enterprise) return enterprise.error();
    if (!*enterprise || (*enterprise)->state() != v1::ENTERPRISE_STATE_APPROVED) {
        return Refusal{.code = Code::kPrefixDisabled,
                       .message = "the enterprise is not approved, or suspended or retired",
                       .remedy = "ask the operator of the node"};
    }
    fine_enterprises_.insert(id);
    return {};
}

Outcome<bool> CaptureRights::is_granted(const v1::EventRecord& event, std::string_view cid,
                                        std::uint64_t owner) {
    if (!grants_) {
        auto received = registration::Grants(registrar_).received(actor_);
        if (!received) return received.error();
        grants_ = *std::move(received);
    }
    return std::ranges::any_of(*grants_, [&](const v1::Grant& grant) {
        return grant.enterprise_id() == owner && covers_event(grant, event) &&
               covers_identifier(grant, cid);
    });
}

}  // namespace idnode::events
