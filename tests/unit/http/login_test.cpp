// Who sends a request: §8.7.

#include <catch2/catch.hpp>
#include <regex>

#include "proto/handle/challenge.h"
#include "tests/support/client_certificate.h"
#include "tests/unit/http/rest_fixture.h"

using namespace idnode;
using namespace idnode::test;

namespace {

constexpr std::string_view kNew = "/api/handles/88.100.1/new";

/// What a client does with a challenge: `name="value"` of a field or an answer's JSON.
struct Challenged {
    std::string session;
    Bytes nonce;
};

std::string parameter(const std::string& field, const std::string& name) {
    std::smatch found;
    return std::regex_search(field, found, std::regex(name + "=\"([^\"]*)\"")) ? found[1].str()
                                                                               : std::string();
}

Challenged challenged(const http::Response& response) {
    REQUIRE(response.result() == Status::unauthorized);
    const auto lines = challenges(response);
    REQUIRE_FALSE(lines.empty());
    auto nonce = json::parse_base64(parameter(lines.front(), "nonce"));
    REQUIRE(nonce);
    CHECK(nonce->size() == 16);
    return {parameter(lines.front(), "sessionId"), *nonce};
}

Challenged opened(const http::Response& response) {
    const auto json = object_of(response);
    auto nonce = json::parse_base64(text_of(json.at("nonce")));
    REQUIRE(nonce);
    return {text_of(json.at("sessionId")), *nonce};
}

const Bytes kCnonce = to_bytes("0123456789abcdef");

/// A proof with a secret in the words of §8.7.
std::string secret_proof(const Challenged& challenge, std::string_view secret,
                         crypto::SecretAlgorithm algorithm, std::string_view name,
                         std::string_view id = "301%3A0.NA/88.100.1") {
    static const auto entropy = crypto::make_entropy();
    const auto answer = crypto::answer_with_secret(as_bytes_view(secret),
                                                   {challenge.nonce, kCnonce}, algorithm, *entropy);
    REQUIRE(answer);
    const auto parts = handle::decode_secret_key_answer(*answer, {2, 11});
    REQUIRE(parts);
    std::string out = "Handle version=\"0\", sessionId=\"" + challenge.session + "\", id=\"" +
                      std::string(id) + "\", type=\"HS_SECKEY\", cnonce=\"" + base64(kCnonce) +
                      "\", alg=\"" + std::string(name) + "\", signature=\"" + base64(parts->code) +
                      "\"";
    if (algorithm == crypto::SecretAlgorithm::kPbkdf2HmacSha1) {
        out += ", salt=\"" + base64(parts->salt) + "\", iterations=\"" +
               std::to_string(parts->iterations) + "\", length=\"" + std::to_string(parts->bits) +
               "\"";
    }
    return out;
}

std::string key_proof(const Challenged& challenge, model::Signer::Hash hash, std::string_view name,
                      const Bytes& key = test_key()) {
    const auto signer = crypto::make_signer(key);
    Bytes data = challenge.nonce;
    data.insert(data.end(), kCnonce.begin(), kCnonce.end());
    const auto signature = (*signer)->sign(hash, data);
    REQUIRE(signature);
    return "Handle sessionId=\"" + challenge.session +
           "\", ID=\"300%3A0.NA%2F88.100.1\", Type=\"HS_PUBKEY\", cnonce=\"" + base64(kCnonce) +
           "\", alg=\"" + std::string(name) + "\", signature=\"" + base64(*signature) + "\"";
}

http::Response put_as(RestNode& node, const std::string& authorization,
                      std::string_view target = kNew) {
    return node.put_json(target, url_value(1), {{"Authorization", authorization}});
}

http::Response put_as_nobody(RestNode& node, Fields fields = {}) {
    fields.emplace("Content-Type", "application/json");
    return node.send(Method::put, kNew, fields, url_value(1));
}

Bytes certificate(const testing::Subject& subject, const Bytes& private_key = test_key()) {
    return testing::client_certificate(subject, private_key);
}

}  // namespace

