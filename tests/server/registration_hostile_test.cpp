// What comes in wrong, too large or in pieces: told clearly, and nothing of it kept.
#include <catch2/catch.hpp>
#include <optional>
#include <thread>

#include "resolver/crypto/keys.h"
#include "tests/server/api_description.h"
#include "tests/support/client_certificate.h"

namespace idnode::testing {
namespace {

constexpr std::size_t kMegabyte = 1'000'000;

std::string last_change(ApiWorld& world) {
    return world.boss().get("/idn/v1/audit?limit=1").http.body;
}

/// What is no request, whatever the route.
std::vector<std::string> bad_bodies() {
    constexpr std::size_t kDeep = 100'000;
    return {"{",
            "[]",
            "\"text\"",
            "{\"nonsense\":1}",
            "{\"\xff\xfe\":1}",
            "{\"handle\":\"\xc3\x28\"}",
            std::string(kDeep, '[') + std::string(kDeep, ']'),
            R"({"handle":)" + std::string(kDeep, '[') + std::string(kDeep, ']') + "}"};
}

std::string field_of_first_failure(const ApiReply& batch, const char* name) {
    for (const auto& result : batch.json.at("results").as_array()) {
        if (const auto* error = result.as_object().if_contains("error")) {
            const auto* value = error->as_object().if_contains(name);
            return value == nullptr ? std::string() : std::string(value->as_string());
        }
    }
    return {};
}

/// `idnoded` under a limit of what a file may hold, as on a disk that is full.
class CrampedDaemon {
  public:
    CrampedDaemon(const NodeFolder& node, unsigned kilobytes) : daemon_(wrapped(node, kilobytes)) {}
    Daemon& daemon() { return daemon_; }

  private:
    static std::vector<std::string> wrapped(const NodeFolder& node, unsigned kilobytes) {
        std::vector<std::string> out{
            "/bin/sh", "-c",
            "trap '' XFSZ; ulimit -f " + std::to_string(2 * kilobytes) + "; exec \"$0\" \"$@\""};
        const auto command = daemon_command(
            node.config(), {"listen.udp_port=0", "listen.tcp_port=0", "listen.http_port=0"});
        out.insert(out.end(), command.begin(), command.end());
        return out;
    }

