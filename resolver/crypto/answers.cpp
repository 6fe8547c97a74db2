#include "resolver/crypto/answers.h"

#include <string_view>

#include "proto/base/reader.h"
#include "proto/handle/digest.h"
#include "proto/handle/signing.h"
#include "resolver/crypto/hashing.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/pbkdf2.h"
#include "resolver/crypto/sm2.h"

namespace idnode::crypto {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kAlgorithmNameBytesMax = 32;
constexpr std::string_view kSm3 = "SM3";
constexpr std::size_t kAnswerBytesMax = 4'096;
constexpr handle::Version kFirstWithAlgorithmOctet{2, 1};
constexpr handle::Version kFirstWithPbkdf2{2, 7};

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

Result<Bytes> pbkdf2_answer(BytesView secret, const Challenge& challenge, model::Entropy& entropy) {
    Bytes salt(kSaltBytes);
    entropy.fill(salt);
    const Pbkdf2 parameters{.salt = salt};
    const Result<Bytes> mac = pbkdf2_mac(secret, challenge, parameters);
    if (!mac) return mac.error();
    return handle::encode_secret_key_answer({.proof = SecretAlgorithm::kPbkdf2HmacSha1,
                                             .salt = salt,
                                             .iterations = parameters.iterations,
                                             .bits = parameters.key_bits,
                                             .code = *mac},
                                            handle::kOwnVersion);
}

/// A signature over a hash of which the name is given.
Result<bool> verify_hashed(BytesView public_key, BytesView hash_name, BytesView data,
                           BytesView signature) {
    const std::optional hash = hash_named(hash_name);
    if (!hash) return false;
    return verify_signature(public_key, *hash, data, signature);
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
    const auto given = handle::decode_secret_key_answer(answer, request_version);
    if (!given) return false;
    if (given->proof == SecretAlgorithm::kPbkdf2HmacSha1) {
        const Pbkdf2 parameters{given->salt, given->iterations, given->bits};
        return equal_in_constant_time(pbkdf2_mac(secret, challenge, parameters), given->code);
    }
    return equal_in_constant_time(simple_form(given->proof, secret, challenge), given->code);
}

Result<Bytes> answer_with_key(const model::Signer& signer, const Challenge& challenge,
                              handle::Version version) {
    const BytesView name = as_bytes_view(handle::answer_algorithm_field(version, signer.is_dsa()));
    const Result<Bytes> signature =
        signer.sign(hash_named(name).value(), joined({challenge.nonce, challenge.digest}));
    if (!signature) return signature.error();
    return handle::encode_public_key_answer({name, *signature});
}

Result<Bytes> answer_with_sm2(BytesView private_key, const Challenge& challenge,
                              std::string_view user) {
    const Result<Bytes> message = digest("SM3", joined({challenge.nonce, challenge.digest}));
    if (!message) return message.error();
    const Result<Bytes> signature = sign_with_sm2(private_key, user, *message);
    if (!signature) return signature.error();
    return handle::encode_public_key_answer({as_bytes_view(kSm3), *signature});
}

Result<bool> verify_key_answer(BytesView public_key, const Challenge& challenge, BytesView answer) {
    ByteReader in(answer);
    const BytesView name = in.bytes_u32("algorithm", kAlgorithmNameBytesMax);
    const BytesView signature = in.bytes_u32("signature", kAnswerBytesMax);
    if (!in.ok()) return false;
    const Bytes signed_octets = joined({challenge.nonce, challenge.digest});
    if (!challenge.industrial_user.empty()) {
        if (as_text(name) == kSm3) {
            const Result<Bytes> message = digest("SM3", signed_octets);
            if (!message) return message.error();
            return verify_sm2_signature(public_key, challenge.industrial_user, *message, signature);
        }
        const Result<Bytes> key = canonical_public_key(public_key);
        if (!key) return key.error();
        return verify_hashed(*key, name, signed_octets, signature);
    }
    return verify_hashed(public_key, name, signed_octets, signature);
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