TEST_CASE("88: PUT without credentials over HTTPS is a 401 with both WWW-Authenticate lines") {
    RestNode node;
    const auto response = put_as_nobody(node);
    CHECK(response.result() == Status::unauthorized);
    CHECK(object_of(response) == bj::parse(R"({"responseCode":402,"handle":"88.100.1/new"})"));
    const auto lines = challenges(response);
    REQUIRE(lines.size() == 2);
    CHECK(std::regex_match(
        lines[0], std::regex("Handle sessionId=\"[0-9a-f]+\", nonce=\"[A-Za-z0-9+/]{22}==\"")));
    CHECK(lines[1] == "Basic realm=\"handle\"");
}

TEST_CASE("scripts and clients with another scheme are not offered Basic") {
    RestNode node;
    CHECK(challenges(put_as_nobody(node, {{"X-Requested-With", "XMLHttpRequest"}})).size() == 1);
    CHECK(challenges(put_as(node, "Handle version=\"0\"")).size() == 1);
    CHECK(challenges(put_as(node, "Bearer abc")).size() == 1);
    CHECK(challenges(put_as(node, basic("301%3A0.NA/88.100.1", "wrong"))).size() == 2);
}

TEST_CASE("over plain HTTP a change is a 403, with credentials as without") {
    RestNode node;
    node.secure = false;
    for (const auto& response : {put_as_nobody(node), put_as(node, as_admin())}) {
        CHECK(response.result() == Status::forbidden);
        CHECK(code_of(response) == 402);
        CHECK(challenges(response).empty());
    }
    CHECK(node.get(kNew).result() == Status::not_found);
}

TEST_CASE("Basic: the name is percent-encoded, the secret everything behind the first colon") {
    RestNode node;
    CHECK(put_as(node, as_admin()).result() == Status::created);
    CHECK(put_as(node, basic("301%3a0.na/88.100.1", kSecret)).result() == Status::ok);
    // Index 0 means any key of the handle.
    CHECK(put_as(node, basic("0.NA/88.100.1", kSecret)).result() == Status::ok);
}

TEST_CASE("92: Basic with a wrong secret is a 401") {
    RestNode node;
    for (const std::string_view secret : {"wrong", "", "the secret: of 301"}) {
        const auto response = put_as(node, basic("301%3A0.NA/88.100.1", secret));
        CHECK(response.result() == Status::unauthorized);
        CHECK(code_of(response) == 402);
        CHECK_FALSE(parameter(challenges(response).front(), "error").empty());
    }
    CHECK(node.get(kNew).result() == Status::not_found);
}

TEST_CASE("a secret that another node keeps is checked there") {
    class OtherNode final : public resolver::RemoteIdentities {
      public:
        Result<std::vector<handle::Value>> values(std::string_view handle,
                                                  resolver::Deadline) override {
            return Error{Errc::kNotFound, std::string(handle)};
        }
        Result<service::SecretVerdict> ask_about_secret(const handle::VerifyRequest& question,
                                                        handle::Version version,
                                                        resolver::Deadline) override {
            return service::SecretVerdict{
                .is_valid = crypto::verify_secret_answer(as_bytes_view("theirs"),
                                                         {question.nonce, question.digest},
                                                         question.signed_response, version)};
        }
    };
    OtherNode other;
    RestNode node;
    node.put("88.100.1/shared", {admin_value(100, 0x0FFF, "77.1/boss", 300)});
    const std::string path = "/api/handles/88.100.1/shared?index=1";
    const std::string boss = basic("300%3A77.1/boss", "theirs");
    CHECK(put_as(node, boss, path).result() == Status::unauthorized);
    node.context.remote = &other;
    CHECK(put_as(node, boss, path).result() == Status::created);
    CHECK(put_as(node, basic("300%3A77.1/boss", "wrong"), path).result() == Status::unauthorized);
}

TEST_CASE("57: an identity without rights is a 403 with code 400, whatever its secret") {
    RestNode node;
    for (const std::string_view secret : {"other", "wrong"}) {
        const auto response = put_as(node, basic("302%3A0.NA/88.100.1", secret));
        CHECK(response.result() == Status::forbidden);
        CHECK(code_of(response) == 400);
        CHECK_THAT(text_of(object_of(response).at("message")),
                   Catch::Contains("302:0.NA/88.100.1"));
    }
}

TEST_CASE("59: a secret for an index that holds a public key is a 401") {
    RestNode node;
    CHECK(put_as(node, basic("300%3A0.NA/88.100.1", kSecret)).result() == Status::unauthorized);
}

