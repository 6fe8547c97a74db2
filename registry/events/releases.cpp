#include "registry/events/releases.h"

#include "proto/base/text.h"
#include "registry/events/access.h"
#include "registry/events/event_reader.h"
#include "registry/events/receipts.h"
#include "registry/registration/objects.h"

namespace idnode::events {

using model::Table;
using registration::Actor;
using registration::Code;
using registration::Outcome;
using registration::Refusal;

namespace {

constexpr std::size_t kPurposeBytesMax = 1'024;

Refusal no_such_release(std::uint64_t id) {
    return registration::not_found("release " + std::to_string(id));
}

Refusal wrong_state(std::string message) {
    return {.code = Code::kWrongState, .message = std::move(message)};
}

/// Whether somebody decides about what is core: a person who answers for the enterprise.
Outcome<void> require_administrator(const Actor& actor) {
    if (actor.role == v1::ROLE_ENTERPRISE_ADMINISTRATOR) {
        return require(actor, v1::SCOPE_EVENTS_WRITE);
    }
    return Refusal{.code = Code::kNotAllowed,
                   .message = "releases are decided by administrators of the enterprise"};
}

}  // namespace

Outcome<v1::Release> Releases::request(const Actor& actor, const v1::Release& wanted) {
    if (auto may = require_administrator(actor); !may) return may.error();
    if (wanted.purpose().empty()) return registration::missing("purpose");
    if (!is_utf8(wanted.purpose()) || wanted.purpose().size() > kPurposeBytesMax) {
        return registration::invalid("purpose", "must be UTF-8, at most 1024 octets");
    }
    const auto grantee = registration::read_stored(registrar_.store, Table::kEnterprises,
                                                   registration::number_key(wanted.grantee_id()));
    if (!grantee) return grantee.error();
    if (!*grantee) return registration::invalid("granteeId", "must be an enterprise");
    const auto event = EventReader(registrar_.store).find(wanted.event_id());
    if (!event) return registration::to_refusal(event.error());
    if (!*event || (*event)->record.enterprise_id() != actor.enterprise_id) {
        return registration::not_found("event " + wanted.event_id());
    }
    v1::Release release;
    release.set_enterprise_id(actor.enterprise_id);
    release.set_event_id(wanted.event_id());
    release.set_grantee_id(wanted.grantee_id());
    release.set_purpose(wanted.purpose());
    release.set_requested_by(actor.account);
    *release.mutable_created() = registration::to_timestamp(registrar_.clock.now());
    const auto done = registration::until_no_conflict([&]() -> Outcome<model::Committed> {
        const auto number = registration::next_number(registrar_.store, "release");
        if (!number) return number.error();
        release.set_id(number->number);
        model::Change change = registration::change_by(actor);
        change.objects = {
            registration::put(Table::kReleases, registration::number_key(release.id()), release, 0),
            number->edit};
        return registration::commit(registrar_.store, change);
    });
    if (!done) return done.error();
    return read(release.id());
}

Outcome<v1::Release> Releases::approve(const Actor& actor, std::uint64_t id) {
    if (auto may = require_administrator(actor); !may) return may.error();
    return registration::until_no_conflict([&]() -> Outcome<v1::Release> {
        auto release = read(id);
        if (!release) return release;
        if (release->enterprise_id() != actor.enterprise_id) return no_such_release(id);
        if (!release->approved_by().empty()) return wrong_state("the release is approved already");
        if (release->requested_by() == actor.account) {
            return Refusal{.code = Code::kNotAllowed,
                           .message = "who asked for a release cannot approve it",
                           .remedy = "another administrator of the enterprise can"};
        }
        release->set_approved_by(actor.account);
        model::Change change = registration::change_by(actor);
        change.objects = {registration::put(Table::kReleases, registration::number_key(id),
                                            *release, release->version())};
        const auto done = registration::commit(registrar_.store, change);
        if (!done) return done.error();
        return read(id);
    });
}

Outcome<v1::Release> Releases::find(const Actor& actor, std::uint64_t id) {
    if (auto may = require(actor, v1::SCOPE_EVENTS_READ); !may) return may.error();
    auto release = read(id);
    if (release && actor.enterprise_id != release->enterprise_id() &&
        actor.enterprise_id != release->grantee_id()) {
        return no_such_release(id);
    }
    return release;
}

Outcome<std::string> Releases::consume(const Actor& actor, std::uint64_t id) {
    auto release = find(actor, id);
    if (!release) return release.error();
    if (release->grantee_id() != actor.enterprise_id) return no_such_release(id);
    if (release->approved_by().empty()) return wrong_state("the release is not approved yet");
    if (release->has_consumed()) return wrong_state("the release is used up");
    const auto event = EventReader(registrar_.store).find(release->event_id());
    if (!event) return registration::to_refusal(event.error());
    if (!*event) return registration::not_found("event " + release->event_id());
    auto body = body_of(registrar_, (*event)->record);
    if (!body) return body;
    *release->mutable_consumed() = registration::to_timestamp(registrar_.clock.now());
    model::Change change = registration::change_by(actor);
    change.objects = {registration::put(Table::kReleases, registration::number_key(id), *release,
                                        release->version())};
    // Of two who read at once one conflicts, and reads nothing.
    const auto used = registration::commit(registrar_.store, change);
    if (!used) return used.error();
    v1::Receipt receipt;
    receipt.set_enterprise_id(release->enterprise_id());
    receipt.set_reader(actor.account);
    receipt.set_reader_enterprise_id(actor.enterprise_id);
    receipt.set_ground("release");
    receipt.add_event_ids(release->event_id());
    receipt.set_count(1);
    receipt.set_level_max((*event)->record.label().level());
    receipt.set_from(actor.from);
    if (auto written = Receipts(registrar_).write({receipt}); !written) return written.error();
    return body;
}

Outcome<v1::Release> Releases::read(std::uint64_t id) const {
    auto release = registration::find<v1::Release>(registrar_.store, Table::kReleases,
                                                   registration::number_key(id));
    if (!release) return release.error();
    if (!*release) return no_such_release(id);
    return **std::move(release);
}

}  // namespace idnode::events
