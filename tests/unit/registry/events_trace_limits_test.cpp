// What a trace keeps to: limits, circles, what a caller may not see, and no order of arrival.
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "event_histories.h"
#include "registry/events/trace.h"

namespace {

using namespace idnode;
using namespace idnode::tests;
using events::NodeId;
using events::TraceDirection;
using events::TraceQuestion;
using events::TraceResult;

constexpr auto kAdd = v1::EVENT_ACTION_ADD;
constexpr auto kEnd = v1::EVENT_ACTION_DELETE;

/// Sees what is public; of core data nothing is known.
class Eyes final : public events::Sight {
  public:
    explicit Eyes(bool sees_all) : sees_all_(sees_all) {}
    registration::Outcome<bool> may_read(const events::Thing& thing) override {
        return sees_all_ || thing.visibility == v1::VISIBILITY_PUBLIC;
    }
    registration::Outcome<bool> may_know_of(const events::Thing& thing) override {
        return thing.level < v1::DATA_LEVEL_CORE;
    }

  private:
    const bool sees_all_;
};

TraceResult trace(const History& history, std::string_view cid, const TraceQuestion& question,
                  bool sees_all = true) {
    const auto store = store_with(history);
    Eyes eyes(sees_all);
    const std::vector<events::TraceStart> starts{{.cid = std::string(cid), .affected = {}}};
    auto found = events::trace(*store, {}, starts, question, eyes);
    REQUIRE(found);
    return *std::move(found);
}

std::set<std::string> cids(const TraceResult& found) {
    std::set<std::string> out;
    for (const NodeId id : found.in_order()) out.insert(found.nodes.cid(id));
    return out;
}

std::string part(int number) {
    return "hdl:88.100.7/PART-" + std::to_string(number);
}

/// Each part goes into the next.
History chain(int count) {
    History out;
    for (int at = 0; at < count; ++at) {
        out.push_back({.event = association(1, kAdd, "assembling", part(at + 1), {part(at)})});
    }
    return out;
}

/// All that is told of a trace, but for event keys.
using Told = std::vector<std::tuple<std::string, int, std::string, int, std::int64_t, bool>>;
Told told(const TraceResult& found) {
    Told out;
    for (const NodeId id : found.in_order()) {
        const events::TraceNode& node = found.nodes[id];
        out.emplace_back(found.nodes.cid(id), node.depth, found.nodes.cid(node.via.from),
                         static_cast<int>(node.via.kind), node.via.at_ns, node.is_unclear);
    }
    return out;
}

}  // namespace

TEST_CASE("14.4 a trace goes as deep as it is asked to, and says that there may be more") {
    const History history = chain(40);
    const auto ask = [&](unsigned depth) {
        return trace(history, part(0), {.direction = TraceDirection::kForward, .depth_max = depth});
    };
    CHECK(ask(5).in_order().size() == 5);
    CHECK(ask(5).cut == TraceResult::Cut::kDepth);
    CHECK(ask(32).in_order().size() == 32);
    const auto back = trace(chain(9), part(9), {.direction = TraceDirection::kBack});
    CHECK(back.in_order().size() == 9);
    CHECK(back.cut == TraceResult::Cut::kNothing);
    CHECK(back.nodes[back.in_order().back()].depth == 9);
}

TEST_CASE("14.4 a trace keeps to its number of nodes and to its time") {
    const auto few =
        trace(chain(20), part(0),
              {.direction = TraceDirection::kForward, .depth_max = 32, .nodes_max = 8});
    CHECK(few.nodes.size() == 8);
    CHECK(few.cut == TraceResult::Cut::kNodes);

    History wide;
    for (int at = 0; at < 1'000; ++at) {
        wide.push_back({.event = transformation(1, {part(0)}, {part(at + 1)})});
    }
    const auto late = trace(
        wide, part(0),
        {.direction = TraceDirection::kForward, .deadline = std::chrono::steady_clock::now()});
    CHECK(late.cut == TraceResult::Cut::kTime);
}

TEST_CASE("14.4 circles end: what was taken apart and used again is there once") {
    History history;
    history.push_back({.event = transformation(1, {part(1)}, {part(2)})});
    history.push_back({.event = transformation(2, {part(2)}, {part(3)})});
    history.push_back({.event = transformation(3, {part(3)}, {part(1)})});
    history.push_back({.event = association(4, kAdd, "assembling", part(2), {part(1)})});
    history.push_back({.event = association(4, kAdd, "assembling", part(1), {part(2)})});
    for (const auto direction : {TraceDirection::kForward, TraceDirection::kBack}) {
        const auto found = trace(history, part(1), {.direction = direction, .depth_max = 32});
        CHECK(cids(found) == std::set<std::string>{part(2), part(3)});
        CHECK(found.cut == TraceResult::Cut::kNothing);
    }
}

