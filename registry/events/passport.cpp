#include "registry/events/passport.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "proto/base/text.h"
#include "proto/idnode/v1/enterprise.pb.h"
#include "registry/events/context.h"
#include "registry/events/event_time.h"
#include "registry/events/owners.h"
#include "registry/events/registered.h"
#include "registry/events/stages.h"
#include "registry/registration/identifiers.h"
#include "registry/registration/objects.h"

namespace idnode::events {

namespace {

namespace bj = boost::json;
using registration::Outcome;
using registration::to_refusal;

constexpr std::size_t kTimelineMax = 200;
constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::array<std::string_view, 4> kCommodityTypes{"COMMODITY_CODE", "HS_CODE", "TARIC",
                                                          "CUSTOMS_CODE"};

/// Everybody sees the public values; the actor, what they may read of the others.
Outcome<void> read_registered(const Lifecycle& lifecycle, const Access& access, Passport& out) {
    const registration::Registrar& registrar = lifecycle.registrar;
    const auto record = find_record(registrar.store, out.cid);
    if (!record) return to_refusal(record.error());
    if (!*record) return {};
    if (access.actor()) {
        auto shown = registration::Identifiers(registrar).find(*access.actor(), (*record)->handle);
        if (shown) {
            out.record = *std::move(shown);
            return {};
        }
    }
    out.record = registration::shown_identifier((*record)->view(), false);
    return {};
}

Outcome<void> read_operator(const Lifecycle& lifecycle, Passport& out) {
    const registration::Registrar& registrar = lifecycle.registrar;
    out.operator_prefix = handle_prefix_of(out.cid);
    const auto id = Owners(registrar).of(out.cid);
    if (!id) return id.error();
    if (*id == 0) return {};
    const auto enterprise = registration::find<v1::Enterprise>(
        registrar.store, model::Table::kEnterprises, registration::number_key(*id));
    if (!enterprise) return enterprise.error();
    if (!*enterprise) return {};
    const v1::EnterpriseProfile& profile = (*enterprise)->profile();
    out.operator_name = profile.name();
    if (profile.certificate().kind() == v1::CERTIFICATE_KIND_CREDIT_CODE) {
        out.operator_id = profile.certificate().number();
    }
    return {};
}

/// Where the event took place that brought it into being.
std::string facility_of(const History& timeline) {
    for (const HistoryEvent& one : timeline.events) {
        if (one.record.stage() != "production" || !one.via.empty()) continue;
        return one.record.biz_location().empty() ? one.record.read_point()
                                                 : one.record.biz_location();
    }
    return {};
}

bj::object operator_json(const Passport& passport) {
    bj::object out;
    if (!passport.operator_prefix.empty()) out["prefix"] = passport.operator_prefix;
    if (!passport.operator_id.empty()) out["identifier"] = passport.operator_id;
    if (!passport.operator_name.empty()) out["name"] = passport.operator_name;
    return out;
}

bj::array record_json(const v1::Identifier& record) {
    bj::array out;
    for (const v1::ItemValue& value : record.values()) {
        if (!value.data().empty()) continue;  // no text: keys and the like are not for people
        out.push_back({{"index", value.index()}, {"type", value.type()}, {"value", value.value()}});
    }
    return out;
}

void put(bj::object& out, std::string_view name, std::string_view text) {
    if (!text.empty()) out[name] = text;
}

bj::object event_json(const HistoryEvent& event) {
    const v1::EventRecord& record = event.record;
    bj::object out{{"eventID", record.event_id()},
                   {"eventTime", format_event_time(record.event_time_ns())}};
    put(out, "stage", record.stage());
    put(out, "bizStep", record.biz_step());
    put(out, "disposition", record.disposition());
    put(out, "readPoint", record.read_point());
    put(out, "bizLocation", record.biz_location());
    put(out, "via", event.via);
    return out;
}

bj::object events_json(const Passport& passport) {
    bj::array list;
    for (const HistoryEvent& one : passport.timeline.events) list.push_back(event_json(one));
    bj::object out{{"events", std::move(list)}, {"more", !passport.timeline.cursor.empty()}};
    if (passport.timeline.redacted > 0) out["redacted"] = passport.timeline.redacted;
    return out;
}

/// From its first event until it ended.
bj::object validity_json(const State& state) {
    bj::object out;
    if (state.first_event_ns) out["from"] = format_event_time(*state.first_event_ns);
    const bool ended = state.existence == Existence::kDecommissioned ||
                       state.existence == Existence::kDestroyed ||
                       state.existence == Existence::kConsumed;
    if (ended && state.last_event_ns) out["until"] = format_event_time(*state.last_event_ns);
    return out;
}

}  // namespace

std::string_view Passport::commodity_code() const {
    if (!record) return {};
    for (const v1::ItemValue& value : record->values()) {
        const bool is_code = std::ranges::any_of(kCommodityTypes, [&](std::string_view type) {
            return equal_folded(type, value.type());
        });
        if (is_code) return value.value();
    }
    return {};
}

std::string_view Passport::granularity() const {
    switch (level) {
        case schemes::Level::kClass:
            return "model";
        case schemes::Level::kLot:
            return "batch";
        default:
            return "item";
    }
}

std::string_view Passport::status() const {
    if (!state.is_known()) return "registered";
    if (std::ranges::find(state.persistent, "recalled") != state.persistent.end()) {
        return "recalled";
    }
    const bool is_there =
        state.existence == Existence::kUnknown || state.existence == Existence::kCommissioned;
    return is_there ? "active" : "ended";
}

Outcome<Passport> read_passport(const Lifecycle& lifecycle, Access& access, std::string_view cid) {
    Passport out;
    out.cid = cid;
    if (const auto parsed = schemes::parse(cid, lifecycle.terms.schemes)) out.level = parsed->level;
    if (auto done = read_registered(lifecycle, access, out); !done) return done.error();
    if (auto done = read_operator(lifecycle, out); !done) return done.error();
    auto state = read_state(lifecycle, access, {.cid = cid});
    if (!state) return state.error();
    out.state = *std::move(state);
    auto timeline = read_history(lifecycle, access, {.cid = cid, .count_max = kTimelineMax});
    if (!timeline) return timeline.error();
    out.timeline = *std::move(timeline);
    out.facility = facility_of(out.timeline);
    out.links = links_of(lifecycle.terms, cid);
    out.issued_ns = lifecycle.registrar.clock.now() * kNsPerMs;
    return out;
}

std::string passport_json(const Passport& passport) {
    bj::object out;
    out["@context"] = bj::object{{"@vocab", kOwnNamespace}, {"id", "@id"}, {"type", "@type"}};
    out["id"] = passport.links.passport;
    out["type"] = "ProductPassport";
    out["schemaVersion"] = "1.0";
    out["issued"] = format_event_time(passport.issued_ns);
    out["uniqueProductId"] = passport.cid;
    out["granularity"] = passport.granularity();
    out["economicOperator"] = operator_json(passport);
    if (!passport.facility.empty()) out["facility"] = bj::object{{"identifier", passport.facility}};
    put(out, "commodityCode", passport.commodity_code());
    out["status"] = passport.status();
    out["validity"] = validity_json(passport.state);
    if (passport.record) {
        out["version"] = passport.record->version();
        out["record"] = record_json(*passport.record);
    }
    if (passport.state.is_known()) out["state"] = state_object(passport.cid, passport.state);
    out["timeline"] = events_json(passport);
    out["links"] = bj::object{{"events", passport.links.events},
                              {"history", passport.links.history},
                              {"trace", passport.links.trace}};
    return bj::serialize(out);
}

}  // namespace idnode::events
