#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "registry/events/containment.h"
#include "registry/events/trace.h"

namespace idnode::events {

/// Follows trails, one round for each step away from the starts. What a round finds is put to the
/// nodes when the round is over, so that nothing depends on the order within it.
///
/// Each round goes through its nodes in the order of their keys, so that the cursors of the indexes
/// move forward only; events that name many things are gathered and read once.
class TraceWalk {
  public:
    TraceWalk(const model::RecordStore& store, KnownAt known, const TraceQuestion& question,
              Sight& sight);

    registration::Outcome<TraceResult> run(std::span<const TraceStart> starts);

  private:
    /// What became of something, after it was used up at that moment, was in what the trail began
    /// with.
    struct Used {
        std::int64_t at_ns;
        Intervals inside;
    };
    /// What a step adds to a node. Forward: `reached` is when the node is affected. Back: `reached`
    /// is when it was in what the trail began with, part within part; `used` is about what lies
    /// behind a transformation.
    struct Growth {
        Intervals reached{};
        std::vector<Used> used{};  // ascending, each moment once

        bool is_empty() const { return reached.is_empty() && used.empty(); }
        bool add(const Growth& other);
        bool add(const Used& other);
    };
    struct Gathered {
        EventKey event;
        std::uint32_t place;  // of the node, in the frontier: in the order of keys
        std::int64_t at_ns;
        bool is_clear;
        bool operator<(const Gathered& other) const {
            return std::tie(event, place) < std::tie(other.event, other.place);
        }
    };
    /// A statement about what a node is connected with.
    struct Edge {
        TrailStep step;
        bool is_clear = true;      // the caller may read it
        bool is_statement = true;  // not: the identifiers tell by themselves
        std::uint64_t owner_id = 0;
    };
    /// What nodes of one lot go on with through what is said of the lot.
    struct Shared {
        std::uint32_t place = 0;  // of the first of them
        Intervals grown{};
    };

    using Done = registration::Outcome<void>;

    EventReader::Range until_as_of() const;
    bool is_over();
    Done begin(std::span<const TraceStart> starts);
    Done walk_round();
    void end_round();

    Done look_at(NodeId id, const std::string& cid);
    void note_present(NodeId id, const Touch& touch);
    std::vector<std::string> kinds_of(std::string_view cid) const;
    Done go_forward(const std::string& cid);
    Done into_containers(std::uint32_t place, const std::string& cid, const Intervals& grown);
    Done into_transformations(std::uint32_t place, const std::string& cid, const Intervals& grown);
    void gather(const Link& link, const Gathered& seen);
    Done to_members(const std::string& cid);
    Done read_members();
    Done read_lots();
    Done of_lot(std::uint32_t place, const std::string& lot, const Edge& edge);
    Done share(const std::string& lot, const Shared& shared);
    Done to_outputs();
    Done runs_to_outputs();

    Done go_back(const std::string& cid);
    Done to_contents(const std::string& cid);
    Done to_origins(const std::string& cid);
    Intervals inside_since(std::uint32_t place, std::int64_t made_ns) const;
    Done to_inputs();
    Done runs_to_inputs();

    /// The events of a transformation, up to the moment that is asked about, that the caller may
    /// know of; `visit(record, key, is_clear)`.
    using RunVisit = model::FunctionRef<Done(const v1::EventRecord&, const EventKey&, bool)>;
    Done each_of_run(const std::string& transformation_id, RunVisit visit);
    /// Calls `visit` with each run of one event, in order, and empties the list.
    using GatheredVisit = model::FunctionRef<Done(std::span<const Gathered>)>;
    static Done each_event(std::vector<Gathered>& gathered, GatheredVisit visit);

    Done reach(std::string_view cid, const Edge& edge, const Growth& growth);
    void grow(NodeId id, const Growth& growth);
    registration::Outcome<bool> is_better(const TrailStep& step, const TrailStep& than);

    struct Leave {
        bool is_clear;
        bool is_known;
    };
    registration::Outcome<Leave> leave_for(const Thing& thing);
    registration::Outcome<Leave> leave_for(const v1::EventRecord& record);
    registration::Outcome<Leave> leave_for(std::string_view cid, const v1::EventLink& link);
    registration::Outcome<Leave> leave_for(const Containment& one);
    /// From the node at `place` of the frontier into, or out of, what it was with.
    Edge edge_of(const Containment& one, std::uint32_t place, const Leave& leave) const;
    /// From the node of `seen`, as the event says that is stored as `record`.
    Edge edge_of(const Gathered& seen, TrailKind kind, const v1::EventRecord& record) const;

    const TraceQuestion& question_;
    Sight& sight_;
    Containments containments_;
    EventReader links_;
    EventReader touches_;
    EventReader members_;
    EventReader records_;

    TraceResult result_;
    std::vector<Growth> back_;  // of each node, going back
    unsigned depth_ = 0;
    std::size_t steps_ = 0;
    bool is_over_ = false;

    std::vector<NodeId> frontier_;
    std::vector<Growth> grown_;  // of each of the frontier
    std::vector<NodeId> next_;
    std::vector<Growth> next_grown_;
    std::vector<std::uint32_t> place_in_next_;  // of each node; none: kNoNode
    std::vector<NodeId> unclear_next_;

    std::vector<Gathered> transformations_;              // by themselves
    std::map<std::string, std::vector<Gathered>> runs_;  // those that last, by their id
    std::vector<Gathered> member_events_;                // say what is of a lot
    std::vector<Gathered> lot_events_;                   // say which lots something is of
    std::map<std::string, Shared> shared_;               // by the identifier of the lot
    std::uint32_t place_ = 0;                            // in the frontier, of whose turn it is
    std::set<EventKey> transformed_;                     // events whose outputs have been reached
    std::map<std::string, std::int64_t> run_since_;      // the same of runs, since when
    std::set<EventKey> many_lots_;                       // events that name more than one lot
};

/// How a trail comes through a containment.
TrailKind trail_kind(ContainmentKind kind);
/// Things and amounts of an event.
registration::Outcome<void> each_of(
    const google::protobuf::RepeatedPtrField<std::string>& things,
    const google::protobuf::RepeatedPtrField<v1::EventQuantity>& amounts,
    model::FunctionRef<registration::Outcome<void>(const std::string&)> visit);

}  // namespace idnode::events
