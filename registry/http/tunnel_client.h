#pragma once

#include <chrono>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/http/http_client.h"
#include "resolver/forward/endpoint.h"

namespace idnode::http {

/// The client's side of the tunnel of §3.7: sends one message and returns the octets of the
/// response's body. Blocks; for tools. The server's certificate is not checked: whoever knows the
/// site record compares keys, and who asks an address does not. kUnavailable, kTimeout: no answer;
/// kInvalid: an answer that is none of the tunnel's.
Result<Bytes> ask_through_tunnel(const resolver::Endpoint& server, Scheme scheme, BytesView message,
                                 std::chrono::milliseconds timeout);

}  // namespace idnode::http