TEST_CASE("14.6 what may not be seen keeps its place in a trace, but for core data") {
    History history = chain(3);
    history[1].event.mutable_label()->set_visibility(v1::VISIBILITY_PRIVATE);
    const TraceQuestion forward{.direction = TraceDirection::kForward};
    const auto all = trace(history, part(0), forward);
    const auto seen = trace(history, part(0), forward, false);
    CHECK(cids(all) == cids(seen));
    const NodeId last = seen.in_order().back();
    CHECK(seen.nodes.cid(last) == part(3));
    CHECK(seen.nodes[last].is_visible);  // a public event names it
    CHECK(seen.nodes[last].is_unclear);  // but times would tell of the private one
    CHECK_FALSE(seen.nodes[seen.in_order().front()].is_unclear);

    history[2].event.mutable_label()->set_visibility(v1::VISIBILITY_PRIVATE);
    const auto hidden = trace(history, part(0), forward, false);
    CHECK_FALSE(hidden.nodes[hidden.in_order().back()].is_visible);
    history[2].event.mutable_label()->set_level(v1::DATA_LEVEL_CORE);
    CHECK(cids(trace(history, part(0), forward, false)) == std::set<std::string>{part(1), part(2)});
}

TEST_CASE("14.3 what is said of a class alone is only told when it is asked for") {
    constexpr std::string_view kSerial = "gs1:/01/06901234567892/21/S2";
    constexpr std::string_view kClass = "gs1:/01/06901234567892";
    v1::EventRecord mixed = transformation(2, {}, {part(1)});
    add_quantity(*mixed.mutable_input_quantities(), kClass, 5);
    History history;
    history.push_back({.event = object_event(1, kAdd, "commissioning", {kSerial})});
    history.push_back({.event = mixed});
    history.push_back(
        {.event = aggregation(3, v1::EVENT_ACTION_OBSERVE, "packing", part(2), {part(1)})});
    const TraceQuestion sure{.direction = TraceDirection::kForward};
    const TraceQuestion all{.direction = TraceDirection::kForward, .with_possible = true};
    CHECK(cids(trace(history, kSerial, sure)).empty());
    const auto found = trace(history, kSerial, all);
    CHECK(cids(found) == std::set<std::string>{part(1), part(2)});
    for (const NodeId id : found.in_order()) CHECK(found.nodes[id].is_possible);

    history.push_back({.event = transformation(2, {kSerial}, {part(1)})});
    const auto mixed_up = trace(history, kSerial, all);
    CHECK_FALSE(mixed_up.nodes[mixed_up.in_order().front()].is_possible);
    CHECK(mixed_up.nodes[mixed_up.in_order().back()].is_possible);
}

TEST_CASE("14.1 two parents at one moment: the later event id counts, in any order of arrival") {
    History history;
    history.push_back({.event = aggregation(1, kAdd, "packing", part(1), {part(0)})});
    history.push_back({.event = aggregation(1, kAdd, "packing", part(2), {part(0)})});
    history[0].event.set_event_id("urn:x:b");
    history[1].event.set_event_id("urn:x:a");
    const TraceQuestion forward{.direction = TraceDirection::kForward};
    CHECK(cids(trace(history, part(0), forward)) == std::set<std::string>{part(1)});
    std::swap(history[0], history[1]);
    CHECK(cids(trace(history, part(0), forward)) == std::set<std::string>{part(1)});
    history.push_back({.event = aggregation(1, kEnd, "unpacking", part(1), {part(0)})});
    CHECK(cids(trace(history, part(0), forward)) == std::set<std::string>{part(1)});
}

TEST_CASE("14.1 what is told of a trace does not depend on the order of arrival") {
    std::mt19937_64 chance(1407);
    for (int round = 0; round < 1'000; ++round) {
        const History history = random_history(chance, {.events_max = 12, .other_owners = true});
        const std::vector<std::string> all = world().all();
        const std::string& start = all[chance() % all.size()];
        const TraceQuestion question{
            .direction = chance() % 2 == 0 ? TraceDirection::kForward : TraceDirection::kBack,
            .depth_max = static_cast<unsigned>(1 + chance() % 6),
            .with_possible = chance() % 2 == 0};
        const bool sees_all = chance() % 2 == 0;
        const Told first = told(trace(history, start, question, sees_all));
        const Told second = told(trace(shuffled(history, chance), start, question, sees_all));
        if (first != second) FAIL("round " << round << ", start " << start);
    }
}

TEST_CASE("14.6 nobody sees fewer things, or what only private events name") {
    std::mt19937_64 chance(146);
    for (int round = 0; round < 500; ++round) {
        const History history = random_history(chance, {.events_max = 12, .other_owners = true});
        std::set<std::string> named_in_public;
        std::set<std::size_t> wrong;
        for (const Captured& one : history) {
            if (one.declares != Captured::kNothing) wrong.insert(one.declares);
        }
        for (std::size_t place = 0; place < history.size(); ++place) {
            const v1::EventRecord& event = history[place].event;
            if (wrong.contains(place) || event.has_error() ||
                event.label().visibility() != v1::VISIBILITY_PUBLIC) {
                continue;
            }
            for (const auto& one : events::touched_by(event)) {
                named_in_public.insert(std::string(one.cid));
            }
        }
        const std::vector<std::string> all = world().all();
        const std::string& start = all[chance() % all.size()];
        const TraceQuestion question{.direction = TraceDirection::kForward,
                                     .depth_max = events::kTraceDepthMax};
        const auto open = trace(history, start, question);
        const auto seen = trace(history, start, question, false);
        REQUIRE(cids(open) == cids(seen));
        for (const NodeId id : seen.in_order()) {
            const bool is_named = named_in_public.contains(seen.nodes.cid(id));
            if (seen.nodes[id].is_visible != is_named) FAIL("round " << round);
        }
    }
}
