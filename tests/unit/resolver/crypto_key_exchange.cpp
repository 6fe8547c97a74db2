#include <bit>
#include <catch2/catch.hpp>
#include <memory>
#include <random>

#include "crypto_vectors.h"
#include "proto/handle/key.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/key_agreement.h"
#include "resolver/crypto/key_transport.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/session_cryptography.h"

namespace idnode {
namespace {

using handle::DhPublicKey;
using handle::Integer;
using handle::SessionCipher;
using test::Vector;
using test::vector_named;
using test::vectors_of;

constexpr std::array kCiphersOfAgreement{SessionCipher::kDes, SessionCipher::kDesEde,
                                         SessionCipher::kAes};

/// A server's cryptography with the RSA key of the vectors.
struct Server {
    std::unique_ptr<model::Entropy> entropy = crypto::make_entropy();
    Bytes public_key = vector_named("key-public-rsa1024").octets;
    std::unique_ptr<model::SessionCryptography> sessions =
        crypto::make_session_cryptography(vector_named("key-private-rsa1024").octets, *entropy);
};

DhPublicKey dh_key_of(BytesView encoding) {
    const auto key = handle::decode_public_key(encoding);
    REQUIRE(key.has_value());
    return std::get<DhPublicKey>(*key);
}

/// The group of the vectors (1,024 bits, g = 2) with the client's y.
DhPublicKey client_key() {
    return dh_key_of(vector_named("key-public-dhClient").octets);
}

bool is_refused(const DhPublicKey& key) {
    const Server server;
    const auto exchanged =
        server.sessions->diffie_hellman(handle::encode_public_key(key), SessionCipher::kAes);
    return !exchanged && exchanged.error().code == Errc::kInvalid;
}

/// `number` plus `change`, which does not carry beyond the last octet.
Integer changed(const Integer& number, int change) {
    Bytes octets(number.octets().begin(), number.octets().end());
    octets.back() = static_cast<std::byte>(std::to_integer<int>(octets.back()) + change);
    return Integer(octets);
}

Integer power_of_two_plus_one(std::size_t bits) {
    Bytes octets((bits + 7) / 8);
    octets.front() = static_cast<std::byte>(1U << ((bits - 1) % 8));
    octets.back() |= std::byte{1};
    return Integer(octets);
}

Integer small(unsigned value) {
    return Integer(Bytes{static_cast<std::byte>(value)});
}

bool has_odd_parity(BytesView key) {
    for (const std::byte octet : key) {
        if (std::popcount(std::to_integer<unsigned>(octet)) % 2 == 0) return false;
    }
    return true;
}

/// A block as a client's PKCS#1 v1.5 makes it.
Bytes padded_block(std::size_t block_bytes, BytesView content) {
    Bytes block(block_bytes, std::byte{0xA5});
    block[0] = std::byte{0};
    block[1] = std::byte{2};
    const std::size_t at = block_bytes - content.size();
    block[at - 1] = std::byte{0};
    std::copy(content.begin(), content.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
    return block;
}

Bytes content_of(std::uint32_t cipher, std::size_t key_bytes) {
    Bytes octets;
    ByteWriter out(octets);
    out.u32(cipher);
    out.raw(Bytes(key_bytes, std::byte{0x31}));
    return octets;
}

/// The same decision as written in the standard, for comparison.
std::size_t session_key_bytes_plainly(BytesView block) {
    if (block[0] != std::byte{0} || block[1] != std::byte{2}) return 0;
    std::size_t at = 2;
    while (at < block.size() && block[at] != std::byte{0}) ++at;
    if (at == block.size()) return 0;
    ByteReader in(block.subspan(at + 1));
    const std::size_t size = in.left();
    if (size == 8) return 8;
    const std::uint32_t cipher = in.u32("cipher");
    const bool fits = (size == 12 && cipher == 1) || (size == 20 && (cipher == 3 || cipher == 4)) ||
                      (size == 28 && (cipher == 2 || cipher == 3)) || (size == 36 && cipher == 3);
    return fits ? size : 0;
}

}  // namespace

TEST_CASE("Diffie-Hellman of other implementations gives their secret and session keys") {
    for (const char* name : {"session-dh-des", "session-dh-desede", "session-dh-aes"}) {
        const Vector vector = vector_named(name);
        INFO(name);
        DhPublicKey server_half = client_key();
        server_half.y = Integer(vector.hex("serverPublic"));
        const Bytes secret = vector.hex("sharedSecretHex");
        CHECK(test::yields(
            crypto::shared_secret(client_key(), Integer(vector.hex("serverPrivate"))), secret));
        CHECK(test::yields(crypto::shared_secret(server_half, Integer(vector.hex("clientPrivate"))),
                           secret));
        const auto cipher = static_cast<SessionCipher>(std::stoul(vector.text("cipher")));
        CHECK(test::yields(crypto::session_key_from(secret, cipher), vector.hex("sessionKeyHex")));
        const auto half = crypto::public_half(client_key(), Integer(vector.hex("serverPrivate")));
        REQUIRE(half.has_value());
        CHECK(*half == server_half);
    }
    const Vector legacy = vector_named("session-dh-legacy-des");
    CHECK(test::yields(crypto::session_key_from(legacy.hex("sharedSecretHex"), SessionCipher::kDes),
                       legacy.octets));
}

TEST_CASE("client and server agree on a session key for every cipher") {
    const Server server;
    for (const SessionCipher cipher : kCiphersOfAgreement) {
        const Integer exponent = crypto::new_exponent(*server.entropy);
        const auto half = crypto::public_half(client_key(), exponent);
        REQUIRE(half.has_value());
        const auto exchanged =
            server.sessions->diffie_hellman(handle::encode_public_key(*half), cipher);
        REQUIRE(exchanged.has_value());
        const DhPublicKey answer = dh_key_of(exchanged->data);
        CHECK(answer.p == half->p);
        CHECK(answer.g == half->g);
        const auto secret = crypto::shared_secret(answer, exponent);
        REQUIRE(secret.has_value());
        CHECK(test::yields(crypto::session_key_from(*secret, cipher), exchanged->key));
    }
}

TEST_CASE("two exchanges with one client give different keys") {
    const Server server;
    const Bytes key = vector_named("key-public-dhClient").octets;
    const auto first = server.sessions->diffie_hellman(key, SessionCipher::kAes);
    const auto second = server.sessions->diffie_hellman(key, SessionCipher::kAes);
    REQUIRE((first.has_value() && second.has_value()));
    CHECK(first->key != second->key);
    CHECK(first->data != second->data);
}

TEST_CASE("a small shared secret is filled up in front to the length of p") {
    DhPublicKey peer = client_key();
    peer.y = small(2);
    const auto secret = crypto::shared_secret(peer, small(3));
    REQUIRE(secret.has_value());
    Bytes expected(128);
    expected.back() = std::byte{8};
    CHECK(*secret == expected);
}

TEST_CASE("an AES key loses leading zero octets only while 32 octets remain after them") {
    for (const std::size_t zeros : {0U, 1U, 31U, 95U, 96U, 97U, 127U}) {
        INFO(zeros);
        Bytes secret(128, std::byte{0x5A});
        std::fill_n(secret.begin(), zeros, std::byte{0});
        const std::size_t start = std::min<std::size_t>(zeros, 96);
        const Bytes expected(secret.begin() + static_cast<std::ptrdiff_t>(start),
                             secret.begin() + static_cast<std::ptrdiff_t>(start + 32));
        CHECK(test::yields(crypto::session_key_from(secret, SessionCipher::kAes), expected));
    }
}

TEST_CASE("DES keys keep leading zero octets and have odd parity") {
    std::mt19937 random(20'240);
    for (int round = 0; round < 200; ++round) {
        Bytes secret(128);
        for (std::byte& octet : secret) octet = static_cast<std::byte>(random());
        secret[0] = std::byte{0};
        for (const SessionCipher cipher : {SessionCipher::kDes, SessionCipher::kDesEde}) {
            const auto key = crypto::session_key_from(secret, cipher);
            REQUIRE(key.has_value());
            CHECK(has_odd_parity(*key));
            for (std::size_t i = 0; i < key->size(); ++i) {
                CHECK(((*key)[i] & std::byte{0xFE}) == (secret[i] & std::byte{0xFE}));
            }
        }
    }
}

TEST_CASE("a Diffie-Hellman group of no sound size or an even p is refused") {
    const DhPublicKey sound = client_key();
    CHECK_FALSE(is_refused(sound));
    for (const std::size_t bits : {64U, 1'023U, 4'097U, 16'384U, 65'536U}) {
        INFO(bits);
        DhPublicKey key = sound;
        key.p = power_of_two_plus_one(bits);
        key.y = small(3);
        CHECK(is_refused(key));
    }
    DhPublicKey largest = sound;
    largest.p = power_of_two_plus_one(4'096);
    largest.y = small(3);
    CHECK_FALSE(is_refused(largest));

    DhPublicKey even = sound;
    even.p = changed(sound.p, -1);
    CHECK(is_refused(even));
    DhPublicKey zero = sound;
    zero.p = Integer();
    CHECK(is_refused(zero));
}

TEST_CASE("a Diffie-Hellman number outside 2 to p-2 is refused") {
    const DhPublicKey sound = client_key();
    const Integer last = changed(sound.p, -1);
    for (const Integer& number :
         {Integer(), small(1), last, sound.p, power_of_two_plus_one(1'025)}) {
        DhPublicKey bad_y = sound;
        bad_y.y = number;
        CHECK(is_refused(bad_y));
        DhPublicKey bad_g = sound;
        bad_g.g = number;
        CHECK(is_refused(bad_g));
    }
    for (const Integer& number : {small(2), changed(sound.p, -2)}) {
        DhPublicKey edge = sound;
        edge.y = number;
        CHECK_FALSE(is_refused(edge));
    }
}

TEST_CASE("a Diffie-Hellman exchange with another key type or a cut encoding is refused") {
    const Server server;
    const Bytes whole = vector_named("key-public-dhClient").octets;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto exchanged =
            server.sessions->diffie_hellman(BytesView(whole).first(size), SessionCipher::kAes);
        CHECK_FALSE(exchanged.has_value());
    }
    CHECK_FALSE(server.sessions->diffie_hellman(server.public_key, SessionCipher::kAes));
    const auto sm4 = server.sessions->diffie_hellman(whole, SessionCipher::kSm4);
    REQUIRE_FALSE(sm4.has_value());
    CHECK(sm4.error().code == Errc::kUnsupported);
    CHECK_FALSE(server.sessions->diffie_hellman(whole, static_cast<SessionCipher>(0)));
}

TEST_CASE("session keys that other implementations encrypted for the server decrypt") {
    const Server server;
    for (const char* name : {"session-rsa-wrapped-des", "session-rsa-wrapped-aes"}) {
        INFO(name);
        const Vector vector = vector_named(name);
        CHECK(test::yields(server.sessions->decrypt_with_server_key(vector.octets),
                           vector.hex("plainHex")));
    }
}

TEST_CASE("a new session key reaches the holder of the private key, with and without number") {
    const Server server;
    struct Expected {
        SessionCipher cipher;
        std::size_t key_bytes;
    };
    for (const Expected expected :
         {Expected{SessionCipher::kDes, 8}, Expected{SessionCipher::kDesEde, 24},
          Expected{SessionCipher::kAes, 16}, Expected{SessionCipher::kSm4, 16}}) {
        const auto made =
            server.sessions->encrypt_new_key(server.public_key, expected.cipher, true);
        REQUIRE(made.has_value());
        CHECK(made->key.size() == expected.key_bytes);
        CHECK(test::yields(server.sessions->decrypt_with_server_key(made->data),
                           handle::encode_cipher_and_key({expected.cipher, made->key}, true)));
    }
    const auto bare =
        server.sessions->encrypt_new_key(server.public_key, SessionCipher::kDes, false);
    REQUIRE(bare.has_value());
    CHECK(has_odd_parity(bare->key));
    CHECK(test::yields(server.sessions->decrypt_with_server_key(bare->data), bare->key));
    CHECK_FALSE(
        server.sessions->encrypt_new_key(server.public_key, static_cast<SessionCipher>(9), true));
}

TEST_CASE("an RSA key of no sound size receives no session key") {
    const Server server;
    const auto key = handle::decode_public_key(server.public_key);
    REQUIRE(key.has_value());
    const auto& sound = std::get<handle::RsaPublicKey>(*key);
    const auto refused = [&](const handle::RsaPublicKey& bad) {
        return !server.sessions->encrypt_new_key(handle::encode_public_key(bad),
                                                 SessionCipher::kAes, true);
    };
    CHECK_FALSE(refused(sound));
    CHECK(refused({.exponent = small(1), .modulus = sound.modulus}));
    CHECK(refused({.exponent = small(2), .modulus = sound.modulus}));
    CHECK(refused({.exponent = Integer(), .modulus = sound.modulus}));
    CHECK(refused({.exponent = sound.modulus, .modulus = sound.modulus}));
    CHECK(refused({.exponent = sound.exponent, .modulus = power_of_two_plus_one(512)}));
    CHECK(refused({.exponent = sound.exponent, .modulus = power_of_two_plus_one(16'385)}));
    CHECK(refused({.exponent = sound.exponent, .modulus = power_of_two_plus_one(65'536UL * 8)}));
    CHECK(refused({.exponent = sound.exponent, .modulus = changed(sound.modulus, -1)}));
    for (const char* other : {"key-public-dsa1024", "key-public-dhClient"}) {
        CHECK_FALSE(server.sessions->encrypt_new_key(vector_named(other).octets,
                                                     SessionCipher::kAes, true));
    }
}

TEST_CASE("whatever is wrong with an encrypted session key, the error is the same") {
    const Server server;
    const Bytes sound = vector_named("session-rsa-wrapped-aes").octets;
    std::vector<Bytes> bad{{},           Bytes(1),   Bytes(127),
                           Bytes(128),   Bytes(129), Bytes(128, std::byte{0xFF}),
                           Bytes(65'536)};
    for (std::size_t i = 0; i < sound.size(); i += 7) {
        bad.push_back(sound);
        bad.back()[i] ^= std::byte{0x10};
    }
    // Well padded, but no session key.
    for (const Bytes& content : {Bytes{}, Bytes(7), content_of(9, 16), content_of(3, 15)}) {
        const auto wrapped = crypto::encrypt_for(server.public_key, content);
        REQUIRE(wrapped.has_value());
        bad.push_back(*wrapped);
    }
    std::string detail;
    for (const Bytes& cipher_text : bad) {
        const auto key = server.sessions->decrypt_with_server_key(cipher_text);
        REQUIRE_FALSE(key.has_value());
        CHECK(key.error().code == Errc::kInvalid);
        if (detail.empty()) detail = key.error().detail;
        CHECK(key.error().detail == detail);
    }
}

TEST_CASE("the constant-time search for a session key decides as a plain one does") {
    std::vector<Bytes> contents{Bytes(8, std::byte{0x31})};
    for (const std::uint32_t cipher : {0U, 1U, 2U, 3U, 4U, 5U, 0x01000003U, 0xFFFFFFFFU}) {
        for (std::size_t size = 0; size <= 40; size += 4) {
            contents.push_back(content_of(cipher, size));
        }
    }
    for (const Bytes& content : contents) {
        const Bytes block = padded_block(128, content);
        CHECK(crypto::session_key_bytes_in(block) == session_key_bytes_plainly(block));
        // With each octet changed to what matters most: zero, and something else.
        for (std::size_t i = 0; i < block.size(); ++i) {
            for (const std::byte octet : {std::byte{0}, std::byte{0x77}}) {
                Bytes other = block;
                other[i] = octet;
                REQUIRE(crypto::session_key_bytes_in(other) == session_key_bytes_plainly(other));
            }
        }
    }
    CHECK(crypto::session_key_bytes_in(padded_block(128, content_of(3, 16))) == 20);
    CHECK(crypto::session_key_bytes_in(Bytes(20)) == 0);
    CHECK(crypto::session_key_bytes_in({}) == 0);
}

TEST_CASE("without an RSA key of its own a server exchanges no keys by it") {
    const auto entropy = crypto::make_entropy();
    const Bytes dsa = vector_named("key-private-dsa1024").octets;
    for (const BytesView private_key : {BytesView(), BytesView(dsa)}) {
        const auto sessions = crypto::make_session_cryptography(private_key, *entropy);
        const auto key = sessions->decrypt_with_server_key(Bytes(128));
        REQUIRE_FALSE(key.has_value());
        CHECK(key.error().code == Errc::kUnsupported);
        CHECK(sessions->diffie_hellman(vector_named("key-public-dhClient").octets,
                                       SessionCipher::kAes));
    }
    CHECK_THROWS_AS(crypto::make_session_cryptography(to_bytes("no key"), *entropy),
                    std::runtime_error);
}

}  // namespace idnode