TEST_CASE("credentials that cannot be read are a 401 that says why") {
    RestNode node;
    for (const std::string& field :
         {std::string("Basic"), std::string("Basic !!!"), "Basic " + base64("no colon"),
          "Basic " + base64("301%zz:x"), "Basic " + base64("4294967296%3A0.NA/88.100.1:x"),
          std::string("Handle sessionId"), std::string("Handle sessionId=\"a"),
          std::string("Handle version=\"7\""), std::string("Handle cnonce=\"?\"")}) {
        INFO(field);
        const auto response = put_as(node, field);
        CHECK(response.result() == Status::unauthorized);
        CHECK_FALSE(parameter(challenges(response).front(), "error").empty());
    }
}

TEST_CASE("every algorithm of §8.7 for secrets authenticates, under all its names") {
    RestNode node;
    using enum crypto::SecretAlgorithm;
    const std::vector<std::pair<std::string, crypto::SecretAlgorithm>> algorithms{
        {"SHA1", kSha1},
        {"SHA-1", kSha1},
        {"SHA256", kSha256},
        {"SHA-256", kSha256},
        {"MD5", kMd5},
        {"HMAC-SHA1", kHmacSha1},
        {"HMAC-SHA256", kHmacSha256},
        {"PBKDF2-HMAC-SHA1", kPbkdf2HmacSha1},
        {"PBKDF2WithHmacSHA1", kPbkdf2HmacSha1}};
    for (const auto& [name, algorithm] : algorithms) {
        INFO(name);
        const auto right = challenged(put_as_nobody(node));
        const auto status = put_as(node, secret_proof(right, kSecret, algorithm, name)).result();
        CHECK((status == Status::created || status == Status::ok));
        const auto wrong = challenged(put_as_nobody(node));
        CHECK(put_as(node, secret_proof(wrong, "wrong", algorithm, name)).result() ==
              Status::unauthorized);
    }
}

TEST_CASE("every algorithm of §8.7 for keys authenticates; MD5 does not") {
    RestNode node;
    using Hash = model::Signer::Hash;
    const std::vector<std::pair<std::string, Hash>> algorithms{{"SHA1", Hash::kSha1},
                                                               {"SHA-1", Hash::kSha1},
                                                               {"SHA256", Hash::kSha256},
                                                               {"SHA-256", Hash::kSha256}};
    for (const auto& [name, hash] : algorithms) {
        INFO(name);
        const auto challenge = challenged(put_as_nobody(node));
        const auto status = put_as(node, key_proof(challenge, hash, name)).result();
        CHECK((status == Status::created || status == Status::ok));
    }
    const auto challenge = challenged(put_as_nobody(node));
    CHECK(put_as(node, key_proof(challenge, Hash::kSha256, "MD5")).result() ==
          Status::unauthorized);
    const Bytes other = *crypto::generate_rsa_key();
    const auto again = challenged(put_as_nobody(node));
    CHECK(put_as(node, key_proof(again, Hash::kSha256, "SHA256", other)).result() ==
          Status::unauthorized);
}

TEST_CASE("an unknown type or algorithm and absurd parameters are a 401, computed for nothing") {
    RestNode node;
    const auto refused = [&](std::string_view with, std::string_view without) {
        const auto challenge = challenged(put_as_nobody(node));
        std::string proof = secret_proof(
            challenge, kSecret, crypto::SecretAlgorithm::kPbkdf2HmacSha1, "PBKDF2-HMAC-SHA1");
        const std::size_t at = proof.find(without);
        REQUIRE(at != std::string::npos);
        proof.replace(at, without.size(), with);
        CHECK(put_as(node, proof).result() == Status::unauthorized);
    };
    refused("FOO", "HS_SECKEY");
    refused("hs_seckey", "HS_SECKEY");
    refused("SHA512", "PBKDF2-HMAC-SHA1");
    refused("iterations=\"2147483647\"", "iterations=\"10000\"");
    refused("iterations=\"-1\"", "iterations=\"10000\"");
    refused("iterations=\"0\"", "iterations=\"10000\"");
    refused("length=\"1073741824\"", "length=\"160\"");
}

