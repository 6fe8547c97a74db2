#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "registry/events/access.h"
#include "registry/events/event_reader.h"
#include "registry/events/trace_nodes.h"

/// Where things came from, and where they went (identifiers document §14). What exactly is meant by
/// it is in TRACE.md.
namespace idnode::events {

enum class TraceDirection : std::uint8_t { kBack, kForward };

inline constexpr unsigned kTraceDepthMax = 32;
inline constexpr unsigned kTraceDepthUsual = 10;
inline constexpr std::size_t kTraceNodesMax = 1'000'000;

struct TraceQuestion {
    TraceDirection direction = TraceDirection::kForward;
    /// What happened later does not count.
    std::int64_t as_of_ns = INT64_MAX;
    unsigned depth_max = kTraceDepthUsual;
    std::size_t nodes_max = kTraceNodesMax;
    /// Also what may have happened: see §14.3 and TRACE.md.
    bool with_possible = false;
    bool with_present = false;  // also where things are and at which stage
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

/// With what a trail begins.
struct TraceStart {
    std::string cid{};
    Interval affected{};  // forward: since when it is suspect
};

/// What one caller may see.
class Sight {
  public:
    virtual ~Sight() = default;
    virtual registration::Outcome<bool> may_read(const Thing& thing) = 0;
    /// Whether the caller may learn that there is something; asked of what may not be read.
    virtual registration::Outcome<bool> may_know_of(const Thing& thing) = 0;
};

/// What the last events that the caller may read say of a thing itself.
struct TracePresent {
    static constexpr std::int64_t kNever = INT64_MIN;

    std::uint32_t stage = 0;  // in `TraceResult::stages`
    std::int64_t stage_ns = kNever;
    EventKey party{};  // names who owns or has it
    std::int64_t party_ns = kNever;
    EventKey place{};  // names where it is
    std::int64_t place_ns = kNever;
    NodeId container = kNoNode;  // that it is still in
    std::int64_t container_since_ns = kNever;
};

/// What was found. The first nodes are those that it began with.
struct TraceResult {
    TraceNodes nodes{};
    std::size_t starts = 0;
    enum class Cut : std::uint8_t { kNothing, kDepth, kNodes, kTime };
    Cut cut = Cut::kNothing;  // why there may be more
    /// Of each node, where the question was `with_present`; and the words of stages, the first one
    /// for none.
    std::vector<TracePresent> present{};
    std::vector<std::string> stages = std::vector<std::string>(1);

    /// Nodes behind the starts: by depth, then by key.
    std::vector<NodeId> in_order() const;
    /// When the node was affected, or inside, and its identifier in use.
    Intervals told(NodeId id, TraceDirection direction) const;
    /// Whether it is so still, at the moment that was asked about.
    bool is_current(NodeId id, TraceDirection direction) const;
};

/// Follows the trails breadth-first; each thing is there once, whatever circles there are. Blocks
/// on the disk, for long: see `deadline`. Memory: some 400 octets for each node.
registration::Outcome<TraceResult> trace(const model::RecordStore& store, KnownAt known,
                                         std::span<const TraceStart> starts,
                                         const TraceQuestion& question, Sight& sight);

/// The lot that an identifier names as a part of its own (`/01/…/10/…/21/…`); empty: none.
std::string lot_in(std::string_view cid);
/// The class that it is of (`/01/…`); empty: none, or a class itself.
std::string class_in(std::string_view cid);

}  // namespace idnode::events
