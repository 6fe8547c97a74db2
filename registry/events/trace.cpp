#include "registry/events/trace.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "proto/schemes/canonical.h"
#include "registry/events/trace_walk.h"

namespace idnode::events {

using registration::Outcome;

std::vector<NodeId> TraceResult::in_order() const {
    std::vector<NodeId> out;
    out.reserve(nodes.size() - starts);
    for (NodeId id = static_cast<NodeId>(starts); id < nodes.size(); ++id) out.push_back(id);
    std::ranges::sort(out, {},
                      [this](NodeId id) { return std::pair(nodes[id].depth, nodes.key(id)); });
    return out;
}

Intervals TraceResult::told(NodeId id, TraceDirection direction) const {
    const TraceNode& node = nodes[id];
    if (direction == TraceDirection::kBack || !node.has_ended) return node.reached;
    return node.reached.overlap_with({Interval::kNoBegin, node.ended_ns});
}

bool TraceResult::is_current(NodeId id, TraceDirection direction) const {
    const Intervals when = told(id, direction);
    return !when.is_empty() && when.end_ns() == Interval::kNoEnd;
}

namespace {

/// What is sure stays as it was found without what is only possible.
void mark_possible(const TraceResult& sure, TraceResult& all) {
    for (NodeId id = 0; id < all.nodes.size(); ++id) {
        TraceNode& node = all.nodes[id];
        const auto found = sure.nodes.find(all.nodes.key(id));
        node.is_possible = !found;
        if (!found) continue;
        const TraceNode& known = sure.nodes[*found];
        node.depth = known.depth;
        node.reached = known.reached;
        node.is_unclear = known.is_unclear;
        node.via = known.via;
        if (node.via.from != kNoNode) {
            node.via.from = *all.nodes.find(sure.nodes.key(node.via.from));
        }
    }
}

}  // namespace

Outcome<TraceResult> trace(const model::RecordStore& store, KnownAt known,
                           std::span<const TraceStart> starts, const TraceQuestion& question,
                           Sight& sight) {
    TraceQuestion sure_only = question;
    sure_only.with_possible = false;
    auto sure = TraceWalk(store, known, sure_only, sight).run(starts);
    if (!sure || !question.with_possible) return sure;
    auto all = TraceWalk(store, known, question, sight).run(starts);
    if (!all) return all;
    if (all->cut == TraceResult::Cut::kNothing) all->cut = sure->cut;
    mark_possible(*sure, *all);
    return all;
}

std::string lot_in(std::string_view cid) {
    if (!cid.starts_with("gs1:/01/") || cid.find("/10/") == std::string_view::npos) return {};
    for (const std::string_view serial : {"/21/", "/235/"}) {
        const std::size_t at = cid.rfind(serial);
        if (at != std::string_view::npos) return std::string(cid.substr(0, at));
    }
    return {};
}

std::string class_in(std::string_view cid) {
    constexpr std::string_view kClass = "gs1:/01/";
    if (!cid.starts_with(kClass)) return {};
    const std::size_t end = cid.find('/', kClass.size());
    return end == std::string_view::npos ? std::string() : std::string(cid.substr(0, end));
}

}  // namespace idnode::events
