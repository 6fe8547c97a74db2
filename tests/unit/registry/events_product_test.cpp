// Stages, present state and timeline of one identifier, against what the table of stages says and
// against a model that plays the events forwards.
#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "event_histories.h"
#include "events_query_fixture.h"
#include "registry/events/history.h"
#include "registry/events/lifecycle_value.h"
#include "registry/events/passport_page.h"
#include "registry/events/presets.h"
#include "registry/events/stages.h"
#include "registry/events/state.h"
#include "tests/support/effort.h"

namespace {

using namespace idnode;
using namespace idnode::tests;
using events::Access;

constexpr auto kAdd = v1::EVENT_ACTION_ADD;
constexpr auto kObserve = v1::EVENT_ACTION_OBSERVE;
constexpr auto kDelete = v1::EVENT_ACTION_DELETE;
constexpr std::string_view kPump = "hdl:88.100.7/PUMP-1";
constexpr std::string_view kBox = "gs1:/00/069012340000000016";
constexpr std::string_view kPallet = "gs1:/00/069012340000000023";
constexpr std::string_view kUnit = "hdl:88.100.8/UNIT-5";

v1::EventRecord staged(v1::EventRecord event) {
    event.set_stage(std::string(events::stage_of(event)));
    return event;
}

/// Everything around one store.
struct Shop {
    explicit Shop(const tests::History& history)
        : store(store_with(history)),
          registrar{*store,
                    world.clock,
                    *world.entropy,
                    *world.digests,
                    *world.passwords,
                    *world.seal,
                    world.meters,
                    world.rates,
                    world.housekeeping,
                    world.registration_terms},
          log(*store, world.clock),
          lifecycle{registrar, log, world.terms} {}

    events::State state(std::string_view cid, std::int64_t as_of_ns = INT64_MAX,
                        events::KnownAt known = {}) {
        Access access(registrar, std::nullopt);
        auto out = events::read_state(
            lifecycle, access,
            {.cid = cid, .as_of_ns = as_of_ns, .known = known, .with_contents = true});
        REQUIRE(out);
        return *std::move(out);
    }
    events::History page(events::HistoryQuestion question) {
        Access access(registrar, std::nullopt);
        auto out = events::read_history(lifecycle, access, question);
        REQUIRE(out);
        return *std::move(out);
    }
    /// Ids with what stands beside them: `urn:…`, `urn:… via …`.
    std::vector<std::string> timeline(std::string_view cid, std::int64_t as_of_ns = INT64_MAX,
                                      std::size_t page_size = 100) {
        std::vector<std::string> out;
        std::string cursor;
        do {
            const auto part =
                page({.cid = cid, .as_of_ns = as_of_ns, .cursor = cursor, .count_max = page_size});
            for (const auto& one : part.events) {
                out.push_back(one.record.event_id() + (one.via.empty() ? "" : " via " + one.via));
            }
            cursor = part.cursor;
        } while (!cursor.empty());
        return out;
    }

    static EventWorld& shared() {
        static EventWorld kWorld;
        return kWorld;
    }
    EventWorld& world = shared();
    std::unique_ptr<model::RecordStore> store;
    registration::Registrar registrar;
    events::EventLog log;
    events::Lifecycle lifecycle;
};

tests::History history_of(std::vector<v1::EventRecord> list) {
    tests::History out;
    for (auto& one : list) out.push_back({.event = staged(std::move(one))});
    return out;
}

v1::EventRecord lot_event(v1::EventAction action, std::string_view step) {
    auto out = object_event(1, action, step, {});
    add_quantity(*out.mutable_quantities(), "gs1:/01/16901234567899/10/B7", 5, "KGM");
    return out;
}

v1::EventRecord with_disposition(v1::EventRecord event, std::string_view word) {
    event.set_disposition(std::string(word));
    return event;
}

}  // namespace

