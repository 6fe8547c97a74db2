#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>

#include "event_histories.h"
#include "registry/events/containment.h"
#include "registry/events/trace.h"
#include "tests/support/effort.h"
#include "trace_model.h"

namespace {

using namespace idnode;
using namespace idnode::tests;
using events::Interval;
using events::Intervals;
using events::TraceDirection;
using events::TraceResult;

/// Sees everything.
class OpenEyes final : public events::Sight {
  public:
    registration::Outcome<bool> may_read(const events::Thing& /*thing*/) override { return true; }
    registration::Outcome<bool> may_know_of(const events::Thing& /*thing*/) override {
        return true;
    }
};

/// Sees what is public.
class Stranger final : public events::Sight {
  public:
    registration::Outcome<bool> may_read(const events::Thing& thing) override {
        return thing.visibility == v1::VISIBILITY_PUBLIC;
    }
    registration::Outcome<bool> may_know_of(const events::Thing& thing) override {
        return thing.level < v1::DATA_LEVEL_CORE;
    }
};

TraceResult trace(const model::RecordStore& store, const std::string& cid,
                  const events::TraceQuestion& question, events::KnownAt known = {},
                  events::Sight* sight = nullptr) {
    OpenEyes open;
    const std::vector<events::TraceStart> starts{{.cid = cid, .affected = {}}};
    auto found = events::trace(store, known, starts, question, sight == nullptr ? open : *sight);
    REQUIRE(found);
    return *std::move(found);
}

/// `HOUSING-9 now`, `SSCC-1 [3,6)`.
std::set<std::string> shown(const TraceResult& found, TraceDirection direction) {
    std::set<std::string> out;
    for (const events::NodeId id : found.in_order()) {
        std::string line = found.nodes.cid(id);
        line = line.substr(line.rfind('/') + 1);
        if (found.is_current(id, direction)) {
            line += " now";
        } else {
            const Intervals told = found.told(id, direction);
            for (std::size_t at = 0; at < told.count(); ++at) {
                line += " [" + std::to_string(told[at].from_ns / sec(1)) + "," +
                        std::to_string(told[at].to_ns / sec(1)) + ")";
            }
        }
        out.insert(line);
    }
    return out;
}

constexpr std::string_view kSteel = "gs1:/01/16901234567899/10/STEEL-7";
constexpr std::string_view kHousing9 = "hdl:88.100.7/HOUSING-9";
constexpr std::string_view kHousing12 = "hdl:88.100.7/HOUSING-12";
constexpr std::string_view kPump = "hdl:88.100.7/PUMP-1";
constexpr std::string_view kUnit = "hdl:88.100.8/UNIT-5";
constexpr std::string_view kSscc = "hdl:88.100.7/SSCC-1";

History worked_example() {
    const auto add = v1::EVENT_ACTION_ADD;
    const auto see = v1::EVENT_ACTION_OBSERVE;
    const auto end = v1::EVENT_ACTION_DELETE;
    History out;
    v1::EventRecord melted = transformation(1, {}, {kHousing9});
    add_quantity(*melted.mutable_input_quantities(), kSteel, 12, "KGM");
    out.push_back({.event = melted});
    out.push_back({.event = object_event(2, add, "commissioning", {kPump})});
    out.push_back({.event = association(2, add, "assembling", kPump, {kHousing9})});
    out.push_back({.event = aggregation(3, add, "packing", kSscc, {kPump})});
    out.push_back({.event = object_event(4, see, "shipping", {kSscc})});
    out.push_back({.event = object_event(5, see, "receiving", {kSscc})});
    out.push_back({.event = aggregation(6, end, "unpacking", kSscc, {})});
    out.push_back({.event = association(7, add, "installing", kUnit, {kPump})});
    out.push_back({.event = association(8, end, "removing", kPump, {kHousing9})});
    out.push_back({.event = association(8, add, "installing", kPump, {kHousing12})});
    out.push_back({.event = object_event(9, end, "decommissioning", {kHousing9})});
    return out;
}

/// The answers of the text.
void check_worked_example(const model::RecordStore& store) {
    using Lines = std::set<std::string>;
    const auto ask = [&](std::string_view start, TraceDirection direction, std::int64_t as_of_ns) {
        const events::TraceQuestion question{.direction = direction, .as_of_ns = as_of_ns};
        return shown(trace(store, std::string(start), question), direction);
    };
    const auto back = TraceDirection::kBack;
    const auto forward = TraceDirection::kForward;
    REQUIRE(ask(kPump, back, sec(7.5)) == Lines{"HOUSING-9 now", "STEEL-7 now"});
    REQUIRE(ask(kPump, back, INT64_MAX) ==
            Lines{"HOUSING-12 now", "HOUSING-9 [2,8)", "STEEL-7 [2,8)"});
    REQUIRE(ask(kSteel, forward, sec(7.5)) ==
            Lines{"HOUSING-9 now", "PUMP-1 now", "UNIT-5 now", "SSCC-1 [3,6)"});
    REQUIRE(ask(kSteel, forward, INT64_MAX) ==
            Lines{"HOUSING-9 [1,9)", "PUMP-1 [2,8)", "UNIT-5 [7,8)", "SSCC-1 [3,6)"});
}

/// What the answer says, told in moments of the model.
std::map<std::string, TraceModel::Moments> in_moments(const TraceResult& found,
                                                      TraceDirection direction, Moment last) {
    std::map<std::string, TraceModel::Moments> out;
    for (const events::NodeId id : found.in_order()) {
        TraceModel::Moments& moments = out[found.nodes.cid(id)];
        const Intervals told = found.told(id, direction);
        for (Moment at = 0; at <= last; ++at) {
            if (told.covers(time_of(at))) moments.insert(at);
        }
    }
    return out;
}

std::string written(const History& history) {
    std::string out;
    for (const Captured& one : history) {
        const v1::EventRecord& event = one.event;
        out += event.has_error() ? "wrong " : "";
        out += std::to_string(event.event_time_ns() / sec(1)) + " " +
               v1::EventType_Name(event.type()).substr(11) + " " +
               v1::EventAction_Name(event.action()).substr(13) + " " + event.biz_step() +
               " run=" + event.transformation_id();
        for (const auto& [cid, roles] : events::touched_by(event)) {
            out += " " + std::string(cid) + ":" + std::to_string(roles);
        }
        out += "\n";
    }
    return out;
}

std::string written(const std::map<std::string, TraceModel::Moments>& answer) {
    std::string out;
    for (const auto& [cid, moments] : answer) {
        out += cid + "{";
        for (const Moment at : moments) out += " " + std::to_string(at);
        out += " } ";
    }
    return out;
}

}  // namespace

