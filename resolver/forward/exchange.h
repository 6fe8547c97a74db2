#pragma once

#include <chrono>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/site.h"
#include "resolver/forward/endpoint.h"
#include "resolver/forward/message.h"

namespace idnode::resolver {

/// Sends one whole request (envelope first) to a server and returns its reply, blocking: for tools
/// and tests. Over UDP the request is sent again, with the same id, after 500 ms and then ever
/// later. Replies with another request id or operation are ignored over UDP and an error over TCP;
/// nothing inside the reply is checked. Only UDP and TCP are served. kUnavailable: refused;
/// kTimeout: silence; kInvalid: not a request, or an answer that cannot be one.
Result<Reply> exchange(const Endpoint& server, handle::Transport transport, BytesView message,
                       std::chrono::milliseconds timeout);

}  // namespace idnode::resolver
