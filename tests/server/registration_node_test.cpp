// What a node does around registration: who changed something from where, what is counted, and the
// operator's account.
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <thread>

#include "tests/server/administrator.h"
#include "tests/server/registration_client.h"

namespace idnode::testing {

TEST_CASE("changes over the Handle protocol stand in the audit trail with their source address") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    const std::string handle = works.prefix + "/wire";
    REQUIRE(ask_as_administrator(setting, creation(handle)).rc() == 1);
    ApiClient admin(setting, works.administrator);
    const auto trail = admin.get("/idn/v1/audit?name=" + handle);
    INFO(trail.http.body);
    const auto& entry = trail.json.at("entries").at(0);
    CHECK(entry.at("from").as_string() == "127.0.0.1");
    CHECK(entry.at("who").as_string() == "301:0.NA/88.100");
}

TEST_CASE("lookups are counted for the enterprise whose prefix they are of") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    ApiClient line(setting, works.application);
    const std::string handle = works.prefix + "/counted";
    REQUIRE(line.post("/idn/v1/identifiers",
                      R"({"handle":")" + handle +
                          R"(","values":[{"index":2000,"type":"t","value":"x"}]})")
                .status == 201);
    for (int at = 0; at < 20; ++at) CHECK(setting.udp().ask(resolution(handle)).rc() == 1);
    CHECK(setting.udp().ask(resolution(handle + "-missing")).rc() == 100);
    CHECK(setting.tcp().ask(resolution(handle)).rc() == 1);
    std::string counted;
    for (int tries = 0; tries < 200 && counted != "21"; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        const auto metering = line.get("/idn/v1/enterprises/" + works.id + "/metering");
        const auto& day = metering.json.at("days").at(0).as_object();
        const auto* lookups = day.if_contains("lookups");
        if (lookups != nullptr) counted = lookups->as_string();
    }
    CHECK(counted == "21");
}

TEST_CASE("a stopped node whose operator lost the token makes another") {
    Setting setting;
    const std::string config = setting.node().config().string();
    const auto file = setting.node().scratch().path() / "token";
    REQUIRE(setting.daemon().stop() == 0);
    const auto again = run({IDNODE_BIN_DIR "/idnode", "operator", "--config", config});
    CHECK(again.exit_code == 1);
    CHECK_THAT(again.errors, Catch::Contains("exists already"));
    const auto made =
        run({IDNODE_BIN_DIR "/idnode", "operator", "--config", config, "--output", file.string()});
    INFO(made.output);
    REQUIRE(made.exit_code == 0);
    std::string token;
    std::ifstream(file) >> token;
    Daemon daemon(setting.node());
    HttpClient client(daemon.http_port(), TlsOptions{});
    const auto reply = client.ask(
        http_request("GET", "/idn/v1/account", {{"Authorization", "Bearer " + token}}, {}));
    CHECK(reply.status == 200);
}

}  // namespace idnode::testing
