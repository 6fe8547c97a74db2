#include "resolver/forward/message.h"

#include <algorithm>
#include <utility>

#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "proto/handle/digest.h"
#include "proto/handle/message.h"
#include "proto/handle/resolution.h"
#include "proto/handle/value.h"

namespace idnode::resolver {
namespace {

using handle::OpCode;
using handle::ResponseCode;

constexpr std::size_t kErrorTextBytesMax = 1'024;
constexpr handle::Version kFirstWithPrefixReferral{2, 5};

Error refused(std::string_view what) {
    return {Errc::kInvalid, "answer refused: " + std::string(what)};
}

Result<Bytes> read_values(const Question& question, BytesView body) {
    const auto response = handle::decode_resolution_response(body);
    if (!response) return refused("its body is malformed");
    if (response->handle.size() > limits::kHandleBytesMax) {
        return Error{Errc::kLimit, "answer refused: its handle is longer than 2,048 octets"};
    }
    if (!equal_folded(response->handle, question.handle)) {
        return refused("it is about another handle");
    }
    if (ByteReader(response->values).u32("value count") > limits::kResponseValuesMax) {
        return Error{Errc::kLimit, "answer refused: it has more than 2,048 values"};
    }
    return Bytes(response->values.begin(), response->values.end());
}

Result<Bytes> read_referral(BytesView body) {
    const auto referral = handle::decode_referral(body);
    if (!referral) return refused("its referral is malformed");
    if (referral->handle.size() > limits::kHandleBytesMax) {
        return Error{Errc::kLimit, "answer refused: its handle is longer than 2,048 octets"};
    }
    if (referral->values &&
        ByteReader(*referral->values).u32("value count") > limits::kResponseValuesMax) {
        return Error{Errc::kLimit, "answer refused: it has more than 2,048 values"};
    }
    return Bytes(body.begin(), body.end());
}

/// Error texts are informative: one that is missing or odd is an empty one.
Bytes read_error_text(BytesView body) {
    ByteReader in(body);
    const BytesView text = in.bytes_u32("message", limits::kMessageBytesMax);
    const BytesView shown = text.first(std::min(text.size(), kErrorTextBytesMax));
    return is_utf8(as_text(shown)) ? Bytes(shown.begin(), shown.end()) : Bytes{};
}

/// The code as it may be shown to a client of ours.
ResponseCode presentable(ResponseCode code, handle::Version version) {
    if (code == ResponseCode::kPrefixReferral && !version.at_least(kFirstWithPrefixReferral)) {
        return ResponseCode::kServerBackup;  // its number before 2.5 (§4.2)
    }
    if (code == ResponseCode::kAuthenticationNeeded) return ResponseCode::kServerNotResponsible;
    // Clients fail on codes they do not know.
    return handle::name_of(code) == "unknown" ? ResponseCode::kError : code;
}

Result<Bytes> read_content(const Question& question, ResponseCode code, BytesView body) {
    switch (code) {
        case ResponseCode::kSuccess:
            return read_values(question, body);
        case ResponseCode::kServiceReferral:
        case ResponseCode::kPrefixReferral:
            return read_referral(body);
        default:
            return read_error_text(body);
    }
}

}  // namespace

Result<Expected> expected_reply(BytesView message) {
    const auto envelope = handle::decode_envelope(message);
    if (!envelope || message.size() < limits::kEnvelopeBytes + limits::kHeaderBytes) {
        return Error{Errc::kInvalid, "not a complete message"};
    }
    const auto header = handle::decode_header(message.subspan(limits::kEnvelopeBytes));
    if (!header || header->response != ResponseCode::kNone) {
        return Error{Errc::kInvalid, "not a request"};
    }
    return Expected{envelope->request_id, header->op};
}

bool matches(const Expected& expected, const handle::Envelope& envelope, BytesView payload) {
    if (envelope.request_id != expected.request_id) return false;
    if (envelope.encrypted) return true;  // only its receiver's session can look inside
    const auto message = handle::decode_message(envelope, payload);
    if (!message || message->header.response == ResponseCode::kNone) return false;
    return message->header.op == expected.op || expected.op == OpCode::kChallengeResponse;
}

void write_question(const Question& question, QuestionIds ids, Bytes& out) {
    constexpr std::uint32_t kPassedOn =
        handle::flag::kPublicOnly | handle::flag::kAuthoritative | handle::flag::kDoNotRefer;
    handle::MessageWriter message(out);
    handle::encode_resolution_request(question.handle, question.indexes, question.types,
                                      message.body());
    handle::Envelope envelope;
    envelope.request_id = ids.request_id;
    handle::Header header;
    header.op = OpCode::kResolution;
    header.flags =
        (question.flags & kPassedOn) | handle::flag::kRecursive | handle::flag::kCacheCertify;
    header.recursion_count = static_cast<std::uint8_t>(question.recursion_count + 1);
    header.expiration = ids.now + static_cast<std::uint32_t>(limits::kMessageLifetime.count());
    message.finish(envelope, header);
}

Result<UpstreamAnswer> read_answer(const Question& question, const Reply& reply,
                                   std::uint32_t now) {
    if (reply.envelope.encrypted || reply.envelope.compressed) {
        return refused("it is encrypted or compressed");
    }
    const auto message = handle::decode_message(reply.envelope, reply.payload);
    if (!message) return refused("it is malformed");
    if (message->header.op != OpCode::kResolution ||
        message->header.response == ResponseCode::kNone) {
        return refused("it is of another operation");
    }
    if (message->header.expiration < now) return refused("it has expired");
    const handle::Version version = reply.envelope.version;
    const auto body = handle::split_response_body(message->header, version, message->body);
    if (!body) return refused("its request digest is malformed");

    const ResponseCode code = presentable(message->header.response, version);
    Result<Bytes> content = read_content(question, code, body->rest);
    if (!content) return content.error();
    UpstreamAnswer answer;
    answer.code = code;
    answer.content = std::move(*content);
    answer.authoritative = message->header.has(handle::flag::kAuthoritative);
    if (message->header.response == ResponseCode::kAuthenticationNeeded) {
        answer.content = to_bytes("authentication must be done with the responsible server");
    }
    return answer;
}

UpstreamAnswerPtr make_error(ResponseCode code, std::string_view text) {
    auto answer = std::make_shared<UpstreamAnswer>();
    answer->code = code;
    answer->content = to_bytes(text);
    return answer;
}

}  // namespace idnode::resolver
