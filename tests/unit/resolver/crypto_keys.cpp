#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "crypto_vectors.h"
#include "proto/base/reader.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/key_file.h"
#include "resolver/crypto/keys.h"

namespace idnode {
namespace {

using crypto::make_signer;
using crypto::verify_signature;
using Hash = model::Signer::Hash;
using test::Vector;
using test::vector_named;
using test::vectors_of;

/// A folder of its own for one test.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "idnode-crypto-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    std::filesystem::path operator/(const char* name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

template <std::size_t kSize>
Bytes bytes_of(const std::array<std::byte, kSize>& octets) {
    return {octets.begin(), octets.end()};
}

}  // namespace

TEST_CASE("the three digests are those of the protocol's examples") {
    const auto digests = crypto::make_digests();
    for (const Vector& vector : vectors_of("digest")) {
        INFO(vector.name);
        CHECK(bytes_of(digests->md5(vector.octets)) == vector.hex("type1Md5"));
        CHECK(bytes_of(digests->sha1(vector.octets)) == vector.hex("type2Sha1"));
        CHECK(bytes_of(digests->sha256(vector.octets)) == vector.hex("type3Sha256"));
    }
}

TEST_CASE("random octets fill all they are asked to fill and differ from call to call") {
    const auto entropy = crypto::make_entropy();
    Bytes first(64);
    Bytes second(64);
    entropy->fill(first);
    entropy->fill(second);
    CHECK(first != second);
    CHECK(Bytes(first.begin() + 32, first.end()) != Bytes(32));
    entropy->fill({});
}

TEST_CASE("the public part of a private key is encoded as peers encode it") {
    for (const char* key : {"rsa2048", "rsa1024", "dsa1024", "dsa2048"}) {
        INFO(key);
        const Vector priv = vector_named(std::string("key-private-") + key);
        const Vector pub = vector_named(std::string("key-public-") + key);
        const Result<Bytes> encoded = crypto::public_key_of(priv.octets);
        REQUIRE(encoded.has_value());
        CHECK(*encoded == pub.octets);
    }
}

TEST_CASE("an RSA private key without public exponent is completed by the usual one that fits") {
    const Result<Bytes> encoded =
        crypto::public_key_of(vector_named("key-private-rsa1024-noncrt").octets);
    REQUIRE(encoded.has_value());
    CHECK(*encoded == vector_named("key-public-rsa1024").octets);
}

TEST_CASE("a signature verifies under every spelling of its public key, and nothing else does") {
    const Bytes data = to_bytes("88.100.1/pump-7");
    const auto signer = make_signer(vector_named("key-private-rsa1024").octets);
    REQUIRE(signer.has_value());
    CHECK_FALSE((*signer)->is_dsa());
    const Result<Bytes> signature = (*signer)->sign(Hash::kSha256, data);
    REQUIRE(signature.has_value());
    for (const char* spelling :
         {"key-public-rsa1024", "key-public-rsa1024-no-sign-byte", "key-public-rsa1024-no-surplus",
          "key-public-rsa1024-reserved-bits"}) {
        INFO(spelling);
        const Bytes key = vector_named(spelling).octets;
        CHECK(test::holds(verify_signature(key, Hash::kSha256, data, *signature)));
        CHECK_FALSE(test::holds(verify_signature(key, Hash::kSha1, data, *signature)));
        CHECK_FALSE(test::holds(
            verify_signature(key, Hash::kSha256, to_bytes("88.100.1/pump-8"), *signature)));
        CHECK_FALSE(test::holds(verify_signature(key, Hash::kSha256, data, {})));
    }
    CHECK_FALSE(test::holds(verify_signature(vector_named("key-public-rsa2048").octets,
                                             Hash::kSha256, data, *signature)));
}

TEST_CASE("DSA keys sign and verify with both hashes") {
    const Bytes data = to_bytes("88.100.1/pump-7");
    for (const char* name : {"dsa1024", "dsa2048"}) {
        INFO(name);
        const auto signer = make_signer(vector_named(std::string("key-private-") + name).octets);
        REQUIRE(signer.has_value());
        CHECK((*signer)->is_dsa());
        for (const Hash hash : {Hash::kSha1, Hash::kSha256}) {
            const Result<Bytes> signature = (*signer)->sign(hash, data);
            REQUIRE(signature.has_value());
            CHECK(test::holds(verify_signature((*signer)->public_key(), hash, data, *signature)));
            CHECK_FALSE(test::holds(
                verify_signature((*signer)->public_key(), hash, to_bytes("other"), *signature)));
        }
    }
}

TEST_CASE("a private key that is cut anywhere, or whose numbers do not fit, makes no signer") {
    const Bytes whole = vector_named("key-private-rsa1024").octets;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        if (make_signer(Bytes(whole.begin(), whole.begin() + static_cast<long>(size)))) {
            FAIL("made a signer of the first " << size << " octets");
        }
    }
    Bytes damaged = whole;
    damaged[200] ^= std::byte{0x10};  // in d; q, p and the rest no longer belong to it
    damaged[400] ^= std::byte{0x10};
    CHECK_FALSE(make_signer(damaged).has_value());
    CHECK_FALSE(make_signer(vector_named("key-public-rsa1024").octets).has_value());
}

