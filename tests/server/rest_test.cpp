// The JSON interface of §8 as its clients use it: over HTTPS, against the real node.
#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <latch>
#include <set>
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

/// The server administrator with this secret.
std::string basic(const std::string& secret) {
    return "Basic " + base64("301%3A0.NA/88.100:" + secret);
}
/// With the one that `idnode init` made.
std::string basic(const Setting& setting) {
    return basic(read_file(setting.node().root() / "keys" / "admin.secret"));
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

TEST_CASE("87: what is missing, of another type or restricted, over plain HTTP") {
    Setting setting;
    HttpClient client(setting.daemon().http_port());
    const auto missing = client.ask(http_request("GET", "/api/handles/88.100.1/none"));
    CHECK(missing.status == 404);
    CHECK(code_of(missing) == 100);
    const auto other = client.ask(http_request("GET", "/api/handles/88.100.1/abc?type=EMAIL"));
    CHECK(other.status == 200);
    CHECK(code_of(other) == 200);
    CHECK(values_of(other).empty());
    const auto restricted =
        client.ask(http_request("GET", "/api/handles/0.NA/88.100.1?index=301&publicOnly=false"));
    CHECK(restricted.status == 403);
    CHECK(code_of(restricted) == 402);
}

TEST_CASE("88: PUT without credentials over HTTPS is a 401 with both WWW-Authenticate lines") {
    Setting setting;
    HttpClient client = https(setting);
    const auto refused = put(client, kRecord, "[]", {});
    CHECK(refused.status == 401);
    CHECK(code_of(refused) == 402);
    CHECK_THAT(refused.field("www-authenticate"), Catch::Contains("Handle sessionId=\""));
    CHECK_THAT(refused.field("www-authenticate"), Catch::Contains("nonce=\""));
    CHECK_THAT(refused.field("www-authenticate"), Catch::Contains("Basic realm=\"handle\""));
    const auto script = put(client, kRecord, "[]", {{"X-Requested-With", "XMLHttpRequest"}});
    CHECK(script.status == 401);
    CHECK_THAT(script.field("www-authenticate"), !Catch::Contains("Basic"));
    CHECK(client.ask(http_request("GET", kRecord)).status == 404);
}

TEST_CASE("89: PUT of a new record is a 201, of an existing one a 200, without overwrite a 409") {
    Setting setting;
    HttpClient client = https(setting);
    const Fields who{{"Authorization", basic(setting)}};
    const std::string path(kRecord);
    CHECK(put(client, path, "[" + url_value(1, "http://one") + "]", who).status == 201);
    CHECK(put(client, path, "[" + url_value(1, "http://two") + "]", who).status == 200);
    const auto again =
        put(client, path + "?overwrite=false", "[" + url_value(1, "http://three") + "]", who);
    CHECK(again.status == 409);
    CHECK(code_of(again) == 101);
    CHECK(values_of(client.ask(http_request("GET", path)))[1] == "\"http://two\"");
}

TEST_CASE(
    "90: a body that does not fit its request, no JSON, or broken JSON is a 400 with code 4") {
    Setting setting;
    HttpClient client = https(setting);
    const Fields who{{"Authorization", basic(setting)}};
    const std::string path(kRecord);
    REQUIRE(put(client, path, url_value(1, "http://one"), who).status == 201);
    Fields as_text = who;
    as_text.emplace("Content-Type", "text/plain");
    for (const HttpReply& reply :
         {put(client, path + "?index=3", url_value(2, "http://two"), who),
          put(client, path, url_value(2, "http://two"), as_text), put(client, path, "{\"a", who)}) {
        CHECK(reply.status == 400);
        CHECK(code_of(reply) == 4);
    }
    CHECK(values_of(client.ask(http_request("GET", path))).size() == 1);
}

TEST_CASE("91: DELETE of an index that is not there is a 400 with code 200, and deletes nothing") {
    Setting setting;
    HttpClient client = https(setting);
    const auto reply =
        client.ask(http_request("DELETE", "/api/handles/88.100.1/abc?index=1&index=9",
                                {{"Authorization", basic(setting)}}));
    CHECK(reply.status == 400);
    CHECK(code_of(reply) == 200);
    CHECK(values_of(client.ask(http_request("GET", "/api/handles/88.100.1/abc"))).size() == 2);
}

TEST_CASE("92: Basic with a wrong secret is a 401, and changes nothing") {
    Setting setting;
    HttpClient client = https(setting);
    const auto refused = put(client, kRecord, "[]", {{"Authorization", basic("a guess")}});
    CHECK(refused.status == 401);
    CHECK(code_of(refused) == 402);
    CHECK(client.ask(http_request("GET", kRecord)).status == 404);
}

TEST_CASE("92: guesses of a secret over HTTP are bounded as those by operation 201") {
    Setting setting(Settings{"limits.wrong_answers_per_minute=5"});
    HttpClient client = https(setting);
    for (int i = 0; i < 5; ++i) {
        CHECK(put(client, kRecord, "[]", {{"Authorization", basic("a guess")}}).status == 401);
    }
    const auto refused = put(client, kRecord, "[]", {{"Authorization", basic(setting)}});
    CHECK(refused.status == 503);
    CHECK(code_of(refused) == 3);
    CHECK(client.ask(http_request("GET", "/api/handles/88.100.1/abc")).status == 200);
}

TEST_CASE(
    "H29: a site record that claims a million servers, or port -1, is kept and shown as octets") {
    Setting setting;
    HttpClient client = https(setting);
    const std::size_t before = setting.daemon().process().resident_bytes();
    const Bytes sound = handle::encode_site(setting.site());
    Bytes port = sound;
    ByteWriter(port).patch_u32(port.size() - 4, 0xFFFFFFFF);
    Bytes servers(sound.begin(), sound.begin() + 8);
    ByteWriter(servers).raw(BytesView(sound).subspan(8, 8));  // hash filter, no attributes
    ByteWriter(servers).patch_u32(12, 0);
    ByteWriter(servers).u32(1'000'000);
    int index = 0;
    for (const Bytes& octets : {port, servers}) {
        const std::string value = R"({"index":)" + std::to_string(++index) +
                                  R"(,"type":"HS_SITE","data":{"format":"base64","value":")" +
                                  base64(as_text(octets)) + R"("}})";
        const std::string path = "/api/handles/88.100.1/site-" + std::to_string(index);
        CHECK(put(client, path, "[" + value + "]", {{"Authorization", basic(setting)}}).status ==
              201);
        CHECK(values_of(client.ask(http_request("GET", path)))[index] ==
              '"' + base64(as_text(octets)) + '"');
    }
    CHECK(setting.daemon().process().resident_bytes() < before + 64'000'000);
}

