// Who sees what: restricted items, grants to partners; and how suffixes are made up.
#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "tests/server/registration_client.h"

namespace idnode::testing {
namespace {

/// The indexes that a record's values have, as resolution over UDP or HTTP tells them.
std::string resolved_indexes(Setting& setting, std::string_view handle) {
    std::string out;
    for (const auto& value : setting.udp().ask(resolution(handle)).values()) {
        out += std::to_string(value.index) + " ";
    }
    return out;
}

std::string shown_indexes(const ApiReply& reply) {
    std::string out;
    if (reply.status != 200) return "status " + std::to_string(reply.status);
    for (const auto& value : reply.json.at("values").as_array()) {
        out += std::to_string(value.at("index").as_int64()) + " ";
    }
    return out;
}

constexpr std::string_view kForm = R"({"templateVersion":"v","items":[
    {"type":"model","name":"Model"},
    {"type":"batch","name":"Batch","visibility":"VISIBILITY_PARTNER"},
    {"type":"cost","name":"Cost","visibility":"VISIBILITY_PRIVATE"}]})";

std::string record(std::string_view handle, std::string_view version = "v") {
    return R"({"handle":")" + std::string(handle) + R"(","templateVersion":")" +
           std::string(version) +
           R"(","values":[{"index":2000,"value":"PX"},{"index":2001,"value":"B7"},)"
           R"({"index":2002,"value":"9.50"}]})";
}

}  // namespace

TEST_CASE("lookups show public items alone, and partners what they were granted") {
    Setting setting;
    const TestEnterprise ours = make_enterprise(setting, 1);
    const TestEnterprise theirs = make_enterprise(setting, 2);
    ApiClient admin(setting, ours.administrator);
    ApiClient partner(setting, theirs.application);
    REQUIRE(admin.post("/idn/v1/prefixes/" + ours.prefix + "/templates", kForm).status == 201);
    std::string other(kForm);
    other.replace(other.find("\"v\""), 3, "\"w\"");
    REQUIRE(admin.post("/idn/v1/prefixes/" + ours.prefix + "/templates", other).status == 201);
    const std::string one = ours.prefix + "/1";
    const std::string two = ours.prefix + "/2";
    REQUIRE(admin.post("/idn/v1/identifiers", record(one)).status == 201);
    REQUIRE(admin.post("/idn/v1/identifiers", record(two, "w")).status == 201);

    CHECK(resolved_indexes(setting, one) == "1000 1001 2000 ");
    const auto rest = admin.get("/api/handles/" + one);
    CHECK(rest.http.body.find("B7") == std::string::npos);
    CHECK(rest.http.body.find("9.50") == std::string::npos);
    CHECK(shown_indexes(admin.get("/idn/v1/identifiers/" + one)) == "2000 2001 2002 ");

    const std::string path = "/idn/v1/identifiers/" + one;
    CHECK(partner.get(path).status == 403);
    const auto grant = [&](std::string_view more) {
        return admin.post("/idn/v1/grants", R"({"granteeId":")" + theirs.id + R"(","prefix":")" +
                                                ours.prefix + R"(")" + std::string(more) + "}");
    };
    CHECK(grant(R"(,"handle":"88.100.9/1")").status == 400);
    CHECK(partner
              .post("/idn/v1/grants",
                    R"({"granteeId":")" + theirs.id + R"(","prefix":")" + ours.prefix + R"("})")
              .status == 403);
    const auto by_template = grant(R"(,"templateVersion":"v","purpose":"service")");
    INFO(by_template.http.body);
    REQUIRE(by_template.status == 201);
    const auto seen = partner.get(path);
    CHECK(shown_indexes(seen) == "2000 2001 ");
    CHECK(seen.text("redacted") == "1");
    CHECK(partner.get("/idn/v1/identifiers/" + two).status == 404);
    CHECK(partner.get("/idn/v1/identifiers?prefix=" + ours.prefix)
              .json.at("identifiers")
              .as_array()
              .size() == 1);
    CHECK(partner.get("/idn/v1/history/" + one).status == 403);
    CHECK(partner.put(path, record(one)).status == 403);
    CHECK(partner.get("/idn/v1/grants?received=true").json.at("grants").as_array().size() == 1);

    const std::string id = by_template.text("id");
    ApiClient partner_admin(setting, theirs.administrator);
    CHECK(partner_admin.ask("DELETE", "/idn/v1/grants/" + id, "").status == 403);
    CHECK(admin.ask("DELETE", "/idn/v1/grants/" + id, "").status == 204);
    CHECK(partner.get(path).status == 403);
    REQUIRE(grant(R"(,"handle":")" + two + R"(")").status == 201);
    CHECK(partner.get(path).status == 404);
    CHECK(shown_indexes(partner.get("/idn/v1/identifiers/" + two)) == "2000 2001 ");
    // One whose time is over counts for nothing.
    REQUIRE(grant(R"(,"notAfter":"2001-01-01T00:00:00Z")").status == 201);
    CHECK(partner.get(path).status == 404);
    REQUIRE(grant("").status == 201);
    CHECK(shown_indexes(partner.get(path)) == "2000 2001 ");
    CHECK(admin.get("/idn/v1/audit?kind=grant").json.at("entries").as_array().size() == 5);
}

