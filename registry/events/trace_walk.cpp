#include "registry/events/trace_walk.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "proto/schemes/canonical.h"

namespace idnode::events {

using registration::Outcome;
using registration::to_refusal;

namespace {

/// How often the clock is looked at.
constexpr std::size_t kStepsBetweenClocks = 256;

Thing thing_of(const Containment::Source& source, ContainmentKind kind,
               std::span<const std::string_view> cids) {
    return {.enterprise_id = source.enterprise_id,
            .visibility = source.visibility,
            .level = source.level,
            .type = kind == ContainmentKind::kAggregation ? v1::EVENT_TYPE_AGGREGATION
                                                          : v1::EVENT_TYPE_ASSOCIATION,
            .biz_step = source.biz_step,
            .event_id = {},
            .cids = cids};
}

}  // namespace

bool TraceWalk::Growth::add(const Used& other) {
    const auto place = std::ranges::lower_bound(used, other.at_ns, {}, &Used::at_ns);
    if (place != used.end() && place->at_ns == other.at_ns) return place->inside.add(other.inside);
    used.insert(place, other);
    return true;
}

bool TraceWalk::Growth::add(const Growth& other) {
    bool grew = reached.add(other.reached);
    for (const Used& one : other.used) grew = add(one) || grew;
    return grew;
}

TraceWalk::TraceWalk(const model::RecordStore& store, KnownAt known, const TraceQuestion& question,
                     Sight& sight)
    : question_(question),
      sight_(sight),
      containments_(store, known, question.as_of_ns),
      links_(store, known),
      touches_(store, known),
      members_(store, known),
      records_(store, known) {}

EventReader::Range TraceWalk::until_as_of() const {
    const std::int64_t last = question_.as_of_ns;
    return {.from_ns = INT64_MIN, .before_ns = last == INT64_MAX ? INT64_MAX : last + 1};
}

bool TraceWalk::is_over() {
    if (!is_over_ && ++steps_ % kStepsBetweenClocks == 0 &&
        std::chrono::steady_clock::now() > question_.deadline) {
        is_over_ = true;
        result_.cut = TraceResult::Cut::kTime;
    }
    return is_over_;
}

Outcome<TraceResult> TraceWalk::run(std::span<const TraceStart> starts) {
    if (auto done = begin(starts); !done) return std::move(done).error();
    for (; depth_ < question_.depth_max && !frontier_.empty() && !is_over_; ++depth_) {
        if (auto done = walk_round(); !done) return std::move(done).error();
        end_round();
    }
    if (!frontier_.empty() && result_.cut == TraceResult::Cut::kNothing) {
        result_.cut = TraceResult::Cut::kDepth;
    }
    // Those that were reached last.
    for (NodeId id = 0; id < result_.nodes.size() && !is_over(); ++id) {
        if (result_.nodes[id].is_looked_at) continue;
        if (auto done = look_at(id, result_.nodes.cid(id)); !done) return std::move(done).error();
    }
    if (question_.direction == TraceDirection::kBack) {
        for (NodeId id = 0; id < result_.nodes.size(); ++id) {
            Intervals& told = result_.nodes[id].reached;
            told.add(back_[id].reached);
            for (const Used& one : back_[id].used) told.add(one.inside);
        }
    }
    if (question_.with_present) result_.present.resize(result_.nodes.size());
    return std::move(result_);
}

Outcome<void> TraceWalk::begin(std::span<const TraceStart> starts) {
    for (const TraceStart& start : starts) {
        const NodeId id = result_.nodes.take(start.cid, schemes::key_of(start.cid));
        Growth growth;
        growth.reached.add(question_.direction == TraceDirection::kForward ? start.affected
                                                                           : Interval{});
        grow(id, std::move(growth));
    }
    result_.starts = result_.nodes.size();
    end_round();
    return {};
}

Outcome<void> TraceWalk::walk_round() {
    for (place_ = 0; place_ < frontier_.size() && !is_over(); ++place_) {
        const NodeId id = frontier_[place_];
        const std::string cid = result_.nodes.cid(id);
        if (auto done = look_at(id, cid); !done) return done;
        auto done =
            question_.direction == TraceDirection::kForward ? go_forward(cid) : go_back(cid);
        if (!done) return done;
    }
    if (auto done = read_lots(); !done) return done;
    if (question_.direction == TraceDirection::kBack) {
        if (auto done = to_inputs(); !done) return done;
        return runs_to_inputs();
    }
    for (const auto& [lot, shared] : shared_) {
        if (auto done = share(lot, shared); !done) return done;
    }
    shared_.clear();
    if (auto done = read_members(); !done) return done;
    if (auto done = to_outputs(); !done) return done;
    return runs_to_outputs();
}

/// What this round found becomes part of the nodes.
void TraceWalk::end_round() {
    frontier_.clear();
    grown_.clear();
    if (question_.direction == TraceDirection::kBack) back_.resize(result_.nodes.size());
    std::vector<std::uint32_t> order(next_.size());
    for (std::uint32_t at = 0; at < order.size(); ++at) order[at] = at;
    const auto key_at = [this](std::uint32_t at) { return result_.nodes.key(next_[at]); };
    // Serials of a lot come in order.
    if (!std::ranges::is_sorted(order, {}, key_at)) std::ranges::sort(order, {}, key_at);
    for (const std::uint32_t at : order) {
        const NodeId id = next_[at];
        Growth& growth = next_grown_[at];
        place_in_next_[id] = kNoNode;
        bool grew = false;
        if (question_.direction == TraceDirection::kForward) {
            grew = result_.nodes[id].reached.add(growth.reached);
        } else {
            grew = back_[id].add(growth);
        }
        if (!grew) continue;
        frontier_.push_back(id);
        grown_.push_back(std::move(growth));
    }
    next_.clear();
    next_grown_.clear();
    for (const NodeId id : unclear_next_) result_.nodes[id].is_unclear = true;
    unclear_next_.clear();
}

/// Reads what touches the node: whether the caller may see it, whether its identifier is in use,
/// and which lots it has to do with.
Outcome<void> TraceWalk::look_at(NodeId id, const std::string& cid) {
    TraceNode& node = result_.nodes[id];
    const std::array<std::string_view, 1> cids{cid};
    std::optional<registration::Refusal> refused;
    std::optional<std::int64_t> began;
    node.is_looked_at = true;
    node.has_ended = false;
    auto read = touches_.touches(cid, until_as_of(), [&](const Touch& touch) {
        const v1::EventTouch& what = touch.what;
        if (touch.end.declared || what.declares_error()) return true;
        const std::int64_t at_ns = touch.end.event_time_ns;
        const Thing thing{.enterprise_id = what.enterprise_id(),
                          .visibility = what.visibility(),
                          .level = what.level(),
                          .type = what.type(),
                          .biz_step = what.biz_step(),
                          .event_id = {},
                          .cids = cids};
        auto leave = leave_for(thing);
        if (!leave) {
            refused = std::move(leave).error();
            return false;
        }
        if (leave->is_clear) {
            node.is_visible = true;
            if (question_.with_present) note_present(id, touch);
        }
        const bool is_itself =
            (what.roles() & (v1::EVENT_ROLE_EPC | v1::EVENT_ROLE_CLASS)) == v1::EVENT_ROLE_EPC;
        if (what.type() == v1::EVENT_TYPE_OBJECT && is_itself) {
            if (what.action() == v1::EVENT_ACTION_ADD) {
                began = at_ns;
                node.has_ended = false;
            } else if (what.action() == v1::EVENT_ACTION_DELETE && began != at_ns &&
                       !node.has_ended) {
                node.has_ended = true;
                node.ended_ns = at_ns;
            }
        }
        if (!leave->is_known) return true;
        if ((what.roles() & v1::EVENT_ROLE_LOT) != 0U) {
            member_events_.push_back({touch.end.event, place_, at_ns, leave->is_clear});
        }
        constexpr std::uint32_t kMade = v1::EVENT_ROLE_EPC | v1::EVENT_ROLE_OUTPUT;
        if ((what.tells() & v1::EVENT_TELLS_LOT) != 0U && (what.roles() & kMade) != 0U) {
            lot_events_.push_back({touch.end.event, place_, at_ns, leave->is_clear});
        }
        return !is_over();
    });
    if (refused) return *std::move(refused);
    if (!read) return to_refusal(read.error());
    return {};
}

/// Touches come in the order of time: the last one counts.
void TraceWalk::note_present(NodeId id, const Touch& touch) {
    if (result_.present.size() <= id) result_.present.resize(result_.nodes.size());
    TracePresent& present = result_.present[id];
    const std::int64_t at_ns = touch.end.event_time_ns;
    if (!touch.what.stage().empty()) {
        const auto known = std::ranges::find(result_.stages, touch.what.stage());
        present.stage = static_cast<std::uint32_t>(known - result_.stages.begin());
        if (known == result_.stages.end()) result_.stages.push_back(touch.what.stage());
        present.stage_ns = at_ns;
    }
    constexpr std::uint32_t kParty = v1::EVENT_TELLS_OWNER | v1::EVENT_TELLS_POSSESSOR;
    if ((touch.what.tells() & kParty) != 0) {
        present.party = touch.end.event;
        present.party_ns = at_ns;
    }
    constexpr std::uint32_t kPlace = v1::EVENT_TELLS_BIZ_LOCATION | v1::EVENT_TELLS_READ_POINT;
    if ((touch.what.tells() & kPlace) != 0) {
        present.place = touch.end.event;
        present.place_ns = at_ns;
    }
}

/// The lot that the identifier names; where it is asked for, also its class (§14.3).
std::vector<std::string> TraceWalk::kinds_of(std::string_view cid) const {
    std::vector<std::string> out;
    if (std::string lot = lot_in(cid); !lot.empty()) out.push_back(std::move(lot));
    if (!question_.with_possible) return out;
    if (std::string kind = class_in(cid); !kind.empty()) out.push_back(std::move(kind));
    return out;
}

void TraceWalk::gather(const Link& link, const Gathered& seen) {
    if (link.what.transformation_id().empty()) {
        transformations_.push_back(seen);
    } else {
        runs_[link.what.transformation_id()].push_back(seen);
    }
}

/// From things to the lots that events say they are of.
Outcome<void> TraceWalk::read_lots() {
    return each_event(lot_events_, [&](std::span<const Gathered> of_event) -> Done {
        if (is_over()) return {};
        // Members of one lot need not look for it again.
        const bool is_forward = question_.direction == TraceDirection::kForward;
        const bool has_more = many_lots_.contains(of_event.front().event);
        const auto is_known = [&](const Gathered& one) {
            const TrailStep& via = result_.nodes[frontier_[one.place]].via;
            return is_forward && !has_more && via.kind == TrailKind::kLot && via.event == one.event;
        };
        if (std::ranges::all_of(of_event, is_known)) return {};
        auto record = records_.find(of_event.front().event);
        if (!record) return to_refusal(record.error());
        if (!*record) return {};
        for (const Gathered& one : of_event) {
            const Edge edge{.step = {.from = frontier_[one.place],
                                     .kind = TrailKind::kLot,
                                     .at_ns = one.at_ns,
                                     .event = one.event},
                            .is_clear = one.is_clear,
                            .owner_id = (*record)->enterprise_id()};
            for (const std::string& lot : (*record)->lots()) {
                if (auto done = of_lot(one.place, lot, edge); !done) return done;
            }
        }
        return {};
    });
}

/// Back, what went into the lot went into the thing. Forward, what is said of the lot is said of
/// the thing, but does not make the whole lot suspect (§14.3).
Outcome<void> TraceWalk::of_lot(std::uint32_t place, const std::string& lot, const Edge& edge) {
    if (question_.direction == TraceDirection::kBack) {
        Edge step = edge;
        step.step.from = frontier_[place];
        step.step.kind = TrailKind::kLot;
        const Growth growth = back_[frontier_[place]];
        return reach(lot, step, growth);
    }
    const auto [shared, is_new] = shared_.try_emplace(lot, Shared{.place = place});
    shared->second.place = std::min(shared->second.place, place);
    shared->second.grown.add(grown_[place].reached);
    return {};
}

Outcome<void> TraceWalk::each_of_run(const std::string& transformation_id, RunVisit visit) {
    std::vector<EntryEnd> events;
    auto read = links_.transformation(transformation_id, [&](const EntryEnd& end) {
        if (end.event_time_ns <= question_.as_of_ns) events.push_back(end);
        return true;
    });
    if (!read) return to_refusal(read.error());
    for (const EntryEnd& end : events) {
        if (is_over()) return {};
        auto record = records_.find(end.event);
        if (!record) return to_refusal(record.error());
        if (!*record || (*record)->has_error()) continue;
        const auto leave = leave_for(**record);
        if (!leave) return leave.error();
        if (!leave->is_known) continue;
        if (auto done = visit(**record, end.event, leave->is_clear); !done) return done;
    }
    return {};
}

TrailKind trail_kind(ContainmentKind kind) {
    return kind == ContainmentKind::kAggregation ? TrailKind::kAggregation
                                                 : TrailKind::kAssociation;
}

Outcome<void> each_of(const google::protobuf::RepeatedPtrField<std::string>& things,
                      const google::protobuf::RepeatedPtrField<v1::EventQuantity>& amounts,
                      model::FunctionRef<Outcome<void>(const std::string&)> visit) {
    for (const std::string& one : things) {
        if (auto done = visit(one); !done) return done;
    }
    for (const v1::EventQuantity& one : amounts) {
        if (auto done = visit(one.epc_class()); !done) return done;
    }
    return {};
}

Outcome<void> TraceWalk::each_event(std::vector<Gathered>& gathered, GatheredVisit visit) {
    std::sort(gathered.begin(), gathered.end());
    for (std::size_t begin = 0, end = 0; begin < gathered.size(); begin = end) {
        while (end < gathered.size() && gathered[end].event == gathered[begin].event) ++end;
        if (auto done = visit(std::span(gathered).subspan(begin, end - begin)); !done) return done;
    }
    gathered.clear();
    return {};
}

Outcome<void> TraceWalk::reach(std::string_view cid, const Edge& edge, const Growth& growth) {
    if (growth.is_empty()) return {};
    const std::string key = schemes::key_of(cid);
    auto found = result_.nodes.find(key);
    if (!found && result_.nodes.size() >= question_.nodes_max) {
        if (result_.cut == TraceResult::Cut::kNothing) result_.cut = TraceResult::Cut::kNodes;
        return {};
    }
    const NodeId id = result_.nodes.take(cid, key);
    TraceNode& node = result_.nodes[id];
    if (!found) {
        node.depth = static_cast<std::uint8_t>(depth_ + 1);
        node.via = edge.step;
        node.owner_id = edge.owner_id;
    } else if (id >= result_.starts && node.depth == depth_ + 1) {
        const auto better = is_better(edge.step, node.via);
        if (!better) return better.error();
        if (*better) {
            node.via = edge.step;
            node.owner_id = edge.owner_id;
        }
    }
    const bool is_unclear = !edge.is_clear || result_.nodes[edge.step.from].is_unclear;
    if (edge.is_clear && edge.is_statement) node.is_visible = true;
    if (is_unclear && !node.is_unclear) unclear_next_.push_back(id);
    grow(id, growth);
    return {};
}

void TraceWalk::grow(NodeId id, const Growth& growth) {
    if (place_in_next_.size() <= id) place_in_next_.resize(id + 1, kNoNode);
    if (place_in_next_[id] == kNoNode) {
        place_in_next_[id] = static_cast<std::uint32_t>(next_.size());
        next_.push_back(id);
        next_grown_.push_back(growth);
        return;
    }
    next_grown_[place_in_next_[id]].add(growth);
}

/// Which of several steps to one thing, found in one round, is told: never by what was known first.
Outcome<bool> TraceWalk::is_better(const TrailStep& step, const TrailStep& than) {
    const auto place = [this](const TrailStep& one) {
        return std::tuple(result_.nodes.key(one.from), one.kind, one.at_ns);
    };
    const auto order = place(step) <=> place(than);
    if (order != 0) return order < 0;
    if (step.event == than.event) return false;
    const auto one = records_.find(step.event);
    if (!one) return to_refusal(one.error());
    const auto other = records_.find(than.event);
    if (!other) return to_refusal(other.error());
    return *one && *other && (*one)->event_id() < (*other)->event_id();
}

Outcome<TraceWalk::Leave> TraceWalk::leave_for(const Thing& thing) {
    const auto readable = sight_.may_read(thing);
    if (!readable) return readable.error();
    if (*readable) return Leave{.is_clear = true, .is_known = true};
    const auto known = sight_.may_know_of(thing);
    if (!known) return known.error();
    return Leave{.is_clear = false, .is_known = *known};
}

Outcome<TraceWalk::Leave> TraceWalk::leave_for(const v1::EventRecord& record) {
    std::vector<std::string_view> cids;
    for (const Touched& one : touched_by(record)) cids.push_back(one.cid);
    return leave_for(thing_of(record, cids));
}

Outcome<TraceWalk::Leave> TraceWalk::leave_for(std::string_view cid, const v1::EventLink& link) {
    return leave_for({.enterprise_id = link.enterprise_id(),
                      .visibility = link.visibility(),
                      .level = link.level(),
                      .type = link.type(),
                      .biz_step = link.biz_step(),
                      .event_id = {},
                      .cids = std::span(&cid, 1)});
}

/// Both that it was put in and that it was taken out again.
Outcome<TraceWalk::Leave> TraceWalk::leave_for(const Containment& one) {
    const std::array<std::string_view, 2> cids{one.child, one.parent};
    auto leave = leave_for(thing_of(one.opened, one.kind, cids));
    if (!leave || one.is_possible || one.during.is_open()) return leave;
    const auto closing = leave_for(thing_of(one.closed, one.kind, cids));
    if (!closing) return closing.error();
    leave->is_clear = leave->is_clear && closing->is_clear;
    return leave;
}

TraceWalk::Edge TraceWalk::edge_of(const Containment& one, std::uint32_t place,
                                   const Leave& leave) const {
    return {.step = {.from = frontier_[place],
                     .kind = trail_kind(one.kind),
                     .at_ns = one.during.from_ns,
                     .event = one.opened_by},
            .is_clear = leave.is_clear,
            .owner_id = one.opened.enterprise_id};
}

TraceWalk::Edge TraceWalk::edge_of(const Gathered& seen, TrailKind kind,
                                   const v1::EventRecord& record) const {
    return {.step = {.from = frontier_[seen.place],
                     .kind = kind,
                     .at_ns = seen.at_ns,
                     .event = seen.event},
            .is_clear = seen.is_clear,
            .owner_id = record.enterprise_id()};
}

}  // namespace idnode::events