TEST_CASE("H31: JSON that is nested, doubled, out of range or endless is refused, not kept") {
    Setting setting(Settings{"limits.http_body_bytes_max=1048576"});
    HttpClient client = https(setting);
    const Fields who{{"Authorization", basic(setting)}};
    const std::size_t before = setting.daemon().process().resident_bytes();
    for (const std::string& body : {std::string(100'000, '['), std::string(100'000, '{'),
                                    std::string(R"({"index":1,"index":2,"type":"URL","data":"x"})"),
                                    url_value(1, "x").replace(9, 1, "99999999999999999999"),
                                    url_value(1, "x").replace(9, 1, "2147483648")}) {
        const auto reply = put(client, kRecord, body, who);
        CHECK(reply.status == 400);
    }
    HttpClient large = https(setting);
    large.send("PUT " + std::string(kRecord) +
               " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
               "Content-Length: 104857600\r\n\r\n[");
    const auto refused = large.receive();
    REQUIRE(refused);
    CHECK(refused->status == 413);
    CHECK(setting.daemon().process().resident_bytes() < before + 64'000'000);
    CHECK(client.ask(http_request("GET", kRecord)).status == 404);
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

TEST_CASE("H32: a JSONP callback holds identifier characters only, and types are not guessed") {
    Setting setting;
    HttpClient client(setting.daemon().http_port());
    const auto reply = client.ask(http_request(
        "GET", "/api/handles/88.100.1/abc?callback=%3Cscript%3Ealert(1)//%0D%0AX-Bad:1"));
    CHECK(reply.status == 200);
    CHECK(reply.field("x-content-type-options") == "nosniff");
    CHECK(reply.field("x-bad").empty());
    const std::string name = reply.body.substr(0, reply.body.find('('));
    CHECK(name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$"
                                 ".[]/* ") == std::string::npos);
    CHECK(reply.body.find("<script>") == std::string::npos);
}

TEST_CASE("H33: session ids are of 128 random bits, and no other finds a session") {
    Setting setting;
    HttpClient client = https(setting);
    const auto open = [&] {
        const auto reply = client.ask(http_request("POST", "/api/sessions"));
        CHECK(reply.status == 201);
        return std::string(boost::json::parse(reply.body).at("sessionId").as_string());
    };
    const auto status_of = [&](const std::string& id) {
        return client
            .ask(http_request("GET", "/api/sessions/this",
                              {{"Authorization", "Handle sessionId=\"" + id + "\""}}))
            .status;
    };
    std::set<std::string> ids;
    for (int i = 0; i < 20; ++i) ids.insert(open());
    CHECK(ids.size() == 20);
    std::string id = *ids.begin();
    CHECK(id.size() >= 32);
    CHECK(status_of(id) == 200);
    for (std::size_t at = 0; at < id.size(); ++at) {
        std::string other = id;
        other[at] = other[at] == '0' ? '1' : '0';
        CHECK(status_of(other) == 403);
    }
    CHECK(status_of(id.substr(0, id.size() - 1)) == 403);
    CHECK(status_of("") != 200);
}

TEST_CASE("88, 89: a record lives through Basic authentication over HTTPS") {
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
