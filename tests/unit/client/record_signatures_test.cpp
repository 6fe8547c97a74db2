// Signed records, §2.9, with keys made for the test.
#include "tools/record_signatures.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include "registry/json/encoding.h"
#include "registry/json/key_json.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/sm2.h"
#include "tests/support/signed_record.h"
#include "tests/support/vectors.h"

using namespace idnode;
using namespace idnode::tools;
using test::party;
using test::record_signature;
using test::with_chain;
namespace bj = boost::json;

namespace {

constexpr std::int64_t kNow = 1'800'000'000;
const std::string kHandle = "88.100.1/a";

const std::string kRoot = "300:0.0/0.0";
const std::string kRegistrar = "300:0.NA/88";
const std::string kOwner = "300:0.NA/88.100.1";

/// A certificate that holds for a minute from `kNow` on, unless it is told otherwise.
std::string certificate(const std::string& issuer, const std::string& subject,
                        const std::string& permission = "everything",
                        const std::string& named = "0.NA/88", std::int64_t expires = kNow + 60) {
    return test::certificate(issuer, subject, expires, {permission, named});
}

std::vector<handle::Value> record() {
    return {{.index = 1, .type = "URL", .data = to_bytes("https://e.example")},
            {.index = 2, .type = "DESC", .data = to_bytes("two")}};
}

/// The record with a signature by its owner over all values.
std::vector<handle::Value> signed_record(bj::object more = {}, const std::string& about = kHandle) {
    std::vector<handle::Value> values = record();
    values.push_back(
        {.index = 400,
         .type = "HS_SIGNATURE",
         .data = to_bytes(record_signature(about, values, party(kOwner), std::move(more)))});
    return values;
}

SignatureVerdict verdict_of(const std::vector<handle::Value>& values,
                            const std::vector<std::string>& published = {}) {
    const std::vector<Bytes> roots{party(kRoot).signer->public_key()};
    const auto certificates = [&](const std::string&) -> Result<std::vector<handle::Value>> {
        std::vector<handle::Value> out;
        for (const std::string& one : published) {
            out.push_back({.index = 401, .type = "HS_CERT", .data = to_bytes(one)});
        }
        return out;
    };
    const auto verdicts = verify_signatures(
        kHandle, values, {.roots = roots, .certificates = certificates, .now = kNow});
    REQUIRE(verdicts.size() == 1);
    return verdicts.front();
}

bool fails_with(const SignatureVerdict& verdict, std::string_view reason) {
    INFO(verdict.reason);
    CHECK_FALSE(verdict.valid);
    return verdict.reason.find(reason) != std::string::npos;
}

std::string by_root() {
    return certificate(kRoot, kRegistrar);
}
std::string by_registrar() {
    return certificate(kRegistrar, kOwner);
}

}  // namespace

TEST_CASE("a signature is valid whose chain, given or published, ends at a trusted root key") {
    const auto given = verdict_of(signed_record(with_chain({by_registrar(), by_root()})));
    CHECK(given.reason == "");
    CHECK(given.valid);
    CHECK(given.covered == std::vector<std::int32_t>{1, 2});
    const auto published = verdict_of(signed_record(), {by_root(), by_registrar()});
    CHECK(published.reason == "");
    CHECK(published.valid);
    const auto self_issued = verdict_of(
        signed_record(with_chain({by_registrar(), by_root(), certificate(kRoot, kRoot)})));
    CHECK(self_issued.valid);
}

TEST_CASE("a value that was changed, removed or is not covered shows") {
    const bj::object chain = with_chain({by_registrar(), by_root()});
    auto changed = signed_record(chain);
    changed[1].data = to_bytes("three");
    CHECK(fails_with(verdict_of(changed), "value 2 was changed"));
    auto removed = signed_record(chain);
    removed.erase(removed.begin());
    CHECK(fails_with(verdict_of(removed), "value 1 is missing"));
    auto added = signed_record(chain);
    added.push_back({.index = 3, .type = "DESC", .data = to_bytes("new")});
    const std::vector<SignatureVerdict> verdicts{verdict_of(added)};
    CHECK(verdicts.front().valid);
    CHECK(uncovered_values(added, verdicts) == std::vector<std::int32_t>{3});
    auto later = signed_record(chain);
    later[0].timestamp = 77;
    CHECK(verdict_of(later).valid);
}

TEST_CASE("a chain that does not hold makes the signature worthless") {
    CHECK(fails_with(verdict_of(signed_record()), "there is no certificate"));
    CHECK(fails_with(verdict_of(signed_record(with_chain({by_root(), by_registrar()}))),
                     "is not that of"));
    const auto expired = certificate(kRegistrar, kOwner, "everything", "", kNow - 1);
    CHECK(fails_with(verdict_of(signed_record(with_chain({expired, by_root()}))), "has expired"));
    const auto narrow = certificate(kRegistrar, kOwner, "thisHandle", "88.100.1/b");
    CHECK(fails_with(verdict_of(signed_record(with_chain({narrow, by_root()}))), "may not vouch"));
    const auto wide = certificate(kRegistrar, kOwner, "derivedPrefixes", "0.NA/88.100");
    CHECK(verdict_of(signed_record(with_chain({wide, by_root()}))).valid);
    const auto under = certificate(kRegistrar, kOwner, "handlesUnderThisPrefix", "0.NA/88.100.1");
    CHECK(verdict_of(signed_record(with_chain({under, by_root()}))).valid);
}

