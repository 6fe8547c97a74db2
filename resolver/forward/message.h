#pragma once

#include <cstdint>
#include <string>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/envelope.h"
#include "proto/handle/header.h"
#include "resolver/engine/upstream.h"

/// What is sent to another server and how its answer is read: octets only, no network.
namespace idnode::resolver {

/// A whole message that came back, its datagrams put together.
struct Reply {
    handle::Envelope envelope;
    Bytes payload;  // what followed the envelope
};

/// What every reply must match before anything else is looked at.
struct Expected {
    std::uint32_t request_id = 0;
    handle::OpCode op = handle::OpCode::kReserved;
};

/// Of a message that is about to be sent. kInvalid: no request.
Result<Expected> expected_reply(BytesView message);

/// Whether this is a decodable response with the id and the operation of the request. The answer to
/// a challenge answer carries the operation that was challenged, so there any operation will do.
bool matches(const Expected& expected, const handle::Envelope& envelope, BytesView payload);

/// The question as a resolution request of this node: recursion allowed, one recursion more, the
/// client's wishes PO, AT and DNRF; CT is not passed on because this node signs its own answers
/// (§6.7).
struct QuestionIds {
    std::uint32_t request_id = 0;
    std::uint32_t now = 0;  // Unix seconds
};
void write_question(const Question& question, QuestionIds ids, Bytes& out);

/// The answer inside a matching reply. kInvalid, kLimit: what our clients must not be shown,
/// because it is malformed, expired, for another handle, of more than 2,048 values or a handle of
/// more than 2,048 octets (§10.2 H35, H38). RC 402 becomes RC 301: only the responsible server can
/// authenticate.
Result<UpstreamAnswer> read_answer(const Question& question, const Reply& reply, std::uint32_t now);

/// An error made here, with its text for people.
UpstreamAnswerPtr make_error(handle::ResponseCode code, std::string_view text);

}  // namespace idnode::resolver
