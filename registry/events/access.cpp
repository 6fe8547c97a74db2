#include "registry/events/access.h"

#include <algorithm>

#include "proto/base/bytes.h"
#include "proto/schemes/canonical.h"
#include "registry/events/event_keys.h"
#include "registry/events/receipts.h"
#include "registry/registration/grants.h"

namespace idnode::events {

using registration::Outcome;

namespace {

constexpr std::string_view kByNode = "node";
constexpr std::string_view kByOwnership = "owner of the identifier";
constexpr std::string_view kByGrant = "grant";
// Event ids in one receipt; the others are counted.
constexpr int kIdsMax = 100;

template <class List, class Value>
bool allows(const List& list, const Value& value) {
    return list.empty() || std::ranges::find(list, value) != list.end();
}

bool covers_identifier(const v1::Grant& grant, const Thing& thing) {
    if (grant.prefix().empty() && grant.enterprise_id() != thing.enterprise_id) return false;
    if (grant.prefix().empty() && grant.handle().empty()) return true;
    if (grant.handle().empty()) {
        return std::ranges::any_of(thing.cids, [&](std::string_view cid) {
            return handle_prefix_of(cid) == grant.prefix();
        });
    }
    const std::string granted =
        schemes::key_of(grant.prefix().empty() ? grant.handle() : "hdl:" + grant.handle());
    return std::ranges::any_of(
        thing.cids, [&](std::string_view cid) { return schemes::key_of(cid) == granted; });
}

bool covers(const v1::Grant& grant, const Thing& thing) {
    if (!allows(grant.actions(), v1::GRANT_ACTION_READ)) return false;
    // Of a template: of items alone.
    if (!grant.template_version().empty()) return false;
    if (thing.level > std::max(grant.level_max(), v1::DATA_LEVEL_GENERAL)) return false;
    return allows(grant.event_types(), thing.type) && allows(grant.biz_steps(), thing.biz_step) &&
           covers_identifier(grant, thing);
}

}  // namespace

Thing thing_of(const v1::EventRecord& record, std::span<const std::string_view> cids) {
    return {.enterprise_id = record.enterprise_id(),
            .visibility = record.label().visibility(),
            .level = record.label().level(),
            .type = record.type(),
            .biz_step = record.biz_step(),
            .event_id = record.event_id(),
            .cids = cids};
}

Access::Access(const registration::Registrar& registrar, std::optional<registration::Actor> actor)
    : registrar_(registrar), actor_(std::move(actor)), owners_(registrar) {}

Access::~Access() {
    (void)settle();  // nobody is left to tell
}

Outcome<bool> Access::may_read(const Thing& thing) {
    const auto ground = ground_for(thing);
    if (!ground) return ground.error();
    if (!*ground) return false;
    if (!(*ground)->name.empty()) note(thing, **ground);
    return true;
}

Outcome<bool> Access::may_read(const v1::EventRecord& record) {
    std::vector<std::string_view> cids;
    for (const Touched& one : touched_by(record)) cids.push_back(one.cid);
    return may_read(thing_of(record, cids));
}

/// In the order of §9.3.
Outcome<std::optional<Access::Ground>> Access::ground_for(const Thing& thing) {
    if (const auto own = own_or_public(thing)) return own;
    // Core leaves its owner by a single release alone.
    if (thing.level >= v1::DATA_LEVEL_CORE) return std::optional<Ground>{};
    if (works_for_node()) return std::optional(Ground{.name = kByNode});
    if (thing.visibility != v1::VISIBILITY_PARTNER) return std::optional<Ground>{};
    if (thing.level <= v1::DATA_LEVEL_GENERAL) {
        const auto owner = owns_one(thing);
        if (!owner) return owner.error();
        if (*owner) return std::optional(Ground{.name = kByOwnership});
    }
    const auto given = grants();
    if (!given) return given.error();
    for (const v1::Grant& grant : **given) {
        if (covers(grant, thing)) return std::optional(Ground{kByGrant, grant.id()});
    }
    return std::optional<Ground>{};
}

std::optional<Access::Ground> Access::own_or_public(const Thing& thing) const {
    if (thing.visibility == v1::VISIBILITY_PUBLIC && thing.level <= v1::DATA_LEVEL_GENERAL) {
        return Ground{};
    }
    if (!actor_ || !actor_->scopes.has(v1::SCOPE_EVENTS_READ)) return std::nullopt;
    const bool own = actor_->enterprise_id != 0 && actor_->enterprise_id == thing.enterprise_id;
    // What is core is for named persons.
    const bool named = actor_->role == v1::ROLE_ENTERPRISE_ADMINISTRATOR;
    if (own && (thing.level < v1::DATA_LEVEL_CORE || named)) return Ground{};
    return std::nullopt;
}

bool Access::works_for_node() const {
    return actor_ && actor_->enterprise_id == 0 && actor_->scopes.has(v1::SCOPE_EVENTS_READ) &&
           (actor_->role == v1::ROLE_OPERATOR || actor_->role == v1::ROLE_AUDITOR);
}

/// Whoever owns an identifier sees what partners may see of it.
Outcome<bool> Access::owns_one(const Thing& thing) {
    if (!actor_ || actor_->enterprise_id == 0 || !actor_->scopes.has(v1::SCOPE_EVENTS_READ)) {
        return false;
    }
    for (const std::string_view cid : thing.cids) {
        const auto owner = owners_.of(cid);
        if (!owner) return owner.error();
        if (*owner == actor_->enterprise_id) return true;
    }
    return false;
}

Outcome<const std::vector<v1::Grant>*> Access::grants() {
    if (grants_) return &*grants_;
    std::vector<v1::Grant> found;
    if (actor_ && actor_->scopes.has(v1::SCOPE_EVENTS_READ)) {
        auto read = registration::Grants(registrar_).received(*actor_);
        if (!read) return read.error();
        found = *std::move(read);
    }
    return &grants_.emplace(std::move(found));
}

void Access::note(const Thing& thing, const Ground& ground) {
    v1::Receipt& receipt = receipts_[{thing.enterprise_id, ground.grant_id}];
    if (receipt.count() == 0) {
        receipt.set_enterprise_id(thing.enterprise_id);
        receipt.set_reader(actor_->account);
        receipt.set_reader_enterprise_id(actor_->enterprise_id);
        receipt.set_grant_id(ground.grant_id);
        receipt.set_ground(std::string(ground.name));
        receipt.set_from(actor_->from);
    }
    receipt.set_count(receipt.count() + 1);
    receipt.set_level_max(std::max(receipt.level_max(), thing.level));
    if (!thing.event_id.empty() && receipt.event_ids_size() < kIdsMax) {
        receipt.add_event_ids(std::string(thing.event_id));
    }
}

Outcome<void> Access::settle() {
    if (receipts_.empty()) return {};
    std::vector<v1::Receipt> written;
    for (auto& [key, receipt] : receipts_) written.push_back(std::move(receipt));
    receipts_.clear();
    return Receipts(registrar_).write(std::move(written));
}

Outcome<std::string> body_of(const registration::Registrar& registrar,
                             const v1::EventRecord& record) {
    if (record.sealed_body().empty()) return record.body();
    const auto opened = registrar.seal.open(as_bytes_view(record.sealed_body()), kEventSeal);
    if (!opened) {
        return registration::Refusal{
            .code = registration::Code::kStorage,
            .message = "the event cannot be opened with this node's key",
            .remedy = "restore the key with which the node ran when it was captured"};
    }
    return std::string(as_text(*opened));
}

}  // namespace idnode::events