TEST_CASE("each row of the table of stages is recognised by its events") {
    const auto stage = [](const v1::EventRecord& event) {
        return std::string(events::stage_of(event));
    };
    const auto object = [](v1::EventAction action, std::string_view step) {
        return object_event(1, action, step, {kPump});
    };
    CHECK(stage(lot_event(kAdd, "https://ns.example.cn/idn/BizStep-designing")) == "design");
    CHECK(stage(lot_event(kObserve, "receiving")) == "material");
    CHECK(stage(lot_event(kObserve, "accepting")) == "material");
    CHECK(stage(lot_event(kObserve, "inspecting")) == "inspection");
    auto from_supplier = lot_event(kObserve, "inspecting");
    from_supplier.add_sources()->set_type("owning_party");
    CHECK(stage(from_supplier) == "material");
    CHECK(stage(object(kAdd, "commissioning")) == "production");
    CHECK(stage(lot_event(kAdd, "creating_class_instance")) == "production");
    CHECK(stage(transformation(1, {kPump}, {kUnit})) == "production");
    CHECK(stage(association(1, kAdd, "assembling", kUnit, {kPump})) == "assembly");
    CHECK(stage(aggregation(1, kAdd, "assembling", kUnit, {kPump})) == "assembly");
    CHECK(stage(object(kObserve, "inspecting")) == "inspection");
    CHECK(stage(object(kObserve, "sampling")) == "inspection");
    CHECK(stage(aggregation(1, kAdd, "packing", kBox, {kPump})) == "packing");
    for (const auto step : {"shipping", "staging_outbound", "loading", "consigning"}) {
        CHECK(stage(object(kObserve, step)) == "shipping");
    }
    for (const auto step : {"departing", "transporting", "arriving"}) {
        CHECK(stage(object(kObserve, step)) == "transport");
    }
    CHECK(stage(object(kObserve, "receiving")) == "receiving");
    CHECK(stage(aggregation(1, kDelete, "unpacking", kBox, {})) == "receiving");
    CHECK(stage(object(kObserve, "accepting")) == "ownership_change");
    auto transaction = object(kAdd, "accepting");
    transaction.set_type(v1::EVENT_TYPE_TRANSACTION);
    CHECK(stage(transaction) == "ownership_change");
    CHECK(stage(association(1, kAdd, "installing", kUnit, {kPump})) == "installation");
    CHECK(stage(object(kObserve, "installing")) == "installation");
    CHECK(stage(object(kObserve, "sensor_reporting")) == "operation");
    const auto maintaining = object(kObserve, "https://ns.example.cn/idn/BizStep-maintaining");
    CHECK(stage(with_disposition(maintaining, "available")) == "maintenance");
    CHECK(stage(with_disposition(object(kObserve, "inspecting"), "needs_replacement")) ==
          "maintenance");
    CHECK(stage(object(kObserve, "repairing")) == "repair");
    CHECK(stage(association(1, kDelete, "removing", kUnit, {kPump})) == "repair");
    CHECK(stage(association(1, kAdd, "replacing", kUnit, {kPump})) == "repair");
    auto recall = object(kObserve, "holding");
    CHECK(stage(recall) == "");
    recall.add_persistent_set("recalled");
    CHECK(stage(recall) == "recall");
    auto lifted = object(kObserve, "inspecting");
    lifted.add_persistent_unset("recalled");
    CHECK(stage(lifted) == "recall_lifted");
    CHECK(stage(with_disposition(object(kObserve, "shipping"), "returned")) == "return");
    CHECK(stage(with_disposition(object(kObserve, "receiving"), "returned")) == "return");
    CHECK(stage(object(kObserve, "collecting")) == "recycling");
    CHECK(stage(association(1, kDelete, "disassembling", kUnit, {kPump})) == "recycling");
    CHECK(stage(with_disposition(transformation(1, {kPump}, {kUnit}), "disposed")) == "production");
    auto recyclate = with_disposition(transformation(1, {kPump}, {kUnit}), "disposed");
    recyclate.set_biz_step("disassembling");
    CHECK(stage(recyclate) == "recycling");
    CHECK(stage(object(kDelete, "decommissioning")) == "decommission");
    CHECK(stage(object(kDelete, "destroying")) == "decommission");
    CHECK(stage(object(kObserve, "storing")) == "");
}

