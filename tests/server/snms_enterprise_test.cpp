// The older endpoints of SNMS for who runs a node: enterprises, their papers and prefixes (§5), and
// accounts (§2.5).
#include <catch2/catch.hpp>
#include <thread>

#include "registry/registration/accounts.h"
#include "resolver/crypto/digests.h"
#include "tests/server/snms_client.h"

namespace idnode::testing {

namespace {

constexpr std::string_view kSuccess = R"({"message":"success","status":1,"data":true})";
constexpr std::string_view kApply = "/snms/api/v3/ent/apply";
constexpr std::string_view kPdf = "%PDF-1.7 a scan";

std::string sha256(std::string_view text) {
    return registration::password_digest(*crypto::make_digests(), text);
}

HttpReply upload(SnmsClient& client, std::string_view content, std::string_view field = "file") {
    const std::string body =
        "--line\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nx\r\n"
        "--line\r\nContent-Disposition: form-data; name=\"" +
        std::string(field) +
        "\"; filename=\"a.jpg\"\r\nContent-Type: application/octet-stream\r\n\r\n" +
        std::string(content) + "\r\n--line--\r\n";
    return client.ask("POST", "/snms/api/file/upload", body,
                      {{"Content-Type", "multipart/form-data; boundary=line"}}, "operator");
}

std::int64_t file_id(SnmsClient& client) {
    const auto reply = upload(client, kPdf);
    INFO(reply.body);
    return boost::json::parse(reply.body).at("data").at("id").as_int64();
}

/// The application of §5, with three scans of its own.
boost::json::object application(SnmsClient& client, unsigned number) {
    const std::string name = "works" + std::to_string(number);
    boost::json::object out;
    out["sysUser"] = {{"userName", name},
                      {"password", sha256("Factory#2025")},
                      {"email", name + "@example.com"},
                      {"mobile", "1380000" + std::to_string(number)},
                      {"remarks", ""}};
    out["entBasicInfo"] = {{"orgName", "示例泵业有限公司"},
                           {"orgNature", 2},
                           {"orgAddrProvince", "320000"},
                           {"orgAddrCity", "320500"},
                           {"orgAddrCounty", "320505"},
                           {"orgAddr", "示例路1号"},
                           {"orgCrtType", 1},
                           {"orgCrtCode", credit_code(number)},
                           {"orgCrtImgRid", file_id(client)},
                           {"orgDesc", "Pumps"},
                           {"industryCategory", "C"},
                           {"industrySpecific", "34"},
                           {"website", "https://example.com"},
                           {"regCapital", "5000000"},
                           {"contactName", "联系人"},
                           {"contactCrtType", 1},
                           {"contactCrtNo", "320505199001011234"},
                           {"contactEmail", "contact@example.com"},
                           {"contactPhone", "051200000000"},
                           {"legalName", "法人"},
                           {"legalCrtType", 1},
                           {"legalCrtNo", "320505198001015678"},
                           {"legalCrtFrontImgRid", file_id(client)},
                           {"legalCrtBackImgRid", std::to_string(file_id(client))},
                           {"entPrefix", "88.100.9" + std::to_string(number)}};
    boost::json::array systems;
    for (int type = 1; type <= 4; ++type) {
        systems.push_back({{"sysType", type},
                           {"deployMode", 2},
                           {"name", "cloud"},
                           {"ipPort", "[192.0.2.1]:2641;[2001:db8::1]:8000"}});
    }
    out["entRegisterManageInfo"] = {
        {"entInfoSyses", systems}, {"servSysBuildType", 1}, {"servSysOperType", 1}};
    return out;
}

std::string apply(SnmsClient& client, const boost::json::object& application,
                  std::string_view path = kApply) {
    return client.post(path, boost::json::serialize(application), "operator");
}

}  // namespace

TEST_CASE("SNMS: an enterprise is filed with its user, listed, reviewed and gets its prefix") {
    Setting setting({"snms.hashed_login=on"});
    SnmsClient client(setting);
    const auto filed = application(client, 21);
    CHECK(apply(client, filed) == kSuccess);

    // What is unique is told by its name, and nothing of the second application is kept.
    CHECK(apply(client, filed) == R"({"message":"orgCrtCode已存在","status":-2,"data":null})");
    auto again = filed;
    again["entBasicInfo"].as_object()["orgCrtCode"] = credit_code(22);
    CHECK(apply(client, again) == R"({"message":"userName已存在","status":-2,"data":null})");
    again["sysUser"].as_object()["userName"] = "works22";
    CHECK(apply(client, again) == R"({"message":"email已存在","status":-2,"data":null})");
    again["sysUser"].as_object()["email"] = "works22@example.com";
    CHECK(apply(client, again) == R"({"message":"mobile已存在","status":-2,"data":null})");
    again["sysUser"].as_object()["mobile"] = "13800000022";
    CHECK_THAT(apply(client, again),
               Catch::Contains("请求参数不正确") && Catch::Contains(R"("status":-2,"data":null)"));

    const std::string list = client.get(
        "/snms/api/v3/ent/page?orgName=%E6%B3%B5%E4%B8%9A&currentPage=1&pageSize=5", "operator");
    CHECK_THAT(list,
               Catch::StartsWith(
                   R"({"message":"success","status":1,"data":{"first":true,"last":true,)"
                   R"("totalPages":1,"totalElements":1,"number":1,"size":5,"sort":null,)"
                   R"("numberOfElements":1,"content":[{"id":3,"orgName":"示例泵业有限公司",)"));
    CHECK_THAT(list, Catch::Contains(R"("entPrefix":"88.100.921","status":4,"proxyState":2)"));

    const std::string detail = client.get("/snms/api/v3/ent/detail?id=3", "operator");
    const auto data = boost::json::parse(detail).at("data");
    CHECK(data.at("sysUser").at("userName").as_string() == "works21");
    CHECK(data.at("entBasicInfo").at("contactCrtNo").as_string() == "3205**********1234");
    CHECK(data.at("entBasicInfo").at("legalCrtNo").as_string() == "3205**********5678");
    CHECK(data.at("entRegisterManageInfo").at("entInfoSyses").as_array().size() == 4);
    CHECK_THAT(detail, !Catch::Contains(sha256("Factory#2025")));

    ApiClient& api = client.operations();
    const std::string query = "/snms/api/prefix/query?prefix=88.100.921";
    CHECK_THAT(client.get(query, "operator"),
               Catch::StartsWith(R"({"message":"success","status":1,"data":{)"
                                 R"("prefix":"88.100.921","createDate":")") &&
                   Catch::Contains(R"("ghrName":"88.100","status":4,"entNameCn":)"));
    CHECK(api.post("/idn/v1/enterprises/3/review", R"({"approve":true})").status == 200);
    CHECK_THAT(client.get(query, "operator"), Catch::Contains(R"("status":5,)"));
    const std::string hosted =
        R"({"proxyServerId":1,"entPrefixConfig":{"entPrefix":"88.100.921"}})";
    CHECK(client.post("/snms/api/ent/config", hosted, "operator") ==
          R"({"message":"前缀尚未审核通过","status":-2,"data":null})");
    CHECK(api.post("/idn/v1/prefixes", R"({"prefix":"88.100.921","enterpriseId":"3"})").status ==
          201);
    CHECK_THAT(client.get(query, "operator"), Catch::Contains(R"("status":1,)"));

    // The user logs in, plain and hashed, and works under the prefix.
    const auto digests = crypto::make_digests();
    const auto log_in = [&](std::string_view path, const std::string& password) {
        return client.post(path, R"({"username":"works21","password":")" + password + R"("})",
                           "nobody");
    };
    std::time_t now = std::time(nullptr);
    std::array<char, 16> date{};
    std::strftime(date.data(), date.size(), "%Y-%m-%d", std::localtime(&now));
    CHECK_THAT(log_in("/identity/token/v1", registration::hashed_login_proof(
                                                *digests, sha256("Factory#2025"), date.data())),
               Catch::StartsWith(R"({"message":"success")"));
    const std::string granted = log_in("/identity/token", "Factory#2025");
    REQUIRE_THAT(granted, Catch::StartsWith(R"({"message":"success")"));
    const std::string token(boost::json::parse(granted).at("data").at("token").as_string());
    CHECK(client
              .ask("POST", "/snms/api/v5/template", pump_template("88.100.921"),
                   {{"Authorization", token}}, "")
              .body == kSuccess);
    CHECK(
        client
            .ask("POST", "/identityv2/data", pump("88.100.921/P-1"), {{"Authorization", token}}, "")
            .body == kSuccess);
}

void check_faults(SnmsClient& client) {
    const auto good = application(client, 41);
    struct Fault {
        std::string_view section;
        std::string_view member;
        boost::json::value value;
        std::string_view message;
    };
    const std::vector<Fault> faults{
        {"sysUser", "userName", nullptr, "缺少必要的请求参数: sysUser.userName"},
        {"sysUser", "password", "short", "请求参数不正确: password"},
        {"entBasicInfo", "orgName", "", "缺少必要的请求参数: entBasicInfo.orgName"},
        {"entBasicInfo", "orgNature", 6, "entBasicInfo.orgNature必须在1与5之间"},
        {"entBasicInfo", "orgCrtCode", "91330100735130000A",
         "entBasicInfo.orgCrtCode不是有效的统一社会信用代码"},
        {"entBasicInfo", "contactPhone", "01234567890123456",
         "entBasicInfo.contactPhone长度不能超过16个字符"},
        {"entBasicInfo", "legalCrtFrontImgRid", nullptr,
         "缺少必要的请求参数: entBasicInfo.legalCrtFrontImgRid"},
        {"entBasicInfo", "orgCrtImgRid", 999, "请求参数不正确: 999"},
        {"entBasicInfo", "entPrefix", "99", "entPrefix必须在本节点前缀88.100之下"},
        {"entRegisterManageInfo", "servSysBuildType", 3,
         "entRegisterManageInfo.servSysBuildType必须在1与2之间"},
    };
    for (const Fault& fault : faults) {
        auto bad = good;
        boost::json::object& section = bad[std::string(fault.section)].as_object();
        section[std::string(fault.member)] = fault.value;
        const std::string body = apply(client, bad, "/snms/api/ent/apply");
        INFO(body);
        CHECK(body ==
              R"({"message":")" + std::string(fault.message) + R"(","status":-2,"data":null})");
    }
    const auto with_systems = [&](const boost::json::value& system) {
        auto bad = good;
        auto& systems = bad["entRegisterManageInfo"].as_object()["entInfoSyses"].as_array();
        systems[3] = system;
        return apply(client, bad);
    };
    CHECK_THAT(with_systems({{"sysType", 5}, {"deployMode", 2}, {"name", "cloud"}}),
               Catch::Contains("必须包含sysType为4的系统"));
    CHECK_THAT(with_systems({{"sysType", 4}, {"deployMode", 2}}),
               Catch::Contains("entInfoSyses[3].name"));
    CHECK_THAT(with_systems({{"sysType", 4}, {"deployMode", 1}}),
               Catch::Contains("entInfoSyses[3].addr"));
    CHECK_THAT(
        with_systems({{"sysType", 4}, {"deployMode", 1}, {"addr", "x"}, {"ipPort", "nowhere"}}),
        Catch::Contains("entInfoSyses[3].ipPort"));
    // None of it has used up a scan or a name.
    CHECK(apply(client, good) == kSuccess);
    CHECK(client.get("/snms/api/v3/ent/detail?id=99", "operator") ==
          R"({"message":"没有找到企业","status":-2,"data":null})");
    CHECK(client.get("/snms/api/v3/ent/detail", "operator") ==
          R"({"message":"缺少必要的请求参数: id","status":-2,"data":null})");
    CHECK(client.get("/snms/api/prefix/query?prefix=88.100.5", "operator") ==
          R"({"message":"没有找到前缀","status":-2,"data":null})");
    CHECK(client.get("/snms/api/v3/ent/page?pageSize=0", "operator") ==
          R"({"message":"pageSize必须在1与1000之间","status":-2,"data":null})");
    CHECK(client.get("/snms/api/prefix/page?startDate=yesterday", "operator") ==
          R"({"message":"startDate格式必须为yyyy-MM-dd HH:mm:ss","status":-2,"data":null})");
}

TEST_CASE(
    "SNMS: what is wrong in an application is told by its name; scans are bounded, sealed, "
    "deleted") {
    Setting setting({"snms.personal_data_days=0"});
    SnmsClient client(setting);
    const std::string jpeg = "\xFF\xD8\xFF\xE0";
    CHECK_THAT(upload(client, jpeg).body,
               Catch::Matches(R"(\{"message":"success","status":1,"data":\{"id":1,)"
                              R"("path":"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.jpg"\}\})"));
    CHECK_THAT(upload(client, jpeg + std::string((1U << 20U) - 4, 'x')).body,
               Catch::Contains("success"));
    const std::string too_large =
        R"({"message":"file超出限制: 图片不超过1MB，PDF不超过5MB","status":-2,"data":null})";
    CHECK(upload(client, jpeg + std::string((1U << 20U) - 3, 'x')).body == too_large);
    CHECK_THAT(upload(client, "%PDF-" + std::string((5U << 20U) - 5, 'x')).body,
               Catch::Contains("success"));
    CHECK(upload(client, "%PDF-" + std::string((5U << 20U) - 4, 'x')).body == too_large);
    CHECK(upload(client, "MZ a program").body ==
          R"({"message":"file只支持JPEG、PNG、GIF、BMP图片和PDF","status":-2,"data":null})");
    CHECK(upload(client, jpeg, "other").body ==
          R"({"message":"缺少必要的请求参数: file","status":-2,"data":null})");
    CHECK(client.ask("POST", "/snms/api/file/upload", "x", {}, "line").body ==
          R"({"message":"缺少必要的请求参数: file","status":-2,"data":null})");

    auto filed = application(client, 31);
    CHECK(apply(client, filed) == kSuccess);
    auto second = application(client, 32);
    second["entBasicInfo"].as_object()["orgCrtImgRid"] = filed["entBasicInfo"].at("orgCrtImgRid");
    CHECK_THAT(apply(client, second), Catch::Contains(R"("status":-2,"data":null)"));

    // Who reviews sees what it says, until it is deleted after the review.
    ApiClient& api = client.operations();
    const auto files = api.get("/idn/v1/enterprises/3/files");
    REQUIRE(files.status == 200);
    std::string personal;
    for (const auto& file : files.json.at("files").as_array()) {
        const std::string id(file.at("id").as_string());
        const auto content = api.get("/idn/v1/files/" + id).http;
        CHECK(content.status == 200);
        if (content.field("content-type") == "application/json") personal = content.body;
    }
    CHECK(personal == R"({"contactCrtNo":"320505199001011234","legalCrtNo":"320505198001015678"})");
    CHECK(files.json.at("files").as_array().size() == 4);
    CHECK(ApiClient(setting, client.token("admin")).get("/idn/v1/enterprises/3/files").status ==
          403);
    CHECK_THAT(api.get("/idn/v1/audit?limit=1000").http.body,
               !Catch::Contains("320505199001011234"));
    CHECK(api.post("/idn/v1/enterprises/3/review", R"({"approve":true})").status == 200);
    check_faults(client);
    CHECK(setting.daemon().stop() == 0);
    Daemon later(setting.node(), {"snms.personal_data_days=0"});
    HttpClient http(later.http_port());
    const std::map<std::string, std::string> as_operator{
        {"Authorization", "Bearer " + api.token()}};
    const auto left = [&] {
        return http.ask(http_request("GET", "/idn/v1/enterprises/3/files", as_operator)).body;
    };
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (left() != "{}" && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(milliseconds{50});
    }
    CHECK(left() == "{}");
    CHECK_THAT(http.ask(http_request("GET", "/snms/api/v3/ent/detail?id=3", as_operator)).body,
               Catch::Contains("3205**********1234"));
}

TEST_CASE(
    "SNMS: a prefix moves away and back; an account may do nothing until it has an enterprise") {
    Setting setting;
    SnmsClient client(setting);
    const auto configure = [&](std::string_view config) {
        return client.post("/snms/api/ent/config", config, "operator");
    };
    CHECK(
        configure(R"({"entPrefixConfig":{"entPrefix":"88.100.7","hdlType":"HS_SITE","ipType":6,)"
                  R"("ip":"2001:db8:0:7::53","tcpPort":"2641","udpPort":"2641","httpPort":""}})") ==
        kSuccess);
    CHECK_THAT(client.get("/snms/api/prefix/page?entPrefix=88.100.7", "operator"),
               Catch::Contains(R"("proxyState":1)"));
    CHECK_THAT(client.post("/identityv2/data", pump("88.100.7/x")),
               Catch::Contains("前缀已停用或不在本节点托管"));
    CHECK(configure(R"({"proxyServerId":1,"entPrefixConfig":{"entPrefix":"88.100.7"}})") ==
          kSuccess);
    CHECK_THAT(client.get("/snms/api/prefix/page?entPrefix=88.100.7", "operator"),
               Catch::Contains(R"("proxyState":4)"));
    CHECK(configure(R"({"entPrefixConfig":{"entPrefix":"88.100.7","ipType":4,)"
                    R"("ip":"2001:db8::1","tcpPort":1}})") ==
          R"({"message":"entPrefixConfig.ip与ipType不一致","status":-2,"data":null})");
    CHECK(configure(R"({"entPrefixConfig":{"entPrefix":"88.100.7","ipType":4,)"
                    R"("ip":"192.0.2.1","tcpPort":""}})") ==
          R"({"message":"缺少必要的请求参数: entPrefixConfig.tcpPort","status":-2,"data":null})");
    CHECK(configure("{}") ==
          R"({"message":"缺少必要的请求参数: entPrefixConfig","status":-2,"data":null})");
    const std::string wanted = R"({"userName":"new-works","password":")" + sha256("Factory#2025") +
                               R"(","email":"new@example.com","mobile":"13900000000",)"
                               R"("openId":"o-1","openUserName":"新用户","remarks":"x"})";
    CHECK(client.post("/identity/registry", wanted, "operator") == kSuccess);
    CHECK(client.post("/identity/registry", wanted, "operator") ==
          R"({"message":"userName已存在","status":-2,"data":null})");
    CHECK(client.post("/identity/registry", R"({"username":"b","password":"x"})", "operator") ==
          R"({"message":"缺少必要的请求参数: email","status":-2,"data":null})");
    CHECK_THAT(client.post("/identity/registry", wanted, "admin"),
               Catch::Contains(R"("status":-3,"data":null)"));
    const std::string granted = client.post(
        "/identity/token", R"({"username":"new-works","password":"Factory#2025"})", "nobody");
    REQUIRE_THAT(granted, Catch::StartsWith(R"({"message":"success")"));
    const std::string token(boost::json::parse(granted).at("data").at("token").as_string());
    const auto as_new = [&](std::string_view method, std::string_view path,
                            std::string_view body = {}) {
        return client.ask(method, path, body, {{"Authorization", token}}, "").body;
    };
    for (const std::string_view path :
         {"/snms/api/v3/ent/page", "/snms/api/prefix/page", "/snms/api/v3/ent/detail?id=1",
          "/identityv2/data/detail?handle=88.100.7/x"}) {
        INFO(path);
        CHECK_THAT(as_new("GET", path), Catch::Contains(R"("status":-3,"data":null)"));
    }
    CHECK_THAT(as_new("POST", "/identityv2/data", pump("88.100.7/x")),
               Catch::Contains(R"("status":-3,"data":null)"));
    // Its hashed login is off until it has a secret of its own.
    CHECK_THAT(client.post("/identity/token/v1",
                           R"({"username":"new-works","password":")" +
                               registration::hashed_login_proof(
                                   *crypto::make_digests(), sha256("Factory#2025"), "2025-06-01") +
                               R"("})",
                           "nobody"),
               Catch::Contains("用户名/密码错误！"));

    auto filed = application(client, 51);
    filed.erase("sysUser");
    filed["username"] = "nobody-here";
    CHECK_THAT(apply(client, filed, "/snms/api/v3/ent/upgrade-apply"),
               Catch::Contains(R"("status":-2,"data":null)"));
    filed["username"] = "new-works";
    CHECK(apply(client, filed, "/snms/api/v3/ent/upgrade-apply") == kSuccess);
    CHECK_THAT(as_new("GET", "/snms/api/v3/ent/page"),
               Catch::Contains(R"("totalElements":1)") && Catch::Contains("88.100.951"));
    auto second = application(client, 52);
    second.erase("sysUser");
    second["username"] = "new-works";
    CHECK_THAT(apply(client, second, "/snms/api/v3/ent/upgrade-apply"),
               Catch::Contains("当前状态不允许此操作: username"));
}

}  // namespace idnode::testing