TEST_CASE("a session that was authenticated by a proof needs only its id from then on") {
    RestNode node;
    const auto challenge = challenged(put_as_nobody(node));
    const std::string by_id = "Handle sessionId=\"" + challenge.session + "\"";
    CHECK(put_as(node, by_id).result() == Status::unauthorized);
    CHECK(put_as(node, secret_proof(challenge, kSecret, crypto::SecretAlgorithm::kHmacSha256,
                                    "HMAC-SHA256"))
              .result() == Status::created);
    CHECK(put_as(node, by_id).result() == Status::ok);
    CHECK(indexes_of(node.get("/api/handles/88.100.1/mixed", {{"Authorization", by_id}})) ==
          std::vector<std::int64_t>{1, 2, 100});
}

TEST_CASE("a proof in a lookup that needs none authenticates its session all the same") {
    RestNode node;
    const auto challenge = challenged(put_as_nobody(node));
    const std::string proof =
        secret_proof(challenge, kSecret, crypto::SecretAlgorithm::kSha256, "SHA256");
    CHECK(node.get("/api/handles/88.100.1/r1", {{"Authorization", proof}}).result() == Status::ok);
    CHECK(put_as(node, "Handle sessionId=\"" + challenge.session + "\"").result() ==
          Status::created);
}

TEST_CASE("a nonce is used up by the first proof about it, right or wrong") {
    RestNode node;
    const auto challenge = challenged(put_as_nobody(node));
    const auto proof = [&](std::string_view secret) {
        return secret_proof(challenge, secret, crypto::SecretAlgorithm::kSha256, "SHA256");
    };
    const auto failed = put_as(node, proof("wrong"));
    CHECK(challenged(failed).session == challenge.session);
    CHECK(challenged(failed).nonce != challenge.nonce);
    const auto next = challenged(put_as(node, proof(kSecret)));
    const std::string right =
        secret_proof(next, kSecret, crypto::SecretAlgorithm::kSha256, "SHA256");
    CHECK(put_as(node, right).result() == Status::created);
    CHECK(put_as(node, right).result() == Status::unauthorized);
}

TEST_CASE("a client that wants to know the server gets its signature over both nonces") {
    RestNode node;
    const auto response = put_as(node, "Handle cnonce=\"" + base64(kCnonce) + "\"");
    const std::string line = challenges(response).front();
    CHECK(parameter(line, "serverAlg") == "SHA256");
    Bytes data = challenged(response).nonce;
    data.insert(data.end(), kCnonce.begin(), kCnonce.end());
    CHECK(parameter(line, "serverSignature") ==
          base64(*node.signer.sign(model::Signer::Hash::kSha256, data)));
    CHECK(parameter(challenges(put_as_nobody(node)).front(), "serverSignature").empty());
}

TEST_CASE("a session ends after thirty minutes without use") {
    RestNode node;
    const auto challenge = challenged(put_as_nobody(node));
    put_as(node, secret_proof(challenge, kSecret, crypto::SecretAlgorithm::kSha256, "SHA256"));
    const std::string by_id = "Handle sessionId=\"" + challenge.session + "\"";
    node.clock.time += 29 * 60'000;
    CHECK(put_as(node, by_id).result() == Status::ok);
    node.clock.time += 29 * 60'000;
    CHECK(put_as(node, by_id).result() == Status::ok);
    node.clock.time += 31 * 60'000;
    const auto late = put_as(node, by_id);
    CHECK(late.result() == Status::unauthorized);
    CHECK_FALSE(parameter(challenges(late).front(), "error").empty());
    CHECK(challenged(late).session != challenge.session);
}

TEST_CASE("a client certificate stands for the identity in its UID, CN or O") {
    RestNode node;
    const std::string id = "300:0.NA/88.100.1";
    using testing::Subject;
    for (const Subject& subject :
         {Subject{{"UID", id}}, Subject{{"CN", id}}, Subject{{"O", id}},
          Subject{{"CN", "somebody"}, {"UID", id}}, Subject{{"O", "somebody"}, {"CN", id}}}) {
        node.certificate = certificate(subject);
        CHECK(put_as(node, "Handle clientCert=\"true\"").result() != Status::unauthorized);
        CHECK(node.remove(kNew, {{"Authorization", "Handle clientCert=\"true\""}}).result() !=
              Status::unauthorized);
    }
    CHECK(put_as(node, "Handle renegotiate=\"true\", clientCert=\"true\"").result() == Status::ok);
    CHECK(put_as_nobody(node).result() == Status::ok);
}