TEST_CASE("a stage says how its events are labelled when they say nothing") {
    CHECK(events::default_label("design").visibility() == v1::VISIBILITY_PRIVATE);
    CHECK(events::default_label("design").level() == v1::DATA_LEVEL_IMPORTANT);
    CHECK(events::default_label("design").domain() == v1::DATA_DOMAIN_RND);
    CHECK(events::default_label("operation").visibility() == v1::VISIBILITY_PRIVATE);
    CHECK(events::default_label("recall").visibility() == v1::VISIBILITY_PUBLIC);
    CHECK(events::default_label("shipping").visibility() == v1::VISIBILITY_PARTNER);
    CHECK(events::default_label("").visibility() == v1::VISIBILITY_PARTNER);
    for (const auto& row : events::stage_rows()) {
        const bool is_open = row.visibility == v1::VISIBILITY_PUBLIC;
        CHECK_FALSE((is_open && row.level > v1::DATA_LEVEL_GENERAL));
    }
}

TEST_CASE("what is odd in the order of events is a warning, each time it is asked for") {
    const auto warned = [](std::vector<v1::EventRecord> list) {
        Shop shop(history_of(std::move(list)));
        std::vector<std::uint32_t> out;
        for (const auto& one : shop.page({.cid = kPump}).events) out.push_back(one.warnings);
        return out;
    };
    const auto object = [](double at, v1::EventAction action, std::string_view step) {
        return object_event(at, action, step, {kPump});
    };
    using Warnings = std::vector<std::uint32_t>;
    CHECK(warned({object(1, kAdd, "commissioning"), object(2, kObserve, "shipping")}) ==
          Warnings{0, 0});
    // As captured; the order of times counts.
    CHECK(warned({object(2, kAdd, "commissioning"), object(1, kObserve, "shipping")}) ==
          Warnings{events::kShippingBeforeCommissioning, 0});
    CHECK(warned({object(1, kAdd, "commissioning"), object(2, kAdd, "commissioning")}) ==
          Warnings{0, events::kSecondCommissioning});
    CHECK(warned({object(1, kAdd, "commissioning"), object(2, kDelete, "destroying"),
                  object(3, kObserve, "inspecting")}) == Warnings{0, 0, events::kAfterDelete});
    CHECK(warned({object(1, kAdd, "commissioning"), object(2, kObserve, "shipping"),
                  association(3, kAdd, "installing", kUnit, {kPump})}) ==
          Warnings{0, 0, events::kInstallingInTransit});
    CHECK(warned({object(1, kAdd, "commissioning"), object(2, kObserve, "shipping"),
                  object(3, kObserve, "receiving"),
                  association(4, kAdd, "installing", kUnit, {kPump})}) == Warnings{0, 0, 0, 0});
}

TEST_CASE("a timeline shows the events with one warning, on pages of any size") {
    Shop shop(history_of({object_event(1, kObserve, "shipping", {kPump}),
                          object_event(2, kAdd, "commissioning", {kPump}),
                          object_event(3, kAdd, "commissioning", {kPump})}));
    const auto found = shop.page({.cid = kPump, .warning = "second_commissioning"});
    REQUIRE(found.events.size() == 1);
    CHECK(found.events[0].record.event_time_ns() == sec(3));
    std::string cursor;
    std::uint32_t warnings = 0;
    do {
        const auto page = shop.page({.cid = kPump, .cursor = cursor, .count_max = 1});
        for (const auto& one : page.events) warnings |= one.warnings;
        cursor = page.cursor;
    } while (!cursor.empty());
    CHECK(warnings == (events::kSecondCommissioning | events::kShippingBeforeCommissioning));
    Access access(shop.registrar, std::nullopt);
    CHECK_FALSE(events::read_history(shop.lifecycle, access, {.cid = kPump, .warning = "odd"}));
    CHECK_FALSE(events::read_history(shop.lifecycle, access, {.cid = kPump, .cursor = "AAAA"}));
}

