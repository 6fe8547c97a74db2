// The interface of the deployed secondary-node management system, against the real node. The names
// of tests begin with what they show of §7 of its specification.
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <ctime>

#include "proto/base/text.h"
#include "registry/registration/accounts.h"
#include "resolver/crypto/digests.h"
#include "tests/server/snms_client.h"

namespace idnode::testing {

namespace {

constexpr std::string_view kData = "/identityv2/data";
constexpr std::string_view kBatch = "/identityv2/data/batchCreate";
constexpr std::string_view kSuccess = R"({"message":"success","status":1,"data":true})";

std::string detail_path(std::string_view handle) {
    return "/identityv2/data/detail?handle=" + std::string(handle);
}

bool is_success(std::string_view body) {
    return body.starts_with(R"({"message":"success","status":1,)");
}

void add_pump_template(SnmsClient& client) {
    REQUIRE(client.post("/snms/api/v5/template", pump_template()) == kSuccess);
}

/// A batch of registrations `88.100.7/NAME-0`, `-1`, …
std::string batch_of(std::string_view name, std::size_t count) {
    std::string out = "[";
    for (std::size_t at = 0; at < count; ++at) {
        if (at > 0) out += ',';
        out += pump("88.100.7/" + std::string(name) + "-" + std::to_string(at));
    }
    return out + "]";
}

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t out = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++out;
    return out;
}

std::string login(SnmsClient& client, std::string_view path, std::string_view name,
                  std::string_view password) {
    return client
        .ask("POST", path,
             R"({"username":")" + std::string(name) + R"(","password":")" + std::string(password) +
                 R"("})",
             {}, "nobody")
        .body;
}

std::string date_text(std::time_t time, bool here) {
    std::tm parts{};
    here ? ::localtime_r(&time, &parts) : ::gmtime_r(&time, &parts);
    std::array<char, 16> out{};
    return {out.data(), std::strftime(out.data(), out.size(), "%Y-%m-%d", &parts)};
}

}  // namespace

