// SM2 with SM3 (§9.4 to §9.6): against the worked examples of GB/T 32918.5, and both sides against
// each other.

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "proto/base/hex.h"
#include "proto/handle/challenge.h"
#include "proto/handle/industrial_key.h"
#include "proto/handle/session.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/pem.h"
#include "resolver/crypto/session_cryptography.h"
#include "resolver/crypto/sm2.h"

using namespace idnode;

namespace {

// The key of the examples of GB/T 32918.5 (GM/T 0003.5), annexes A and C.
#define EXAMPLE_PRIVATE "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"
#define EXAMPLE_POINT                                                    \
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020" \
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
// id-ecPublicKey on the curve 1.2.156.10197.1.301.
#define ALGORITHM "301306072A8648CE3D020106082A811CCF5501822D"

Bytes example_private_key() {
    return *parse_hex("308187020100" ALGORITHM "046D306B0201010420" EXAMPLE_PRIVATE
                      "A144034200" EXAMPLE_POINT);
}

Bytes example_key_info() {
    return *parse_hex("3059" ALGORITHM "034200" EXAMPLE_POINT);
}

Bytes example_public_key() {
    return handle::encode_sm2_public_key(example_key_info());
}

/// DER SEQUENCE{r,s} of the example's signature over "message digest".
Bytes example_signature() {
    return *parse_hex(
        "3046022100F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
        "022100B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA");
}

/// The same key as text, with the line ends that the industrial clients write.
Bytes as_pem(BytesView public_key) {
    std::string text;
    for (const char c : *crypto::public_key_to_pem(public_key)) {
        if (c == '\n') text += '\r';
        text += c;
    }
    return to_bytes(text);
}

const Bytes kNonce = *parse_hex("000102030405060708090a0b0c0d0e0f");
const Bytes kDigest(32, std::byte{0x5A});

crypto::Challenge challenge_for(std::string_view user) {
    return {kNonce, kDigest, user};
}

}  // namespace

TEST_CASE("SM2: the example of the standard verifies, and nothing that differs from it does") {
    const auto verifies = [](std::string_view identifier, std::string_view data,
                             const Bytes& signature) {
        return *crypto::verify_sm2_signature(example_public_key(), identifier, as_bytes_view(data),
                                             signature);
    };
    CHECK(verifies("1234567812345678", "message digest", example_signature()));
    CHECK_FALSE(verifies("1234567812345679", "message digest", example_signature()));
    CHECK_FALSE(verifies("1234567812345678", "message digesT", example_signature()));
    Bytes other = example_signature();
    other.back() ^= std::byte{1};
    CHECK_FALSE(verifies("1234567812345678", "message digest", other));
    CHECK_FALSE(verifies("1234567812345678", "message digest", {}));
}

TEST_CASE("SM2: the cipher text of the standard's example decrypts: point, hash, text") {
    const Bytes cipher_text = *parse_hex(
        "0404EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73"
        "E858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0"
        "59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766"
        "21886CA989CA9C7D58087307CA93092D651EFA");
    const auto plain = crypto::decrypt_with_sm2(example_private_key(), cipher_text);
    REQUIRE(plain);
    CHECK(as_text(*plain) == "encryption standard");
    for (std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{70}, std::size_t{100}}) {
        Bytes broken = cipher_text;
        broken[at] ^= std::byte{1};
        CHECK_FALSE(crypto::decrypt_with_sm2(example_private_key(), broken));
    }
    for (std::size_t size : {std::size_t{0}, std::size_t{65}, std::size_t{97}}) {
        CHECK_FALSE(
            crypto::decrypt_with_sm2(example_private_key(), BytesView(cipher_text).first(size)));
    }
}

TEST_CASE("SM2: what is encrypted for a key has the order C1, C3, C2 and is 97 octets longer") {
    const Bytes plain = to_bytes("a session key and its number");
    const auto cipher_text = crypto::encrypt_with_sm2(example_public_key(), plain);
    REQUIRE(cipher_text);
    CHECK(cipher_text->size() == 1 + 32 + 32 + 32 + plain.size());
    CHECK(cipher_text->front() == std::byte{0x04});
    CHECK(crypto::decrypt_with_sm2(example_private_key(), *cipher_text).value() == plain);
    CHECK_FALSE(crypto::decrypt_with_sm2(*crypto::generate_sm2_key(), *cipher_text));
}

