// The JSON interface of §8 as its clients use it: over HTTPS, against the real node.
#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <latch>
#include <thread>

#include "registry/json/encoding.h"
#include "resolver/crypto/key_file.h"
#include "resolver/crypto/keys.h"
#include "tests/server/setting.h"
#include "tests/support/client_certificate.h"
#include "tests/support/http_client.h"

namespace idnode::testing {
namespace {

using Fields = std::map<std::string, std::string>;

constexpr std::string_view kRecord = "/api/handles/88.100.1/rest";

std::string base64(std::string_view octets) {
    std::string out;
    json::append_base64(as_bytes_view(octets), out);
    return out;
}

/// The server administrator's secret, as `idnode init` made it.
std::string basic(const Setting& setting) {
    std::ifstream file(setting.node().root() / "keys" / "admin.secret");
    const std::string secret{std::istreambuf_iterator<char>(file), {}};
    return "Basic " + base64("301%3A0.NA/88.100:" + secret);
}

HttpClient https(Setting& setting, const TlsOptions& options = {}) {
    return HttpClient(setting.daemon().http_port(), options);
}

HttpReply put(HttpClient& client, std::string_view path, std::string_view body, Fields fields) {
    fields.emplace("Content-Type", "application/json");
    return client.ask(http_request("PUT", path, fields, body));
}

std::string url_value(int index, std::string_view data) {
    return R"({"index":)" + std::to_string(index) + R"(,"type":"URL","data":{"format":"string",)" +
           R"("value":")" + std::string(data) + R"("}})";
}

std::int64_t code_of(const HttpReply& reply) {
    return boost::json::parse(reply.body).at("responseCode").as_int64();
}

/// The data of the values, by index.
std::map<std::int64_t, std::string> values_of(const HttpReply& reply) {
    std::map<std::int64_t, std::string> out;
    const auto json = boost::json::parse(reply.body);
    for (const auto& value : json.at("values").as_array()) {
        out[value.at("index").as_int64()] = boost::json::serialize(value.at("data").at("value"));
    }
    return out;
}

/// What the usual clients do with a record of their own: create it, change one value, read it with
/// their credentials, delete a value and all of it.
void live_through(HttpClient& client, const Fields& who) {
    const auto ask = [&](std::string_view method, std::string_view path) {
        return client.ask(http_request(method, path, who));
    };
    const std::string path(kRecord);
    CHECK(ask("GET", path).status == 404);
    const auto created =
        put(client, path + "?overwrite=false",
            R"({"values":[)" + url_value(1, "http://one") + "," + url_value(2, "http://two") + "," +
                R"({"index":100,"type":"HS_ADMIN","data":{"format":"admin","value":)"
                R"({"handle":"0.NA/88.100","index":200,"permissions":"111111111111"}}}]})",
            who);
    CHECK(created.status == 201);
    CHECK(code_of(created) == 1);
    const auto again = put(client, path + "?overwrite=false", "[]", who);
    CHECK(again.status == 409);
    CHECK(code_of(again) == 101);
    const auto modified = put(client, path + "?index=1&overwrite=true",
                              R"({"values":[)" + url_value(1, "http://new") + "]}", who);
    CHECK(modified.status == 200);
    auto values = values_of(ask("GET", path + "?auth=True"));
    CHECK(values.size() == 3);
    CHECK(values[1] == "\"http://new\"");
    CHECK(values[2] == "\"http://two\"");
    CHECK(ask("DELETE", path + "?index=2").status == 200);
    CHECK(values_of(ask("GET", path)).size() == 2);
    CHECK(ask("DELETE", path).status == 200);
    CHECK(ask("GET", path).status == 404);
}

}  // namespace

TEST_CASE("88 and 89: a record lives through Basic authentication over HTTPS") {
    Setting setting;
    HttpClient client = https(setting);
    const auto refused = put(client, kRecord, "[]", {{"X-Requested-With", "XMLHttpRequest"}});
    CHECK(refused.status == 401);
    CHECK(code_of(refused) == 402);
    CHECK_THAT(refused.field("www-authenticate"), Catch::Contains("sessionId="));
    live_through(client, {{"Authorization", basic(setting)}});
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

TEST_CASE("a record lives through authentication by client certificate") {
    Setting setting;
    const auto key = crypto::read_key_file(setting.node().root() / "keys" / "admin.key");
    REQUIRE(key);
    const auto folder = setting.node().scratch().path();
    write_client_certificate(folder, "client", {{"UID", "300:0.NA/88.100"}}, *key);
    const Fields who{{"Authorization", "Handle clientCert=\"true\""}};
    for (const int version : {0x0303, 0x0304}) {
        HttpClient client = https(setting, {.version = version,
                                            .certificate = folder / "client.crt",
                                            .key = folder / "client.key"});
        live_through(client, who);
    }
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

TEST_CASE("87: over plain HTTP everybody reads what is public, and nobody is asked who they are") {
    Setting setting;
    HttpClient client(setting.daemon().http_port());
    const Fields who{{"Authorization", basic(setting)}};
    CHECK(values_of(client.ask(http_request("GET", "/api/handles/88.100.1/mixed", who))).size() ==
          1);
    const auto restricted =
        client.ask(http_request("GET", "/api/handles/88.100.1/mixed?publicOnly=false", who));
    CHECK(restricted.status == 403);
    CHECK(code_of(restricted) == 402);
    CHECK(put(client, kRecord, "[]", who).status == 403);
    CHECK(values_of(https(setting).ask(http_request("GET", "/api/handles/88.100.1/mixed", who)))
              .size() == 2);
}

TEST_CASE("the server's proof in a challenge is made with the key of its site record") {
    Setting setting;
    HttpClient client = https(setting);
    const std::string cnonce = "0123456789abcdef";
    const auto reply = client.ask(http_request(
        "POST", "/api/sessions", {{"Authorization", "Handle cnonce=\"" + base64(cnonce) + "\""}}));
    CHECK(reply.status == 201);
    const auto json = boost::json::parse(reply.body);
    const auto octets = [&](const char* name) {
        return json::parse_base64(std::string(json.at(name).as_string())).value();
    };
    Bytes data = octets("nonce");
    const Bytes own = to_bytes(cnonce);
    data.insert(data.end(), own.begin(), own.end());
    const auto verified =
        crypto::verify_signature(setting.site().servers.at(0).public_key,
                                 model::Signer::Hash::kSha256, data, octets("serverSignature"));
    REQUIRE(verified);
    CHECK(*verified);
}

TEST_CASE("HEAD and a lookup of what is known have fields, but no body") {
    Setting setting;
    HttpClient client(setting.daemon().http_port());
    const std::string path = "/api/handles/88.100.1/abc";
    const auto got = client.ask(http_request("GET", path));
    client.send(http_request("HEAD", path));
    const auto head = client.receive(kPatience, true);
    REQUIRE(head);
    CHECK(head->status == 200);
    CHECK(head->field("etag") == got.field("etag"));
    CHECK(head->field("content-length") == std::to_string(got.body.size()));
    const auto known =
        client.ask(http_request("GET", path, {{"If-None-Match", got.field("etag")}}));
    CHECK(known.status == 304);
    CHECK(known.body.empty());
    CHECK(client.ask(http_request("GET", path)).status == 200);
}

TEST_CASE("of changes at the same time that name the same version exactly one is made") {
    Setting setting;
    const Fields who{{"Authorization", basic(setting)}};
    HttpClient first = https(setting);
    REQUIRE(put(first, kRecord, url_value(1, "http://begin"), who).status == 201);
    for (int round = 0; round < 2; ++round) {
        const std::string tag = first.ask(http_request("GET", kRecord, who)).field("etag");
        constexpr int kWriters = 4;
        std::vector<unsigned> status(kWriters);
        std::latch together(kWriters);
        std::vector<std::jthread> writers;
        for (int i = 0; i < kWriters; ++i) {
            writers.emplace_back([&, i] {
                HttpClient client = https(setting);
                Fields fields = who;
                fields.emplace("If-Match", tag);
                together.arrive_and_wait();
                status[static_cast<std::size_t>(i)] =
                    put(client, kRecord,
                        url_value(1, "http://" + std::to_string(round) + "/" + std::to_string(i)),
                        fields)
                        .status;
            });
        }
        writers.clear();
        CHECK(std::ranges::count(status, 200U) == 1);
        CHECK(std::ranges::count(status, 412U) == kWriters - 1);
    }
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

TEST_CASE("a handle of another node's prefix is looked up there") {
    const std::string port = std::to_string(free_port());
    Setting upper({"listen.udp_port=" + port, "listen.tcp_port=" + port});
    const NodeFolder lower({.prefix = "88.200", .upstream = {"127.0.0.1:" + port}});
    Daemon daemon(lower);
    HttpClient client(daemon.http_port());
    const auto found = client.ask(http_request("GET", "/api/handles/88.100.1/abc"));
    CHECK(found.status == 200);
    CHECK(values_of(found).size() == 2);
    const auto missing = client.ask(http_request("GET", "/api/handles/88.100.1/none"));
    CHECK(missing.status == 404);
    CHECK(code_of(missing) == 100);
}

}  // namespace idnode::testing
