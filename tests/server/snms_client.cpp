#include "tests/server/snms_client.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <optional>
#include <vector>

namespace idnode::testing {

namespace {

/// Whether a text is what was recorded, in which `{*}` stands for anything.
bool is_as_recorded(std::string_view recorded, std::string_view text) {
    constexpr std::string_view kAnything = "{*}";
    const std::size_t gap = recorded.find(kAnything);
    if (gap == std::string_view::npos) return text == recorded;
    if (!text.starts_with(recorded.substr(0, gap))) return false;
    text.remove_prefix(gap);
    const std::string_view rest = recorded.substr(gap + kAnything.size());
    for (;; text.remove_prefix(1)) {
        if (is_as_recorded(rest, text)) return true;
        if (text.empty()) return false;
    }
}

struct Exchange {
    std::string title;
    std::string method;
    std::string path;
    std::map<std::string, std::string> fields;
    std::string as = "line";
    std::string body;
};

/// `200 {…}`
bool is_answer(std::string_view line) {
    return line.size() > 4 && line[3] == ' ' &&
           line.substr(0, 3).find_first_not_of("0123456789") == std::string_view::npos;
}

void take_line(Exchange& exchange, const std::string& line) {
    if (line.starts_with("# ")) {
        exchange.title = line.substr(2);
    } else if (exchange.method.empty()) {
        const std::size_t space = line.find(' ');
        exchange.method = line.substr(0, space);
        exchange.path = line.substr(space + 1);
    } else if (line.starts_with("As: ")) {
        exchange.as = line.substr(4);
    } else if (line.starts_with('{') || line.starts_with('[')) {
        exchange.body = line;
    } else {
        const std::size_t colon = line.find(": ");
        exchange.fields[line.substr(0, colon)] = line.substr(colon + 2);
    }
}

void make_works(ApiClient& client, unsigned number, const std::string& prefix) {
    const auto filed = client.post(
        "/idn/v1/enterprises", R"({"profile":{"name":"Works )" + prefix +
                                   R"(","certificate":{"kind":"CERTIFICATE_KIND_CREDIT_CODE",)" +
                                   R"("number":")" + credit_code(number) + R"("}}})");
    INFO(filed.http.body);
    REQUIRE(filed.status == 201);
    const std::string id = filed.text("id");
    REQUIRE(client.post("/idn/v1/enterprises/" + id + "/review", R"({"approve":true})").status ==
            200);
    REQUIRE(client
                .post("/idn/v1/prefixes",
                      R"({"prefix":")" + prefix + R"(","enterpriseId":")" + id + R"("})")
                .status == 201);
}

std::string make_account(ApiClient& client, const std::string& name, std::string_view role,
                         std::string_view enterprise, std::string_view password = {}) {
    const auto made = client.post(
        "/idn/v1/accounts", R"({"account":{"name":")" + name + R"(","role":")" + std::string(role) +
                                R"(","enterpriseId":")" + std::string(enterprise) +
                                R"("},"password":")" + std::string(password) + R"("})");
    INFO(made.http.body);
    REQUIRE(made.status == 201);
    return client.post("/idn/v1/accounts/" + name + "/tokens", "{}").text("token");
}

}  // namespace

SnmsClient::SnmsClient(Setting& setting)
    : operator_(setting), client_(setting.daemon().http_port()) {
    make_works(operator_, 7, "88.100.7");
    make_works(operator_, 8, "88.100.8");
    tokens_["operator"] = operator_.token();
    tokens_["line"] = make_account(operator_, "mes-line3", "ROLE_APPLICATION", "1", "Factory#2025");
    tokens_["admin"] = make_account(operator_, "works7", "ROLE_ENTERPRISE_ADMINISTRATOR", "1");
    tokens_["other"] = make_account(operator_, "mes-other", "ROLE_APPLICATION", "2");
}

std::string SnmsClient::token(std::string_view as) const {
    const auto at = tokens_.find(as);
    return at == tokens_.end() ? std::string() : at->second;
}

HttpReply SnmsClient::ask(std::string_view method, std::string_view path, std::string_view body,
                          std::map<std::string, std::string> fields, std::string_view as) {
    const std::string who = token(as);
    if (!who.empty()) fields.emplace("Authorization", "Bearer " + who);
    return client_.ask(http_request(method, path, fields, body));
}

void play(SnmsClient& client, std::string_view name) {
    const std::string file =
        std::string(IDNODE_SOURCE_DIR "/tests/data/snms/").append(name).append(".txt");
    std::ifstream in(file);
    REQUIRE(in);
    Exchange exchange;
    std::string line;
    unsigned number = 0;
    while (std::getline(in, line)) {
        ++number;
        if (line.empty()) continue;
        if (!is_answer(line)) {
            take_line(exchange, line);
            continue;
        }
        const HttpReply reply =
            client.ask(exchange.method, exchange.path, exchange.body, exchange.fields, exchange.as);
        INFO(file << ":" << number << ": " << exchange.title);
        INFO("recorded: " << line.substr(4));
        INFO("answered: " << reply.body);
        CHECK(std::to_string(reply.status) == line.substr(0, 3));
        CHECK(is_as_recorded(line.substr(4), reply.body));
        exchange = {};
    }
}

std::string pump(std::string_view handle, std::string_view model) {
    return R"({"handle":")" + std::string(handle) +
           R"(","templateVersion":"pump-2","value":[{"index":2000,"type":"model",)" +
           R"("data":{"format":"string","value":")" + std::string(model) + R"("},"auth":""}]})";
}

std::string pump_template(std::string_view prefix) {
    return R"({"prefix":")" + std::string(prefix) +
           R"(","version":"pump-2","industryCategory":"C","industrySpecific":"34",)"
           R"("industryTrade":"344","industrySubclass":"3441","type":2,)"
           R"("description":"Centrifugal pump","items":[)"
           R"({"name":"型号","idType":"model","idIndex":"2000","required":true,)"
           R"("metadata":{"type":"string","minLength":1,"maxLength":40}},)"
           R"({"name":"出厂日期","idType":"madeOn","idIndex":2001,)"
           R"("metadata":{"type":"string","minLength":10,"maxLength":10}}]})";
}

}  // namespace idnode::testing
