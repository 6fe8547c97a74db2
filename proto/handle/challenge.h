#pragma once

#include <cstdint>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/base/writer.h"
#include "proto/handle/digest.h"
#include "proto/handle/envelope.h"

/// Challenge, answer and the verification of answers, §5.1 to §5.4. Views point into the body.
namespace idnode::handle {

inline constexpr std::string_view kSecretKeyAuthentication = "HS_SECKEY";
inline constexpr std::string_view kPublicKeyAuthentication = "HS_PUBKEY";

/// Body of a response with code 402. From 2.1 on the request digest comes first and belongs to the
/// body here; before, nonce and MD5 are two `BYTES`.
struct Challenge {
    RequestDigest digest{};
    BytesView nonce{};
};
Result<Challenge, WireError> decode_challenge(BytesView body, Version version);
void encode_challenge(const Challenge& challenge, Version version, ByteWriter& out);

/// Body of operation 200.
struct ChallengeAnswer {
    std::string_view authentication_type{};  // compared octet by octet
    std::string_view user_handle{};
    std::uint32_t user_index = 0;
    BytesView signed_response{};
};
Result<ChallengeAnswer, WireError> decode_challenge_answer(BytesView body);
void encode_challenge_answer(const ChallengeAnswer& answer, ByteWriter& out);

enum class SecretKeyProof : std::uint8_t {  // wire
    kMd5Old = 0x00,
    kMd5 = 0x01,
    kSha1 = 0x02,
    kSha256 = 0x03,
    kHmacSha1 = 0x12,
    kHmacSha256 = 0x13,
    kPbkdf2HmacSha1 = 0x22,
};

/// `signedResponse` of a secret key, §5.2.
struct SecretKeyAnswer {
    SecretKeyProof proof = SecretKeyProof::kPbkdf2HmacSha1;
    BytesView salt{};              // PBKDF2 only
    std::uint32_t iterations = 0;  // PBKDF2 only
    std::uint32_t bits = 0;        // PBKDF2 only
    BytesView code{};              // hash or MAC, of the length that `proof` has
};

/// `version`: of the request that carries it; below 2.1 an MD5 without algorithm octet. An unknown
/// octet and PBKDF2 parameters outside the limits of §5.2 are kBadValue.
Result<SecretKeyAnswer, WireError> decode_secret_key_answer(BytesView octets, Version version);
Bytes encode_secret_key_answer(const SecretKeyAnswer& answer, Version version);

/// `signedResponse` of a public key: `BYTES` algorithm name (see `digest_algorithm`), `BYTES`
/// signature.
struct PublicKeyAnswer {
    BytesView algorithm{};
    BytesView signature{};
};
Result<PublicKeyAnswer, WireError> decode_public_key_answer(BytesView octets);
Bytes encode_public_key_answer(const PublicKeyAnswer& answer);

/// Body of operation 201. The digest is `BYTES`, or the compact form of §3.3 when its first octet
/// is 1, 2 or 3; we write `BYTES`.
struct VerifyRequest {
    std::string_view user_handle{};
    std::uint32_t user_index = 0;
    BytesView nonce{};
    BytesView digest{};
    bool compact_digest = false;
    BytesView signed_response{};
};
Result<VerifyRequest, WireError> decode_verify_request(BytesView body);
void encode_verify_request(const VerifyRequest& request, ByteWriter& out);

}  // namespace idnode::handle