TEST_CASE("what happens to a container happens to what is in it, and no longer") {
    auto shipping = object_event(4, kObserve, "shipping", {kPallet});
    shipping.set_disposition("in_transit");
    auto receiving = object_event(5, kObserve, "receiving", {kPallet});
    receiving.set_biz_location("gs1:/414/6901234000016");
    Shop shop(history_of({object_event(1, kAdd, "commissioning", {kPump}),
                          aggregation(2, kAdd, "packing", kBox, {kPump}),
                          aggregation(3, kAdd, "packing", kPallet, {kBox}), shipping, receiving,
                          aggregation(6, kDelete, "unpacking", kPallet, {}),
                          aggregation(7, kDelete, "unpacking", kBox, {}),
                          object_event(8, kObserve, "shipping", {kPallet})}));
    const auto then = shop.state(kPump, sec(4));
    REQUIRE(then.stage);
    CHECK(then.stage->value == "shipping");
    CHECK(then.stage->via == kPallet);
    CHECK(then.disposition->value == "in_transit");
    REQUIRE(then.parents.size() == 1);
    CHECK(then.parents[0].cid == kBox);
    const auto now = shop.state(kPump);
    CHECK(now.stage->value == "receiving");
    CHECK(now.biz_location->value == "gs1:/414/6901234000016");
    CHECK(now.parents.empty());
    CHECK(now.existence == events::Existence::kCommissioned);
    CHECK(shop.timeline(kPump).size() == 7);  // not the last one
    CHECK(shop.state(kPallet, sec(3)).children.size() == 1);
    CHECK(shop.state(kPallet).children.empty());
}

TEST_CASE("how much is read for a state is bounded, and what was left out is said") {
    auto installed = association(1, kAdd, "installing", kUnit, {kPump});
    installed.set_biz_location("hdl:88.100.7/HALL");
    auto started = object_event(1.5, kObserve, "sensor_reporting", {kPump});
    started.set_disposition("active");
    started.set_read_point("hdl:88.100.7/GATE-1");
    std::vector<v1::EventRecord> events{object_event(0.5, kAdd, "commissioning", {kPump}),
                                        installed, started};
    for (int at = 2; at < 400; ++at) {
        events.push_back(object_event(at, kObserve, "sensor_reporting", {kUnit}));
    }
    Shop shop(history_of(events));
    const auto part = shop.state(kPump);
    CHECK(part.stage->value == "operation");
    CHECK(part.stage->via == kUnit);
    CHECK(part.last_event_ns == sec(399));
    CHECK(part.is_whole);

    std::vector<v1::EventRecord> packings;
    for (int at = 1; at < 1'100; ++at) {
        auto packing = aggregation(at, kAdd, "packing", "hdl:88.100.7/B-" + std::to_string(at), {});
        add_quantity(*packing.mutable_child_quantities(), "gs1:/01/16901234567899/10/B7", 1);
        packings.push_back(packing);
    }
    Shop full(history_of(packings));
    const auto lot = full.state("gs1:/01/16901234567899/10/B7");
    CHECK(lot.stage->value == "packing");
    CHECK(lot.parents.empty());
    CHECK_FALSE(lot.is_whole);
}