TEST_CASE("a client certificate with another key than the record's is a 401") {
    RestNode node;
    const Bytes other = *crypto::generate_rsa_key();
    node.certificate = certificate({{"UID", "300:0.NA/88.100.1"}}, other);
    CHECK(put_as(node, "Handle clientCert=\"true\"").result() == Status::unauthorized);
    node.certificate = certificate({{"UID", "301:0.NA/88.100.1"}});
    CHECK(put_as(node, "Handle clientCert=\"true\"").result() == Status::unauthorized);
    node.certificate.resize(node.certificate.size() / 2);
    CHECK(put_as(node, "Handle clientCert=\"true\"").result() == Status::unauthorized);
    node.certificate.clear();
    CHECK(put_as(node, "Handle clientCert=\"true\"").result() == Status::unauthorized);
}

TEST_CASE("a certificate that names nobody leaves its holder a stranger") {
    RestNode node;
    node.certificate = certificate({{"CN", "anonymous"}});
    CHECK(indexes_of(node.get("/api/handles/88.100.1/mixed")) == std::vector<std::int64_t>{1, 100});
    CHECK(put_as_nobody(node).result() == Status::unauthorized);
    CHECK(put_as(node, as_admin()).result() == Status::created);
}

TEST_CASE("the sessions API opens, authenticates, shows and ends a session") {
    RestNode node;
    const auto created = node.send(Method::post, "/api/sessions");
    CHECK(created.result() == Status::created);
    CHECK(field(created, "Location") == "/api/sessions/this");
    CHECK(field(created, "Cache-Control") == "no-store");
    const auto session = opened(created);
    const Fields by_id{{"Authorization", "Handle sessionId=\"" + session.session + "\""}};
    const auto state = [&] { return object_of(node.get("/api/sessions/this", by_id)); };
    CHECK(state().at("authenticated") == false);

    const std::string proof =
        secret_proof(session, kSecret, crypto::SecretAlgorithm::kHmacSha256, "HMAC-SHA256");
    const std::string body = R"({"version":"0","sessionId":")" + session.session +
                             R"(","id":"301:0.NA/88.100.1","type":"HS_SECKEY","cnonce":")" +
                             base64(kCnonce) + R"(","alg":"HMAC-SHA256","signature":")" +
                             parameter(proof, "signature") + "\"}";
    const auto done = node.send(Method::put, "/api/sessions/this", {}, body);
    CHECK(done.result() == Status::ok);
    const auto json = object_of(done);
    CHECK(json.at("authenticated") == true);
    CHECK(text_of(json.at("id")) == "301:0.NA/88.100.1");
    CHECK(text_of(json.at("sessionId")) == session.session);
    CHECK(opened(done).nonce != session.nonce);
    CHECK(state().at("authenticated") == true);
    const auto by_post = node.send(Method::post, "/api/sessions/this", {},
                                   R"({"sessionId":")" + session.session + "\"}");
    CHECK(object_of(by_post) == state());
    CHECK(put_as(node, by_id.at("Authorization")).result() == Status::created);

    CHECK(node.send(Method::delete_, "/api/sessions/this", by_id).result() == Status::no_content);
    CHECK(node.get("/api/sessions/this", by_id).result() == Status::forbidden);
    CHECK(put_as(node, by_id.at("Authorization")).result() == Status::unauthorized);
}

TEST_CASE("a session is authenticated by a proof in the field and by a certificate too") {
    RestNode node;
    const auto session = opened(node.send(Method::post, "/api/sessions"));
    const auto by_key =
        node.send(Method::put, "/api/sessions/this",
                  {{"Authorization", key_proof(session, model::Signer::Hash::kSha256, "SHA256")}});
    CHECK(by_key.result() == Status::ok);
    CHECK(text_of(object_of(by_key).at("id")) == "300:0.NA/88.100.1");

    const auto other = opened(node.send(Method::post, "/api/sessions"));
    const Fields fields{
        {"Authorization", "Handle sessionId=\"" + other.session + "\", clientCert=\"true\""}};
    CHECK(node.send(Method::put, "/api/sessions/this", fields).result() == Status::unauthorized);
    node.certificate = certificate({{"UID", "300:0.NA/88.100.1"}});
    CHECK(node.send(Method::put, "/api/sessions/this", fields).result() == Status::ok);
}