    Daemon daemon_;
};

}  // namespace

TEST_CASE("a body that is no request is refused by every route, with code and remedy") {
    ApiWorld world;
    const auto operations = described_operations(world.boss());
    const std::string before = last_change(world);
    for (const ApiOperation& operation : operations) {
        if (!operation.has_body) continue;
        std::optional<ApiClient> client;
        for (const std::string& body : bad_bodies()) {
            INFO(operation.name << ": " << body.substr(0, 30));
            // A stream ends its connection.
            if (!client || operation.name == "writeStream") client.emplace(world.setting());
            const ApiReply reply = ask(*client, operation,
                                       {.subjects = world.known_subjects(operation), .body = body});
            INFO(reply.status << " " << reply.http.body);
            if (operation.name == "writeStream") {
                CHECK(reply.http.body.find("\"failed\":\"1\"") != std::string::npos);
                CHECK(reply.http.body.find("\"done\"") == std::string::npos);
                continue;
            }
            CHECK((reply.status == 400 || reply.status == 413));
            CHECK(reply.code().starts_with("E_"));
            CHECK(!reply.text("error.message").empty());
        }
    }
    CHECK(last_change(world) == before);
    CHECK(world.setting().daemon().stop_and_find_faults() == "");
}

TEST_CASE("items that are wrong are told by field and rule, and nothing of them is kept") {
    ApiWorld world;
    const std::string handle = world.works().prefix + "/bad";
    struct Bad {
        std::string item;
        std::string_view code;
        std::string_view field;
    };
    const std::string good = world.identifier_body(handle);
    for (const Bad& bad : std::vector<Bad>{
             {world.identifier_body(handle, "none"), "E_TEMPLATE_UNKNOWN", "templateVersion"},
             {world.identifier_body("88.200.1/x"), "E_FOREIGN_PREFIX", "handle"},
             {world.identifier_body(world.others().prefix + "/x"), "E_FOREIGN_PREFIX", "handle"},
             {world.identifier_body("no prefix"), "E_FOREIGN_PREFIX", "handle"},
             {world.identifier_body(""), "E_FIELD_MISSING", "handle"},
         }) {
        INFO(bad.item);
        const auto reply =
            world.line().post("/idn/v1/batches", R"({"items":[{"identifier":)" + bad.item + "}]}");
        INFO(reply.http.body);
        CHECK(reply.status == 200);
        CHECK(field_of_first_failure(reply, "code") == bad.code);
        CHECK(field_of_first_failure(reply, "field") == bad.field);
        CHECK(!field_of_first_failure(reply, "message").empty());
    }
    // Of two in one batch the first counts.
    const auto twice =
        world.line().post("/idn/v1/batches", R"({"items":[{"identifier":)" + good +
                                                 R"(},{"identifier":)" + good + "}]}");
    CHECK(twice.text("done") == "1");
    CHECK(field_of_first_failure(twice, "code") == "E_IDENTIFIER_EXISTS");
    CHECK(world.line().get("/idn/v1/history/" + handle).json.at("entries").as_array().size() == 1);
}

TEST_CASE("a hundred megabytes are refused at the limit, announced or not, in bounded memory") {
    Setting setting;
    ApiClient boss(setting);
    const auto announced = boss.ask("POST", "/idn/v1/batches", "",
                                    {{"Content-Length", std::to_string(100 * kMegabyte)}});
    CHECK(announced.status == 413);
    CHECK(announced.code() == "E_LIMIT");
    CHECK(!announced.text("error.remedy").empty());
    const std::size_t before = setting.daemon().process().resident_bytes();
    HttpClient client(setting.daemon().http_port());
    client.send(http_request("POST", "/idn/v1/identifiers",
                             {{"Authorization", "Bearer " + boss.token()},
                              {"Content-Type", "application/json"},
                              {"Transfer-Encoding", "chunked"}}));
    const std::string chunk = "f4240\r\n" + std::string(kMegabyte, ' ') + "\r\n";
    for (int sent = 0; sent < 100; ++sent) client.send(chunk);
    const auto reply = client.receive();
    if (reply) CHECK(reply->status == 413);  // a cut connection may lose it
    CHECK(setting.daemon().process().resident_bytes() < before + 64 * kMegabyte);
    CHECK(setting.serves());
}

TEST_CASE("of a stream that is cut, whole lines are kept and its place is known") {
    ApiWorld world;
    constexpr std::size_t kLines = 500;
    std::string body;
    const auto handle = [&](std::size_t at) {
        return world.works().prefix + "/cut-" + std::to_string(at);
    };
    for (std::size_t at = 1; at <= kLines; ++at) body += world.identifier_body(handle(at)) + "\n";
    const std::string half = world.identifier_body(handle(kLines + 1));
    body += half.substr(0, half.size() / 2);
    {
        HttpClient client(world.setting().daemon().http_port());
        client.send(http_request("POST", "/idn/v1/streams",
                                 {{"Authorization", "Bearer " + world.line().token()},
                                  {"Stream-Id", "cut"},
                                  {"Content-Length", std::to_string(2 * body.size())}}) +
                    body);
    }  // and gone
    std::size_t lines = 0;
    for (int tries = 0; tries < 100 && lines < kLines; ++tries) {
        std::this_thread::sleep_for(milliseconds(20));
        const auto state = world.line().get("/idn/v1/streams/cut");
        if (state.status == 200) lines = std::stoul("0" + state.text("lines"));
        INFO(state.http.body);
        CHECK(lines <= kLines);
    }
    for (const std::size_t at : {lines, lines + 1}) {
        INFO(at << " of " << lines);
        const bool is_there = world.line().get("/idn/v1/identifiers/" + handle(at)).status == 200;
        CHECK(is_there == (at > 0 && at <= lines));
    }
    CHECK(world.setting().daemon().stop_and_find_faults() == "");
}

TEST_CASE("a stream that stops is dropped within the deadline, and what came is kept") {
    Setting setting({"limits.http_request_s=1"});
    const TestEnterprise works = make_enterprise(setting, 1);
    HttpClient client(setting.daemon().http_port());
    const std::string handle = works.prefix + "/came";
    const std::string line = R"({"handle":")" + handle +
                             R"(","values":[{"index":1,"type":"a","value":"b"}]})"
                             "\n";
    client.send(http_request("POST", "/idn/v1/streams",
                             {{"Authorization", "Bearer " + works.application},
                              {"Content-Length", "100000"}}) +
                line);
    CHECK(client.receive_all(std::chrono::seconds(10)).find(R"("done":"1")") != std::string::npos);
    CHECK(ApiClient(setting, works.application).get("/idn/v1/identifiers/" + handle).status == 200);
}

