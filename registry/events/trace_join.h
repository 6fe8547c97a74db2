#pragma once

#include <boost/json/array.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "registry/events/trace_answer.h"
#include "registry/events/trace_peers.h"

/// Trails that lead to other nodes, and back.
namespace idnode::events {

inline constexpr unsigned kPeerHopsMax = 4;           // from node to node
inline constexpr std::size_t kPeerQuestionsMax = 64;  // of one answer
inline constexpr std::chrono::seconds kPeerTime{3};   // for one node
inline constexpr std::chrono::seconds kPeersTime{8};  // for all

/// Whether another node has the identifier, as far as its prefix tells.
bool is_elsewhere(std::string_view cid, std::string_view own_prefix);

/// Asks other nodes about those of `cids` that they have, and goes on from what they answer: at
/// another node, or here again. Every identifier is asked about once, so circles end. One object
/// for each: `{id, node, hops, nodes}`, or `{id, unanswered}` with why.
registration::Outcome<boost::json::array> join_elsewhere(const Lifecycle& lifecycle, Access& access,
                                                         const TraceRequest& request,
                                                         std::vector<std::string> cids);

}  // namespace idnode::events