TEST_CASE("SNMS 1, 4, 5, 7: recorded conversations are answered octet by octet") {
    Setting setting;
    SnmsClient client(setting);
    play(client, "templates");
    play(client, "identifiers");
    play(client, "checks");
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

TEST_CASE("SNMS 2: the hashed login is that of the vendor's arithmetic") {
    const auto digests = crypto::make_digests();
    const auto digest = registration::password_digest(*digests, "Factory#2025");
    CHECK(digest == "88ef046ff7cdb1ed422dcb59532bf297abaffc495eba17b6586558cd40932928");
    CHECK(registration::hashed_login_proof(*digests, digest, "2025-06-01") ==
          "0237e2b3d42c290244f491c0761b7e7e60f554909182fcaddd3cdd729dd0a270");
    CHECK(registration::hashed_login_proof(
              *digests, registration::password_digest(*digests, "123456"), "2019-08-15") ==
          "58e2c92c46485fdbc35fdcd0814d6c0f000cad5aa156848ca5edaf29406b7661");
}

TEST_CASE("SNMS 2: tokens are given for passwords, in plain and hashed so often an hour, and end") {
    Setting setting({"snms.hashed_logins_per_hour=7"});
    SnmsClient client(setting);
    const std::string wrong = R"({"message":"用户名/密码错误！","status":-2,"data":null})";
    const std::string granted = login(client, "/identity/token", "mes-line3", "Factory#2025");
    REQUIRE(granted.starts_with(R"({"message":"success","status":1,"data":{"token":")"));
    const auto token = std::string(boost::json::parse(granted).at("data").at("token").as_string());
    const auto as = [&](const std::string& text) {
        return client.ask("GET", detail_path("88.100.7/x"), {}, {{"Authorization", text}}, "").body;
    };
    CHECK_THAT(as("Bearer " + token), Catch::Contains("没有找到标识"));
    CHECK(login(client, "/identity/token", "mes-line3", "factory#2025") == wrong);
    CHECK(login(client, "/identity/token", "nobody-here", "Factory#2025") == wrong);
    CHECK(login(client, "/identity/token", "", "x") ==
          R"({"message":"缺少必要的请求参数: username","status":-2,"data":null})");

    ApiClient& api = client.operations();
    const std::string secret = api.post("/idn/v1/accounts/mes-line3/login-secret").text("secret");
    REQUIRE(!secret.empty());
    const auto digests = crypto::make_digests();
    const std::string digest = registration::password_digest(*digests, secret);
    const auto log_in_on = [&](const std::string& date) {
        return login(client, "/identity/token/v1", "mes-line3",
                     registration::hashed_login_proof(*digests, digest, date));
    };
    const std::time_t now = std::time(nullptr);
    constexpr std::time_t kDay = 86'400;
    for (const std::time_t day : {-1, 0, 1}) {
        CHECK(is_success(log_in_on(date_text(now + day * kDay, true))));
        CHECK(is_success(log_in_on(date_text(now + 8 * 3'600 + day * kDay, false))));
    }
    // Two days beyond both zones.
    CHECK(log_in_on(date_text(now + 2 * kDay + 16 * 3'600, false)) == wrong);
    CHECK(log_in_on(date_text(now - 2 * kDay - 16 * 3'600, false)) == wrong);
    const std::string in_capitals =
        fold_ascii(registration::hashed_login_proof(*digests, digest, date_text(now, true)));
    CHECK(is_success(login(client, "/identity/token/v1", "mes-line3", in_capitals)));
    const auto eighth =
        client.ask("POST", "/identity/token/v1",
                   R"({"username":"mes-line3","password":")" + in_capitals + R"("})", {}, "nobody");
    CHECK(eighth.status == 429);
    CHECK(eighth.body == R"({"message":"每个账号每小时最多登录7次","status":-2,"data":null})");
    CHECK(eighth.field("retry-after") != "");

    const std::string short_lived =
        api.post("/idn/v1/accounts/mes-line3/tokens", R"({"lifetimeS":1})").text("token");
    const auto until = std::chrono::steady_clock::now() + kPatience;
    const std::string ended = R"({"message":"没有登录，需要验证","status":-1,"data":null})";
    while (as(short_lived) != ended && std::chrono::steady_clock::now() < until) {
    }
    CHECK(as(short_lived) == ended);

    // The fifth wrong login in five minutes: now the right one has to wait, and is told the same.
    CHECK(login(client, "/identity/token", "mes-line3", "x") == wrong);
    CHECK(login(client, "/identity/token", "mes-line3", "Factory#2025") == wrong);
}

/// Templates that say more than this interface can are shown as texts, and keep what they say.
void check_richer_templates(SnmsClient& client) {
    const std::string templates = "/idn/v1/prefixes/88.100.7/templates";
    REQUIRE(client.operations()
                .post(templates,
                      R"({"templateVersion":"rich","industry":{"category":"C","division":"34",)"
                      R"("group":"344","class":"3441"},"carrier":2,"items":[{"type":"colour",)"
                      R"("name":"颜色","itemType":"ITEM_TYPE_ENUMERATION","choices":["r","g"]}]})")
                .status == 201);
    const std::string path = "/snms/api/v5/template";
    const auto shown = client.ask("GET", path + "?prefix=88.100.7&version=rich");
    CHECK(shown.field("x-idn-lossy") == "1");
    CHECK_THAT(shown.body, Catch::Contains(R"("metadata":{"type":"string","minLength":0,)"));
    CHECK(client.ask("GET", path + "?prefix=88.100.7&version=pump-2").field("x-idn-lossy").empty());
    CHECK(client
              .ask("PUT", path,
                   R"({"prefix":"88.100.7","version":"rich","industryCategory":"C",)"
                   R"("industrySpecific":"34","industryTrade":"344","industrySubclass":"3441",)"
                   R"("type":2,"items":[{"name":"色","idType":"colour","idIndex":2000,"state":1,)"
                   R"("metadata":{"minLength":0,"maxLength":9}}]})")
              .body == kSuccess);
    const auto now = client.operations().get(templates + "/rich").http.body;
    CHECK_THAT(now, Catch::Contains("ITEM_TYPE_ENUMERATION") && Catch::Contains(R"(["r","g"])") &&
                        Catch::Contains("色"));
}

void check_tolerance(SnmsClient& client) {
    CHECK(client.post(kData, pump("88.100.7/untyped")) == kSuccess);
    CHECK(client.post(kData, "\xEF\xBB\xBF \r\n" + pump("88.100.7/marked")) == kSuccess);
    CHECK(client
              .ask("POST", kData, pump("88.100.7/form"),
                   {{"Content-Type", "application/x-www-form-urlencoded"}})
              .body == kSuccess);
    CHECK(client.post("/snmsapi/identityv2/data/", pump("88.100.7/below")) == kSuccess);
    CHECK(is_success(client.get("/snmsapi/identityv2/data/detail?handle=88.100.7/below")));
    const std::string token = client.token("line");
    for (const std::string& shown :
         {"bearer " + token, "Bearer   " + token, token, " " + token + " "}) {
        INFO(shown);
        CHECK(is_success(
            client.ask("GET", detail_path("88.100.7/below"), {}, {{"Authorization", shown}}, "")
                .body));
    }
    const std::string no_login = R"({"message":"没有登录，需要验证","status":-1,"data":null})";
    CHECK(client.ask("GET", detail_path("88.100.7/below"), {}, {{"Authorization", "Bearer x"}}, "")
              .body == no_login);

    // A plus may be a space or itself.
    CHECK(client.post(kData, pump("88.100.7/a+b")) == kSuccess);
    CHECK(is_success(client.get(detail_path("88.100.7/a+b"))));
    CHECK(client.post(kData, pump("88.100.7/a b")) == kSuccess);
    CHECK_THAT(client.get(detail_path("88.100.7/a+b")), Catch::Contains(R"("88.100.7/a b")"));
    CHECK_THAT(client.get(detail_path("88.100.7/a%2Bb")), Catch::Contains(R"("88.100.7/a+b")"));

    // The body of a deletion was dropped on the way.
    const auto remove = [&](std::string_view path) { return client.ask("DELETE", path).body; };
    CHECK(remove("/identityv2/data?handle=88.100.7/untyped") == kSuccess);
    CHECK(remove("/identityv2/data?handle=88.100.7/untyped") ==
          R"({"message":"没有找到标识","status":-2,"data":null})");
    CHECK(remove("/identityv2/data/batchDelete?handles=88.100.7/marked&handles=88.100.7/none") ==
          R"({"message":"success","status":1,"data":[)"
          R"({"handle":"88.100.7/marked","code":1,"msg":"success"},)"
          R"({"handle":"88.100.7/none","code":-2,"msg":"标识不存在"}]})");
    CHECK(remove("/identityv2/data?handle=88.100.7/%FF") ==
          R"({"message":"handle必须是UTF-8","status":-2,"data":null})");
    CHECK(remove("/identityv2/data/batchDelete?handles=88.100.7/%FF") ==
          R"({"message":"success","status":1,"data":[)"
          R"({"handle":"","code":-2,"msg":"handle必须是UTF-8"}]})");
    CHECK(remove("/identityv2/data") ==
          R"({"message":"缺少必要的请求参数: handle","status":-2,"data":null})");
    CHECK(remove("/snms/api/v5/template?prefix=88.100.7&version=nothing") ==
          R"({"message":"模板不存在","status":-2,"data":null})");
    // Lengths count characters, not octets.
    std::string suffix;
    for (int count = 0; count < 246; ++count) suffix += "泵";
    CHECK(client.post(kData, pump("88.100.7/" + suffix)) == kSuccess);
    CHECK(client.post(kData, pump("88.100.7/x" + suffix)) ==
          R"({"message":"handle长度不能超过255个字符","status":-2,"data":null})");
    const auto reply = client.ask("GET", detail_path("88.100.7/none"));
    CHECK(reply.field("content-type") == "application/json;charset=UTF-8");
    CHECK(reply.field("x-idn-code") == "E_NOT_FOUND");
    CHECK(reply.field("x-request-id") != "");
}

/// Batches of none to two thousand; one more is refused.
void check_batches(SnmsClient& client) {
    CHECK(client.post(kBatch, "[]") == R"({"message":"success","status":1,"data":[]})");
    CHECK(
        client.post(kBatch, batch_of("one", 1)) ==
        R"({"message":"success","status":1,"data":[{"handle":"88.100.7/one-0","msg":"success"}]})");
    const auto most = boost::json::parse(client.post(kBatch, batch_of("most", 2'000)));
    const auto& results = most.at("data").as_array();
    REQUIRE(results.size() == 2'000);
    for (std::size_t at = 0; at < results.size(); ++at) {
        CHECK(results[at].at("handle").as_string() == "88.100.7/most-" + std::to_string(at));
        CHECK(results[at].at("msg").as_string() == "success");
    }
    CHECK(client.post(kBatch, batch_of("more", 2'001)) ==
          R"({"message":"每批标识不能超过2000个","status":-2,"data":null})");
    CHECK_THAT(client.get(detail_path("88.100.7/more-0")), Catch::Contains("没有找到标识"));

    // The first of two wins, what is wrong stays alone, and strangers' prefixes too.
    const std::string mixed = "[" + pump("88.100.7/m1") + "," + pump("88.100.7/m1") + ",{}," +
                              pump("88.100.8/m2") + ",7," + pump("88.100.7/m3", "") + "," +
                              pump("88.100.7/m4") + "]";
    CHECK(client.post(kBatch, R"({"handles":)" + mixed + "}") ==
          R"({"message":"success","status":1,"data":[)"
          R"({"handle":"88.100.7/m1","msg":"success"},)"
          R"({"handle":"88.100.7/m1","msg":"标识已存在"},)"
          R"({"handle":"","msg":"缺少必要的请求参数: handle"},)"
          R"({"handle":"88.100.8/m2","msg":"没有该前缀的操作权限"},)"
          R"({"handle":"","msg":"body必须是JSON对象"},)"
          R"({"handle":"88.100.7/m3","msg":"索引2000(model)的值长度须为1至40个字符"},)"
          R"({"handle":"88.100.7/m4","msg":"success"}]})");
    CHECK(client.post(kBatch, "[" + pump("88.100.8/a") + "," + pump("88.100.8/b") + "]") ==
          R"({"message":"没有该前缀的操作权限","status":-3,"data":null})");
    CHECK_THAT(client.post(kBatch, "[{"), Catch::Contains(R"("status":-2,"data":null)"));
    CHECK(client.post(kBatch, R"({"x":1})") ==
          R"({"message":"缺少必要的请求参数: handles","status":-2,"data":null})");
    CHECK_THAT(client.post(kBatch, std::string(100'000, '[')),
               Catch::Contains(R"("status":-2,"data":null)"));
    const std::string twice =
        "[" + pump("88.100.7/m1", "PX-1") + "," + pump("88.100.7/m1", "PX-2") + "]";
    const std::string updated = client.ask("PUT", "/identityv2/data/batchUpdate", twice).body;
    CHECK(count_of(updated, R"("msg":"success")") == 1);
    CHECK_THAT(client.get(detail_path("88.100.7/m1")), Catch::Contains("PX-1"));
}

TEST_CASE(
    "SNMS 3, 6, 11: requests are read tolerantly; batches keep their order and their bounds") {
    Setting setting({R"(snms.base_path=["/", "/snmsapi"])"});
    SnmsClient client(setting);
    add_pump_template(client);
    check_tolerance(client);
    check_richer_templates(client);
    check_batches(client);
}

TEST_CASE("SNMS 8: what was done before the node died is told by a repetition") {
    Setting setting;
    SnmsClient client(setting);
    add_pump_template(client);
    const std::map<std::string, std::string> keyed{
        {"Idempotency-Key", "lost-answer"}, {"Authorization", "Bearer " + client.token("line")}};
    const std::string path(kBatch);
    const std::string body = batch_of("lost", 3);
    HttpClient lost(setting.daemon().http_port());
    lost.send(http_request("POST", path, keyed, body));
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (setting.udp().ask(resolution("88.100.7/lost-2")).rc() != 1) {
        REQUIRE(std::chrono::steady_clock::now() < until);
    }
    setting.daemon().process().send_signal(SIGKILL);
    CHECK(setting.daemon().process().wait() == -SIGKILL);

    Daemon again(setting.node());
    HttpClient http(again.http_port());
    const auto repeated = http.ask(http_request("POST", path, keyed, body));
    CHECK(repeated.status == 200);
    CHECK(count_of(repeated.body, R"("msg":"success")") == 3);
    std::map<std::string, std::string> without_key = keyed;
    without_key.erase("Idempotency-Key");
    const auto anew = http.ask(http_request("POST", path, without_key, body));
    CHECK(count_of(anew.body, R"("msg":"标识已存在")") == 3);
    const auto operation = http.ask(http_request("GET", "/idn/v1/operations/lost-answer", keyed));
    CHECK_THAT(operation.body, Catch::Contains(R"("done":3)"));

    // A refusal is remembered, too, though the identifier would be free by now.
    std::map<std::string, std::string> refused = keyed;
    refused["Idempotency-Key"] = "refused";
    const std::string one = pump("88.100.7/lost-0");
    const auto first = http.ask(http_request("POST", kData, refused, one));
    CHECK(first.body == R"({"message":"标识已存在","status":-2,"data":null})");
    CHECK(http.ask(http_request("DELETE", kData, without_key, R"({"handle":"88.100.7/lost-0"})"))
              .body == kSuccess);
    const auto second = http.ask(http_request("POST", kData, refused, one));
    CHECK(second.body == first.body);
    CHECK(second.field("x-idn-code") == "E_IDENTIFIER_EXISTS");
    CHECK(http.ask(http_request("POST", kData, refused, pump("88.100.7/other"))).body ==
          R"({"message":"Idempotency-Key已用于其他请求","status":-2,"data":null})");
}

void check_isolation(Setting& setting, SnmsClient& client) {
    REQUIRE(client.post(kData, pump("88.100.7/P-1")) == kSuccess);
    struct Try {
        std::string_view method;
        std::string path;
        std::string body;
    };
    const std::string named = R"({"prefix":"88.100.7","version":"pump-2"})";
    const std::string handle = R"({"handle":"88.100.7/P-1"})";
    const std::vector<Try> tries{
        {"GET", detail_path("88.100.7/P-1"), ""},
        {"GET", "/api/identityv2/query/data?handle=88.100.7/P-1", ""},
        {"POST", std::string(kData), pump("88.100.7/P-2")},
        {"PUT", std::string(kData), pump("88.100.7/P-1", "PX-1")},
        {"DELETE", std::string(kData), handle},
        {"POST", std::string(kBatch), "[" + pump("88.100.7/P-2") + "]"},
        {"PUT", "/identityv2/data/batchUpdate", "[" + pump("88.100.7/P-1", "PX-1") + "]"},
        {"DELETE", "/identityv2/data/batchDelete", R"(["88.100.7/P-1"])"},
        {"GET", "/snms/api/v5/template?prefix=88.100.7&version=pump-2", ""},
        {"GET", "/snms/api/v3/template?prefix=88.100.7&version=pump-2", ""},
        {"GET", "/snms/api/template/v1?prefix=88.100.7&version=pump-2", ""},
        {"POST", "/snms/api/v5/template", pump_template()},
        {"POST", "/snms/api/v3/template", pump_template()},
        {"POST", "/snms/api/template/v1", pump_template()},
        {"PUT", "/snms/api/v5/template", pump_template()},
        {"DELETE", "/snms/api/v5/template", named},
        {"DELETE", "/snms/api/v3/template", named},
        {"DELETE", "/snms/api/template/v1", named},
        {"POST", "/identity/registry", "{}"},
        {"POST", "/snms/api/v3/ent/apply", "{}"},
        {"POST", "/snms/api/ent/apply", "{}"},
        {"POST", "/snms/api/v3/ent/upgrade-apply", "{}"},
        {"GET", "/snms/api/v3/ent/detail?id=1", ""},
        {"GET", "/snms/api/prefix/query?prefix=88.100.7", ""},
        {"POST", "/snms/api/ent/config",
         R"({"proxyServerId":1,"entPrefixConfig":{"entPrefix":"88.100.7"}})"},
    };
    for (const Try& one : tries) {
        const auto reply = client.ask(one.method, one.path, one.body, {}, "other");
        INFO(one.method << " " << one.path << " " << reply.body);
        CHECK(reply.status == 200);
        CHECK_THAT(reply.body, Catch::EndsWith(R"("status":-3,"data":null})"));
    }
    for (const std::string_view path : {"/snms/api/v3/ent/page", "/snms/api/prefix/page"}) {
        const std::string list = client.get(path, "other");
        INFO(list);
        CHECK(is_success(list));
        CHECK(count_of(list, "88.100.7") == 0);
        CHECK(count_of(list, "88.100.8") > 0);
    }
    CHECK_THAT(client.get(detail_path("88.100.7/P-1")), Catch::Contains("PX-40"));
    // but what it grants.
    ApiClient admin(setting, client.token("admin"));
    REQUIRE(admin.post("/idn/v1/grants", R"({"granteeId":"2","prefix":"88.100.7"})").status == 201);
    CHECK(client.get(detail_path("88.100.7/P-1"), "other") ==
          client.get(detail_path("88.100.7/P-1")));
    CHECK_THAT(client.get(detail_path("88.100.7/P-2"), "other"), Catch::Contains("没有找到标识"));
}

void check_bounds(Setting& setting, SnmsClient& client) {
    const std::string token = client.token("line");
    const auto announce = [&](std::string_view path, std::size_t bytes) {
        HttpClient http(setting.daemon().http_port());
        http.send("POST " + std::string(path) + " HTTP/1.1\r\nHost: test\r\nAuthorization: " +
                  token + "\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n");
        return *http.receive();
    };
    for (const auto& [path, bytes] :
         {std::pair(kBatch, (64U << 20U) + 1), std::pair(kData, (4U << 20U) + 1),
          std::pair(std::string_view("/identity/token"), 16'385U)}) {
        const auto reply = announce(path, bytes);
        CHECK(reply.status == 413);
        CHECK(reply.body == R"({"message":"请求体过大","status":-2,"data":null})");
        CHECK(reply.field("x-idn-code") == "E_LIMIT");
    }
    const auto busy = announce(kBatch, 2U << 20U);
    CHECK(busy.status == 503);
    CHECK_THAT(busy.body, Catch::Matches(R"x(\{"message":"系统繁忙 \([0-9a-f]{8}-[0-9]+\)",)x"
                                         R"x("status":-4,"data":null\})x"));
    CHECK(busy.field("retry-after") != "");
    CHECK(client.post(kData, "{\"handle\":\"88.100.7/\xFF\"}")
              .ends_with(R"(","status":-2,"data":null})"));

    // What was deleted rests for as long as the node's rule says.
    CHECK(client.post(kData, pump("88.100.7/gone")) == kSuccess);
    CHECK(client.ask("DELETE", kData, R"({"handle":"88.100.7/gone"})").body == kSuccess);
    CHECK(client.post(kData, pump("88.100.7/gone")) ==
          R"({"message":"标识已删除，暂时不能重新注册","status":-2,"data":null})");

    const auto account = client.operations().get("/idn/v1/accounts/mes-line3");
    boost::json::object limited = account.json.as_object();
    limited["quota"] = {{"requestsPerSecondMax", 1}};
    REQUIRE(client.operations()
                .put("/idn/v1/accounts/mes-line3", boost::json::serialize(limited))
                .status == 200);
    HttpReply reply;
    for (int tries = 0; tries < 50 && reply.status != 429; ++tries) {
        reply = client.ask("GET", detail_path("88.100.7/x"));
    }
    CHECK(reply.status == 429);
    CHECK(reply.body == R"({"message":"请求过于频繁，请稍后再试","status":-2,"data":null})");
    CHECK(reply.field("retry-after") != "");
}

TEST_CASE(
    "SNMS 9: an enterprise reaches nothing of others, and what is too much comes in the envelope") {
    Setting setting({"limits.http_bodies_mb=1", "registration.retire_days=7"});
    SnmsClient client(setting);
    add_pump_template(client);
    check_isolation(setting, client);
    check_bounds(setting, client);
}

TEST_CASE("SNMS 10: callers without a token see nothing, public values, or all") {
    Setting setting({"snms.anonymous_read=public"});
    SnmsClient client(setting);
    REQUIRE(client.operations()
                .post("/idn/v1/prefixes/88.100.7/templates",
                      R"({"templateVersion":"shared","items":[{"type":"model","name":"Model"},)"
                      R"({"type":"cost","name":"Cost","visibility":"VISIBILITY_PRIVATE"}]})")
                .status == 201);
    REQUIRE(client.post(kData, R"({"handle":"88.100.7/s","templateVersion":"shared","value":[)"
                               R"({"index":2000,"type":"model",)"
                               R"("data":{"format":"string","value":"PX-40"}},)"
                               R"({"index":2001,"type":"cost",)"
                               R"("data":{"format":"string","value":"17"}}]})") == kSuccess);
    const std::string path = detail_path("88.100.7/s");
    const auto ask = [&](std::uint16_t port) {
        return HttpClient(port).ask(http_request("GET", path));
    };
    const auto in_public = ask(setting.daemon().http_port());
    CHECK(count_of(in_public.body, R"("type":"model")") == 1);
    CHECK(count_of(in_public.body, R"("type":"cost")") == 0);
    CHECK(in_public.field("x-idn-redacted") == "1");
    CHECK(count_of(client.get(path), R"("type":"cost")") == 1);
    CHECK(setting.daemon().stop() == 0);
    {
        Daemon off(setting.node(), {"snms.anonymous_read=off"});
        CHECK(ask(off.http_port()).body ==
              R"({"message":"没有登录，需要验证","status":-1,"data":null})");
        CHECK(off.stop() == 0);
    }
    Daemon all(setting.node(), {"snms.anonymous_read=all", "snms.update_mode=merge"});
    const auto everything = ask(all.http_port());
    CHECK(count_of(everything.body, R"("type":"cost")") == 1);
    CHECK(everything.field("x-idn-redacted").empty());
    const auto merged =
        HttpClient(all.http_port())
            .ask(http_request("PUT", kData, {{"Authorization", client.token("line")}},
                              R"({"handle":"88.100.7/s","templateVersion":"shared","value":[)"
                              R"({"index":2000,"type":"model",)"
                              R"("data":{"format":"string","value":"PX-41"}}]})"));
    CHECK(merged.body == kSuccess);
    CHECK_THAT(ask(all.http_port()).body,
               Catch::Contains("PX-41") && Catch::Contains(R"("type":"cost")"));
}

TEST_CASE("SNMS: what another node answers for is asked of it and shown in the same form") {
    NodeFolder::Options above;
    above.prefix = "99.1";
    const NodeFolder top(above);
    top.import(
        R"({"handle":"99.1.1/abc","values":[)"
        R"({"index":1,"type":"URL","data":{"format":"string","value":"https://example.com"}},)"
        R"({"index":2,"type":"BIN","data":{"format":"hex","value":"ff00"}}]})");
    const std::string port = std::to_string(free_port());
    Daemon top_daemon(top, {"listen.udp_port=" + port, "listen.tcp_port=" + port});
    NodeFolder::Options below;
    below.upstream = {"127.0.0.1:" + port};
    const NodeFolder node(below);
    Daemon daemon(node, {"upstream.timeout_ms=20000"});
    HttpClient http(daemon.http_port());
    CHECK(http.ask(http_request("GET", detail_path("99.1.1/abc"))).body ==
          R"({"message":"success","status":1,"data":{"code":"200","prefix":"99.1.1",)"
          R"("handle":"99.1.1/abc","templateVersion":"","value":[)"
          R"({"data":{"format":"string","value":"https://example.com"},"auth":"1","index":1,)"
          R"("type":"URL"},)"
          R"({"data":{"format":"base64","value":"/wA="},"auth":"1","index":2,"type":"BIN"}]}})");
    CHECK(http.ask(http_request("GET", detail_path("99.1.1/none"))).body ==
          R"({"message":"没有找到标识","status":-2,"data":null})");
}

}  // namespace idnode::testing
