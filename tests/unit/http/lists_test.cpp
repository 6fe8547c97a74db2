// Lists, homing, the site, verifications: §8.1.

#include <catch2/catch.hpp>

#include "proto/handle/challenge.h"
#include "tests/unit/http/rest_fixture.h"

using namespace idnode;
using namespace idnode::test;

namespace {

const Fields kAdmin{{"Authorization", as_admin()}};
const Fields kServerAdmin{{"Authorization", basic("301%3A0.NA/88.100", kSecret)}};

std::vector<std::string> names(const http::Response& response, std::string_view member) {
    std::vector<std::string> out;
    for (const auto& name : object_of(response).at({member.data(), member.size()}).as_array()) {
        out.push_back(text_of(name));
    }
    return out;
}

/// The query of a verification of a proof with this secret.
std::string verification(std::string_view secret, crypto::SecretAlgorithm algorithm,
                         std::string_view name) {
    static const auto entropy = crypto::make_entropy();
    const Bytes nonce = to_bytes("nonce of server?");
    const Bytes cnonce = to_bytes("\xFB\xFF\xFE nonce of ...");  // has a plus in Base64
    const auto answer =
        crypto::answer_with_secret(as_bytes_view(secret), {nonce, cnonce}, algorithm, *entropy);
    const auto parts = handle::decode_secret_key_answer(*answer, {2, 11});
    REQUIRE(parts);
    return "?nonce=" + base64(nonce) + "&cnonce=" + base64(cnonce) + "&alg=" + std::string(name) +
           "&signature=" + base64(parts->code) + "&salt=" + base64(parts->salt) +
           "&iterations=" + std::to_string(parts->iterations) +
           "&length=" + std::to_string(parts->bits);
}

}  // namespace

TEST_CASE("handles are listed in pages; the total is a text") {
    RestNode node;
    for (int i = 0; i < 5; ++i) {
        node.put("88.100.1/list" + std::to_string(i), {text_value(1, "URL", "x")});
    }
    const std::string path = "/api/handles?prefix=88.100.1";
    const auto all = node.get(path, kAdmin);
    CHECK(all.result() == Status::ok);
    CHECK(names(all, "handles").size() == 7);
    CHECK(text_of(object_of(all).at("totalCount")) == "7");
    CHECK(text_of(object_of(all).at("prefix")) == "88.100.1");

    const auto page = node.get(path + "&page=1&pageSize=2", kAdmin);
    CHECK(names(page, "handles") == std::vector<std::string>{"88.100.1/LIST2", "88.100.1/LIST3"});
    CHECK(object_of(page).at("page") == 1);
    CHECK(object_of(page).at("pageSize") == 2);
    CHECK(text_of(object_of(page).at("totalCount")) == "7");
    CHECK(names(node.get(path + "&page=3&pageSize=2", kAdmin), "handles").size() == 1);
    CHECK(names(node.get(path + "&page=4&pageSize=2", kAdmin), "handles").empty());
    CHECK(names(node.get(path + "&pageSize=3", kAdmin), "handles").size() == 3);

    const auto count = node.get(path + "&pageSize=0", kAdmin);
    CHECK(names(count, "handles").empty());
    CHECK(text_of(object_of(count).at("totalCount")) == "7");
    for (const char* everything : {"&page=2", "&page=-1&pageSize=2", "&page=0&pageSize=-1"}) {
        CHECK(names(node.get(path + everything, kAdmin), "handles").size() == 7);
    }
    CHECK(node.get(path + "&page=9223372036854775807&pageSize=9223372036854775807", kAdmin)
              .result() == Status::ok);
    CHECK(node.get(path + "&page=x", kAdmin).result() == Status::bad_request);
    CHECK(node.send(Method::post, "/api/handles",
                    {{"Authorization", as_admin()}, {"Content-Type", "application/json"}},
                    R"({"prefix":"0.NA/88.100.1","page":0,"pageSize":1})")
              .result() == Status::ok);
}

TEST_CASE("a list needs the right to list, a prefix that is homed here, and a prefix at all") {
    RestNode node;
    CHECK(node.get("/api/handles?prefix=88.100.1").result() == Status::unauthorized);
    CHECK(node.get("/api/handles?prefix=88.100.1",
                   {{"Authorization", basic("302%3A0.NA/88.100.1", "other")}})
              .result() == Status::forbidden);
    const auto foreign = node.get("/api/handles?prefix=99.9", kAdmin);
    CHECK(foreign.result() == Status::bad_request);
    CHECK(code_of(foreign) == 301);
    CHECK(code_of(node.get("/api/handles", kAdmin)) == 4);
    CHECK(code_of(node.get("/api/handles/", kAdmin)) == 4);

    node.context.administration.list_handles = false;
    const auto disabled = node.get("/api/handles?prefix=88.100.1", kAdmin);
    CHECK(disabled.result() == Status::not_implemented);
    CHECK(code_of(disabled) == 5);
}