TEST_CASE("a self-issued certificate of nobody trusted, and a circle, end a chain") {
    const auto self = certificate(kRegistrar, kRegistrar);
    CHECK(fails_with(verdict_of(signed_record(with_chain({by_registrar(), self}))),
                     "nobody vouches for"));
    const std::string a = "300:0.NA/88.1";
    const std::string b = "300:0.NA/88.2";
    CHECK(fails_with(
        verdict_of(signed_record(), {certificate(a, kOwner), certificate(b, a), certificate(a, b)}),
        "circle"));
}

TEST_CASE("a signature of another record, out of date, or no signature at all is not valid") {
    const bj::object chain = with_chain({by_registrar(), by_root()});
    CHECK(fails_with(verdict_of(signed_record(chain, "88.100.1/b")), "it is about 88.100.1/b"));
    bj::object early = chain;
    early["nbf"] = kNow + 5;
    CHECK(fails_with(verdict_of(signed_record(early)), "not valid yet"));
    for (const char* text : {"", "a.b", "a.b.c", "{}", "e30.e30.e30", "{\"payload\":7}"}) {
        auto values = record();
        values.push_back({.index = 400, .type = "HS_SIGNATURE", .data = to_bytes(text)});
        CHECK_FALSE(verdict_of(values).valid);
    }
}

// The reference implementation made these. What vouches for their keys is made here.
TEST_CASE("signatures of the reference implementation verify with the keys that they name only") {
    const std::string intermediate = "300:0.NA/0.NA";
    const auto key_named = [](std::string_view name) {
        return test::wire_vector("key-public-" + std::string(name)).octets;
    };
    const auto vouched = [](const std::string& subject, const Bytes& key) {
        return test::jws(
            {{"iss", kRoot},
             {"sub", subject},
             {"publicKey", *json::write_key(key)},
             {"perms", bj::array{bj::object{{"handle", "0.NA/88"}, {"perm", "everything"}}}}},
            party(kRoot));
    };
    const auto text_of = [](const test::WireVector& vector) {
        return handle::Value{.index = 400, .type = "HS_SIGNATURE", .data = vector.octets};
    };

    for (const char* name : {"rsa2048", "dsa1024"}) {
        CAPTURE(name);
        const auto& vector = test::wire_vector("signature-values-" + std::string(name));
        REQUIRE(vector.decoded().at("key").as_string() == name);
        std::vector<handle::Value> values;
        for (const auto& entry : vector.decoded().at("values").as_array()) {
            values.push_back(
                {.index = static_cast<std::int32_t>(entry.at("index").as_int64()),
                 .type = std::string(entry.at("type").as_string()),
                 .data = test::from_hex(std::string(entry.at("dataHex").as_string()))});
        }
        values.push_back(text_of(vector));
        const auto verdict = verdict_of(values, {vouched(kOwner, key_named(name))});
        CHECK(verdict.reason == "");
        CHECK(verdict.valid);
        CHECK(verdict.covered == std::vector<std::int32_t>{1, 2, 100});
        const char* other = std::string_view(name) == "rsa2048" ? "rsa1024" : "dsa2048";
        CHECK_FALSE(verdict_of(values, {vouched(kOwner, key_named(other))}).valid);
    }

    // The certificate says that the owner has the key rsa1024, whose private half is a vector too.
    const auto& certificate = test::wire_vector("signature-certificate-rsa2048");
    const std::string in_between(as_text(certificate.octets));
    const test::Party owner{kOwner,
                            *crypto::make_signer(test::wire_vector("key-private-rsa1024").octets)};
    std::vector<handle::Value> values = record();
    values.push_back({.index = 400,
                      .type = "HS_SIGNATURE",
                      .data = to_bytes(record_signature(kHandle, values, owner))});
    const std::string by_root = vouched(intermediate, key_named("rsa2048"));
    const auto verdict = verdict_of(values, {in_between, by_root});
    CHECK(verdict.reason == "");
    CHECK(verdict.valid);
    CHECK_FALSE(
        verdict_of(values, {in_between, vouched(intermediate, key_named("rsa1024"))}).valid);
}

TEST_CASE("a record of an industrial network is signed with SM2 under that network's own root") {
    const Bytes root = *crypto::generate_sm2_key();
    const Bytes root_key = *crypto::public_key_of(root);
    auto values = record();
    const bj::object digest{{"index", 1}, {"digest", test::digest_of(values[0])}};
    const bj::object claims{{"iss", "300:88.111.1/0.0"},
                            {"sub", kHandle},
                            {"digests", {{"alg", "SHA-256"}, {"digests", bj::array{digest}}}},
                            {"chain", bj::array{}}};
    const std::string text = test::base64url(R"({"alg":"SM2256"})") + '.' + test::base64url(bj::serialize(claims));
    std::string signature = text + '.';
    json::append_base64url(
        *crypto::sign_with_sm2(root, crypto::kSm2DefaultIdentifier, as_bytes_view(text)),
        signature);
    values.push_back({.index = 401, .type = "HS_SIGNATURE", .data = to_bytes(signature)});

    const std::vector<Bytes> roots{*crypto::canonical_public_key(root_key)};
    const auto nothing = [](const std::string&) {
        return Result<std::vector<handle::Value>>(std::vector<handle::Value>{});
    };
    Trust trust{.roots = roots, .certificates = nothing, .now = kNow};
    CHECK_FALSE(verify_signatures(kHandle, values, trust).front().valid);
    trust.root_handle = "88.111.1/0.0";
    const auto verdict = verify_signatures(kHandle, values, trust).front();
    CHECK(verdict.reason == "");
    CHECK(verdict.valid);
    CHECK(verdict.covered == std::vector<std::int32_t>{1});

    const auto key = json::read_key(*json::write_sm2_key(root_key), json::Place{});
    REQUIRE(key);
    CHECK(*key == root_key);
}
