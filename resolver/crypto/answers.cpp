#include "resolver/crypto/answers.h"

#include <string_view>

#include "proto/base/reader.h"
#include "proto/base/writer.h"
#include "proto/handle/digest.h"
#include "resolver/crypto/hashing.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/openssl.h"
#include "resolver/crypto/pbkdf2.h"

namespace idnode::crypto {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kAlgorithmNameBytesMax = 32;
constexpr std::size_t kAnswerBytesMax = 4'096;
constexpr handle::Version kFirstWithAlgorithmOctet{2, 1};
constexpr handle::Version kFirstWithPbkdf2{2, 7};
constexpr handle::Version kFirstWithDsaSha256{2, 11};

Result<Bytes> wrapped_digest(const char* algorithm, BytesView secret, const Challenge& challenge) {
    return digest(algorithm, joined({secret, challenge.nonce, challenge.digest, secret}));
}

/// Everything but PBKDF2: what follows the algorithm octet. kUnsupported: no known algorithm.
Result<Bytes> simple_form(SecretAlgorithm algorithm, BytesView secret, const Challenge& challenge) {
    switch (algorithm) {
        case SecretAlgorithm::kMd5Old:
        case SecretAlgorithm::kMd5:
            return wrapped_digest("MD5", secret, challenge);
        case SecretAlgorithm::kSha1:
            return wrapped_digest("SHA1", secret, challenge);
        case SecretAlgorithm::kSha256:
            return wrapped_digest("SHA256", secret, challenge);
        case SecretAlgorithm::kHmacSha1:
            return hmac("SHA1", secret, joined({challenge.nonce, challenge.digest}));
        case SecretAlgorithm::kHmacSha256:
            return hmac("SHA256", secret, joined({challenge.nonce, challenge.digest}));
        case SecretAlgorithm::kPbkdf2HmacSha1:
            break;
    }
    return Error{Errc::kUnsupported, "unknown form of an answer with a secret key"};
}

Result<Bytes> pbkdf2_mac(BytesView secret, const Challenge& challenge, const Pbkdf2& parameters) {
    const Result<Bytes> key = pbkdf2(secret, parameters);
    if (!key) return key.error();
    return hmac("SHA1", *key, joined({challenge.nonce, challenge.digest}));
}

///    1      4+n     4            4      4+n
///   +----+--------+------------+------+-----+
///   | 22 | salt   | iterations | bits | MAC |
///   +----+--------+------------+------+-----+
Result<Bytes> pbkdf2_answer(BytesView secret, const Challenge& challenge, model::Entropy& entropy) {
    Bytes salt(kSaltBytes);
    entropy.fill(salt);
    const Pbkdf2 parameters{.salt = salt};
    const Result<Bytes> mac = pbkdf2_mac(secret, challenge, parameters);
    if (!mac) return mac.error();
    Bytes answer;
    ByteWriter out(answer);
    out.u8(static_cast<std::uint8_t>(SecretAlgorithm::kPbkdf2HmacSha1));
    out.bytes_u32(salt);
    out.u32(parameters.iterations);
    out.u32(parameters.key_bits);
    out.bytes_u32(*mac);
    return answer;
}

bool verify_pbkdf2(BytesView secret, const Challenge& challenge, ByteReader& in) {
    Pbkdf2 parameters;
    parameters.salt = in.bytes_u32("salt", kAnswerBytesMax);
    parameters.iterations = in.u32("iterations");
    parameters.key_bits = in.u32("derived bits");
    const BytesView mac = in.bytes_u32("MAC", EVP_MAX_MD_SIZE);
    return in.ok() && equal_in_constant_time(pbkdf2_mac(secret, challenge, parameters), mac);
}

class OpensslProofs final : public model::Proofs {
  public:
    bool is_secret_answer(BytesView secret, const Challenge& challenge, BytesView answer,
                          handle::Version request_version) const override {
        return verify_secret_answer(secret, challenge, answer, request_version);
    }
    bool is_key_answer(BytesView public_key, const Challenge& challenge,
                       BytesView answer) const override {
        return verify_key_answer(public_key, challenge, answer).value_or(false);
    }
};

}  // namespace

