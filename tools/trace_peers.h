#pragma once

#include <memory>
#include <span>
#include <string>

#include "registry/events/trace_peers.h"
#include "registry/model/ports.h"
#include "resolver/engine/upstream.h"

namespace idnode::tools {

/// Nodes that have identifiers, found by resolution: the value `IDN.LIFECYCLE` names where they
/// answer. They are asked over HTTPS, and over HTTP on this machine only; never at addresses that
/// are not public, unless they are in `networks`. kInvalid names the network. What is given must
/// outlive it. `loopback`: whether site records may name this machine.
Result<std::unique_ptr<events::TracePeers>> make_trace_peers(resolver::Upstream& upstream,
                                                             const model::Digests& digests,
                                                             std::span<const std::string> networks,
                                                             bool loopback);

}  // namespace idnode::tools
