#include "registry/registration/grants.h"

#include <algorithm>
#include <string>

#include "proto/base/text.h"
#include "registry/model/identifier.h"
#include "registry/registration/objects.h"
#include "registry/registration/prefixes.h"

namespace idnode::registration {

namespace {

using model::Table;

constexpr std::size_t kPurposeBytesMax = 1'024;
// Of one enterprise to read by: they are looked through on reads.
constexpr std::size_t kGrantsReceivedMax = 1'000;

std::string indexed(std::uint64_t enterprise_id, std::uint64_t id) {
    return number_key(enterprise_id) + number_key(id);
}

Refusal no_such_grant(std::uint64_t id) {
    return not_found("grant " + std::to_string(id));
}

bool holds_at(const v1::Grant& grant, model::TimeMs now) {
    if (grant.has_not_before() && now < to_time(grant.not_before())) return false;
    return !grant.has_not_after() || now < to_time(grant.not_after());
}

Outcome<void> check_grant(const v1::Grant& wanted, const v1::Prefix& prefix) {
    if (wanted.grantee_id() == 0) return missing("granteeId");
    if (wanted.grantee_id() == prefix.enterprise_id()) {
        return invalid("granteeId", "must be another enterprise");
    }
    if (!is_utf8(wanted.purpose()) || wanted.purpose().size() > kPurposeBytesMax) {
        return invalid("purpose", "must be UTF-8, at most 1024 octets");
    }
    if (wanted.has_not_before() && wanted.has_not_after() &&
        to_time(wanted.not_after()) <= to_time(wanted.not_before())) {
        return invalid("notAfter", "must be after notBefore");
    }
    if (wanted.handle().empty()) return {};
    if (!wanted.template_version().empty()) {
        return invalid("templateVersion", "cannot be given together with a handle");
    }
    if (!equal_folded(model::split_handle(wanted.handle()).prefix, prefix.prefix())) {
        return invalid("handle", "must be of the prefix");
    }
    return {};
}

}  // namespace

Outcome<v1::Grant> Grants::create(const Actor& actor, const v1::Grant& wanted) {
    if (auto may = require(actor, v1::SCOPE_ENTERPRISES_WRITE); !may) return may.error();
    if (wanted.prefix().empty()) return missing("prefix");
    const auto prefix = Prefixes(registrar_).usable(actor, wanted.prefix(), true);
    if (!prefix) return prefix.error();
    if (auto fine = check_grant(wanted, *prefix); !fine) return fine.error();
    const auto grantee =
        read_stored(registrar_.store, Table::kEnterprises, number_key(wanted.grantee_id()));
    if (!grantee) return grantee.error();
    if (!*grantee) return not_found("enterprise " + std::to_string(wanted.grantee_id()));
    v1::Grant grant = wanted;
    grant.set_prefix(prefix->prefix());
    grant.set_enterprise_id(prefix->enterprise_id());
    *grant.mutable_created() = to_timestamp(registrar_.clock.now());
    const auto done = until_no_conflict([&]() -> Outcome<model::Committed> {
        const auto number = next_number(registrar_.store, "grant");
        if (!number) return number.error();
        const auto received = registrar_.store.scan_objects(
            Table::kGrantByGrantee, number_key(grant.grantee_id()), {}, kGrantsReceivedMax);
        if (!received) return to_refusal(received.error());
        if (received->size() == kGrantsReceivedMax) {
            return Refusal{.code = Code::kLimit,
                           .message = "an enterprise can hold at most 1000 grants",
                           .field = "granteeId",
                           .remedy = "withdraw some, or grant a whole prefix"};
        }
        grant.set_id(number->number);
        model::Change change = change_by(actor);
        change.objects = {registration::put(Table::kGrants, number_key(grant.id()), grant, 0),
                          point(Table::kGrantByGrantee, indexed(grant.grantee_id(), grant.id())),
                          point(Table::kGrantByOwner, indexed(grant.enterprise_id(), grant.id())),
                          number->edit};
        return commit(registrar_.store, change);
    });
    if (!done) return done.error();
    return find(actor, grant.id());
}

Outcome<v1::Grant> Grants::find(const Actor& actor, std::uint64_t id) {
    if (auto may = require(actor, v1::SCOPE_ENTERPRISES_READ); !may) return may.error();
    auto grant = registration::find<v1::Grant>(registrar_.store, Table::kGrants, number_key(id));
    if (!grant) return grant.error();
    if (!*grant ||
        (!actor.reaches((*grant)->enterprise_id()) && !actor.reaches((*grant)->grantee_id()))) {
        return no_such_grant(id);
    }
    return **std::move(grant);
}

Outcome<void> Grants::withdraw(const Actor& actor, std::uint64_t id) {
    if (auto may = require(actor, v1::SCOPE_ENTERPRISES_WRITE); !may) return may.error();
    const auto grant = find(actor, id);
    if (!grant) return grant.error();
    if (!actor.reaches(grant->enterprise_id())) {
        return Refusal{.code = Code::kNotAllowed,
                       .message = "only who gave a grant can withdraw it"};
    }
    model::Change change = change_by(actor);
    change.objects = {drop(Table::kGrants, number_key(id)),
                      drop(Table::kGrantByGrantee, indexed(grant->grantee_id(), id)),
                      drop(Table::kGrantByOwner, indexed(grant->enterprise_id(), id))};
    const auto done = commit(registrar_.store, change);
    if (!done) return done.error();
    return {};
}

Outcome<v1::GrantList> Grants::list(const Actor& actor, std::uint64_t enterprise_id, Side side,
                                    std::string_view cursor, std::size_t count_max) {
    if (auto may = require(actor, v1::SCOPE_ENTERPRISES_READ); !may) return may.error();
    if (enterprise_id == 0) enterprise_id = actor.enterprise_id;
    if (enterprise_id == 0) return missing("enterpriseId");
    if (!actor.reaches(enterprise_id)) {
        return not_found("enterprise " + std::to_string(enterprise_id));
    }
    std::uint64_t after = 0;
    if (!cursor.empty() && !read_cursor(cursor, after)) {
        return invalid("cursor", "is none that this list gave");
    }
    const Table table = side == Side::kGiven ? Table::kGrantByOwner : Table::kGrantByGrantee;
    const std::string beginning = number_key(enterprise_id);
    const auto entries = registrar_.store.scan_objects(
        table, beginning, cursor.empty() ? std::string() : beginning + number_key(after),
        count_max);
    if (!entries) return to_refusal(entries.error());
    v1::GrantList out;
    for (const model::StoredObject& entry : *entries) {
        auto grant = registration::find<v1::Grant>(registrar_.store, Table::kGrants,
                                                   entry.key.substr(beginning.size()));
        if (!grant) return grant.error();
        if (*grant) *out.add_grants() = **std::move(grant);
    }
    if (entries->size() == count_max) {
        out.set_next_cursor(
            std::to_string(number_of_key(entries->back().key.substr(beginning.size()))));
    }
    return out;
}

Outcome<std::vector<v1::Grant>> Grants::for_prefix(const Actor& actor,
                                                   std::string_view prefix) const {
    std::vector<v1::Grant> out;
    if (actor.enterprise_id == 0) return out;
    const std::string beginning = number_key(actor.enterprise_id);
    const auto entries =
        registrar_.store.scan_objects(Table::kGrantByGrantee, beginning, {}, kGrantsReceivedMax);
    if (!entries) return to_refusal(entries.error());
    for (const model::StoredObject& entry : *entries) {
        auto grant = registration::find<v1::Grant>(registrar_.store, Table::kGrants,
                                                   entry.key.substr(beginning.size()));
        if (!grant) return grant.error();
        if (!*grant || !equal_folded((*grant)->prefix(), prefix)) continue;
        if (holds_at(**grant, registrar_.clock.now())) out.push_back(**std::move(grant));
    }
    return out;
}

bool covers(const std::vector<v1::Grant>& grants, const model::Key& key,
            model::SuffixCase suffix_case, std::string_view template_version) {
    return std::ranges::any_of(grants, [&](const v1::Grant& grant) {
        if (!grant.handle().empty()) return model::key_of(grant.handle(), suffix_case) == key;
        return grant.template_version().empty() || grant.template_version() == template_version;
    });
}

}  // namespace idnode::registration
