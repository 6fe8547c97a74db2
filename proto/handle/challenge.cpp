#include "proto/handle/challenge.h"

#include "proto/base/limits.h"
#include "proto/handle/keyfile.h"

namespace idnode::handle {

namespace {

constexpr Version kFirstWithDigestPrefix{2, 1};
constexpr Version kFirstWithAlgorithmOctet{2, 1};

// 0: no such proof.
std::size_t code_bytes(SecretKeyProof proof) {
    switch (proof) {
        case SecretKeyProof::kMd5Old:
        case SecretKeyProof::kMd5:
            return 16;
        case SecretKeyProof::kSha1:
        case SecretKeyProof::kHmacSha1:
        case SecretKeyProof::kPbkdf2HmacSha1:
            return 20;
        case SecretKeyProof::kSha256:
        case SecretKeyProof::kHmacSha256:
            return 32;
    }
    return 0;
}

void read_pbkdf2(ByteReader& in, SecretKeyAnswer& out) {
    out.salt = in.bytes_u32("salt", limits::kPbkdf2SaltBytesMax);
    out.iterations = in.u32("iterations");
    out.bits = in.u32("derived bits");
    if (!is_acceptable_pbkdf2(out.iterations, out.bits, out.salt.size())) {
        in.fail(WireErrc::kBadValue, "iterations or derived bits");
    }
    out.code = in.bytes_u32("message authentication code", limits::kFieldBytesMax);
    if (out.code.size() != code_bytes(out.proof)) {
        in.fail(WireErrc::kBadValue, "message authentication code");
    }
}

}  // namespace

Result<Challenge, WireError> decode_challenge(BytesView body, Version version) {
    ByteReader in(body);
    Challenge out;
    if (version.at_least(kFirstWithDigestPrefix)) {
        out.digest = read_request_digest(in);
        out.nonce = in.bytes_u32("nonce", limits::kFieldBytesMax);
    } else {
        out.nonce = in.bytes_u32("nonce", limits::kFieldBytesMax);
        out.digest.algorithm = DigestAlgorithm::kMd5;
        out.digest.octets = in.bytes_u32("request digest", limits::kFieldBytesMax);
        out.digest.old_form = true;
    }
    return in.finish(out);
}

void encode_challenge(const Challenge& challenge, Version version, ByteWriter& out) {
    if (version.at_least(kFirstWithDigestPrefix)) {
        encode_request_digest(challenge.digest, out);
        out.bytes_u32(challenge.nonce);
    } else {
        out.bytes_u32(challenge.nonce);
        out.bytes_u32(challenge.digest.octets);
    }
}

Result<ChallengeAnswer, WireError> decode_challenge_answer(BytesView body) {
    ByteReader in(body);
    ChallengeAnswer out;
    out.authentication_type = in.text_u32("authentication type", limits::kFieldBytesMax);
    out.user_handle = in.text_u32("user handle", limits::kFieldBytesMax);
    out.user_index = in.u32("user index");
    out.signed_response = in.bytes_u32("signed response", limits::kFieldBytesMax);
    return in.finish(out);
}

void encode_challenge_answer(const ChallengeAnswer& answer, ByteWriter& out) {
    out.text_u32(answer.authentication_type);
    out.text_u32(answer.user_handle);
    out.u32(answer.user_index);
    out.bytes_u32(answer.signed_response);
}

Result<SecretKeyAnswer, WireError> decode_secret_key_answer(BytesView octets, Version version) {
    ByteReader in(octets);
    SecretKeyAnswer out;
    if (version.at_least(kFirstWithAlgorithmOctet)) {
        out.proof = static_cast<SecretKeyProof>(in.u8("algorithm octet"));
    } else {
        out.proof = SecretKeyProof::kMd5Old;
    }
    const std::size_t size = code_bytes(out.proof);
    if (size == 0) in.fail(WireErrc::kBadValue, "algorithm octet");
    if (out.proof == SecretKeyProof::kPbkdf2HmacSha1) {
        read_pbkdf2(in, out);
    } else {
        out.code = in.take(size, "hash");
    }
    return in.finish(out);
}

Bytes encode_secret_key_answer(const SecretKeyAnswer& answer, Version version) {
    Bytes octets;
    ByteWriter out(octets);
    if (version.at_least(kFirstWithAlgorithmOctet)) out.u8(static_cast<std::uint8_t>(answer.proof));
    if (answer.proof == SecretKeyProof::kPbkdf2HmacSha1) {
        out.bytes_u32(answer.salt);
        out.u32(answer.iterations);
        out.u32(answer.bits);
        out.bytes_u32(answer.code);
    } else {
        out.raw(answer.code);
    }
    return octets;
}

Result<PublicKeyAnswer, WireError> decode_public_key_answer(BytesView octets) {
    ByteReader in(octets);
    PublicKeyAnswer out;
    out.algorithm = in.bytes_u32("digest name", limits::kFieldBytesMax);
    out.signature = in.bytes_u32("signature", limits::kFieldBytesMax);
    return in.finish(out);
}

Bytes encode_public_key_answer(const PublicKeyAnswer& answer) {
    Bytes octets;
    ByteWriter out(octets);
    out.bytes_u32(answer.algorithm);
    out.bytes_u32(answer.signature);
    return octets;
}

Result<VerifyRequest, WireError> decode_verify_request(BytesView body) {
    ByteReader in(body);
    VerifyRequest out;
    out.user_handle = in.text_u32("user handle", limits::kFieldBytesMax);
    out.user_index = in.u32("user index");
    out.nonce = in.bytes_u32("nonce", limits::kFieldBytesMax);
    // Every possible length begins with a zero octet, so the first octet tells the forms apart.
    const BytesView rest = in.rest();
    out.compact_digest = !rest.empty() && rest.front() != std::byte{0};
    out.digest = out.compact_digest ? read_request_digest(in).octets
                                    : in.bytes_u32("digest", limits::kFieldBytesMax);
    out.signed_response = in.bytes_u32("signed response", limits::kFieldBytesMax);
    return in.finish(out);
}

void encode_verify_request(const VerifyRequest& request, ByteWriter& out) {
    out.text_u32(request.user_handle);
    out.u32(request.user_index);
    out.bytes_u32(request.nonce);
    if (request.compact_digest) {
        const std::size_t size = request.digest.size();
        out.u8(static_cast<std::uint8_t>(size == 16   ? DigestAlgorithm::kMd5
                                         : size == 20 ? DigestAlgorithm::kSha1
                                                      : DigestAlgorithm::kSha256));
        out.raw(request.digest);
    } else {
        out.bytes_u32(request.digest);
    }
    out.bytes_u32(request.signed_response);
}

}  // namespace idnode::handle
