#pragma once

#include <optional>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/handle/envelope.h"
#include "proto/handle/header.h"
#include "registry/http/handler.h"

/// The tunnel of §3.7: a message of the protocol as the body of a POST, its answer as the body of
/// the response.
namespace idnode::http {

inline constexpr std::string_view kTunnelMediaType = "application/x-hdl-message";

/// Whether a request is for the tunnel: its path does not matter.
bool is_tunnel(const Request::header_type& header);

struct TunnelMessage {
    handle::Envelope envelope;
    BytesView payload;  // as much of it as there is
    // When the engine shall not see it: what it is refused with.
    handle::ResponseCode code = handle::ResponseCode::kNone;
    std::string_view fault{};
};
/// Exactly one message, in one piece. Nothing: not even an envelope to answer in.
std::optional<TunnelMessage> split_message(BytesView body);

/// One or several messages as a response; none: what was sent is nothing that is answered.
Response message_response(BytesView messages);

}  // namespace idnode::http