TEST_CASE("new suffixes follow the coding rule of their prefix or template") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    ApiClient line(setting, works.application);
    const std::string rule = "/idn/v1/prefixes/" + works.prefix + "/coding-rules/pump";
    const auto put = [&](std::string_view parts) {
        return line.put(rule, R"({"parts":[)" + std::string(parts) + "]}");
    };
    CHECK(put(R"({"kind":"CODING_PART_KIND_DIGITS","name":"a","lengthMin":1,"lengthMax":3},
                 {"kind":"CODING_PART_KIND_SERIAL","lengthMin":4})")
              .text("error.field") == "parts[0].lengthMax");
    const auto made = put(
        R"({"kind":"CODING_PART_KIND_LETTERS_DIGITS","name":"model","lengthMin":1,"lengthMax":8},
           {"kind":"CODING_PART_KIND_LITERAL","text":"-"},
           {"kind":"CODING_PART_KIND_DATE","text":"YYYYMMDD"},
           {"kind":"CODING_PART_KIND_LITERAL","text":"-"},
           {"kind":"CODING_PART_KIND_SERIAL","lengthMin":4},
           {"kind":"CODING_PART_KIND_CHECK","check":"CHECK_FUNCTION_MOD37_36"})");
    INFO(made.http.body);
    REQUIRE(made.status == 200);
    // A record that is there before stays whatever the rule says.
    const auto register_one = [&](std::string_view suffix) {
        const std::string path = "/idn/v1/identifiers/" + works.prefix + "/" + std::string(suffix);
        return line.put(path, R"({"values":[{"index":2000,"type":"t","value":"x"}]})");
    };
    REQUIRE(register_one("old").status == 201);
    CHECK(line.put("/idn/v1/prefixes/" + works.prefix + "/coding-rule", R"({"codingRule":"none"})")
              .status == 404);
    REQUIRE(
        line.put("/idn/v1/prefixes/" + works.prefix + "/coding-rule", R"({"codingRule":"pump"})")
            .status == 200);
    const auto suffixes =
        line.post(rule + "/suffixes",
                  R"({"parts":{"model":"PX40"},"date":"2025-06-02","serialFirst":"41","count":2})");
    INFO(suffixes.http.body);
    REQUIRE(suffixes.status == 200);
    const std::string suffix(suffixes.json.at("suffixes").at(0).as_string());
    CHECK(suffix.starts_with("PX40-20250602-0041"));
    CHECK(register_one(suffix).status == 201);
    std::string wrong = suffix;
    wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
    CHECK(register_one(wrong).code() == "E_CODING_RULE");
    CHECK(register_one("PX40-20250230-0041A").text("error.message").find("date") !=
          std::string::npos);
    CHECK(register_one("new").code() == "E_CODING_RULE");
    CHECK(register_one("old").status == 200);
    CHECK(line.post(rule + "/suffixes", R"({"suffix":")" + suffix + R"("})").status == 200);
    CHECK(line.ask("DELETE", rule, "").code() == "E_WRONG_STATE");
}

TEST_CASE("serial numbers are leased once, however many lines ask at the same time") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    const std::string rule = "/idn/v1/prefixes/" + works.prefix + "/coding-rules/r";
    ApiClient line(setting, works.application);
    REQUIRE(
        line.put(rule, R"({"parts":[{"kind":"CODING_PART_KIND_SERIAL","lengthMin":2}]})").status ==
        200);
    const auto first_of = [&](ApiClient& client, unsigned count) {
        const auto reply = client.post(
            rule + "/leases", R"({"count":)" + std::to_string(count) + R"(,"holder":"line 3"})");
        return reply.status == 201 ? reply.text("first") : reply.code();
    };
    constexpr unsigned kLines = 3;
    std::vector<std::vector<std::string>> taken(kLines);
    std::vector<std::thread> lines;
    for (auto& mine : taken) {
        lines.emplace_back([&] {
            ApiClient client(setting, works.application);
            for (int at = 0; at < 5; ++at) mine.push_back(first_of(client, 2));
        });
    }
    for (std::thread& one : lines) one.join();
    std::set<std::string> all;
    for (const auto& mine : taken) all.insert(mine.begin(), mine.end());
    CHECK(all.size() == 15);
    for (unsigned at = 0; at < 15; ++at) CHECK(all.contains(std::to_string(2 * at + 1)));

    CHECK(first_of(line, 20) == "31");
    CHECK(first_of(line, 10) == "51");
    // What was not used may be leased again, and that alone.
    const auto back = line.post(rule + "/leases/31/return", R"({"unusedFrom":"41"})");
    INFO(back.http.body);
    CHECK(back.text("last") == "40");
    CHECK(line.post(rule + "/leases/31/return", R"({"unusedFrom":"35"})").code() ==
          "E_WRONG_STATE");
    CHECK(first_of(line, 5) == "41");
    CHECK(first_of(line, 39) == "61");
    CHECK(first_of(line, 6) == "E_LIMIT");
    CHECK(first_of(line, 5) == "46");
    CHECK(line.get(rule + "/leases").json.at("leases").as_array().size() == 20);
    CHECK(line.get(rule + "/leases?cursor=46").json.at("leases").as_array().size() == 2);
}

}  // namespace idnode::testing