TEST_CASE("a mark of recall stays until it is lifted, also as it was known") {
    auto recall = object_event(2, kObserve, "holding", {kPump});
    recall.add_persistent_set("recalled");
    recall.set_disposition("non_sellable_other");
    auto lifted = object_event(4, kObserve, "inspecting", {kPump});
    lifted.add_persistent_unset("recalled");
    Shop shop(history_of({object_event(1, kAdd, "commissioning", {kPump}), recall,
                          object_event(3, kObserve, "storing", {kPump}), lifted}));
    CHECK(shop.state(kPump, sec(1)).persistent.empty());
    CHECK(shop.state(kPump, sec(3)).persistent == std::vector<std::string>{"recalled"});
    CHECK(shop.state(kPump, sec(3)).stage->value == "recall");
    CHECK(shop.state(kPump).persistent.empty());
    CHECK(shop.state(kPump, INT64_MAX, {key_at(2)}).persistent ==
          std::vector<std::string>{"recalled"});
}

TEST_CASE("pages of a timeline stand still while events are captured") {
    tests::History history;
    for (int at = 1; at <= 10; ++at) {
        history.push_back({.event = object_event(at, kObserve, "inspecting", {kPump})});
    }
    Shop shop(history);
    const auto before = shop.timeline(kPump);
    auto page = shop.page({.cid = kPump, .count_max = 4});
    std::vector<std::string> seen;
    for (const auto& one : page.events) seen.push_back(one.record.event_id());
    model::Change change;
    const auto taken = shop.log.take(1);
    REQUIRE(taken);
    auto late = object_event(6.5, kObserve, "inspecting", {kPump});
    late.set_record_time_ms(taken->at(0).record_time_ms);
    events::append_event(taken->at(0), late, {}, change.objects);
    REQUIRE(shop.store->commit(change));
    while (!page.cursor.empty()) {
        page = shop.page({.cid = kPump, .cursor = std::string(page.cursor), .count_max = 4});
        for (const auto& one : page.events) seen.push_back(one.record.event_id());
    }
    CHECK(seen == before);
    CHECK(shop.timeline(kPump).size() == before.size() + 1);
}

TEST_CASE("events of one moment come in the order of their ids, over pages as well") {
    tests::History history;
    for (int at = 0; at < 6; ++at) {
        history.push_back({.event = object_event(1, kObserve, "inspecting", {kPump})});
        history.back().event.set_event_id("urn:test:" + std::to_string(9 - at));
    }
    Shop shop({});
    model::Change change;
    for (std::size_t at = 0; at < history.size(); ++at) {
        history[at].event.set_record_time_ms(5);
        events::append_event({5, at + 1}, history[at].event, {}, change.objects);
    }
    REQUIRE(shop.store->commit(change));
    const std::vector<std::string> wanted{"urn:test:4", "urn:test:5", "urn:test:6",
                                          "urn:test:7", "urn:test:8", "urn:test:9"};
    CHECK(shop.timeline(kPump) == wanted);
    CHECK(shop.timeline(kPump, INT64_MAX, 2) == wanted);
}

TEST_CASE("what nobody may see is not in the public value of a lookup") {
    auto hidden = object_event(2, kObserve, "repairing", {kPump});
    hidden.mutable_label()->set_visibility(v1::VISIBILITY_PARTNER);
    Shop shop(history_of({object_event(1, kAdd, "commissioning", {kPump}), hidden}));
    const events::LifecycleValues values(shop.lifecycle);
    const auto shown = values.show("88.100.7/PUMP-1");
    REQUIRE(shown);
    REQUIRE(*shown);
    const auto json = boost::json::parse((*shown)->json).as_object();
    CHECK(json.at("stage") == "production");
    CHECK((*shown)->timestamp == 1);
    const auto none = values.show("88.100.7/PUMP-2");
    REQUIRE(none);
    CHECK_FALSE(*none);
    Shop secret(history_of({hidden}));
    const auto nothing = events::LifecycleValues(secret.lifecycle).show("88.100.7/PUMP-1");
    REQUIRE(nothing);
    CHECK_FALSE(*nothing);
}