TEST_CASE("a full disk is told, what was acknowledged stays and what was refused does not come") {
    auto setting = std::make_unique<Setting>();
    const TestEnterprise works = make_enterprise(*setting, 1);
    CHECK(setting->daemon().stop_and_find_faults() == "");
    const std::string padding(20'000, 'x');
    const auto handle = [&](int at) { return works.prefix + "/full-" + std::to_string(at); };
    int acknowledged = 0;
    {
        CrampedDaemon cramped(setting->node(), 2'000);
        ApiClient line(cramped.daemon(), works.application);
        const auto create = [&](int at) {
            return line.post("/idn/v1/identifiers",
                             R"({"handle":")" + handle(at) +
                                 R"(","values":[{"index":1,"type":"a","value":")" + padding +
                                 R"("}]})");
        };
        ApiReply reply = create(0);
        while (reply.status == 201 && acknowledged < 1'000) reply = create(++acknowledged);
        INFO(reply.http.body);
        CHECK(reply.status == 503);
        CHECK(reply.code() == "E_STORAGE");
        CHECK(!reply.text("error.remedy").empty());
        CHECK(acknowledged > 0);
        CHECK(create(acknowledged + 1).status == 503);
        // What is there can be read.
        CHECK(line.get("/idn/v1/identifiers/" + handle(0)).status == 200);
        CHECK(line.get("/idn/v1/identifiers/" + handle(acknowledged)).status == 404);
    }
    Daemon daemon(setting->node());
    ApiClient line(daemon, works.application);
    for (int at = 0; at < acknowledged; ++at) {
        INFO(at);
        CHECK(line.get("/idn/v1/identifiers/" + handle(at)).status == 200);
    }
    CHECK(line.get("/idn/v1/identifiers/" + handle(acknowledged)).status == 404);
    CHECK(line.get("/idn/v1/identifiers/" + handle(acknowledged + 1)).status == 404);
    CHECK(daemon.stop_and_find_faults() == "");
}

TEST_CASE("a system logs in with the client certificate of its account, and with no other") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    const auto folder = setting.node().scratch().path();
    const auto key = crypto::generate_rsa_key();
    REQUIRE(key);
    const Subject subject{{"CN", "line1"}};
    write_client_certificate(folder, "line", subject, *key);
    const auto other_key = crypto::generate_rsa_key();
    REQUIRE(other_key);
    write_client_certificate(folder, "other", subject, *other_key);
    ApiClient administrator(setting, works.administrator);
    const std::string path = "/idn/v1/accounts/line1";
    auto account = administrator.get(path);
    account.json.as_object()["certificates"] = {certificate_digest(folder / "line.crt")};
    const auto changed = administrator.put(path, boost::json::serialize(account.json));
    INFO(changed.http.body);
    REQUIRE(changed.status == 200);

    const auto log_in = [&](std::string_view name, std::string_view who) {
        TlsOptions options;
        if (!name.empty()) {
            options.certificate = folder / (std::string(name) + ".crt");
            options.key = folder / (std::string(name) + ".key");
        }
        HttpClient client(setting.daemon().http_port(), options);
        return client.ask(http_request("POST", "/idn/v1/login",
                                       {{"Content-Type", "application/json"}},
                                       R"({"username":")" + std::string(who) + R"("})"));
    };
    const auto granted = log_in("line", "line1");
    INFO(granted.body);
    REQUIRE(granted.status == 200);
    const auto token = boost::json::parse(granted.body).at("token").as_string();
    CHECK(ApiClient(setting, std::string(token)).get("/idn/v1/account").text("name") == "line1");
    CHECK(log_in("other", "line1").status == 401);
    CHECK(log_in("line", "admin1").status == 401);
    CHECK(log_in("", "line1").status == 400);
}

}  // namespace idnode::testing