Result<Bytes> answer_with_secret(BytesView secret, const Challenge& challenge,
                                 handle::Version version, model::Entropy& entropy) {
    if (!version.at_least(kFirstWithAlgorithmOctet)) {
        return wrapped_digest("MD5", secret, challenge);
    }
    const SecretAlgorithm algorithm = version.at_least(kFirstWithPbkdf2)
                                          ? SecretAlgorithm::kPbkdf2HmacSha1
                                          : SecretAlgorithm::kSha1;
    return answer_with_secret(secret, challenge, algorithm, entropy);
}

Result<Bytes> answer_with_secret(BytesView secret, const Challenge& challenge,
                                 SecretAlgorithm algorithm, model::Entropy& entropy) {
    if (algorithm == SecretAlgorithm::kPbkdf2HmacSha1) {
        return pbkdf2_answer(secret, challenge, entropy);
    }
    const Result<Bytes> form = simple_form(algorithm, secret, challenge);
    if (!form) return form.error();
    const std::byte octet{static_cast<std::uint8_t>(algorithm)};
    return joined({BytesView(&octet, 1), *form});
}

bool verify_secret_answer(BytesView secret, const Challenge& challenge, BytesView answer,
                          handle::Version request_version) {
    if (!request_version.at_least(kFirstWithAlgorithmOctet)) {
        return equal_in_constant_time(wrapped_digest("MD5", secret, challenge), answer);
    }
    ByteReader in(answer);
    const auto algorithm = static_cast<SecretAlgorithm>(in.u8("algorithm"));
    if (!in.ok()) return false;
    if (algorithm == SecretAlgorithm::kPbkdf2HmacSha1) {
        return verify_pbkdf2(secret, challenge, in);
    }
    return equal_in_constant_time(simple_form(algorithm, secret, challenge), in.rest());
}

Result<Bytes> answer_with_key(const model::Signer& signer, const Challenge& challenge,
                              handle::Version version) {
    using Hash = model::Signer::Hash;
    const handle::Version first_sha256 = signer.is_dsa() ? kFirstWithDsaSha256 : kFirstWithPbkdf2;
    const Hash hash = version.at_least(first_sha256) ? Hash::kSha256 : Hash::kSha1;
    const Result<Bytes> signature = signer.sign(hash, joined({challenge.nonce, challenge.digest}));
    if (!signature) return signature.error();
    Bytes answer;
    ByteWriter out(answer);
    out.text_u32(hash == Hash::kSha256 ? "SHA-256" : "SHA1");
    out.bytes_u32(*signature);
    return answer;
}

Result<bool> verify_key_answer(BytesView public_key, const Challenge& challenge, BytesView answer) {
    ByteReader in(answer);
    const BytesView name = in.bytes_u32("algorithm", kAlgorithmNameBytesMax);
    const BytesView signature = in.bytes_u32("signature", kAnswerBytesMax);
    const std::optional hash = hash_named(name);
    if (!in.ok() || !hash) return false;
    return verify_signature(public_key, *hash, joined({challenge.nonce, challenge.digest}),
                            signature);
}

std::optional<model::Signer::Hash> hash_named(BytesView name) {
    const std::optional algorithm = handle::digest_algorithm(name);
    if (algorithm == handle::DigestAlgorithm::kSha1) return model::Signer::Hash::kSha1;
    if (algorithm == handle::DigestAlgorithm::kSha256) return model::Signer::Hash::kSha256;
    return std::nullopt;
}

std::unique_ptr<model::Proofs> make_proofs() {
    return std::make_unique<OpensslProofs>();
}

}  // namespace idnode::crypto
