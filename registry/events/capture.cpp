#include "registry/events/capture.h"

#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "proto/base/hex.h"
#include "registry/events/access.h"
#include "registry/events/capture_rights.h"
#include "registry/events/content.h"
#include "registry/events/event_faults.h"
#include "registry/events/event_reader.h"
#include "registry/registration/objects.h"

namespace idnode::events {

using model::Table;
using registration::Actor;
using registration::Code;
using registration::Outcome;
using registration::Refusal;
using registration::Registrar;

namespace {

Refusal left_out() {
    return {.code = Code::kWrongState, .message = "nothing was done: another event was refused"};
}

Refusal other_content(std::string_view event_id, bool declares) {
    return {.code = Code::kExists,
            .message = "an event with the id " + std::string(event_id) +
                       " is there already, and says something else",
            .field = "eventID",
            .remedy = declares ? "declare it wrong with the same members as the event has"
                               : "give the event an id of its own",
            .rule = faults::kOriginal};
}

Refusal no_original(std::string_view event_id) {
    return {.code = Code::kNotFound,
            .message = "there is no event " + std::string(event_id) + " that could be wrong",
            .field = "errorDeclaration",
            .remedy = "capture the event first",
            .rule = faults::kOriginal};
}

/// Equal but for `errorDeclaration` and `recordTime` (§10.4).
Outcome<bool> is_same(const Lifecycle& lifecycle, const v1::EventRecord& one,
                      const v1::EventRecord& other) {
    const Registrar& registrar = lifecycle.registrar;
    const auto first = body_of(registrar, one);
    if (!first) return first.error();
    const auto second = body_of(registrar, other);
    if (!second) return second.error();
    if (*first == *second) return true;
    const auto first_id = content_id(*first, lifecycle.terms.schemes, registrar.digests);
    const auto second_id = content_id(*second, lifecycle.terms.schemes, registrar.digests);
    if (!first_id || !second_id) return registration::damaged_object();
    return *first_id == *second_id;
}

/// What makes sure that one declaration is kept once: a claim beside that of its event. No URI, so
/// no event id, has NUL.
std::string declaration_claim(const Registrar& registrar, const v1::EventRecord& event) {
    const std::string declaration = event.error().SerializeAsString();
    return registration::pair_key(event.event_id(),
                                  to_hex(registrar.digests.sha256(as_bytes_view(declaration))));
}

}  // namespace

/// What is stored of a group of events.
struct Capture::Plan {
    struct Stored {
        v1::EventRecord* event;
        std::optional<EventKey> declares;            // it is stored already
        std::optional<std::size_t> declares_stored;  // it is stored with this
    };
    std::vector<Stored> stored;
    std::unordered_map<std::string_view, std::size_t> by_id;  // of `stored`, declarations left out
    std::unordered_map<std::string, std::size_t> declarations;  // by their claim
};

Outcome<CapturedAll> Capture::capture(const Actor& actor, std::span<v1::EventRecord> events,
                                      registration::Together together, const CommitWith& with) {
    const auto checked = check(actor, events);
    if (!checked) return checked.error();
    LookUp look_up = LookUp::kDeclared;
    return registration::until_no_conflict([&]() -> Outcome<CapturedAll> {
        auto prepared =
            prepare_once(events, *checked, together, std::exchange(look_up, LookUp::kAll));
        if (!prepared) return prepared.error();
        if (prepared->is_left_out) return std::move(prepared->outcomes);
        model::Change change = registration::change_by(actor);
        change.objects = std::move(prepared->edits);
        if (with.remember) {
            for (auto& edit : with.remember(prepared->outcomes)) {
                change.objects.push_back(std::move(edit));
            }
        }
        if (change.objects.empty()) return std::move(prepared->outcomes);
        const auto committed = registration::commit(lifecycle_.registrar.store, change);
        if (!committed) return committed.error();
        return std::move(prepared->outcomes);
    });
}

Outcome<Capture::Prepared> Capture::prepare(const Actor& actor, std::span<v1::EventRecord> events) {
    const auto checked = check(actor, events);
    if (!checked) return checked.error();
    return prepare_once(events, *checked, registration::Together::kAllOrNothing, LookUp::kAll);
}

/// Which events may be captured; those are completed.
Outcome<CapturedAll> Capture::check(const Actor& actor, std::span<v1::EventRecord> events) const {
    if (auto may = require(actor, v1::SCOPE_EVENTS_WRITE); !may) return may.error();
    if (lifecycle_.registrar.terms.is_mirror) {
        return registration::to_refusal(Error{Errc::kRefused, {}});
    }
    CaptureRights rights(lifecycle_.registrar, actor);
    CapturedAll out;
    out.reserve(events.size());
    for (v1::EventRecord& event : events) {
        const auto is_statement = rights.is_statement(event);
        if (!is_statement) {
            out.emplace_back(is_statement.error());
            continue;
        }
        if (auto done = complete(actor, *is_statement, event); !done) return done.error();
        out.emplace_back(Captured{event.event_id()});
    }
    return out;
}

/// Who says it, and what must not be readable in the store.
Outcome<void> Capture::complete(const Actor& actor, bool is_statement,
                                v1::EventRecord& event) const {
    event.set_enterprise_id(actor.enterprise_id);
    event.set_account(actor.account);
    event.set_statement(is_statement);
    if (event.label().level() <= v1::DATA_LEVEL_GENERAL) return {};
    const auto sealed = lifecycle_.registrar.seal.close(as_bytes_view(event.body()), kEventSeal);
    if (!sealed) return registration::to_refusal(sealed.error());
    event.set_sealed_body(sealed->data(), sealed->size());
    event.clear_body();
    return {};
}

/// What becomes of one event that may be captured, and what is stored of it.
Outcome<Captured> Capture::place(v1::EventRecord& event, Plan& plan, LookUp look_up) {
    const Registrar& registrar = lifecycle_.registrar;
    const bool declares = event.has_error();
    Captured out{event.event_id()};
    std::optional<StoredEvent> stored;
    const auto pending = plan.by_id.find(event.event_id());
    if (pending == plan.by_id.end() && (declares || look_up == LookUp::kAll)) {
        auto found = EventReader(registrar.store).find(event.event_id());
        if (!found) return registration::to_refusal(found.error());
        stored = *std::move(found);
    }
    const v1::EventRecord* const known = pending != plan.by_id.end()
                                             ? plan.stored[pending->second].event
                                             : (stored ? &stored->record : nullptr);
    if (known == nullptr) {
        if (declares) return no_original(event.event_id());
        plan.by_id.emplace(event.event_id(), plan.stored.size());
        plan.stored.push_back({&event, {}, {}});
        return out;
    }
    const auto same = is_same(lifecycle_, *known, event);
    if (!same) return same.error();
    if (!*same) return other_content(event.event_id(), declares);
    if (!declares) {
        out.repeated = true;
        return out;
    }
    std::string claim = declaration_claim(registrar, event);
    const auto declared = registrar.store.read_object(Table::kEventIds, claim);
    if (!declared) return registration::to_refusal(declared.error());
    if (*declared || plan.declarations.contains(claim)) {
        out.repeated = true;
        return out;
    }
    plan.declarations.emplace(std::move(claim), plan.stored.size());
    Plan::Stored declaration{&event, {}, {}};
    if (stored) {
        declaration.declares = stored->key;
    } else {
        declaration.declares_stored = pending->second;
    }
    plan.stored.push_back(declaration);
    return out;
}

Outcome<Capture::Prepared> Capture::prepare_once(std::span<v1::EventRecord> events,
                                                 const CapturedAll& checked,
                                                 registration::Together together, LookUp look_up) {
    Prepared out{.outcomes = checked};
    Plan plan;
    bool refused = false;
    for (std::size_t at = 0; at < events.size(); ++at) {
        auto& outcome = out.outcomes[at];
        if (outcome) outcome = place(events[at], plan, look_up);
        refused = refused || !outcome;
    }
    if (refused && together == registration::Together::kAllOrNothing) {
        out.is_left_out = true;
        for (auto& one : out.outcomes) {
            if (one && events.size() > 1) one = left_out();
        }
        return out;
    }
    if (plan.stored.empty()) return out;
    auto taken = lifecycle_.log.take(plan.stored.size());
    if (!taken) return registration::to_refusal(taken.error());
    append_all(*taken, plan, out.edits);
    out.taken.emplace(*std::move(taken));
    return out;
}

void Capture::append_all(const EventLog::Taken& taken, const Plan& plan,
                         std::vector<model::ObjectEdit>& out) const {
    for (std::size_t i = 0; i < plan.stored.size(); ++i) {
        const EventKey key = taken.at(i);
        const Plan::Stored& one = plan.stored[i];
        one.event->set_record_time_ms(key.record_time_ms);
        auto declares = one.declares;
        if (one.declares_stored) declares = taken.at(*one.declares_stored);
        append_event(key, *one.event, declares, out);
    }
    for (const auto& [claim, index] : plan.declarations) {
        out.push_back({Table::kEventIds, claim, to_bytes(to_key(taken.at(index))), 0});
    }
}

}  // namespace idnode::events