TEST_CASE("presets name events whose stage is the one that they are for") {
    const auto all = boost::json::parse(events::presets_json()).as_object();
    REQUIRE(all.at("presets").as_array().size() == 6);
    for (const auto& preset : all.at("presets").as_array()) {
        CHECK_FALSE(preset.at("events").as_array().empty());
        for (const auto& event : preset.at("events").as_array()) {
            const auto& skeleton = event.at("skeleton").as_object();
            CHECK(skeleton.at("type") == event.at("event"));
            CHECK(events::is_stage(std::string(event.at("stage").as_string())));
        }
    }
    CHECK(events::preset_json("component"));
    CHECK_FALSE(events::preset_json("spaceship"));
}

TEST_CASE("a passport page escapes whatever comes from outside") {
    events::Passport passport;
    passport.cid = "hdl:88.100.7/<script>alert('x')</script>&\"";
    passport.record.emplace();
    auto& value = *passport.record->add_values();
    value.set_type("<b>TYPE</b>");
    value.set_value("\" onload=\"evil() & more <img src=x>");
    passport.links.events = "javascript:\"><i>";
    const std::string page = events::passport_page(passport);
    for (const auto bad : {"<script", "<b>TYPE", "<img", "\"><i>", "onload=\"evil"}) {
        CAPTURE(bad);
        CHECK(page.find(bad) == std::string::npos);
    }
    CHECK(page.find("&lt;script&gt;") != std::string::npos);
}

namespace {

/// The state of one identifier, by playing all events forwards. Who is in what comes from
/// `Containments`, which has a model of its own.
class StateModel {
  public:
    struct Part {
        std::size_t place;
        std::string via;
        bool took_out;
    };

    StateModel(const tests::History& history, const model::RecordStore& store, std::string cid,
               std::int64_t as_of_ns)
        : history_(history), cid_(std::move(cid)) {
        std::set<std::size_t> wrong;
        for (const Captured& one : history) {
            if (one.declares != Captured::kNothing) wrong.insert(one.declares);
        }
        find_stays(store, cid_, {}, 0, as_of_ns);
        std::vector<std::size_t> order;
        for (std::size_t at = 0; at < history.size(); ++at) {
            const Captured& one = history[at];
            if (one.declares != Captured::kNothing || wrong.contains(at)) continue;
            if (one.event.event_time_ns() <= as_of_ns) order.push_back(at);
        }
        std::ranges::sort(order, {}, [&](std::size_t at) {
            return std::tuple(history[at].event.event_time_ns(), at);
        });
        for (const std::size_t at : order) take(at);
    }

    std::vector<Part> parts;
    std::map<std::string, std::string> said;  // by what is said
    std::set<std::string> persistent;
    events::Existence existence = events::Existence::kUnknown;
    std::optional<std::int64_t> first;
    std::optional<std::int64_t> last;

  private:
    struct In {
        std::string container;
        events::Interval during;
        std::optional<events::EventKey> ended_by;
        std::size_t distance;
    };

    void find_stays(const model::RecordStore& store, const std::string& cid,
                    events::Interval within, std::size_t depth, std::int64_t as_of_ns) {
        if (depth == 8) return;
        events::Containments containments(store, {}, as_of_ns);
        const auto found = containments.containers_of(cid);
        REQUIRE(found);
        for (const auto& one : *found) {
            const auto during = overlap(one.during, within);
            if (one.is_possible || during.is_empty()) continue;
            if (one.opened.visibility != v1::VISIBILITY_PUBLIC) continue;
            const bool ended =
                !one.during.is_open() && !one.is_implied && one.during.to_ns == during.to_ns;
            stays_.push_back({one.parent, during,
                              ended ? std::optional<events::EventKey>(one.closed_by)
                                    : std::optional<events::EventKey>(),
                              depth + 1});
            find_stays(store, one.parent, during, depth + 1, as_of_ns);
        }
    }

    static std::uint32_t roles_in(const v1::EventRecord& event, std::string_view cid) {
        for (const auto& one : events::touched_by(event)) {
            if (one.cid == cid) return one.roles;
        }
        return 0;
    }