TEST_CASE("public keys of no sound size are refused before anything is computed") {
    const Bytes good = vector_named("key-public-rsa1024").octets;
    const Bytes data = to_bytes("data");
    const Bytes signature(128);
    constexpr std::size_t kExponentAt = 4 + 11 + 2 + 4;

    Bytes exponent_one = good;
    exponent_one[kExponentAt] = std::byte{0};
    exponent_one[kExponentAt + 1] = std::byte{0};
    CHECK(verify_signature(exponent_one, Hash::kSha1, data, signature).error().code ==
          Errc::kInvalid);
    Bytes exponent_even = good;
    exponent_even[kExponentAt + 2] = std::byte{2};
    CHECK(verify_signature(exponent_even, Hash::kSha1, data, signature).error().code ==
          Errc::kInvalid);

    Bytes huge(good.begin(), good.begin() + kExponentAt + 3);
    ByteWriter(huge).bytes_u32(Bytes(65'536, std::byte{0xFF}));
    CHECK(verify_signature(huge, Hash::kSha1, data, signature).error().code == Errc::kInvalid);
    Bytes small(good.begin(), good.begin() + kExponentAt + 3);
    ByteWriter(small).bytes_u32(Bytes(64, std::byte{0xFF}));
    CHECK(verify_signature(small, Hash::kSha1, data, signature).error().code == Errc::kInvalid);
}

TEST_CASE("a generated key signs, verifies and has the asked size") {
    const Result<Bytes> key = crypto::generate_rsa_key();
    REQUIRE(key.has_value());
    const auto signer = make_signer(*key);
    REQUIRE(signer.has_value());
    const Result<Bytes> signature = (*signer)->sign(Hash::kSha256, to_bytes("data"));
    REQUIRE(signature.has_value());
    CHECK(signature->size() == 256);
    CHECK(crypto::generate_rsa_key(1024).error().code == Errc::kInvalid);
}

TEST_CASE("server signatures of the protocol's examples verify, and fail when an octet changes") {
    std::size_t verified = 0;
    for (const Vector& vector : vectors_of("response")) {
        if (!vector.name.starts_with("response-signed-")) continue;
        INFO(vector.name);
        const Bytes key = vector_named("key-public-" + vector.text("key")).octets;
        const Hash hash =
            vector.text("algorithm").starts_with("SHA256") ? Hash::kSha256 : Hash::kSha1;
        const Bytes covered = vector.hex("signedBytesHex");
        // The signature is the last field of the credential, which ends the message.
        const std::size_t size = vector.octets.size();
        Bytes signature;
        for (std::size_t length = 1; length + 4 <= size; ++length) {
            ByteReader in(BytesView(vector.octets).subspan(size - length - 4));
            if (in.u32("length") == length) {
                signature.assign(vector.octets.end() - static_cast<long>(length),
                                 vector.octets.end());
                break;
            }
        }
        CHECK(test::holds(verify_signature(key, hash, covered, signature)));
        Bytes changed = covered;
        changed.back() ^= std::byte{1};
        CHECK_FALSE(test::holds(verify_signature(key, hash, changed, signature)));
        ++verified;
    }
    CHECK(verified >= 8);
}

TEST_CASE("key files of every scheme open with their passphrase") {
    for (const Vector& vector : vectors_of("keyfile")) {
        INFO(vector.name);
        const bool plain = vector.text("encryption") == "1";
        const std::string passphrase = plain ? "" : vector.text("passphrase");
        const Result<Bytes> key = crypto::open_key_file(vector.octets, passphrase);
        REQUIRE(key.has_value());
        CHECK(*key == vector_named("key-private-" + vector.text("key")).octets);
        if (plain) continue;
        CHECK(crypto::open_key_file(vector.octets).error().code == Errc::kRefused);
        CHECK(crypto::open_key_file(vector.octets, "Pass phrase").error().code == Errc::kRefused);
    }
}

TEST_CASE("a bare key encoding is taken for a key file") {
    const Bytes key = vector_named("key-private-rsa1024").octets;
    CHECK(test::yields(crypto::open_key_file(key), key));
}

TEST_CASE("key files that are cut short or name an unknown scheme are refused, never misread") {
    for (const Vector& vector : vectors_of("keyfile")) {
        for (std::size_t size = 0; size < 70; ++size) {
            const Bytes cut(vector.octets.begin(), vector.octets.begin() + static_cast<long>(size));
            if (vector.text("encryption") == "1" && size >= 23) break;  // a type, then a short key
            CHECK_FALSE(crypto::open_key_file(cut, "pass phrase").has_value());
        }
    }
    const Result<Bytes> unknown = crypto::open_key_file(test::from_hex("0000000500"), "x");
    CHECK(unknown.error().code == Errc::kInvalid);
}

TEST_CASE("a key file with absurd PBKDF2 parameters is refused without computing them") {
    Bytes file = vector_named("keyfile-pbkdf2-aes").octets;
    constexpr std::size_t kIterationsAt = 4 + 4 + 16;
    file[kIterationsAt] = std::byte{0x7F};
    CHECK(crypto::open_key_file(file, "pass phrase").error().code == Errc::kInvalid);
}

TEST_CASE("key files are written without a passphrase as scheme 1 and with one as scheme 4") {
    const auto entropy = crypto::make_entropy();
    const Bytes key = vector_named("key-private-rsa1024").octets;
    CHECK(test::yields(crypto::seal_key_file(key, "", *entropy),
                       vector_named("keyfile-plain").octets));

    for (const std::string passphrase :
         {"pass phrase", "Schl\xC3\xBCssel", "\xE5\xAF\x86\xE9\x92\xA5"}) {
        const Result<Bytes> sealed = crypto::seal_key_file(key, passphrase, *entropy);
        REQUIRE(sealed.has_value());
        CHECK(sealed->at(3) == std::byte{4});
        CHECK(test::yields(crypto::open_key_file(*sealed, passphrase), key));
        CHECK(crypto::open_key_file(*sealed, passphrase + "x").error().code == Errc::kRefused);
        CHECK_FALSE(test::yields(crypto::seal_key_file(key, passphrase, *entropy),
                                 *sealed));  // a salt of its own
    }
}

TEST_CASE("a key file on disk is readable by its owner only and never replaces another") {
    const TemporaryFolder folder;
    const auto entropy = crypto::make_entropy();
    const Bytes key = vector_named("key-private-rsa1024").octets;
    REQUIRE(crypto::write_key_file(folder / "admin.key", key, "", *entropy).has_value());
    const auto permissions = std::filesystem::status(folder / "admin.key").permissions();
    CHECK(permissions ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    CHECK(test::yields(crypto::read_key_file(folder / "admin.key"), key));
    CHECK(crypto::write_key_file(folder / "admin.key", key, "", *entropy).error().code ==
          Errc::kConflict);
    const Result<Bytes> missing = crypto::read_key_file(folder / "missing.key");
    CHECK(missing.error().code == Errc::kNotFound);
    CHECK(missing.error().detail.find("missing.key") != std::string::npos);
}

}  // namespace idnode