TEST_CASE("14.7 the worked example gives the answers of the text") {
    check_worked_example(*store_with(worked_example()));
}

TEST_CASE("14.7 two thousand orders of arrival give one answer") {
    std::mt19937_64 chance(7);
    const History example = worked_example();
    for (int round = 0; round < testing::effort(2'000); ++round) {
        check_worked_example(*store_with(shuffled(example, chance)));
    }
}

TEST_CASE("14 traces of random histories are those of the slow model") {
    std::mt19937_64 chance(14);
    constexpr Chances kChances{.events_max = 12, .moments = 6};
    for (int round = 0; round < testing::effort(10'000); ++round) {
        const History history = random_history(chance, kChances);
        const auto store = store_with(history);
        const std::size_t known = round % 3 == 0 ? 1 + chance() % history.size() : history.size();
        const Moment as_of =
            round % 2 == 0 ? 2 * kChances.moments + 1 : static_cast<Moment>(chance() % 13);
        const TraceModel model(history, known, as_of, kChances.moments);
        const std::vector<std::string> all = world().all();
        const std::string& start = all[chance() % all.size()];
        const auto direction = chance() % 2 == 0 ? TraceDirection::kForward : TraceDirection::kBack;
        const TraceResult found = trace(*store, start,
                                        {.direction = direction,
                                         .as_of_ns = round % 2 == 0 ? INT64_MAX : time_of(as_of),
                                         .depth_max = events::kTraceDepthMax},
                                        {key_at(known - 1)});
        REQUIRE(found.cut == TraceResult::Cut::kNothing);
        const auto expected =
            direction == TraceDirection::kForward ? model.forward(start) : model.back(start);
        const auto told = in_moments(found, direction, model.last());
        INFO("round " << round << " start " << start << "\n"
                      << written(history) << "expected " << written(expected) << "\ntold     "
                      << written(told));
        REQUIRE(told == expected);
    }
}

TEST_CASE(
    "14.1 containment in random histories is that of the slow model, in any order of arrival") {
    std::mt19937_64 chance(141);
    constexpr Chances kChances{.events_max = 12, .moments = 6};
    for (int round = 0; round < testing::effort(300); ++round) {
        const History history = random_history(chance, kChances);
        const TraceModel model(history, history.size(), 2 * kChances.moments + 1, kChances.moments);
        const auto store = store_with(shuffled(history, chance));
        events::Containments containments(*store, {});
        for (const std::string& child : world().all()) {
            const auto found = containments.containers_of(child);
            REQUIRE(found);
            for (const std::string& parent : world().things) {
                for (Moment at = 0; at <= model.last(); ++at) {
                    for (const auto kind :
                         {v1::EVENT_TYPE_AGGREGATION, v1::EVENT_TYPE_ASSOCIATION}) {
                        const bool is_in = std::ranges::any_of(*found, [&](const auto& one) {
                            return !one.is_possible && one.parent == parent &&
                                   (one.kind == events::ContainmentKind::kAggregation) ==
                                       (kind == v1::EVENT_TYPE_AGGREGATION) &&
                                   one.during.covers(time_of(at));
                        });
                        if (is_in != model.is_inside(kind, parent, child, at)) {
                            FAIL(written(history) << child << " in " << parent << " at " << at);
                        }
                    }
                }
            }
        }
    }
}