TEST_CASE("a failed proof in the sessions API is a 401 that says why, with another nonce") {
    RestNode node;
    const auto session = opened(node.send(Method::post, "/api/sessions"));
    const auto failed =
        node.send(Method::put, "/api/sessions/this",
                  {{"Authorization",
                    secret_proof(session, "wrong", crypto::SecretAlgorithm::kSha256, "SHA256")}});
    CHECK(failed.result() == Status::unauthorized);
    const auto json = object_of(failed);
    CHECK_FALSE(text_of(json.at("error")).empty());
    CHECK(json.at("authenticated") == false);
    CHECK(opened(failed).nonce != session.nonce);
    REQUIRE(node.audit.events.size() == 1);
    CHECK(node.audit.events.front().who == "301:0.NA/88.100.1");
}

TEST_CASE("the server signs for a client that opens a session with a nonce of its own") {
    RestNode node;
    const auto response =
        node.send(Method::post, "/api/sessions", {}, R"({"cnonce":")" + base64(kCnonce) + "\"}");
    Bytes data = opened(response).nonce;
    data.insert(data.end(), kCnonce.begin(), kCnonce.end());
    CHECK(text_of(object_of(response).at("serverSignature")) ==
          base64(*node.signer.sign(model::Signer::Hash::kSha256, data)));
    CHECK(text_of(object_of(response).at("serverAlg")) == "SHA256");
}

TEST_CASE("no session, an unknown one and plain HTTP are a 403 in the sessions API") {
    RestNode node;
    const auto session = opened(node.send(Method::post, "/api/sessions"));
    const Fields known{{"Authorization", "Handle sessionId=\"" + session.session + "\""}};
    for (const Method method : {Method::get, Method::put, Method::delete_}) {
        CHECK(node.send(method, "/api/sessions/this").result() == Status::forbidden);
        CHECK(node.send(method, "/api/sessions/this",
                        {{"Authorization", "Handle sessionId=\"0123\""}})
                  .result() == Status::forbidden);
        node.secure = false;
        CHECK(node.send(method, "/api/sessions/this", known).result() == Status::forbidden);
        node.secure = true;
    }
    node.secure = false;
    CHECK(node.send(Method::post, "/api/sessions").result() == Status::forbidden);
}

TEST_CASE("H33: session ids are random, and nothing but the whole id finds a session") {
    RestNode node;
    const std::string id = opened(node.send(Method::post, "/api/sessions")).session;
    CHECK(id.size() >= 2 * 16);
    CHECK(opened(node.send(Method::post, "/api/sessions")).session.substr(0, 8) != id.substr(0, 8));
    for (std::size_t i = 0; i < id.size(); ++i) {
        std::string other = id;
        other[i] = other[i] == '0' ? '1' : '0';
        CHECK(node.get("/api/sessions/this",
                       {{"Authorization", "Handle sessionId=\"" + other + "\""}})
                  .result() == Status::forbidden);
    }
    CHECK(node.get("/api/sessions/this",
                   {{"Authorization", "Handle sessionId=\"" + id.substr(0, 16) + "\""}})
              .result() == Status::forbidden);
}

TEST_CASE("H21: a source that opens sessions without end loses its own, nobody else's") {
    RestNode node({.sessions_max = 12, .sessions_per_source_max = 4});
    const auto open = [&] { return opened(node.send(Method::post, "/api/sessions")); };
    const auto lives = [&](const Challenged& session) {
        return node.get("/api/sessions/this",
                        {{"Authorization", "Handle sessionId=\"" + session.session + "\""}})
                   .result() == Status::ok;
    };
    node.peer.address.fill(std::byte{1});
    const auto authenticated = open();
    put_as(node, secret_proof(authenticated, kSecret, crypto::SecretAlgorithm::kSha256, "SHA256"));
    const auto honest = open();
    node.peer.address.fill(std::byte{2});
    const auto first = open();
    for (int i = 0; i < 100; ++i) open();
    CHECK_FALSE(lives(first));
    CHECK(lives(honest));

    // Many sources fill the table: those of nobody go first.
    for (unsigned i = 3; i < 100; ++i) {
        node.peer.address.fill(static_cast<std::byte>(i));
        open();
    }
    CHECK_FALSE(lives(honest));
    CHECK(lives(authenticated));
}
