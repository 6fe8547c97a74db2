#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/events/event_keys.h"
#include "registry/events/intervals.h"

namespace idnode::events {

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = UINT32_MAX;

/// How a trail comes from one thing to the next.
enum class TrailKind : std::uint8_t { kStart, kTransformation, kAggregation, kAssociation, kLot };

/// The last step of the trail to a node.
struct TrailStep {
    NodeId from = kNoNode;
    TrailKind kind = TrailKind::kStart;
    std::int64_t at_ns = 0;  // when it was made, put in, or said to be of the lot
    EventKey event{};        // that says so
};

/// One thing that a trail reached.
struct TraceNode {
    std::size_t key_begin = 0;  // in the store of keys
    std::uint16_t key_bytes = 0;
    std::uint8_t depth = 0;
    bool is_looked_at : 1 = false;
    bool is_visible : 1 = false;   // the caller may read something about it
    bool is_unclear : 1 = false;   // what the caller may not read had a part in reaching it
    bool is_possible : 1 = false;  // reached only if what may have happened did
    bool is_pending : 1 = false;   // its sets grew since it was last gone on from
    bool has_ended : 1 = false;    // its identifier was taken out of use, at `ended_ns`
    std::int64_t ended_ns = 0;
    TrailStep via{};
    /// When it was affected (forward) or inside what the trail began with (back).
    Intervals reached{};
    std::uint64_t owner_id = 0;  // enterprise whose statement led here
};

/// Things, each once, by their canonical keys; packed, because there may be a million.
class TraceNodes {
  public:
    std::size_t size() const { return nodes_.size(); }
    TraceNode& operator[](NodeId id) { return nodes_[id]; }
    const TraceNode& operator[](NodeId id) const { return nodes_[id]; }

    std::string_view key(NodeId id) const {
        return std::string_view(keys_).substr(nodes_[id].key_begin, nodes_[id].key_bytes);
    }
    std::string cid(NodeId id) const;
    std::optional<NodeId> find(std::string_view key) const;
    /// The node with the key of this identifier, made if need be.
    NodeId take(std::string_view cid, std::string_view key);

  private:
    std::size_t slot_of(std::string_view key) const;
    void grow();

    std::vector<TraceNode> nodes_;
    std::string keys_;
    std::vector<NodeId> slots_ = std::vector<NodeId>(64, kNoNode);  // by hash of the key
    /// Where the identifier is not spelt as its key would be: the first spelling in octet order.
    std::map<NodeId, std::string> spellings_;
};

}  // namespace idnode::events
