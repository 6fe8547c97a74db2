#include <algorithm>
#include <optional>
#include <utility>

#include "proto/schemes/canonical.h"
#include "registry/events/trace_walk.h"

namespace idnode::events {

using registration::Outcome;
using registration::to_refusal;

Outcome<void> TraceWalk::go_back(const std::string& cid) {
    if (auto done = to_contents(cid); !done) return done;
    if (auto done = to_origins(cid); !done) return done;
    for (const std::string& kind : kinds_of(cid)) {
        if (auto done = of_lot(place_, kind, {.step = {}, .is_statement = false}); !done) {
            return done;
        }
    }
    return {};
}

Outcome<void> TraceWalk::to_contents(const std::string& cid) {
    auto contents = containments_.contents_of(cid);
    if (!contents) return to_refusal(contents.error());
    const Growth& parent = back_[frontier_[place_]];
    for (const Containment& one : *contents) {
        if (one.is_possible && !question_.with_possible) continue;
        Growth growth{.reached = parent.reached.overlap_with(one.during)};
        for (const Used& used : parent.used) {
            if (one.during.covers(used.at_ns)) growth.used.push_back(used);
        }
        if (growth.is_empty()) continue;
        const auto leave = leave_for(one);
        if (!leave) return leave.error();
        if (!leave->is_known) continue;
        if (auto done = reach(one.child, edge_of(one, place_, *leave), growth); !done) return done;
    }
    return {};
}

/// When a thing that was made then was inside what the trail began with.
Intervals TraceWalk::inside_since(std::uint32_t place, std::int64_t made_ns) const {
    const Growth& made = back_[frontier_[place]];
    const Interval since{made_ns, Interval::kNoEnd};
    Intervals out = made.reached.overlap_with(since);
    for (const Used& one : made.used) {
        if (one.at_ns >= made_ns) out.add(one.inside.overlap_with(since));
    }
    return out;
}

/// Notes the transformations that made it, before it was reached.
Outcome<void> TraceWalk::to_origins(const std::string& cid) {
    std::optional<registration::Refusal> refused;
    auto read = links_.links(cid, LinkRole::kOutput, until_as_of(), [&](const Link& link) {
        const std::int64_t at_ns = link.end.event_time_ns;
        if (inside_since(place_, at_ns).is_empty()) return true;
        auto leave = leave_for(cid, link.what);
        if (!leave) {
            refused = std::move(leave).error();
            return false;
        }
        if (leave->is_known) gather(link, {link.end.event, place_, at_ns, leave->is_clear});
        return !is_over();
    });
    if (refused) return *std::move(refused);
    if (!read) return to_refusal(read.error());
    return {};
}

Outcome<void> TraceWalk::to_inputs() {
    return each_event(transformations_, [&](std::span<const Gathered> of_event) -> Done {
        const Gathered& first = of_event.front();
        if (is_over()) return {};
        auto record = records_.find(first.event);
        if (!record) return to_refusal(record.error());
        if (!*record) return {};
        Used used{.at_ns = first.at_ns, .inside = {}};
        for (const Gathered& one : of_event) used.inside.add(inside_since(one.place, one.at_ns));
        const Growth growth{.used = {std::move(used)}};
        const Edge edge = edge_of(first, TrailKind::kTransformation, **record);
        return each_of((*record)->inputs(), (*record)->input_quantities(),
                       [&](const std::string& used) { return reach(used, edge, growth); });
    });
}

/// As `runs_to_outputs`; the trail goes on from when the output was taken, or from when the input
/// was fed, if that was before.
Outcome<void> TraceWalk::runs_to_inputs() {
    for (const auto& [transformation_id, seen] : runs_) {
        const Gathered& last =
            *std::ranges::min_element(seen, [](const Gathered& one, const Gathered& other) {
                return std::pair(other.at_ns, one.place) < std::pair(one.at_ns, other.place);
            });
        std::map<std::int64_t, Intervals> inside;  // by when it was made
        for (const Gathered& one : seen) {
            inside[one.at_ns].add(inside_since(one.place, one.at_ns));
        }
        auto done = each_of_run(transformation_id, [&](const v1::EventRecord& record,
                                                       const EventKey& event, bool is_clear) {
            Growth growth;
            for (const auto& [made_ns, then] : inside) {
                growth.add(Used{std::min(made_ns, record.event_time_ns()), then});
            }
            const Gathered by{event, last.place, last.at_ns, is_clear && last.is_clear};
            const Edge edge = edge_of(by, TrailKind::kTransformation, record);
            return each_of(record.inputs(), record.input_quantities(),
                           [&](const std::string& used) { return reach(used, edge, growth); });
        });
        if (!done) return done;
    }
    runs_.clear();
    return {};
}

}  // namespace idnode::events
