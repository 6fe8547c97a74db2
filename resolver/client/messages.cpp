#include "resolver/client/messages.h"

#include <chrono>
#include <utility>

#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "proto/handle/credential.h"
#include "proto/handle/digest.h"
#include "proto/handle/message.h"
#include "proto/handle/responses.h"
#include "proto/handle/signing.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/keys.h"

namespace idnode::client {
namespace {

using handle::OpCode;
using handle::ResponseCode;
namespace flag = handle::flag;

constexpr std::size_t kErrorTextBytesMax = 1'024;

std::uint32_t unix_seconds() {
    using std::chrono::system_clock;
    return static_cast<std::uint32_t>(system_clock::to_time_t(system_clock::now()));
}

Error refused(std::string_view what) {
    return {Errc::kInvalid, "the answer was refused: " + std::string(what)};
}

/// Encrypts everything after the envelope of a whole message (§5.8).
Result<Bytes> encrypted(const Bytes& message, handle::Envelope envelope, const Session& session) {
    auto payload = session.encrypt(BytesView(message).subspan(limits::kEnvelopeBytes));
    if (!payload) return payload.error();
    envelope.encrypted = true;
    envelope.message_length = static_cast<std::uint32_t>(payload->size());
    Bytes out;
    ByteWriter writer(out);
    handle::encode_envelope(envelope, writer);
    writer.raw(*payload);
    return out;
}

/// Whether the operation of a response fits; one that refuses what it could not decode has none.
bool fits(OpCode expected, const handle::Header& header) {
    const bool undecoded =
        header.op == OpCode::kReserved && (header.response == ResponseCode::kError ||
                                           header.response == ResponseCode::kProtocolError);
    return header.op == expected || undecoded;
}

bool is_signed_by_server(const handle::MessageView& message, const handle::Credential& credential,
                         BytesView server_key) {
    const auto hash = crypto::hash_named(credential.algorithm);
    if (!hash || server_key.empty()) return false;
    const Bytes input = handle::signature_input(message.envelope, credential.session_counter,
                                                message.header_and_body);
    return crypto::verify_signature(server_key, *hash, input, credential.signature).value_or(false);
}

/// §5.6: by the type found.
bool is_signed(const handle::MessageView& message, const Trust& trust) {
    const auto credential = handle::decode_credential(message.credential);
    if (message.credential.empty() || !credential) return false;
    if (credential->type == handle::kMacCredential) {
        return trust.session != nullptr &&
               trust.session->has_signed(message.envelope, *credential, message.header_and_body);
    }
    return is_signed_by_server(message, *credential, trust.server_key);
}

Error unsigned_answer(const handle::Header& header) {
    return refused(
        "it is not signed by the server, or not by the one whose key is trusted (it says "
        "\"" +
        std::string(handle::name_of(header.response)) + "\")");
}

/// The coarse code behind a response code.
Errc errc_of(ResponseCode code) {
    switch (code) {
        case ResponseCode::kHandleNotFound:
        case ResponseCode::kValuesNotFound:
            return Errc::kNotFound;
        case ResponseCode::kHandleAlreadyExists:
        case ResponseCode::kValueAlreadyExists:
            return Errc::kConflict;
        case ResponseCode::kInvalidHandle:
        case ResponseCode::kInvalidValue:
        case ResponseCode::kProtocolError:
            return Errc::kInvalid;
        case ResponseCode::kOperationNotSupported:
            return Errc::kUnsupported;
        case ResponseCode::kError:
        case ResponseCode::kServerBusy:
        case ResponseCode::kServerBackup:
            return Errc::kUnavailable;
        default:
            return Errc::kRefused;
    }
}

}  // namespace

std::string Response::text() const {
    const auto text = handle::decode_error(body);
    if (!text) return {};
    const std::string_view shown = text->substr(0, kErrorTextBytesMax);
    return is_utf8(shown) ? std::string(shown) : std::string();
}

CallError Response::error() const {
    std::string detail(handle::name_of(code));
    detail.append(" (code ").append(std::to_string(static_cast<std::uint32_t>(header.response)));
    detail += ')';
    if (const std::string words = text(); !words.empty()) detail.append(": ").append(words);
    return {{errc_of(code), std::move(detail)}, code};
}

Result<Sent> encode_request(const Request& request, const Sender& sender) {
    handle::Envelope envelope;
    envelope.version = sender.version;
    envelope.suggested = handle::kOwnVersion;
    envelope.session_id = sender.session_id;
    envelope.request_id = sender.request_id;
    handle::Header header;
    header.op = request.op;
    header.flags = request.flags;
    header.expiration =
        unix_seconds() + static_cast<std::uint32_t>(limits::kMessageLifetime.count());

    Sent sent{.op = request.op, .request_id = sender.request_id};
    sent.must_be_signed = header.has(flag::kCertify);
    handle::MessageWriter writer(sent.octets);
    writer.body().raw(request.body);
    const BytesView covered = writer.sealed_header_and_body(header);
    sent.header_and_body.assign(covered.begin(), covered.end());
    const Bytes credential =
        sender.session != nullptr ? sender.session->sign(envelope, covered) : Bytes{};
    writer.finish(envelope, header, credential);
    if (request.confidential && sender.session != nullptr) {
        auto octets = encrypted(sent.octets, envelope, *sender.session);
        if (!octets) return octets.error();
        sent.octets = std::move(*octets);
    }
    if (sent.octets.size() > limits::kEnvelopeBytes + limits::kMessageBytesMax) {
        return Error{Errc::kLimit, "the request is longer than a message may be (262,144 octets)"};
    }
    return sent;
}

bool is_about(const handle::RequestDigest& digest, BytesView header_and_body) {
    const auto digests = crypto::make_digests();
    switch (digest.algorithm) {
        case handle::DigestAlgorithm::kMd5:
            return same_octets(digest.octets, digests->md5(header_and_body));
        case handle::DigestAlgorithm::kSha1:
            return same_octets(digest.octets, digests->sha1(header_and_body));
        case handle::DigestAlgorithm::kSha256:
            return same_octets(digest.octets, digests->sha256(header_and_body));
    }
    return false;
}

Result<Response> read_response(const Sent& sent, Frame frame, const Trust& trust) {
    if (frame.envelope.compressed) return refused("it is compressed");
    if (frame.envelope.encrypted) {
        if (trust.session == nullptr || frame.envelope.session_id != trust.session->id()) {
            return refused("it is encrypted for another session");
        }
        auto plain = trust.session->decrypt(frame.payload);
        if (!plain) return refused("it does not decrypt");
        frame.payload = std::move(*plain);
    }
    const auto message = handle::decode_message(frame.envelope, frame.payload);
    if (!message) return refused("its message is broken");
    const handle::Header& header = message->header;
    if (frame.envelope.request_id != sent.request_id || header.response == ResponseCode::kNone ||
        !fits(sent.op, header)) {
        return refused("it answers another request");
    }
    if (header.expiration < unix_seconds()) return refused("it has expired; are the clocks right?");

    Response out{.envelope = frame.envelope, .header = header};
    out.code = handle::meaning_of(header.response, frame.envelope.version);
    out.is_signed = is_signed(*message, trust);
    // A server that has forgotten the session cannot sign in it; that costs only a new session.
    if (sent.must_be_signed && !out.is_signed && !loses_session(out.code)) {
        return unsigned_answer(header);
    }
    // A challenge's digest belongs to its body; it is compared before it is answered.
    if (out.code == ResponseCode::kAuthenticationNeeded) {
        out.body.assign(message->body.begin(), message->body.end());
        return out;
    }
    const auto body = handle::split_response_body(header, frame.envelope.version, message->body);
    if (!body) return refused("its request digest is broken");
    // Of a challenge answer peers give either digest (§3.3).
    if (body->digest && !is_about(*body->digest, sent.header_and_body) &&
        !(!sent.challenged.empty() && is_about(*body->digest, sent.challenged))) {
        return refused("it carries the digest of another request");
    }
    out.body.assign(body->rest.begin(), body->rest.end());
    return out;
}

}  // namespace idnode::client
