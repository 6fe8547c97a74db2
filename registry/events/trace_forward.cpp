#include <algorithm>
#include <optional>
#include <utility>

#include "proto/schemes/canonical.h"
#include "registry/events/trace_walk.h"

namespace idnode::events {

using registration::Outcome;
using registration::to_refusal;

Outcome<void> TraceWalk::go_forward(const std::string& cid) {
    const Intervals& grown = grown_[place_].reached;
    // Most things of a large trail go nowhere: one look tells.
    const auto goes_on = links_.has_links(cid, LinkRole::kChild, LinkRole::kInput);
    if (!goes_on) return to_refusal(goes_on.error());
    if (*goes_on) {
        if (auto done = into_containers(place_, cid, grown); !done) return done;
        if (auto done = into_transformations(place_, cid, grown); !done) return done;
    }
    for (const std::string& kind : kinds_of(cid)) {
        if (auto done = of_lot(place_, kind, {.step = {}, .is_statement = false}); !done) {
            return done;
        }
    }
    return to_members(cid);
}

/// While it was inside, the container was affected (§14.1, nesting: the overlap counts).
Outcome<void> TraceWalk::into_containers(std::uint32_t place, const std::string& cid,
                                         const Intervals& grown) {
    auto containers = containments_.containers_of(cid);
    if (!containers) return to_refusal(containers.error());
    for (const Containment& one : *containers) {
        if (one.is_possible && !question_.with_possible) continue;
        Intervals inside = grown.overlap_with(one.during);
        if (inside.is_empty()) continue;
        const auto leave = leave_for(one);
        if (!leave) return leave.error();
        if (!leave->is_known) continue;
        Growth growth{.reached = std::move(inside)};
        if (auto done = reach(one.parent, edge_of(one, place, *leave), growth); !done) return done;
        const bool is_there = question_.with_present && leave->is_clear && !one.is_possible &&
                              one.during.is_open() && one.kind == ContainmentKind::kAggregation;
        const auto container = result_.nodes.find(one.parent_key);
        if (!is_there || !container) continue;
        result_.present.resize(result_.nodes.size());
        result_.present[frontier_[place]].container = *container;
        result_.present[frontier_[place]].container_since_ns = one.during.from_ns;
    }
    return {};
}

/// Notes the transformations that it went into while it was affected.
Outcome<void> TraceWalk::into_transformations(std::uint32_t place, const std::string& cid,
                                              const Intervals& grown) {
    std::optional<registration::Refusal> refused;
    auto read = links_.links(cid, LinkRole::kInput, until_as_of(), [&](const Link& link) {
        const std::int64_t at_ns = link.end.event_time_ns;
        if (!grown.covers(at_ns)) return true;
        auto leave = leave_for(cid, link.what);
        if (!leave) {
            refused = std::move(leave).error();
            return false;
        }
        if (leave->is_known) gather(link, {link.end.event, place, at_ns, leave->is_clear});
        return !is_over();
    });
    if (refused) return *std::move(refused);
    if (!read) return to_refusal(read.error());
    return {};
}

/// From a lot to identifiers that name it as a part of their own.
Outcome<void> TraceWalk::to_members(const std::string& cid) {
    const bool is_lot = cid.find("/10/") != std::string::npos && lot_in(cid).empty();
    const bool is_class = cid.starts_with("gs1:/01/") && class_in(cid).empty();
    if (!is_lot && !(is_class && question_.with_possible)) return {};
    std::optional<registration::Refusal> refused;
    auto read = members_.below(cid, until_as_of(), [&](std::string_view key, const EntryEnd& end) {
        const auto member = schemes::cid_of_key(key);
        if (!member) return true;
        Growth growth{
            .reached = grown_[place_].reached.overlap_with({end.event_time_ns, Interval::kNoEnd})};
        const Edge edge{.step = {.from = frontier_[place_],
                                 .kind = TrailKind::kLot,
                                 .at_ns = end.event_time_ns,
                                 .event = end.event},
                        .is_statement = false};
        if (auto done = reach(*member, edge, growth); !done) {
            refused = std::move(done).error();
            return false;
        }
        return !is_over();
    });
    if (refused) return *std::move(refused);
    if (!read) return to_refusal(read.error());
    return {};
}

/// From lots to what events say is of them, since they say so.
Outcome<void> TraceWalk::read_members() {
    return each_event(member_events_, [&](std::span<const Gathered> of_event) -> Done {
        if (is_over()) return {};
        auto record = records_.find(of_event.front().event);
        if (!record) return to_refusal(record.error());
        if (!*record) return {};
        if ((*record)->lots_size() > 1) many_lots_.insert(of_event.front().event);
        for (const Gathered& one : of_event) {
            const Growth growth{
                .reached = grown_[one.place].reached.overlap_with({one.at_ns, Interval::kNoEnd})};
            const Edge edge = edge_of(one, TrailKind::kLot, **record);
            const auto to = [&](const std::string& member) { return reach(member, edge, growth); };
            auto done = (*record)->type() == v1::EVENT_TYPE_TRANSFORMATION
                            ? each_of((*record)->outputs(), {}, to)
                            : each_of((*record)->epcs(), {}, to);
            if (!done) return done;
        }
        return {};
    });
}

Outcome<void> TraceWalk::share(const std::string& lot, const Shared& shared) {
    if (const auto id = result_.nodes.find(schemes::key_of(lot))) {
        Intervals reached = result_.nodes[*id].reached;
        if (!reached.add(shared.grown)) return {};  // gone on from already
    }
    if (auto done = into_containers(shared.place, lot, shared.grown); !done) return done;
    return into_transformations(shared.place, lot, shared.grown);
}

Outcome<void> TraceWalk::to_outputs() {
    return each_event(transformations_, [&](std::span<const Gathered> of_event) -> Done {
        const Gathered& first = of_event.front();
        if (is_over() || !transformed_.insert(first.event).second) return {};
        auto record = records_.find(first.event);
        if (!record) return to_refusal(record.error());
        if (!*record) return {};
        const Edge edge = edge_of(first, TrailKind::kTransformation, **record);
        const Growth growth{.reached = Intervals({first.at_ns, Interval::kNoEnd})};
        return each_of((*record)->outputs(), (*record)->output_quantities(),
                       [&](const std::string& made) { return reach(made, edge, growth); });
    });
}

/// Of a transformation that lasts every input may be in every output, whatever came first; it is
/// there from when the input was fed (§14.2).
Outcome<void> TraceWalk::runs_to_outputs() {
    for (const auto& [transformation_id, seen] : runs_) {
        const Gathered& first = *std::ranges::min_element(
            seen, {}, [](const Gathered& one) { return std::pair(one.at_ns, one.place); });
        const auto [since, is_new] = run_since_.try_emplace(transformation_id, first.at_ns);
        if (!is_new && since->second <= first.at_ns) continue;
        since->second = first.at_ns;
        const Growth growth{.reached = Intervals({first.at_ns, Interval::kNoEnd})};
        auto done = each_of_run(transformation_id, [&](const v1::EventRecord& record,
                                                       const EventKey& event, bool is_clear) {
            const Gathered by{event, first.place, first.at_ns, is_clear && first.is_clear};
            const Edge edge = edge_of(by, TrailKind::kTransformation, record);
            return each_of(record.outputs(), record.output_quantities(),
                           [&](const std::string& made) { return reach(made, edge, growth); });
        });
        if (!done) return done;
    }
    runs_.clear();
    return {};
}

}  // namespace idnode::events
