#include "resolver/engine/reply.h"

#include <algorithm>
#include <string>

#include "proto/base/limits.h"
#include "proto/handle/credential.h"
#include "proto/handle/digest.h"
#include "proto/handle/signing.h"

namespace idnode::resolver {

namespace {

using handle::ResponseCode;
namespace flag = handle::flag;

constexpr std::uint32_t kCopiedFlags = flag::kCertify | flag::kEncrypt | flag::kCacheCertify |
                                       flag::kPublicOnly | flag::kMintSuffix | flag::kDoNotRefer;

handle::Envelope reply_envelope(const handle::Envelope& request) {
    handle::Envelope out;
    out.version = handle::reply_version(request);
    out.suggested = handle::kOwnVersion;
    out.session_id = request.session_id;
    out.request_id = request.request_id;
    return out;
}

}  // namespace

Reply::Reply(const EngineContext& context, const handle::MessageView& request, Carrier carrier,
             model::TimeMs now, Bytes& out)
    : context_(context),
      request_(request),
      carrier_(carrier),
      now_(now),
      envelope_(reply_envelope(request.envelope)),
      writer_(out) {
    begin_body(request.header.has(flag::kRequestDigest));
}

void Reply::begin_body(bool with_digest) {
    has_digest_ = with_digest && envelope_.version.at_least({2, 1});
    if (!has_digest_) return;
    const handle::DigestAlgorithm algorithm = handle::request_digest_algorithm(envelope_.version);
    const Bytes octets = algorithm == handle::DigestAlgorithm::kSha256
                             ? to_bytes(as_text(context_.digests.sha256(request_.header_and_body)))
                             : to_bytes(as_text(context_.digests.sha1(request_.header_and_body)));
    handle::encode_request_digest({.algorithm = algorithm, .octets = octets}, body());
}

void Reply::finish(ResponseCode code) {
    const std::size_t bytes = limits::kHeaderBytes + writer_.body_bytes();
    if (carrier_ == Carrier::kUdp && bytes > context_.udp_answer_bytes_max) {
        // A stranger may have forged the source address. Clients take this code as a reason to come
        // again over the next transport at once, which no other code makes them do (§3.5, §4.2).
        error(ResponseCode::kError, "answer too large for UDP: ask over TCP");
    } else if (bytes + limits::kSignedCredentialBytesMax > limits::kMessageBytesMax) {
        error(ResponseCode::kError, "answer larger than a message: select values by type or index");
    } else {
        seal(code);
    }
}

void Reply::error(ResponseCode code, std::string_view text) {
    writer_.rewind_body();
    begin_body(has_digest_);
    body().text_u32(text);
    seal(code);
}

void Reply::challenge(const Challenge& challenge) {
    writer_.rewind_body();
    envelope_.session_id = challenge.session_id;
    begin_body(true);
    body().bytes_u32(challenge.nonce);
    if (!has_digest_)
        body().bytes_u32(context_.digests.md5(request_.header_and_body));  // below 2.1
    seal(ResponseCode::kAuthenticationNeeded);
}

handle::Header Reply::header(ResponseCode code) const {
    handle::Header out;
    out.op = request_.header.op;
    out.response = static_cast<ResponseCode>(handle::wire_response_code(code, envelope_.version));
    out.flags = (request_.header.flags & kCopiedFlags) | flag::kRecursive;
    if (authoritative_ || request_.header.has(flag::kAuthoritative))
        out.flags |= flag::kAuthoritative;
    if (has_digest_) out.flags |= flag::kRequestDigest;
    out.site_serial = context_.site_serial;
    out.expiration = static_cast<std::uint32_t>(now_ / 1000 + limits::kMessageLifetime.count());
    return out;
}

void Reply::seal(ResponseCode code) {
    const handle::Header header = this->header(code);
    if (!request_.header.has(flag::kCertify)) {
        writer_.finish(envelope_, header);
        return;
    }
    writer_.finish(envelope_, header, signature_credential(header));
}

/// §5.6: the server's own key, counter 0. A signature that cannot be made is left out; a client
/// that asked for one then refuses the answer, which is what it should do.
Bytes Reply::signature_credential(const handle::Header& header) {
    const std::string_view algorithm =
        handle::signature_algorithm_field(envelope_.version, context_.signer.is_dsa());
    const auto hash =
        algorithm == "SHA-256" ? model::Signer::Hash::kSha256 : model::Signer::Hash::kSha1;
    const BytesView sealed = writer_.sealed_header_and_body(header);
    const auto signature = context_.signer.sign(
        hash, handle::signature_input(envelope_, /*session_counter=*/0, sealed));
    if (!signature) return {};
    handle::Credential credential;
    credential.algorithm = as_bytes_view(algorithm);
    credential.signature = *signature;
    Bytes out;
    ByteWriter writer(out);
    handle::encode_credential(credential, writer);
    return out;
}

}  // namespace idnode::resolver