    void take(std::size_t at) {
        const v1::EventRecord& event = history_[at].event;
        if (const std::uint32_t roles = roles_in(event, cid_); roles != 0) {
            parts.push_back({at, "", false});
            if (is_open(event)) own(event, roles);
            return;
        }
        const In* nearest = nullptr;
        bool took_out = false;
        for (const In& in : stays_) {
            const bool ends_it = in.ended_by == key_at(at);
            if (roles_in(event, in.container) == 0) continue;
            if (!in.during.covers(event.event_time_ns()) && !ends_it) continue;
            const auto rank = std::tuple(in.distance, std::string_view(in.container));
            if (nearest == nullptr ||
                rank < std::tuple(nearest->distance, std::string_view(nearest->container))) {
                nearest = &in;
                took_out = ends_it;
            } else if (in.container == nearest->container && in.distance == nearest->distance &&
                       ends_it) {
                took_out = true;
            }
        }
        if (nearest == nullptr) return;
        parts.push_back({at, nearest->container, took_out});
        if (is_open(event)) {
            of_container(event, roles_in(event, nearest->container), took_out);
        }
    }

    static bool is_open(const v1::EventRecord& event) {
        return event.label().visibility() == v1::VISIBILITY_PUBLIC;
    }

    void say(const std::string& what, const std::string& value) {
        if (!value.empty()) said[what] = value;
    }
    void say_places(const v1::EventRecord& event) {
        say("location", event.biz_location());
        say("point", event.read_point());
    }
    void say_parties(const v1::EventRecord& event) {
        // Of several of one kind the first counts.
        for (int at = event.destinations_size(); at-- > 0;) {
            say(event.destinations(at).type(), event.destinations(at).id());
        }
    }

    void own(const v1::EventRecord& event, std::uint32_t roles) {
        last = event.event_time_ns();
        if (!first) first = last;
        const auto has = [&](v1::EventRole role) {
            return (roles & static_cast<std::uint32_t>(role)) != 0;
        };
        const bool is_class = has(v1::EVENT_ROLE_CLASS);
        const bool is_object = event.type() == v1::EVENT_TYPE_OBJECT && has(v1::EVENT_ROLE_EPC);
        if ((is_object && event.action() == kAdd) || has(v1::EVENT_ROLE_OUTPUT)) {
            existence = events::Existence::kCommissioned;
        } else if (is_object && event.action() == kDelete && !is_class) {
            existence = events::Existence::kDecommissioned;
        } else if (has(v1::EVENT_ROLE_INPUT) && !is_class) {
            existence = events::Existence::kConsumed;
        }
        const bool told = has(v1::EVENT_ROLE_EPC) || has(v1::EVENT_ROLE_PARENT) ||
                          has(v1::EVENT_ROLE_CHILD) || has(v1::EVENT_ROLE_OUTPUT);
        if (!told) return;
        const bool only_parent =
            has(v1::EVENT_ROLE_PARENT) && !has(v1::EVENT_ROLE_CHILD) && !has(v1::EVENT_ROLE_EPC);
        if (!(only_parent && event.stage() == "installation") &&
            !(is_class && event.stage() == "decommission")) {
            say("stage", event.stage());
        }
        say("disposition", event.disposition());
        say_places(event);
        say_parties(event);
        for (const auto& word : event.persistent_unset()) persistent.erase(word);
        for (const auto& word : event.persistent_set()) persistent.insert(word);
    }

    void of_container(const v1::EventRecord& event, std::uint32_t roles, bool took_out) {
        static const std::set<std::string> kCarried{
            "",          "shipping", "transport", "receiving", "ownership_change", "installation",
            "operation", "return"};
        last = event.event_time_ns();
        say_places(event);
        const bool whole = took_out || (roles & (v1::EVENT_ROLE_EPC | v1::EVENT_ROLE_CHILD)) != 0;
        if (!whole) return;
        if (kCarried.contains(event.stage())) {
            say("stage", event.stage());
            say("disposition", event.disposition());
        }
        say_parties(event);
    }

