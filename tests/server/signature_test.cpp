// Checks 22 and 23 of §10.1: responses that the server signs. What is covered is written out here
// as §5.6 says it, apart from the code under test.
#include <catch2/catch.hpp>

#include "proto/handle/credential.h"
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
