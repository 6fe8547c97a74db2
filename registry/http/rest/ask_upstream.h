#pragma once

#include <chrono>

#include "resolver/engine/upstream.h"

namespace idnode::http {

/// Asks another node and waits for what it says, at most so long; then the answer is
/// kServerBusy. Never null.
resolver::UpstreamAnswerPtr ask_upstream(resolver::Upstream& upstream, resolver::Question question,
                                         std::chrono::milliseconds wait);

}  // namespace idnode::http
