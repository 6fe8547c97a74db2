#include <catch2/catch.hpp>
#include <initializer_list>
#include <memory>
#include <random>

#include "crypto_vectors.h"
#include "proto/base/reader.h"
#include "proto/handle/credential.h"
#include "proto/handle/signing.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/session_cryptography.h"

namespace idnode {
namespace {

using handle::Credential;
using handle::Envelope;
using handle::SessionCipher;
using handle::Version;
using test::from_hex;
using test::Vector;
using test::vector_named;
using test::vectors_of;

struct Sessions {
    std::unique_ptr<model::Entropy> entropy = crypto::make_entropy();
    std::unique_ptr<model::SessionCryptography> sessions =
        crypto::make_session_cryptography({}, *entropy);
    const model::SessionCryptography* operator->() const { return sessions.get(); }
};

/// Header and body, and the credential behind them. Views into the message.
struct Parts {
    BytesView header_and_body;
    Credential credential;
};

/// `message` begins after its envelope.
Parts parts_of(BytesView message) {
    const std::uint32_t body_bytes = [&] {
        ByteReader header(message);
        header.take(20, "header");
        return header.u32("body length");
    }();
    ByteReader in(message);
    const BytesView signed_part = in.take(24 + body_bytes, "header and body");
    const auto credential = handle::decode_credential(in.bytes_u32("credential", 4'096));
    REQUIRE(in.ok());
    REQUIRE(credential.has_value());
    return {signed_part, *credential};
}

Envelope envelope_of(BytesView message) {
    const auto envelope = handle::decode_envelope(message);
    REQUIRE(envelope.has_value());
    return *envelope;
}

std::vector<Vector> vectors_with_mac() {
    std::vector<Vector> out;
    for (const char* kind : {"request", "response"}) {
        for (Vector& vector : vectors_of(kind)) {
            if (vector.name.find("-mac-") != std::string::npos) out.push_back(std::move(vector));
        }
    }
    REQUIRE(out.size() >= 8);
    return out;
}

/// The message, session and key of the table in §5.6.
const Bytes kTableMessage = from_hex(
    "000000010000000019000000ffff00006a000000000000180000000c38382e3130302e312f616263"
    "0000000000000000");
constexpr std::uint32_t kTableCounter = 5;

Bytes table_key() {
    Bytes key;
    for (unsigned i = 1; i <= 32; ++i) key.push_back(static_cast<std::byte>(i));
    return key;
}

std::vector<std::uint8_t> minors(std::initializer_list<std::uint8_t> list) {
    return list;
}

Envelope table_envelope(std::uint8_t minor) {
    Envelope out;
    out.version = {2, minor};
    out.session_id = 0x01020304;
    out.request_id = 0x12345678;
    return out;
}

Credential credential_with(std::string_view algorithm, BytesView mac) {
    return {.session_counter = kTableCounter,
            .type = handle::kMacCredential,
            .algorithm = as_bytes_view(algorithm),
            .signature = mac};
}

struct KeyOf {
    SessionCipher cipher;
    std::size_t key_bytes;
};
constexpr std::array kKeys{KeyOf{SessionCipher::kDes, 8}, KeyOf{SessionCipher::kDesEde, 24},
                           KeyOf{SessionCipher::kAes, 16}, KeyOf{SessionCipher::kAes, 32},
                           KeyOf{SessionCipher::kSm4, 16}};

Bytes some_key(std::size_t size) {
    Bytes key(size);
    for (std::size_t i = 0; i < size; ++i) key[i] = static_cast<std::byte>(0x31 + i);
    return key;
}

/// Whether this OpenSSL offers the cipher; DES and SM4 may be missing, and then every use says so.
bool is_offered(const Sessions& sessions, const KeyOf& of) {
    const auto text = sessions->encrypt(of.cipher, some_key(of.key_bytes), {2, 11}, {});
    if (text.has_value()) return true;
    CHECK(text.error().code == Errc::kUnsupported);
    CHECK((of.cipher == SessionCipher::kDes || of.cipher == SessionCipher::kSm4));
    return false;
}

bool is_invalid(const Result<Bytes>& result) {
    return !result && result.error().code == Errc::kInvalid;
}

}  // namespace

TEST_CASE("MACs are those of the table in the protocol document") {
    const Sessions sessions;
    struct Row {
        std::uint8_t minor;
        const char* mac;
    };
    for (const Row row :
         {Row{4, "b80eaa593844b6ec4104126dcde5a9054b7acfbc"},
          Row{5, "7551a47ba3514d63f7f62f71c609e38b5b62f726"},
          Row{6, "7551a47ba3514d63f7f62f71c609e38b5b62f726"},
          Row{7, "edd86753165562d013353542823678162267b4421472bd31530831b973527d3f"},
          Row{8, "034d975880aa02a3693c0c52ba6fd49223e9ba144dc3aaf498ca680ba128492c"},
          Row{11, "3167a88866bad2433be8bf6b967dd1bd352915a309969229797822faeda2560d"}}) {
        INFO("2." << int{row.minor});
        const Envelope envelope = table_envelope(row.minor);
        const Bytes mac = sessions->mac(envelope, kTableCounter, table_key(), kTableMessage);
        CHECK(mac == from_hex(row.mac));
        const auto algorithm = handle::mac_algorithm_field(envelope.version);
        CHECK(sessions->is_mac(envelope, credential_with(algorithm, mac), table_key(),
                               kTableMessage));
    }
}

TEST_CASE("MACs of other implementations are accepted, and ours are the same") {
    const Sessions sessions;
    for (const Vector& vector : vectors_with_mac()) {
        INFO(vector.name);
        const Bytes key = vector.hex("sessionKeyHex");
        const Envelope envelope = envelope_of(vector.octets);
        const Parts parts = parts_of(BytesView(vector.octets).subspan(20));
        CHECK(sessions->is_mac(envelope, parts.credential, key, parts.header_and_body));
        CHECK(same_octets(
            sessions->mac(envelope, parts.credential.session_counter, key, parts.header_and_body),
            parts.credential.signature));
    }
}

TEST_CASE("a MAC is bound to the key and to every octet of header and body") {
    const Sessions sessions;
    for (const Vector& vector : vectors_with_mac()) {
        INFO(vector.name);
        const Bytes key = vector.hex("sessionKeyHex");
        const Envelope envelope = envelope_of(vector.octets);
        const Parts parts = parts_of(BytesView(vector.octets).subspan(20));
        const Bytes message(parts.header_and_body.begin(), parts.header_and_body.end());
        for (std::size_t i = 0; i < message.size(); ++i) {
            Bytes other = message;
            other[i] ^= std::byte{1};
            CHECK_FALSE(sessions->is_mac(envelope, parts.credential, key, other));
        }
        for (std::size_t i = 0; i < key.size(); ++i) {
            Bytes other = key;
            other[i] ^= std::byte{0x80};
            CHECK_FALSE(sessions->is_mac(envelope, parts.credential, other, message));
        }
        for (std::size_t size = 0; size < parts.credential.signature.size(); ++size) {
            Credential cut = parts.credential;
            cut.signature = cut.signature.first(size);
            CHECK_FALSE(sessions->is_mac(envelope, cut, key, message));
        }
    }
}

TEST_CASE("from 2.7 on a MAC is bound to session, request, counter and version") {
    const Sessions sessions;
    for (const std::uint8_t minor : minors({7, 8, 11})) {
        const Envelope envelope = table_envelope(minor);
        const Bytes key = table_key();
        const Bytes mac = sessions->mac(envelope, kTableCounter, key, kTableMessage);
        const Credential sound = credential_with("HMAC-SHA256", mac);
        Envelope other_session = envelope;
        other_session.session_id ^= 1U;
        Envelope other_request = envelope;
        other_request.request_id ^= 1U;
        Envelope other_version = envelope;
        ++other_version.version.minor;
        Credential other_counter = sound;
        ++other_counter.session_counter;
        CHECK(sessions->is_mac(envelope, sound, key, kTableMessage));
        CHECK_FALSE(sessions->is_mac(other_session, sound, key, kTableMessage));
        CHECK_FALSE(sessions->is_mac(other_request, sound, key, kTableMessage));
        CHECK_FALSE(sessions->is_mac(other_version, sound, key, kTableMessage));
        CHECK_FALSE(sessions->is_mac(envelope, other_counter, key, kTableMessage));
    }
}

TEST_CASE("from 2.7 on only HMAC-SHA256 is a MAC, however its name is spelt") {
    const Sessions sessions;
    const Bytes key = table_key();
    for (const std::uint8_t minor : minors({7, 8, 11})) {
        const Envelope envelope = table_envelope(minor);
        const Bytes mac = sessions->mac(envelope, kTableCounter, key, kTableMessage);
        for (const char* name : {"HMAC-SHA256", "HmacSHA256", "hmac-sha-256", "HMAC_SHA256"}) {
            CHECK(sessions->is_mac(envelope, credential_with(name, mac), key, kTableMessage));
        }
        for (const char* name : {"", "SHA1", "SHA-256", "MD5", "\x02", "\x03", "HMAC-SHA1",
                                 "HMAC-SHA2567", "HMAC-SHA25"}) {
            CHECK_FALSE(sessions->is_mac(envelope, credential_with(name, mac), key, kTableMessage));
        }
        // A right hash of the old kind is no way around it.
        const auto digests = crypto::make_digests();
        const auto sha1 =
            digests->sha1(handle::mac_input(envelope, kTableCounter, key, kTableMessage));
        CHECK_FALSE(sessions->is_mac(envelope, credential_with("SHA1", sha1), key, kTableMessage));
    }
}

TEST_CASE("below 2.7 a MAC is selected by its field, and MD5 is refused") {
    const Sessions sessions;
    const auto digests = crypto::make_digests();
    const Bytes key = table_key();
    for (const std::uint8_t minor : minors({1, 4, 5, 6})) {
        const Envelope envelope = table_envelope(minor);
        const Bytes input = handle::mac_input(envelope, kTableCounter, key, kTableMessage);
        const auto accepted = [&](std::string_view name, BytesView mac) {
            return sessions->is_mac(envelope, credential_with(name, mac), key, kTableMessage);
        };
        const auto md5 = digests->md5(input);
        const auto sha1 = digests->sha1(input);
        const auto sha256 = digests->sha256(input);
        for (const char* name : {"SHA1", "SHA-1", "\x02"}) CHECK(accepted(name, sha1));
        for (const char* name : {"SHA256", "SHA-256", "\x03"}) CHECK(accepted(name, sha256));
        for (const char* name : {"MD5", "\x01"}) CHECK_FALSE(accepted(name, md5));
        CHECK_FALSE(accepted("SHA-256", sha1));
        CHECK_FALSE(accepted("", sha1));
    }
}

TEST_CASE("a credential that is no MAC or has an empty key is refused") {
    const Sessions sessions;
    const Envelope envelope = table_envelope(11);
    const Bytes mac = sessions->mac(envelope, kTableCounter, table_key(), kTableMessage);
    Credential other_type = credential_with("HMAC-SHA256", mac);
    other_type.type = handle::kSignedCredential;
    CHECK_FALSE(sessions->is_mac(envelope, other_type, table_key(), kTableMessage));
    const Bytes open = sessions->mac(envelope, kTableCounter, {}, kTableMessage);
    CHECK_FALSE(
        sessions->is_mac(envelope, credential_with("HMAC-SHA256", open), {}, kTableMessage));
}

TEST_CASE("payloads that other implementations encrypted decrypt") {
    const Sessions sessions;
    int seen = 0;
    for (const Vector& vector : vectors_of("session")) {
        if (!vector.name.starts_with("session-encrypt-")) continue;
        INFO(vector.name);
        const auto cipher = static_cast<SessionCipher>(std::stoul(vector.text("cipher")));
        const Version version{2,
                              static_cast<std::uint8_t>(std::stoul(vector.text("minorVersion")))};
        const Bytes key = vector.hex("sessionKeyHex");
        if (!is_offered(sessions, {cipher, key.size()})) continue;
        ++seen;
        const Bytes plain = vector.hex("plainHex");
        CHECK(test::yields(sessions->decrypt(cipher, key, version, vector.octets), plain));
        const auto ours = sessions->encrypt(cipher, key, version, plain);
        REQUIRE(ours.has_value());
        CHECK(ours->size() == vector.octets.size());
        // Below 2.4 nothing is random.
        CHECK((*ours == vector.octets) == !version.at_least({2, 4}));
    }
    CHECK(seen >= 5);
}

TEST_CASE("an encrypted request of another implementation decrypts, and the MAC in it holds") {
    const Sessions sessions;
    const Vector vector = vector_named("request-encrypted-in-session");
    const Bytes key = vector.hex("sessionKeyHex");
    Envelope envelope = envelope_of(vector.octets);
    const auto plain =
        sessions->decrypt(SessionCipher::kAes, key, {2, 11}, BytesView(vector.octets).subspan(20));
    REQUIRE(plain.has_value());
    CHECK(*plain == vector.hex("plainHex"));
    const Parts parts = parts_of(*plain);
    CHECK(sessions->is_mac(envelope, parts.credential, key, parts.header_and_body));
}

TEST_CASE("what a session encrypts it decrypts, at every length and version") {
    const Sessions sessions;
    std::mt19937 random(5'789);
    for (const KeyOf& of : kKeys) {
        if (!is_offered(sessions, of)) continue;
        const Bytes key = some_key(of.key_bytes);
        for (const std::uint8_t minor : minors({1, 3, 4, 11})) {
            for (std::size_t size = 0; size <= 49; ++size) {
                Bytes plain(size);
                for (std::byte& octet : plain) octet = static_cast<std::byte>(random());
                const auto text = sessions->encrypt(of.cipher, key, {2, minor}, plain);
                REQUIRE(text.has_value());
                CHECK(test::yields(sessions->decrypt(of.cipher, key, {2, minor}, *text), plain));
            }
        }
    }
}

TEST_CASE("from 2.4 on equal messages have different cipher texts, except with SM4") {
    const Sessions sessions;
    const Bytes plain(40);
    for (const KeyOf& of : kKeys) {
        if (!is_offered(sessions, of)) continue;
        const Bytes key = some_key(of.key_bytes);
        const auto first = sessions->encrypt(of.cipher, key, {2, 4}, plain);
        const auto second = sessions->encrypt(of.cipher, key, {2, 4}, plain);
        REQUIRE((first.has_value() && second.has_value()));
        CHECK((*first == *second) == (of.cipher == SessionCipher::kSm4));
    }
}

TEST_CASE("SM4 takes the key as initialisation vector and sends none") {
    const Sessions sessions;
    if (!is_offered(sessions, {SessionCipher::kSm4, 16})) return;
    // The example of GB/T 32907 encrypts its own key. CBC encrypts the first block xor IV, so zeros
    // give the example's cipher text when the IV is the key.
    const Bytes example = from_hex("0123456789abcdeffedcba9876543210");
    const auto text = sessions->encrypt(SessionCipher::kSm4, example, {2, 11}, Bytes(16));
    REQUIRE(text.has_value());
    REQUIRE(text->size() == 32);
    CHECK(same_octets(BytesView(*text).first(16), from_hex("681edf34d206965e86b3e94f536e4246")));
}

TEST_CASE("whatever is wrong with an encrypted payload, the error is the same") {
    const Sessions sessions;
    for (const KeyOf& of : kKeys) {
        if (!is_offered(sessions, of)) continue;
        const Bytes key = some_key(of.key_bytes);
        const std::size_t block = handle::block_bytes(of.cipher);
        for (const std::uint8_t minor : minors({3, 11})) {
            const auto sound = sessions->encrypt(of.cipher, key, {2, minor}, Bytes(3 * block));
            REQUIRE(sound.has_value());
            std::string detail;
            const auto check_refused = [&](BytesView payload) {
                const auto plain = sessions->decrypt(of.cipher, key, {2, minor}, payload);
                CHECK(is_invalid(plain));
                if (plain) return;
                if (detail.empty()) detail = plain.error().detail;
                CHECK(plain.error().detail == detail);
            };
            for (std::size_t size = 0; size < sound->size(); ++size) {
                // Whole blocks of zeros before the last one end in a zero: bad padding as well.
                check_refused(BytesView(*sound).first(size));
            }
            Bytes longer = *sound;
            longer.push_back(std::byte{0});
            check_refused(longer);
        }
    }
}

TEST_CASE("every wrong padding is refused and every right one accepted") {
    const Sessions sessions;
    const Bytes key = some_key(16);
    // In CBC a bit flipped in a block of cipher text flips that bit of the next plain block.
    const auto sound = sessions->encrypt(SessionCipher::kAes, key, {2, 11}, Bytes(16));
    REQUIRE(sound.has_value());
    REQUIRE(sound->size() == 48);  // the last plain block is sixteen times 0x10
    for (unsigned padding = 0; padding < 256; ++padding) {
        for (unsigned matching = 1; matching <= 16; ++matching) {
            Bytes payload = *sound;
            for (std::size_t i = 0; i < matching; ++i) {
                payload[31 - i] ^= static_cast<std::byte>(0x10U ^ padding);
            }
            const auto plain = sessions->decrypt(SessionCipher::kAes, key, {2, 11}, payload);
            const bool right =
                padding >= 1 && padding <= 16 && (padding == 16 || padding <= matching);
            REQUIRE(plain.has_value() == right);
            if (plain) CHECK(plain->size() == 32 - padding);
        }
    }
}

TEST_CASE("an unknown cipher or a key too short for its cipher is refused") {
    const Sessions sessions;
    for (const std::uint32_t number : {0U, 5U, 0xFFFFFFFFU}) {
        const auto cipher = static_cast<SessionCipher>(number);
        CHECK(is_invalid(sessions->encrypt(cipher, some_key(32), {2, 11}, Bytes(16))));
        CHECK(is_invalid(sessions->decrypt(cipher, some_key(32), {2, 11}, Bytes(32))));
    }
    for (const KeyOf& of : kKeys) {
        if (of.key_bytes == 32) continue;
        const Bytes cut = some_key(of.key_bytes - 1);
        CHECK(is_invalid(sessions->encrypt(of.cipher, cut, {2, 11}, Bytes(16))));
        CHECK(is_invalid(sessions->decrypt(of.cipher, cut, {2, 11}, Bytes(32))));
    }
}

}  // namespace idnode
