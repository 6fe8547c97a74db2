// §10.4, §9.3, §15: what becomes of events that are captured, again, changed, or declared wrong.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "proto/idnode/v1/enterprise.pb.h"
#include "proto/idnode/v1/prefix.pb.h"
#include "registry/events/access.h"
#include "registry/events/capture.h"
#include "registry/events/capture_jobs.h"
#include "registry/events/documents.h"
#include "registry/events/event_reader.h"
#include "registry/json/parse.h"
#include "registry/registration/objects.h"
#include "tests/unit/registry/events_query_fixture.h"

namespace idnode::tests {
namespace {

using registration::Code;
using registration::Together;

/// A world with enterprise 1, which has prefix 88.100.7.
struct CaptureWorld : EventWorld {
    CaptureWorld() {
        v1::Enterprise enterprise;
        enterprise.set_id(1);
        enterprise.set_state(v1::ENTERPRISE_STATE_APPROVED);
        v1::Prefix prefix;
        prefix.set_prefix("88.100.7");
        prefix.set_enterprise_id(1);
        prefix.set_state(v1::PREFIX_STATE_ENABLED);
        prefix.set_hosting(v1::HOSTING_HOSTED);
        model::Change change;
        change.objects = {
            registration::put(model::Table::kEnterprises, registration::number_key(1), enterprise),
            registration::put(model::Table::kPrefixes, "88.100.7", prefix)};
        REQUIRE(store->commit(change));
    }

    v1::EventRecord event(std::string_view name, std::string_view more = {}) const {
        auto value = json::parse(
            R"({"type":"ObjectEvent","eventTime":"2025-06-02T09:30:00+08:00",)"
            R"("eventTimeZoneOffset":"+08:00","action":"OBSERVE","epcList":["hdl:88.100.7/)" +
            std::string(name) + "\"]" + std::string(more) + "}");
        REQUIRE(value);
        auto record = events::read_single(lifecycle, *value, events::Namespaces());
        REQUIRE(record);
        return *record;
    }
    events::CapturedAll capture(std::vector<v1::EventRecord> all,
                                Together together = Together::kIndependent) {
        auto out = events::Capture(lifecycle).capture(administrator_of(1), all, together);
        REQUIRE(out);
        return *std::move(out);
    }
    std::size_t stored() const {
        std::size_t out = 0;
        const auto cursor = store->walk_objects(model::Table::kEvents);
        for (auto there = cursor->seek({}); there && *there; there = cursor->next()) ++out;
        return out;
    }
};

constexpr std::string_view kWrong =
    R"(,"eventID":"urn:x:1","errorDeclaration":{"declarationTime":"2025-06-04T00:00:00Z")";

std::string wrong(std::string_view more = {}) {
    return std::string(kWrong) + std::string(more) + "}";
}

TEST_CASE("§10.4 a repeated event is no second one, in one commit and later") {
    CaptureWorld world;
    const auto first = world.capture({world.event("P-1"), world.event("P-1"), world.event("P-2")});
    CHECK_FALSE(first[0]->repeated);
    CHECK(first[1]->repeated);
    CHECK(first[1]->event_id == first[0]->event_id);
    CHECK(world.stored() == 2);
    const auto second = world.capture({world.event("P-3"), world.event("P-1")});
    CHECK_FALSE(second[0]->repeated);
    CHECK(second[1]->repeated);
    CHECK(world.stored() == 3);
}

TEST_CASE("§10.4 one id for two contents is a conflict, in one commit and later") {
    CaptureWorld world;
    constexpr std::string_view kId = R"(,"eventID":"urn:x:1")";
    const auto first = world.capture({world.event("P-1", kId), world.event("P-2", kId)});
    CHECK(first[0]);
    CHECK(first[1].error().code == Code::kExists);
    const auto second = world.capture({world.event("P-2", kId), world.event("P-3")});
    CHECK(second[0].error().code == Code::kExists);
    CHECK(second[1]);
    // The same in another spelling and order is the same.
    auto value = json::parse(
        R"({"eventID":"urn:x:1","epcList":["hdl:88.100.7/P-1"],"action":"OBSERVE",
            "eventTimeZoneOffset":"+08:00","eventTime":"2025-06-02T01:30:00.000Z",
            "type":"ObjectEvent"})");
    REQUIRE(value);
    auto again = events::read_single(world.lifecycle, *value, events::Namespaces());
    REQUIRE(again);
    CHECK(world.capture({*again})[0]->repeated);
    CHECK(world.stored() == 2);
}

TEST_CASE("§10.4 an event is declared wrong by the same event with a reason") {
    CaptureWorld world;
    CHECK(world.capture({world.event("P-1", wrong())})[0].error().code == Code::kNotFound);
    REQUIRE(world.capture({world.event("P-1", R"(,"eventID":"urn:x:1")")})[0]);
    CHECK(world.capture({world.event("P-2", wrong())})[0].error().code == Code::kExists);
    const std::string corrected =
        wrong(R"(,"reason":"incorrect_data","correctiveEventIDs":["urn:x:2"])");
    CHECK_FALSE(world.capture({world.event("P-1", corrected)})[0]->repeated);
    CHECK(world.capture({world.event("P-1", corrected)})[0]->repeated);
    CHECK(world.stored() == 2);
    events::EventReader reader(*world.store);
    const auto declarations = reader.declarations("urn:x:1");
    REQUIRE(declarations);
    REQUIRE(declarations->size() == 1);
    CHECK((*declarations)[0].record.error().reason() == "incorrect_data");
    const auto original = reader.find(std::string_view("urn:x:1"));
    REQUIRE(original);
    REQUIRE(*original);
    CHECK_FALSE((*original)->record.has_error());
}

