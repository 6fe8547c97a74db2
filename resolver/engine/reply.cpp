#include "resolver/engine/reply.h"

#include <algorithm>
#include <utility>

#include "proto/base/limits.h"
#include "proto/handle/challenge.h"
#include "proto/handle/credential.h"
#include "proto/handle/digest.h"
#include "proto/handle/signing.h"

namespace idnode::resolver {

namespace {

using handle::OpCode;
using handle::ResponseCode;
namespace flag = handle::flag;

constexpr std::uint32_t kCopiedFlags = flag::kCertify | flag::kEncrypt | flag::kCacheCertify |
                                       flag::kPublicOnly | flag::kMintSuffix | flag::kDoNotRefer;

Bytes encoded(const handle::Credential& credential) {
    Bytes out;
    ByteWriter writer(out);
    handle::encode_credential(credential, writer);
    return out;
}

/// A message as it came, without its envelope.
Bytes payload_of(const handle::MessageView& message) {
    Bytes out(message.header_and_body.begin(), message.header_and_body.end());
    ByteWriter(out).bytes_u32(message.credential);
    return out;
}

/// The codes that say "you are not who you claim to be", "you may not" or "not in this session".
bool is_refusal(ResponseCode code) {
    switch (code) {
        case ResponseCode::kInvalidAdmin:
        case ResponseCode::kAuthenticationFailed:
        case ResponseCode::kInvalidCredential:
        case ResponseCode::kAuthenticationTimeout:
        case ResponseCode::kAuthenticationError:
        case ResponseCode::kSessionTimeout:
        case ResponseCode::kSessionFailed:
        case ResponseCode::kInvalidSessionKey:
        case ResponseCode::kSessionMessageRejected:
            return true;
        default:
            return false;
    }
}

/// What a request is about: most bodies begin with it.
std::string_view handle_in(const handle::MessageView& request) {
    switch (request.header.op) {
        case OpCode::kChallengeResponse:
        case OpCode::kSessionSetup:
        case OpCode::kSessionExchangeKey:
            return {};
        default: {
            ByteReader in(request.body);
            return in.text_u32("handle", limits::kMessageBytesMax);
        }
    }
}

model::AuditEvent audit_event(const ReplyTo& to) {
    model::AuditEvent out;
    out.from = to.peer.address;
    out.port = to.peer.port;
    out.operation = to.request.header.op;
    out.handle = handle_in(to.request);
    return out;
}

void record(const ReplyTo& to, model::AuditEvent event) {
    const service::Identity* who = to.claimed;
    if (who == nullptr && to.session != nullptr && to.session->terms().identity) {
        who = &*to.session->terms().identity;
    }
    const std::string name = who ? service::to_text(*who) : std::string();
    event.who = name;
    to.context.audit.record(event);
}

}  // namespace

handle::Envelope reply_envelope(const handle::Envelope& request) {
    handle::Envelope out;
    out.version = handle::reply_version(request);
    out.suggested = handle::kOwnVersion;
    out.session_id = request.session_id;
    out.request_id = request.request_id;
    return out;
}

handle::Header reply_header(const EngineContext& context, const handle::Header& request,
                            ResponseCode code, handle::Version version, bool is_authoritative,
                            std::uint32_t expiration) {
    handle::Header out;
    out.op = request.op;
    out.response = static_cast<ResponseCode>(handle::wire_response_code(code, version));
    out.flags = (request.flags & kCopiedFlags) | flag::kRecursive;
    if (is_authoritative || request.has(flag::kAuthoritative)) out.flags |= flag::kAuthoritative;
    out.site_serial = context.site_serial;
    out.expiration = expiration;
    return out;
}

std::uint32_t reply_expiration(model::TimeMs now) {
    const std::int64_t seconds = now / 1000;
    return static_cast<std::uint32_t>(seconds - seconds % limits::kExpirationStep.count() +
                                      limits::kMessageLifetime.count());
}

Fitting fitting(const EngineContext& context, Carrier carrier, std::size_t bytes) {
    if (carrier == Carrier::kUdp && bytes > context.udp_answer_bytes_max) {
        return Fitting::kTooLargeForUdp;
    }
    return bytes + limits::kSignedCredentialBytesMax > limits::kMessageBytesMax ? Fitting::kTooLarge
                                                                                : Fitting::kFits;
}

void record_refusal(const ReplyTo& to, ResponseCode code) {
    model::AuditEvent event = audit_event(to);
    event.outcome = code;
    record(to, event);
}

void record_change(const ReplyTo& to, std::string_view handle, model::TransactionId transaction) {
    if (transaction == 0) return;
    model::AuditEvent event = audit_event(to);
    event.what = model::AuditEvent::What::kChanged;
    if (!handle.empty()) event.handle = handle;
    event.outcome = ResponseCode::kSuccess;
    event.transaction = transaction;
    record(to, event);
}

Bytes request_digest(const model::Digests& digests, handle::Version version,
                     BytesView header_and_body) {
    const auto copy = [](BytesView octets) { return Bytes(octets.begin(), octets.end()); };
    if (!version.at_least({2, 1})) return copy(digests.md5(header_and_body));
    return handle::request_digest_algorithm(version) == handle::DigestAlgorithm::kSha256
               ? copy(digests.sha256(header_and_body))
               : copy(digests.sha1(header_and_body));
}

Reply::Reply(const ReplyTo& to)
    : to_(to),
      envelope_(reply_envelope(to.request.envelope)),
      begin_(to.out.size()),
      writer_(to.out) {
    begin_body(to.request.header.has(flag::kRequestDigest));
}

void Reply::begin_body(bool with_digest) {
    has_digest_ = with_digest && envelope_.version.at_least({2, 1});
    if (!has_digest_) return;
    const Bytes octets =
        request_digest(to_.context.digests, envelope_.version, to_.request.header_and_body);
    handle::encode_request_digest(
        {.algorithm = handle::request_digest_algorithm(envelope_.version), .octets = octets},
        body());
}

void Reply::finish(ResponseCode code) {
    switch (fitting(to_.context, to_.peer.carrier, limits::kHeaderBytes + writer_.body_bytes())) {
        case Fitting::kTooLargeForUdp:
            // A stranger may have forged the source address. Clients take this code as a reason to
            // come again over the next transport at once, which no other code makes them do
            // (§3.5, §4.2).
            return error(ResponseCode::kError, "answer too large for UDP: ask over TCP");
        case Fitting::kTooLarge:
            return error(ResponseCode::kError,
                         "answer larger than a message: select values by type or index");
        case Fitting::kFits:
            break;
    }
    if (restricted_ && to_.request.header.has(flag::kEncrypt) && to_.session == nullptr) {
        return error(ResponseCode::kSessionFailed, "encryption needs a session");
    }
    seal(code);
}

void Reply::rewind_body() {
    writer_.rewind_body();
    begin_body(has_digest_);
}

void Reply::error(ResponseCode code, std::string_view text) {
    if (is_refusal(code)) record_refusal(to_, code);
    rewind_body();
    restricted_ = false;
    body().text_u32(text);
    seal(code);
}

void Reply::challenge() {
    if (to_.answered != nullptr) {
        to_.context.challenges.ask_again(*to_.answered);
        // Its digest was made for the version in which it was put first.
        envelope_.version = handle::reply_version(to_.answered->request->envelope);
        return challenge(*to_.answered);
    }
    // The client's own id means nothing outside its connection: such a session gets a fresh one.
    const bool in_session = to_.session != nullptr && !to_.session->terms().of_connection;
    challenge(to_.context.challenges.issue(
        to_.peer.address, in_session ? to_.session->terms().id : 0,
        {to_.request.envelope, payload_of(to_.request)},
        request_digest(to_.context.digests, envelope_.version, to_.request.header_and_body),
        to_.now));
}

void Reply::challenge(const Challenge& issued) {
    writer_.rewind_body();
    envelope_.session_id = issued.session_id;
    envelope_.suggested = issued.suggested;
    has_digest_ = envelope_.version.at_least({2, 1});
    const handle::RequestDigest digest{
        .algorithm = has_digest_ ? handle::request_digest_algorithm(envelope_.version)
                                 : handle::DigestAlgorithm::kMd5,
        .octets = issued.digest};
    handle::encode_challenge({digest, issued.nonce}, envelope_.version, body());
    seal(ResponseCode::kAuthenticationNeeded);
}

handle::Header Reply::header(ResponseCode code) const {
    const bool is_authoritative = authoritative_ && !to_.context.is_mirror;
    handle::Header out = reply_header(to_.context, to_.request.header, code, envelope_.version,
                                      is_authoritative, reply_expiration(to_.now));
    out.flags |= extra_flags_;
    if (has_digest_) out.flags |= flag::kRequestDigest;
    return out;
}

void Reply::seal(ResponseCode code) {
    const handle::Header header = this->header(code);
    if (to_.request.header.has(flag::kCertify)) {
        writer_.finish(envelope_, header, credential(header));
    } else {
        writer_.finish(envelope_, header);
    }
    if (is_encrypted()) encrypt();
}

/// §5.6, who signs: the session key, except for the operations that make sessions and where there
/// are no MACs (§9.5); otherwise the server's own. A credential that cannot be made is left out; a
/// client that asked for one then refuses the answer, which is what it should do.
Bytes Reply::credential(const handle::Header& header) {
    const bool by_session = to_.session != nullptr && !to_.session->terms().key.empty() &&
                            !to_.session->terms().of_connection &&
                            header.op != OpCode::kSessionSetup &&
                            header.op != OpCode::kSessionExchangeKey;
    return by_session ? mac_credential(header) : signature_credential(header);
}

Bytes Reply::mac_credential(const handle::Header& header) {
    const std::uint32_t counter = to_.session->next_counter();
    const Bytes mac = to_.context.cryptography.mac(envelope_, counter, to_.session->terms().key,
                                                   writer_.sealed_header_and_body(header));
    handle::Credential credential;
    credential.session_counter = counter;
    credential.type = handle::kMacCredential;
    credential.algorithm = as_bytes_view(handle::mac_algorithm_field(envelope_.version));
    credential.signature = mac;
    return encoded(credential);
}

Bytes Reply::signature_credential(const handle::Header& header) {
    const model::Signer& signer = to_.context.signer;
    const std::string_view algorithm =
        handle::signature_algorithm_field(envelope_.version, signer.is_dsa());
    const auto hash =
        algorithm == "SHA-256" ? model::Signer::Hash::kSha256 : model::Signer::Hash::kSha1;
    const auto signature =
        signer.sign(hash, handle::signature_input(envelope_, /*session_counter=*/0,
                                                  writer_.sealed_header_and_body(header)));
    if (!signature) return {};
    handle::Credential credential;
    credential.algorithm = as_bytes_view(algorithm);
    credential.signature = *signature;
    return encoded(credential);
}

/// §5.8: because the client asked, or because of what the body holds. Industrial clients ask by
/// encrypting (§9.5).
bool Reply::is_encrypted() const {
    if (to_.session == nullptr || to_.session->terms().key.empty()) return false;
    const Session::Terms& terms = to_.session->terms();
    if (terms.of_connection) {
        // A challenge may carry another id, for which the client has no key.
        if (envelope_.session_id != terms.id) return false;
        if (to_.request.envelope.encrypted) return true;
    }
    return to_.request.header.has(flag::kEncrypt) ||
           (restricted_ && envelope_.version.at_least({2, 8}));
}

/// Everything after the envelope of the finished message.
void Reply::encrypt() {
    const Session::Terms& terms = to_.session->terms();
    const std::size_t payload_at = begin_ + limits::kEnvelopeBytes;
    const auto cipher_text = to_.context.cryptography.encrypt(
        terms.cipher, terms.key, terms.version, BytesView(to_.out).subspan(payload_at));
    to_.out.resize(begin_);
    if (!cipher_text) return;  // nothing is better than the plain text
    handle::Envelope envelope = envelope_;
    envelope.encrypted = true;
    envelope.message_length = static_cast<std::uint32_t>(cipher_text->size());
    ByteWriter out(to_.out);
    handle::encode_envelope(envelope, out);
    out.raw(*cipher_text);
}

}  // namespace idnode::resolver