TEST_CASE("SM2 keys are read as DER and as PEM, with and without the key type in front") {
    const Bytes encoding = example_public_key();
    CHECK(crypto::public_key_of(example_private_key()).value() == encoding);
    const Bytes pem = as_pem(encoding);
    for (const Bytes& form : {encoding, pem, handle::encode_sm2_public_key(pem)}) {
        CHECK(crypto::is_industrial_public_key(form));
        CHECK(crypto::is_sm2_public_key(form));
        CHECK(*crypto::verify_sm2_signature(form, crypto::kSm2DefaultIdentifier,
                                            as_bytes_view("message digest"), example_signature()));
    }
    const Bytes rsa = *crypto::public_key_of(*crypto::generate_rsa_key());
    CHECK_FALSE(crypto::is_industrial_public_key(rsa));
    CHECK(crypto::is_industrial_public_key(as_pem(rsa)));
    CHECK_FALSE(crypto::is_sm2_public_key(as_pem(rsa)));
    CHECK(crypto::canonical_public_key(as_pem(rsa)).value() == rsa);
}

TEST_CASE("a broken SM2 key proves nothing and makes no server's signer") {
    Bytes off_curve = example_key_info();
    off_curve.back() ^= std::byte{1};
    for (const Bytes& key :
         {handle::encode_sm2_public_key(off_curve), handle::encode_sm2_public_key({}),
          to_bytes("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
          handle::encode_sm2_public_key(Bytes(2'000, std::byte{0x30}))}) {
        CHECK_FALSE(crypto::verify_sm2_signature(key, "u", as_bytes_view("x"), example_signature())
                        .value_or(false));
        CHECK_FALSE(crypto::is_sm2_public_key(key));
    }
    const auto signer = crypto::make_signer(example_private_key());
    REQUIRE_FALSE(signer);
    CHECK(signer.error().code == Errc::kUnsupported);
}

TEST_CASE("an answer with an SM2 key is signed over SM3 of nonce and digest, for its user") {
    const std::string user = "88.100.1/user";
    const Bytes key = *crypto::generate_sm2_key();
    const Bytes public_key = *crypto::public_key_of(key);
    const auto answer = crypto::answer_with_sm2(key, challenge_for(user), user);
    REQUIRE(answer);
    const auto parts = handle::decode_public_key_answer(*answer);
    REQUIRE(parts);
    CHECK(as_text(parts->algorithm) == "SM3");
    // SM3 of 00 01 … 0f and 32 octets 5a, computed apart from the code under test.
    CHECK(*crypto::verify_sm2_signature(
        public_key, user,
        *parse_hex("5d9864245ae67d127566e7ecacd896b9b7fd32be551b1d7216db50a338b07f12"),
        parts->signature));

    CHECK(*crypto::verify_key_answer(public_key, challenge_for(user), *answer));
    CHECK(*crypto::verify_key_answer(as_pem(public_key), challenge_for(user), *answer));
    CHECK_FALSE(*crypto::verify_key_answer(public_key, challenge_for("88.100.1/User"), *answer));
    const auto proofs = crypto::make_proofs();
    const Bytes other = *crypto::public_key_of(*crypto::generate_sm2_key());
    CHECK_FALSE(proofs->is_key_answer(other, challenge_for(user), *answer));
    // Where no industrial clients are served.
    CHECK_FALSE(proofs->is_key_answer(public_key, challenge_for({}), *answer));
}

TEST_CASE("an RSA key in PEM proves as any other RSA key where industrial clients are served") {
    const Bytes key = *crypto::generate_rsa_key();
    const Bytes pem = as_pem(*crypto::public_key_of(key));
    const auto signer = *crypto::make_signer(key);
    const auto answer = crypto::answer_with_key(*signer, challenge_for({}), {2, 11});
    REQUIRE(answer);
    const auto proofs = crypto::make_proofs();
    CHECK(proofs->is_key_answer(pem, challenge_for("88.100.1/user"), *answer));
    CHECK_FALSE(proofs->is_key_answer(pem, challenge_for({}), *answer));
    // Its name does not make it SM3.
    const auto parts = handle::decode_public_key_answer(*answer);
    const Bytes renamed =
        handle::encode_public_key_answer({as_bytes_view("SM3"), parts->signature});
    CHECK_FALSE(proofs->is_key_answer(pem, challenge_for("88.100.1/user"), renamed));
}

TEST_CASE("a session key for an SM2 user is the cipher number and 16 octets under that key") {
    const auto entropy = crypto::make_entropy();
    const auto server = crypto::make_session_cryptography({}, *entropy);
    const auto made =
        server->encrypt_new_key(example_public_key(), handle::SessionCipher::kSm4, true);
    REQUIRE(made);
    const auto plain = crypto::decrypt_with_sm2(example_private_key(), made->data);
    REQUIRE(plain);
    const auto parts = handle::decode_cipher_and_key(*plain, true);
    REQUIRE(parts);
    CHECK(parts->cipher == handle::SessionCipher::kSm4);
    CHECK(same_octets(parts->key, made->key));
    CHECK(made->key.size() == 16);
}