TEST_CASE("§10.4 an event and its declaration may come in one commit") {
    CaptureWorld world;
    const auto both = world.capture({world.event("P-1", R"(,"eventID":"urn:x:1")"),
                                     world.event("P-1", wrong()), world.event("P-1", wrong())});
    CHECK(both[0]);
    CHECK_FALSE(both[1]->repeated);
    CHECK(both[2]->repeated);
    int declared = 0;
    events::EventReader reader(*world.store);
    REQUIRE(reader.touches("hdl:88.100.7/P-1", {}, [&](const events::Touch& touch) {
        declared += touch.end.declared ? 1 : 0;
        return true;
    }));
    CHECK(declared == 1);
}

TEST_CASE("§15 all or nothing stores nothing when one event is refused") {
    CaptureWorld world;
    constexpr std::string_view kId = R"(,"eventID":"urn:x:1")";
    const auto all =
        world.capture({world.event("P-1", kId), world.event("P-2", kId), world.event("P-3")},
                      Together::kAllOrNothing);
    CHECK(all[0].error().code == Code::kWrongState);
    CHECK(all[1].error().code == Code::kExists);
    CHECK(all[2].error().code == Code::kWrongState);
    CHECK(world.stored() == 0);
}

TEST_CASE("§9.3 who owns nothing of an event only states it; others' identifiers are refused") {
    CaptureWorld world;
    const auto find = [&](std::string_view id) {
        return (*events::EventReader(*world.store).find(id))->record;
    };
    REQUIRE(world.capture({world.event("P-1", R"(,"eventID":"urn:x:1")")})[0]);
    CHECK_FALSE(find("urn:x:1").statement());
    CHECK(find("urn:x:1").enterprise_id() == 1);
    auto foreign = world.event("P-1", R"(,"eventID":"urn:x:2")");
    foreign.set_epcs(0, "hdl:86.122.2/A");
    REQUIRE(world.capture({foreign})[0]);
    CHECK(find("urn:x:2").statement());
    std::vector<v1::EventRecord> one{world.event("P-1", R"(,"eventID":"urn:x:3")")};
    auto other = administrator_of(2);
    CHECK_FALSE((*events::Capture(world.lifecycle).capture(other, one, Together::kIndependent))[0]);
    other.enterprise_id = 0;
    other.role = v1::ROLE_OPERATOR;
    REQUIRE((*events::Capture(world.lifecycle).capture(other, one, Together::kIndependent))[0]);
    CHECK(find("urn:x:3").statement());
    other.scopes = {};
    CHECK(
        events::Capture(world.lifecycle).capture(other, one, Together::kIndependent).error().code ==
        Code::kNotAllowed);
}

TEST_CASE(
    "§9.2 what is important lies sealed in the store, and is recognised when it comes again") {
    CaptureWorld world;
    constexpr std::string_view kImportant = R"(,"eventID":"urn:x:1","idn:level":"important")";
    REQUIRE(world.capture({world.event("P-1", kImportant)})[0]);
    const auto stored = (*events::EventReader(*world.store).find("urn:x:1"))->record;
    CHECK(stored.body().empty());
    CHECK(stored.sealed_body().find("P-1") == std::string::npos);
    const auto body = events::body_of(world.registrar, stored);
    REQUIRE(body);
    CHECK(body->find("P-1") != std::string::npos);
    CHECK(world.capture({world.event("P-1", kImportant)})[0]->repeated);
    CHECK(world.capture({world.event("P-2", kImportant)})[0].error().code == Code::kExists);
}

std::string document(std::size_t count) {
    std::string out =
        R"({"@context":"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",)"
        R"("type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2025-06-03T08:00:00Z",)"
        R"("epcisBody":{"eventList":[)";
    for (std::size_t i = 0; i < count; ++i) {
        out += (i == 0 ? "" : ",");
        out += R"({"type":"ObjectEvent","eventTime":"2025-06-02T09:30:00+08:00",)"
               R"("eventTimeZoneOffset":"+08:00","action":"OBSERVE","epcList":["hdl:88.100.7/P-)" +
               std::to_string(i) + "\"]}";
    }
    return out + "]}}";
}

TEST_CASE("§15 a job that stops between two commits goes on where it was") {
    CaptureWorld world;
    constexpr std::size_t kEvents = 2 * events::kCaptureGroupMax + 10;
    events::CaptureJobs jobs(world.lifecycle);
    const auto actor = administrator_of(1);
    REQUIRE(jobs.add(actor, document(kEvents), events::OnError::kProceed));
    auto job = jobs.first_waiting();
    REQUIRE(job);
    REQUIRE(*job);
    // Of a state that is older than what was done, nothing is done twice.
    const v1::CaptureJob before = **job;
    const std::atomic<bool> never = false;
    REQUIRE(jobs.carry_out(before, never));
    CHECK(world.stored() == kEvents);
    const auto done = jobs.find(actor, before.id());
    REQUIRE(done);
    CHECK(done->success());
    CHECK(done->captured() == kEvents);
    CHECK_FALSE(*jobs.first_waiting());
    const std::atomic<bool> stopped = true;
    REQUIRE(jobs.add(actor, document(kEvents + 1), events::OnError::kProceed));
    REQUIRE(jobs.carry_out(**jobs.first_waiting(), stopped));
    CHECK(*jobs.first_waiting());
    REQUIRE(jobs.carry_out(**jobs.first_waiting(), never));
    CHECK(world.stored() == kEvents + 1);
}

}  // namespace
}  // namespace idnode::tests
