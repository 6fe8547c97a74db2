#include <catch2/catch.hpp>

#include "crypto_vectors.h"
#include "proto/base/writer.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/keys.h"

namespace idnode {
namespace {

using crypto::Challenge;
using crypto::SecretAlgorithm;
using crypto::verify_key_answer;
using crypto::verify_secret_answer;
using handle::Version;
using test::Vector;
using test::vector_named;
using test::vectors_of;

const Bytes kSecret = to_bytes("industry-secret");
const Bytes kNonce = test::from_hex("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
const Bytes kDigest =
    test::from_hex("6301d9f80117adc8f21d7cd668b46d3a62dcb27c6f3e4194dcf2c03b35262d70");
const Challenge kChallenge{kNonce, kDigest};

}  // namespace

TEST_CASE("answers with a secret key from other implementations are accepted") {
    for (const Vector& vector : vectors_of("seckey")) {
        INFO(vector.name);
        const Bytes secret = vector.hex("secretHex");
        const Bytes input = vector.hex("inputHex");
        const Challenge challenge{BytesView(input).first(16), BytesView(input).subspan(16)};
        CHECK(verify_secret_answer(secret, challenge, vector.octets, {2, 11}));

        Bytes other_secret = secret;
        other_secret[0] ^= std::byte{1};
        CHECK_FALSE(verify_secret_answer(other_secret, challenge, vector.octets, {2, 11}));
        Bytes other_answer = vector.octets;
        other_answer.back() ^= std::byte{1};
        CHECK_FALSE(verify_secret_answer(secret, challenge, other_answer, {2, 11}));
    }
}

TEST_CASE("our answers with a secret key have the form of the version and verify") {
    const auto entropy = crypto::make_entropy();
    struct Form {
        Version version;
        std::size_t size;
        std::byte octet;
    };
    for (const Form form :
         {Form{{2, 1}, 21, std::byte{0x02}}, Form{{2, 6}, 21, std::byte{0x02}},
          Form{{2, 7}, 53, std::byte{0x22}}, Form{{2, 11}, 53, std::byte{0x22}}}) {
        const Result<Bytes> answer =
            crypto::answer_with_secret(kSecret, kChallenge, form.version, *entropy);
        REQUIRE(answer.has_value());
        CHECK(answer->size() == form.size);
        CHECK(answer->front() == form.octet);
        CHECK(verify_secret_answer(kSecret, kChallenge, *answer, form.version));
    }
    const Result<Bytes> bare =
        crypto::answer_with_secret(kSecret, kChallenge, Version{2, 0}, *entropy);
    REQUIRE(bare.has_value());
    CHECK(bare->size() == 16);
    CHECK(verify_secret_answer(kSecret, kChallenge, *bare, {2, 0}));
    CHECK_FALSE(verify_secret_answer(kSecret, kChallenge, *bare, {2, 1}));
}

TEST_CASE("every form of an answer with a secret key is bound to nonce, digest and secret") {
    const auto entropy = crypto::make_entropy();
    for (const SecretAlgorithm algorithm :
         {SecretAlgorithm::kMd5Old, SecretAlgorithm::kMd5, SecretAlgorithm::kSha1,
          SecretAlgorithm::kSha256, SecretAlgorithm::kHmacSha1, SecretAlgorithm::kHmacSha256,
          SecretAlgorithm::kPbkdf2HmacSha1}) {
        const Result<Bytes> answer =
            crypto::answer_with_secret(kSecret, kChallenge, algorithm, *entropy);
        REQUIRE(answer.has_value());
        CHECK(verify_secret_answer(kSecret, kChallenge, *answer, {2, 11}));
        CHECK_FALSE(verify_secret_answer(to_bytes("other"), kChallenge, *answer, {2, 11}));
        CHECK_FALSE(verify_secret_answer(kSecret, {kDigest, kDigest}, *answer, {2, 11}));
        CHECK_FALSE(verify_secret_answer(kSecret, {kNonce, kNonce}, *answer, {2, 11}));
        for (std::size_t size = 0; size < answer->size(); ++size) {
            CHECK_FALSE(
                verify_secret_answer(kSecret, kChallenge, BytesView(*answer).first(size), {2, 11}));
        }
    }
}

TEST_CASE("an answer of an unknown form is wrong") {
    Bytes answer(33);
    answer[0] = std::byte{0x77};
    CHECK_FALSE(verify_secret_answer(kSecret, kChallenge, answer, {2, 11}));
    CHECK_FALSE(verify_secret_answer(kSecret, kChallenge, {}, {2, 11}));
}

TEST_CASE("an answer with absurd PBKDF2 parameters is refused without computing them") {
    struct Parameters {
        std::size_t salt_bytes;
        std::uint32_t iterations;
        std::uint32_t bits;
    };
    for (const Parameters given :
         {Parameters{16, 0x7FFFFFFF, 160}, Parameters{16, 0xFFFFFFFF, 160}, Parameters{16, 0, 160},
          Parameters{16, 1000, 1U << 30U}, Parameters{16, 1000, 0}, Parameters{16, 1000, 161},
          Parameters{1'048'576, 1000, 160}}) {
        Bytes answer;
        ByteWriter out(answer);
        out.u8(0x22);
        out.bytes_u32(Bytes(given.salt_bytes));
        out.u32(given.iterations);
        out.u32(given.bits);
        out.bytes_u32(Bytes(20));
        CHECK_FALSE(verify_secret_answer(kSecret, kChallenge, answer, {2, 11}));
    }
}

TEST_CASE("answers with a private key from other implementations are accepted, except for MD5") {
    for (const Vector& vector : vectors_of("pubkey-answer")) {
        INFO(vector.name);
        const Bytes input = vector.hex("inputHex");
        const Challenge challenge{BytesView(input).first(16), BytesView(input).subspan(16)};
        const Bytes key = vector_named("key-public-" + vector.text("key")).octets;
        CHECK(test::holds(verify_key_answer(key, challenge, vector.octets)) ==
              (vector.text("digestName") != "MD5"));
        CHECK_FALSE(test::holds(
            verify_key_answer(key, {challenge.digest, challenge.nonce}, vector.octets)));
    }
}

TEST_CASE("our answers with a private key use the hash of the version") {
    struct Form {
        const char* key;
        Version version;
        const char* name;
    };
    for (const Form form :
         {Form{"rsa2048", {2, 6}, "SHA1"}, Form{"rsa2048", {2, 7}, "SHA-256"},
          Form{"dsa1024", {2, 10}, "SHA1"}, Form{"dsa2048", {2, 11}, "SHA-256"}}) {
        const auto signer =
            crypto::make_signer(vector_named(std::string("key-private-") + form.key).octets);
        REQUIRE(signer.has_value());
        const Result<Bytes> answer = crypto::answer_with_key(**signer, kChallenge, form.version);
        REQUIRE(answer.has_value());
        CHECK(ByteReader(*answer).text_u32("name", 32) == form.name);
        CHECK(test::holds(verify_key_answer((*signer)->public_key(), kChallenge, *answer)));
    }
}

TEST_CASE("a signature under a one-octet hash code is accepted") {
    const auto signer = crypto::make_signer(vector_named("key-private-rsa1024").octets);
    REQUIRE(signer.has_value());
    Bytes input = kNonce;
    input.insert(input.end(), kDigest.begin(), kDigest.end());
    const Result<Bytes> signature = (*signer)->sign(model::Signer::Hash::kSha256, input);
    REQUIRE(signature.has_value());
    Bytes answer;
    ByteWriter out(answer);
    out.text_u32("\x03");
    out.bytes_u32(*signature);
    CHECK(test::holds(verify_key_answer((*signer)->public_key(), kChallenge, answer)));
    CHECK_FALSE(test::holds(verify_key_answer((*signer)->public_key(), kChallenge, {})));
}

TEST_CASE("the port for answers gives the verdicts of the checks behind it") {
    const auto proofs = crypto::make_proofs();
    for (const Vector& vector : vectors_of("seckey")) {
        INFO(vector.name);
        const Bytes secret = vector.hex("secretHex");
        const Bytes input = vector.hex("inputHex");
        const Challenge challenge{BytesView(input).first(16), BytesView(input).subspan(16)};
        CHECK(proofs->is_secret_answer(secret, challenge, vector.octets, {2, 11}));
        CHECK_FALSE(proofs->is_secret_answer(secret, challenge, vector.octets, {2, 0}));
        CHECK_FALSE(proofs->is_secret_answer({}, challenge, vector.octets, {2, 11}));
    }
    for (const Vector& vector : vectors_of("pubkey-answer")) {
        INFO(vector.name);
        const Bytes input = vector.hex("inputHex");
        const Challenge challenge{BytesView(input).first(16), BytesView(input).subspan(16)};
        const Bytes key = vector_named("key-public-" + vector.text("key")).octets;
        const bool is_md5 = vector.text("digestName") == "MD5";
        CHECK(proofs->is_key_answer(key, challenge, vector.octets) == !is_md5);
    }
}

TEST_CASE("a public key that is of no use proves nothing") {
    const auto proofs = crypto::make_proofs();
    const Vector vector = vector_named("pubkey-answer-rsa2048-sha-256");
    const Bytes key = vector_named("key-public-rsa2048").octets;
    const Bytes input = vector.hex("inputHex");
    const Challenge challenge{BytesView(input).first(16), BytesView(input).subspan(16)};
    for (std::size_t size = 0; size + 4 < key.size(); ++size) {
        CHECK_FALSE(proofs->is_key_answer(BytesView(key).first(size), challenge, vector.octets));
    }
    CHECK_FALSE(proofs->is_key_answer(vector_named("key-public-dhClient").octets, challenge,
                                      vector.octets));
}

}  // namespace idnode
