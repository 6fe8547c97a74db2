#include "tests/server/registration_client.h"

#include <catch2/catch.hpp>
#include <fstream>

namespace idnode::testing {

namespace {

std::string operator_token(const Setting& setting) {
    std::ifstream file(setting.node().root() / "keys" / "operator.token");
    std::string out;
    std::getline(file, out);
    return out;
}

}  // namespace

std::string ApiReply::text(std::string_view path) const {
    const boost::json::value* at = &json;
    while (!path.empty()) {
        const std::size_t dot = path.find('.');
        const auto* object = at->if_object();
        if (object == nullptr) return {};
        const std::string_view name = path.substr(0, dot);
        at = object->if_contains(boost::json::string_view(name.data(), name.size()));
        if (at == nullptr) return {};
        path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    }
    if (const auto* text = at->if_string()) return std::string(*text);
    return boost::json::serialize(*at);
}

ApiClient::ApiClient(Setting& setting) : ApiClient(setting, operator_token(setting)) {}

ApiClient::ApiClient(Setting& setting, std::string token)
    : ApiClient(setting.daemon(), std::move(token)) {}

ApiClient::ApiClient(const Daemon& daemon, std::string token)
    : client_(daemon.http_port(), TlsOptions{}), token_(std::move(token)) {}

ApiReply ApiClient::ask(std::string_view method, std::string_view path, std::string_view body,
                        std::map<std::string, std::string> fields) {
    fields.emplace("Authorization", "Bearer " + token_);
    if (!body.empty()) fields.emplace("Content-Type", "application/json");
    ApiReply out;
    out.http = client_.ask(http_request(method, path, fields, body));
    out.status = out.http.status;
    const bool is_json = out.http.field("content-type") == "application/json";
    if (is_json && !out.http.body.empty()) out.json = boost::json::parse(out.http.body);
    return out;
}

std::string credit_code(unsigned number) {
    constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    std::string out = "9133010073" + std::to_string(10'000 + number) + "0X";
    unsigned sum = 0;
    unsigned weight = 1;
    for (const char one : out) {
        sum += static_cast<unsigned>(kAlphabet.find(one)) * weight;
        weight = weight * 3 % 31;
    }
    return out + kAlphabet[(31 - sum % 31) % 31];
}

std::string new_account(ApiClient& client, std::string_view name, std::string_view role,
                        std::string_view enterprise) {
    const std::string account(name);
    const auto made =
        client.post("/idn/v1/accounts", R"({"account":{"name":")" + account + R"(","role":")" +
                                            std::string(role) + R"(","enterpriseId":")" +
                                            std::string(enterprise) + R"("}})");
    INFO(made.http.body);
    REQUIRE(made.status == 201);
    return client.post("/idn/v1/accounts/" + account + "/tokens", "{}").text("token");
}

TestEnterprise make_enterprise(Setting& setting, unsigned number) {
    ApiClient client(setting);
    return make_enterprise(client, number, "88.100");
}

TestEnterprise make_enterprise(ApiClient& client, unsigned number, std::string_view node_prefix) {
    const std::string name = std::to_string(number);
    const auto filed =
        client.post("/idn/v1/enterprises",
                    R"({"profile":{"name":"Works )" + name +
                        R"(","certificate":{"kind":"CERTIFICATE_KIND_CREDIT_CODE","number":")" +
                        credit_code(number) + R"("}}})");
    INFO(filed.http.body);
    REQUIRE(filed.status == 201);
    TestEnterprise out;
    out.id = filed.text("id");
    out.prefix = std::string(node_prefix) + ".7" + name;
    REQUIRE(
        client.post("/idn/v1/enterprises/" + out.id + "/review", R"({"approve":true})").status ==
        200);
    const auto allotted =
        client.post("/idn/v1/prefixes",
                    R"({"prefix":")" + out.prefix + R"(","enterpriseId":")" + out.id + R"("})");
    INFO(allotted.http.body);
    REQUIRE(allotted.status == 201);
    out.administrator =
        new_account(client, "admin" + name, "ROLE_ENTERPRISE_ADMINISTRATOR", out.id);
    out.application = new_account(client, "line" + name, "ROLE_APPLICATION", out.id);
    return out;
}

}  // namespace idnode::testing