    const tests::History& history_;
    const std::string cid_;
    std::vector<In> stays_;
};

/// With what a state is made of.
void decorate(tests::History& history, std::mt19937_64& chance) {
    const auto one_in = [&](std::size_t count) { return chance() % count == 0; };
    const auto any = [&](std::initializer_list<const char*> words) {
        return std::string(*(words.begin() + static_cast<std::ptrdiff_t>(chance() % words.size())));
    };
    for (Captured& one : history) {
        if (one.declares != Captured::kNothing) continue;
        v1::EventRecord& event = one.event;
        if (one_in(2)) event.set_disposition(any({"active", "in_transit", "returned"}));
        if (one_in(3)) event.set_biz_location(any({"gs1:/414/6901234000016", "hdl:88.100.7/HALL"}));
        if (one_in(3)) event.set_read_point(any({"hdl:88.100.7/GATE-1", "hdl:88.100.7/GATE-2"}));
        if (one_in(4)) event.add_persistent_set(any({"recalled", "damaged"}));
        if (one_in(4)) event.add_persistent_unset(any({"recalled", "damaged"}));
        if (one_in(4)) {
            auto& party = *event.add_destinations();
            party.set_type(any({"owning_party", "possessing_party"}));
            party.set_id(any({"hdl:88.100.8/ANNA", "hdl:88.100.9/BERTA"}));
        }
        event.set_stage(std::string(events::stage_of(event)));
    }
    for (std::size_t at = 0; at < history.size(); ++at) {
        if (history[at].declares != Captured::kNothing) {
            history[at] = declaration_about(history, history[at].declares);
        }
    }
}

std::string value_of(const std::optional<events::Said>& said) {
    return said ? said->value : "";
}
std::string party_of(const std::optional<events::Holder>& holder) {
    return holder ? holder->party : "";
}

}  // namespace

// Where a sanitizer watches, each round takes ten times as long.
constexpr int kRounds = testing::effort(10'000);

TEST_CASE("state and timeline of made-up histories are those of a slow model") {
    std::mt19937_64 chance(20'261'121);
    for (int round = 0; round < kRounds; ++round) {
        CAPTURE(round);
        auto history = random_history(chance, {.other_owners = round % 2 == 1});
        decorate(history, chance);
        Shop shop(history);
        const auto all = world().all();
        const std::string& cid = all[chance() % all.size()];
        CAPTURE(cid);
        const std::int64_t as_of =
            chance() % 3 == 0 ? INT64_MAX : sec(static_cast<double>(1 + chance() % 8));
        StateModel model(history, *shop.store, cid, as_of);
        const auto state = shop.state(cid, as_of);
        CHECK(value_of(state.stage) == model.said["stage"]);
        CHECK(value_of(state.disposition) == model.said["disposition"]);
        CHECK(value_of(state.biz_location) == model.said["location"]);
        CHECK(value_of(state.read_point) == model.said["point"]);
        CHECK(party_of(state.owner) == model.said["owning_party"]);
        CHECK(party_of(state.possessor) == model.said["possessing_party"]);
        CHECK(std::set(state.persistent.begin(), state.persistent.end()) == model.persistent);
        CHECK(state.existence == model.existence);
        CHECK(state.first_event_ns == model.first);
        CHECK(state.last_event_ns == model.last);
        CHECK(state.is_whole);

        std::vector<std::string> wanted;
        for (const auto& part : model.parts) {
            const auto& event = history[part.place].event;
            if (event.label().visibility() != v1::VISIBILITY_PUBLIC) continue;
            wanted.push_back(event.event_id() + (part.via.empty() ? "" : " via " + part.via));
        }
        CHECK(shop.timeline(cid, as_of, 1 + chance() % 4) == wanted);
    }
}