TEST_CASE("50 to 52: server administrators home, unhome and list prefixes") {
    RestNode node;
    CHECK(node.send(Method::post, "/api/prefixes/88.100.5").result() == Status::unauthorized);
    CHECK(node.send(Method::post, "/api/prefixes/88.100.5", kAdmin).result() == Status::forbidden);
    for (int twice = 0; twice < 2; ++twice) {
        CHECK(node.send(Method::post, "/api/prefixes/88.100.5", kServerAdmin).result() ==
              Status::ok);
    }
    const auto list = node.get("/api/prefixes", kServerAdmin);
    CHECK(names(list, "prefixes") ==
          std::vector<std::string>{"0.NA/0.NA/88.100", "0.NA/88.100.1", "0.NA/88.100.5"});
    CHECK(text_of(object_of(list).at("totalCount")) == "3");
    CHECK(node.get("/api/prefixes").result() == Status::unauthorized);
    CHECK(node.get("/api/prefixes", kAdmin).result() == Status::forbidden);
    for (int twice = 0; twice < 2; ++twice) {
        CHECK(node.send(Method::delete_, "/api/prefixes/0.na%2F88.100.5", kServerAdmin).result() ==
              Status::ok);
    }
    CHECK(names(node.get("/api/prefixes", kServerAdmin), "prefixes").size() == 2);
    const auto no_prefix = node.send(Method::post, "/api/prefixes/88.9/x", kServerAdmin);
    CHECK(no_prefix.result() == Status::bad_request);
    CHECK(code_of(no_prefix) == 102);
    CHECK(node.audit.events.back().operation == handle::OpCode::kUnhomePrefix);
}

TEST_CASE("24: the site is shown to anybody") {
    RestNode node;
    node.secure = false;
    const auto json = object_of(node.get("/api/site"));
    CHECK(json.at("responseCode") == 1);
    CHECK(json.at("site").at("servers").at(0).at("serverId") == 1);
    node.context.site = to_bytes("damaged");
    CHECK(node.get("/api/site").result() == Status::internal_server_error);
}

TEST_CASE("63: a verification says whether a proof with a secret is right, in every algorithm") {
    RestNode node;
    using enum crypto::SecretAlgorithm;
    const std::string path = "/api/verifications/301:0.NA/88.100.1";
    const std::vector<std::pair<std::string, crypto::SecretAlgorithm>> algorithms{
        {"SHA1", kSha1},
        {"SHA256", kSha256},
        {"MD5", kMd5},
        {"HMAC-SHA1", kHmacSha1},
        {"HMAC-SHA256", kHmacSha256},
        {"PBKDF2-HMAC-SHA1", kPbkdf2HmacSha1}};
    for (const auto& [name, algorithm] : algorithms) {
        INFO(name);
        const auto right = node.get(path + verification(kSecret, algorithm, name));
        CHECK(right.result() == Status::ok);
        CHECK(object_of(right).at("isValid") == true);
        const auto wrong = node.get(path + verification("wrong", algorithm, name));
        CHECK(wrong.result() == Status::ok);
        CHECK(object_of(wrong).at("isValid") == false);
    }
    CHECK(node.audit.events.size() == algorithms.size());
    const auto unknown =
        node.get("/api/verifications/301:88.100.1/none" + verification(kSecret, kSha256, "SHA256"));
    CHECK(object_of(unknown).at("isValid") == false);
    const auto encoded = node.get("/api/verifications/301%3A0.NA%2F88.100.1" +
                                  verification(kSecret, kSha256, "SHA256"));
    CHECK(object_of(encoded).at("isValid") == true);
}

TEST_CASE("65: a verification for an identity of another node is a 400 with code 301") {
    RestNode node;
    const auto response =
        node.get("/api/verifications/300:99.9/x" +
                 verification(kSecret, crypto::SecretAlgorithm::kSha256, "SHA256"));
    CHECK(response.result() == Status::bad_request);
    CHECK(code_of(response) == 301);
}

TEST_CASE("H17 and H18: proofs of no form and of absurd cost are refused without computing them") {
    RestNode node;
    const auto status = [&](std::string query) {
        return node.get("/api/verifications/301:0.NA/88.100.1" + query).result();
    };
    std::string query =
        verification(kSecret, crypto::SecretAlgorithm::kPbkdf2HmacSha1, "PBKDF2-HMAC-SHA1");
    REQUIRE(status(query) == Status::ok);
    const auto with = [&](std::string_view was, std::string_view is) {
        std::string out = query;
        return out.replace(out.find(was), was.size(), is);
    };
    CHECK(status(with("iterations=10000", "iterations=2147483647")) == Status::bad_request);
    CHECK(status(with("iterations=10000", "iterations=-1")) == Status::bad_request);
    CHECK(status(with("length=160", "length=1073741824")) == Status::bad_request);
    CHECK(status(with("alg=PBKDF2-HMAC-SHA1", "alg=FOO")) == Status::bad_request);
    CHECK(status(with("&signature=", "&signature=?")) == Status::bad_request);
    CHECK(status("?alg=SHA256") == Status::ok);  // an empty signature is only wrong
}

TEST_CASE("wrong guesses of a secret are limited") {
    RestNode node;
    node.peer.carrier = resolver::Carrier::kTcp;
    const std::string path = "/api/verifications/301:0.NA/88.100.1" +
                             verification("guess", crypto::SecretAlgorithm::kSha256, "SHA256");
    Status last = Status::ok;
    for (int i = 0; i < 200 && last == Status::ok; ++i) last = node.get(path).result();
    CHECK(last == Status::service_unavailable);
}
