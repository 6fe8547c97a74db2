// Checks 22 and 23 of §10.1: responses that the server signs. What is covered is written out here
// as §5.6 says it, apart from the code under test.
#include <catch2/catch.hpp>
#include <filesystem>
#include <optional>

#include "proto/handle/credential.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/key_file.h"
#include "resolver/crypto/keys.h"
#include "tests/server/setting.h"

namespace idnode::testing {
namespace {

Request certified(handle::Version version) {
    Request out = resolution(kP);
    out.flags |= handle::flag::kCertify;
    out.version = out.suggested = version;
    return out;
}

handle::Credential credential_of(const Reply& reply) {
    const auto credential = handle::decode_credential(reply.credential());
    REQUIRE(credential);
    return *credential;
}

/// `prefix` and then header and body.
Bytes covered(const Reply& reply, Bytes prefix) {
    const BytesView rest = reply.header_and_body();
    prefix.insert(prefix.end(), rest.begin(), rest.end());
    return prefix;
}

/// The octets that a signature covers in the reply's own version, 2.6 and 2.7 to 2.11.
Bytes covered(const Reply& reply) {
    const handle::Version version = reply.envelope().version;
    Bytes prefix;
    ByteWriter out(prefix);
    out.u8(version.major);
    out.u8(version.minor);
    if (!version.at_least({2, 7})) {
        prefix.resize(14);  // session id and counter are 0, and so is the rest
        return covered(reply, prefix);
    }
    if (version.at_least({2, 8})) out.u16(0x020B);  // suggested version
    out.u32(reply.envelope().session_id);
    out.u32(reply.envelope().request_id);
    out.u32(0);  // session counter
    return covered(reply, prefix);
}

/// A node that signs with a key of the test's.
class KeyedNode {
  public:
    explicit KeyedNode(const Bytes& key) : public_key_(*crypto::public_key_of(key)) {
        node_.import(setting_records());
        const auto file = node_.root() / "keys" / "privkey.bin";
        std::filesystem::remove(file);
        REQUIRE(crypto::write_key_file(file, key, {}, *crypto::make_entropy()));
        daemon_.emplace(node_);
    }

    Reply ask(handle::Version version) const {
        return TcpClient(daemon_->tcp_port()).ask(certified(version));
    }
    bool has_signed(const Reply& reply, std::string_view algorithm) const {
        CHECK(as_text(credential_of(reply).algorithm) == algorithm);
        const auto hash =
            algorithm == "SHA1" ? model::Signer::Hash::kSha1 : model::Signer::Hash::kSha256;
        return crypto::verify_signature(public_key_, hash, covered(reply),
                                        credential_of(reply).signature)
            .value_or(false);
    }

  private:
    Bytes public_key_;
    NodeFolder node_;
    std::optional<Daemon> daemon_;
};

bool verifies(const Setting& setting, const Reply& reply, model::Signer::Hash hash,
              const Bytes& data) {
    const handle::Site site = setting.site();
    const auto good = crypto::verify_signature(site.servers.at(0).public_key, hash, data,
                                               credential_of(reply).signature);
    return good && *good;
}

}  // namespace

TEST_CASE("22: a certified answer is signed with SHA-256 over envelope fields, header and body") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(certified({2, 11}))) {
        REQUIRE(reply.rc() == 1);
        CHECK(reply.header().has(handle::flag::kCertify));
        const auto credential = credential_of(reply);
        CHECK(credential.version == 0);
        CHECK(credential.options == 0);
        CHECK(credential.signer_handle.empty());
        CHECK(credential.session_counter == 0);
        CHECK(credential.type == "HS_SIGNED");
        CHECK(as_text(credential.algorithm) == "SHA-256");

        Bytes prefix;
        ByteWriter out(prefix);
        out.u16(0x020B);  // version
        out.u16(0x020B);  // suggested version
        out.u32(reply.envelope().session_id);
        out.u32(reply.envelope().request_id);
        out.u32(0);  // session counter
        CHECK(verifies(setting, reply, model::Signer::Hash::kSha256, covered(reply, prefix)));
        CHECK_FALSE(verifies(setting, reply, model::Signer::Hash::kSha256, covered(reply, {})));
    }
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

TEST_CASE("23: a 2.6 client gets SHA-1 over that version's prefix, header and body") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(certified({2, 6}))) {
        REQUIRE(reply.rc() == 1);
        CHECK(as_text(credential_of(reply).algorithm) == "SHA1");
        Bytes prefix{std::byte{2}, std::byte{6}};
        prefix.resize(14);  // session id and counter are 0, and so is the rest
        CHECK(verifies(setting, reply, model::Signer::Hash::kSha1, covered(reply, prefix)));
    }
}

TEST_CASE("23: a 2.5 client gets SHA-1 over header and body alone") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(certified({2, 5}))) {
        REQUIRE(reply.rc() == 1);
        CHECK(as_text(credential_of(reply).algorithm) == "SHA1");
        CHECK(verifies(setting, reply, model::Signer::Hash::kSha1, covered(reply, {})));
    }
}

TEST_CASE("23: with a DSA key, answers of each version verify by that version's hash") {
    const KeyedNode node(*crypto::generate_dsa_key());
    CHECK(node.has_signed(node.ask({2, 11}), "SHA-256"));
    for (const std::uint8_t minor : {std::uint8_t{7}, std::uint8_t{10}, std::uint8_t{6}}) {
        CHECK(node.has_signed(node.ask({2, minor}), "SHA1"));
    }
    // A DSA signature is another one each time it is made: a kept one shows.
    const Reply first = node.ask({2, 6});
    const Reply again = node.ask({2, 6});
    REQUIRE(same_octets(first.header_and_body(), again.header_and_body()));
    CHECK(same_octets(credential_of(first).signature, credential_of(again).signature));
    CHECK_FALSE(same_octets(credential_of(node.ask({2, 11})).signature,
                            credential_of(node.ask({2, 11})).signature));
}

TEST_CASE("22: with an RSA key of 3,072 bits, answers verify when they are made and when kept") {
    const KeyedNode node(*crypto::generate_rsa_key(3072));
    for (const handle::Version version : {handle::Version{2, 11}, handle::Version{2, 6}}) {
        const std::string_view algorithm = version.at_least({2, 7}) ? "SHA-256" : "SHA1";
        for (int i = 0; i < 2; ++i) {
            const Reply reply = node.ask(version);
            CHECK(credential_of(reply).signature.size() == 3072 / 8);
            CHECK(node.has_signed(reply, algorithm));
        }
    }
}

TEST_CASE("a certified answer that the handle is missing is signed too") {
    Setting setting;
    Request request = resolution("88.100.1/missing");
    request.flags |= handle::flag::kCertify;
    for (const Reply& reply : setting.ask_both(request)) {
        CHECK(reply.rc() == 100);
        CHECK(credential_of(reply).type == "HS_SIGNED");
    }
}

TEST_CASE("an answer that nobody wants certified carries no signature") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(resolution(kP))) CHECK(reply.credential().empty());
}

}  // namespace idnode::testing
