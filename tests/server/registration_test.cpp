// Registration as an operator and a factory see it: over the API, against the real node.
#include <catch2/catch.hpp>
#include <fstream>

#include "tests/server/registration_client.h"

namespace idnode::testing {
namespace {

std::string identifier(std::string_view handle, std::string_view value) {
    return R"({"handle":")" + std::string(handle) +
           R"(","values":[{"index":2000,"type":"model","value":")" + std::string(value) + R"("}]})";
}

/// What resolution says at once, over UDP.
std::string resolved(Setting& setting, std::string_view handle, std::int32_t index) {
    const Reply reply = setting.udp().ask(resolution(handle));
    if (reply.rc() != 1) return "code " + std::to_string(reply.rc());
    for (const auto& value : reply.values()) {
        if (value.index == index) return std::string(as_text(value.data));
    }
    return "no value";
}

}  // namespace

TEST_CASE("an enterprise is filed, reviewed and given a prefix, and what it registers resolves") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    ApiClient line(setting, works.application);
    const std::string handle = works.prefix + "/P-1";
    const auto created = line.post("/idn/v1/identifiers", identifier(handle, "PX-40"));
    INFO(created.http.body);
    CHECK(created.status == 201);
    CHECK(created.http.field("etag") == "\"" + created.text("version") + "\"");
    CHECK(resolved(setting, handle, 2000) == "PX-40");
    const auto found = line.get("/idn/v1/identifiers/" + handle);
    CHECK(found.status == 200);
    CHECK(found.json.at("values").as_array()[0].at("value").as_string() == "PX-40");
    CHECK(line.post("/idn/v1/identifiers", identifier(handle, "other")).code() ==
          "E_IDENTIFIER_EXISTS");
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

TEST_CASE("two enterprises cannot read or change anything of each other") {
    Setting setting;
    const TestEnterprise ours = make_enterprise(setting, 1);
    const TestEnterprise theirs = make_enterprise(setting, 2);
    const std::string handle = theirs.prefix + "/P-1";
    ApiClient owner(setting, theirs.application);
    REQUIRE(owner.post("/idn/v1/identifiers", identifier(handle, "PX-40")).status == 201);
    REQUIRE(ApiClient(setting, theirs.administrator)
                .post("/idn/v1/prefixes/" + theirs.prefix + "/templates",
                      R"({"templateVersion":"pump","items":[{"type":"model","name":"Model"}]})")
                .status == 201);

    struct Try {
        std::string_view method;
        std::string path;
        std::string body;
    };
    const std::vector<Try> tries{
        {"GET", "/idn/v1/identifiers/" + handle, ""},
        {"GET", "/idn/v1/identifiers?prefix=" + theirs.prefix, ""},
        {"GET", "/idn/v1/history/" + handle, ""},
        {"POST", "/idn/v1/identifiers", identifier(theirs.prefix + "/P-2", "x")},
        {"PUT", "/idn/v1/identifiers/" + handle, identifier(handle, "x")},
        {"PATCH", "/idn/v1/identifiers/" + handle, identifier(handle, "x")},
        {"DELETE", "/idn/v1/identifiers/" + handle, ""},
        {"GET", "/idn/v1/prefixes/" + theirs.prefix, ""},
        {"GET", "/idn/v1/prefixes?enterpriseId=" + theirs.id, ""},
        {"GET", "/idn/v1/prefixes/" + theirs.prefix + "/templates", ""},
        {"POST", "/idn/v1/prefixes/" + theirs.prefix + "/templates",
         R"({"templateVersion":"v","items":[{"type":"model","name":"Model"}]})"},
        {"PUT", "/idn/v1/prefixes/" + theirs.prefix + "/hosting", R"({"hosting":1})"},
        {"GET", "/idn/v1/enterprises/" + theirs.id, ""},
        {"PUT", "/idn/v1/enterprises/" + theirs.id, R"({"profile":{"name":"x"}})"},
        {"GET", "/idn/v1/enterprises/" + theirs.id + "/metering", ""},
        {"POST", "/idn/v1/enterprises/" + theirs.id + "/suspend", R"({"reason":"x"})"},
        {"GET", "/idn/v1/accounts?enterpriseId=" + theirs.id, ""},
        {"GET", "/idn/v1/accounts/line2", ""},
        {"POST", "/idn/v1/accounts/line2/tokens", "{}"},
        {"GET", "/idn/v1/accounts/line2/tokens", ""},
        {"POST", "/idn/v1/accounts/line2/password", R"({"newPassword":"long enough"})"},
        {"POST", "/idn/v1/accounts",
         R"({"account":{"name":"spy","role":"ROLE_APPLICATION","enterpriseId":")" + theirs.id +
             R"("}})"},
    };
    for (const std::string& token : {ours.administrator, ours.application}) {
        ApiClient stranger(setting, token);
        for (const Try& one : tries) {
            INFO(one.method << " " << one.path);
            const auto reply = stranger.ask(one.method, one.path, one.body);
            INFO(reply.http.body);
            CHECK((reply.status == 403 || reply.status == 404));
        }
        const auto batch =
            stranger.post("/idn/v1/batches",
                          R"({"items":[{"identifier":)" + identifier(handle + "x", "x") + "}]}");
        CHECK(batch.status == 200);
        CHECK(batch.text("failed") == "1");
    }
    ApiClient spy(setting, ours.administrator);
    const auto trail = spy.get("/idn/v1/audit?limit=1000");
    CHECK(trail.status == 200);
    CHECK(trail.http.body.find(theirs.prefix) == std::string::npos);
    CHECK(trail.http.body.find("line2") == std::string::npos);
    CHECK(owner.get("/idn/v1/identifiers/" + handle).text("version") ==
          owner.get("/idn/v1/history/" + handle)
              .json.at("entries")
              .at(0)
              .at("transaction")
              .as_string());
}

TEST_CASE("a request that is repeated with its idempotency key gets the first answer") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    ApiClient line(setting, works.application);
    const std::string handle = works.prefix + "/once";
    const std::map<std::string, std::string> key{{"Idempotency-Key", "k-1"}};
    const auto first = line.ask("POST", "/idn/v1/identifiers", identifier(handle, "1"), key);
    CHECK(first.status == 201);
    const auto again = line.ask("POST", "/idn/v1/identifiers", identifier(handle, "1"), key);
    CHECK(again.status == 201);
    CHECK(again.http.body == first.http.body);
    CHECK(again.http.field("etag") == first.http.field("etag"));
    CHECK(line.ask("POST", "/idn/v1/identifiers", identifier(handle, "2"), key).code() ==
          "E_IDEMPOTENCY_KEY_REUSED");
    CHECK(line.get("/idn/v1/operations/k-1").text("done") == "1");
    CHECK(line.get("/idn/v1/history/" + handle).json.at("entries").as_array().size() == 1);
    CHECK(ApiClient(setting, works.administrator).get("/idn/v1/operations/k-1").status == 404);
}

TEST_CASE("a record is replaced, patched, deleted and registered again, and its history stays") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    ApiClient line(setting, works.application);
    const std::string handle = works.prefix + "/life";
    const std::string path = "/idn/v1/identifiers/" + handle;
    const auto created = line.put(path, identifier(handle, "1"));
    CHECK(created.status == 201);
    const std::map<std::string, std::string> if_first{{"If-Match", created.http.field("etag")}};
    CHECK(line.ask("PUT", path, identifier(handle, "2"), if_first).status == 200);
    const auto late = line.ask("PUT", path, identifier(handle, "3"), if_first);
    CHECK(late.status == 412);
    CHECK(late.code() == "E_VERSION_MISMATCH");
    CHECK(line.ask("PATCH", path, R"({"values":[{"index":2001,"type":"note","value":"new"}]})")
              .status == 200);
    CHECK(resolved(setting, handle, 2000) == "2");
    CHECK(resolved(setting, handle, 2001) == "new");
    CHECK(line.ask("DELETE", path, "").status == 200);
    CHECK(line.get(path).status == 404);
    CHECK(resolved(setting, handle, 2000) == "code 100");
    CHECK(line.put(path, identifier(handle, "4")).status == 201);
    const auto history = line.get("/idn/v1/history/" + handle);
    std::vector<std::string> actions;
    for (const auto& entry : history.json.at("entries").as_array()) {
        actions.emplace_back(entry.at("action").as_string());
        CHECK(entry.at("who").as_string() == "account:line1");
        CHECK(entry.at("from").as_string() == "127.0.0.1");
    }
    CHECK(actions == std::vector<std::string>{"create", "delete", "update", "update", "create"});
    const auto page = line.get("/idn/v1/history/" + handle + "?limit=2");
    const auto rest = line.get("/idn/v1/history/" + handle + "?cursor=" + page.text("nextCursor"));
    CHECK(rest.json.at("entries").as_array().size() == 3);
    const std::string then(history.json.at("entries").at(2).at("time").as_string());
    CHECK(line.get(path + "?asOf=" + then).status == 200);
    CHECK(line.get(path + "?asOf=2001-01-01T00:00:00Z").status == 404);
}

TEST_CASE("a batch answers item by item, or does nothing at all") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    ApiClient line(setting, works.application);
    const auto item = [&](std::string_view suffix) {
        return R"({"identifier":)" + identifier(works.prefix + "/" + std::string(suffix), "x") +
               "}";
    };
    const std::string items = item("a") + "," + item("b") + "," + item("a");
    const auto refused = line.post(
        "/idn/v1/batches", R"({"mode":"BATCH_MODE_ALL_OR_NOTHING","items":[)" + items + "]}");
    CHECK(refused.status == 422);
    CHECK(line.get("/idn/v1/identifiers/" + works.prefix + "/b").status == 404);
    const auto done = line.post("/idn/v1/batches", R"({"items":[)" + items + "]}");
    CHECK(done.status == 200);
    CHECK(done.text("done") == "2");
    const auto& results = done.json.at("results").as_array();
    REQUIRE(results.size() == 3);
    CHECK(results[2].at("error").at("code").as_string() == "E_IDENTIFIER_EXISTS");
    const auto list = line.get("/idn/v1/identifiers?prefix=" + works.prefix + "&limit=1");
    REQUIRE(list.json.at("identifiers").as_array().size() == 1);
    const auto next = line.get("/idn/v1/identifiers?prefix=" + works.prefix +
                               "&cursor=" + list.text("nextCursor"));
    CHECK(next.json.at("identifiers").as_array().size() == 1);
}

TEST_CASE("a stream is carried out while it comes, tells what failed, and is carried on") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    ApiClient line(setting, works.application);
    std::string body;
    constexpr int kLines = 5'000;
    for (int at = 1; at <= kLines; ++at) {
        body += at == 17 ? "{broken" : identifier(works.prefix + "/" + std::to_string(at), "x");
        body += '\n';
    }
    const std::map<std::string, std::string> fields{{"Stream-Id", "s-1"}};
    // The first half, and then all of it again.
    const auto half = line.ask("POST", "/idn/v1/streams", body.substr(0, body.size() / 2), fields);
    CHECK(half.status == 200);
    CHECK(half.http.body.find("\"line\":\"17\"") != std::string::npos);
    ApiClient later(setting, works.application);
    const std::string known = later.get("/idn/v1/streams/s-1").text("lines");
    CHECK(std::stoi(known) > 2'000);
    const auto whole = later.ask("POST", "/idn/v1/streams", body, fields);
    CHECK(whole.http.body.find("\"ended\":true") != std::string::npos);
    ApiClient third(setting, works.application);
    const auto state = third.get("/idn/v1/streams/s-1");
    CHECK(state.text("lines") == std::to_string(kLines));
    // The line that was cut in the middle failed the first time.
    CHECK(std::stoi(state.text("done")) >= kLines - 2);
    CHECK(third.get("/idn/v1/identifiers/" + works.prefix + "/5000").status == 200);
    CHECK(ApiClient(setting, "wrong").ask("POST", "/idn/v1/streams", body, {}).status == 401);
    const auto metering = ApiClient(setting).get("/idn/v1/enterprises/" + works.id + "/metering");
    CHECK(metering.json.at("days").at(0).at("registrations").as_string() == state.text("done"));
}

TEST_CASE("a prefix moves to the enterprise's own node and back, and lookups follow") {
    Setting setting;
    const TestEnterprise works = make_enterprise(setting, 1);
    ApiClient line(setting, works.application);
    const std::string handle = works.prefix + "/P-1";
    REQUIRE(line.post("/idn/v1/identifiers", identifier(handle, "here")).status == 201);
    ApiClient client(setting);
    const std::string path = "/idn/v1/prefixes/" + works.prefix + "/hosting";
    CHECK(client.put(path, R"({"hosting":"HOSTING_DELEGATED"})").code() == "E_FIELD_MISSING");
    CHECK(client
              .put(path, R"({"hosting":"HOSTING_DELEGATED","site":{"address":"192.0.2.1",)"
                         R"("tcpPort":2641,"udpPort":2641}})")
              .status == 200);
    CHECK(resolved(setting, handle, 2000) == "code 301");
    CHECK(line.post("/idn/v1/identifiers", identifier(handle + "2", "x")).code() ==
          "E_PREFIX_DISABLED");
    const Reply prefix = setting.udp().ask(resolution("0.NA/" + works.prefix));
    CHECK(prefix.values().at(0).type == "HS_SITE");
    CHECK(client.put(path, R"({"hosting":"HOSTING_HOSTED"})").status == 200);
    CHECK(resolved(setting, handle, 2000) == "here");
}

TEST_CASE("an operator and a factory work from the command line") {
    Setting setting;
    const auto folder = setting.node().scratch().path();
    const auto idnode = [&](std::vector<std::string> arguments) {
        std::vector<std::string> command{IDNODE_BIN_DIR "/idnode"};
        command.insert(command.end(), arguments.begin(), arguments.end());
        for (const std::string& one :
             {std::string("--server"), "127.0.0.1:" + std::to_string(setting.daemon().http_port()),
              std::string("--token-file"),
              (setting.node().root() / "keys" / "operator.token").string(),
              std::string("--server-key"),
              (setting.node().root() / "keys" / "pubkey.bin").string()}) {
            command.push_back(one);
        }
        return testing::run(command);
    };
    std::ofstream(folder / "profile.json")
        << R"({"name":"Works","certificate":{"kind":"CERTIFICATE_KIND_CREDIT_CODE","number":")" +
               credit_code(7) + R"("}})";
    CHECK(idnode({"enterprise", "apply", "--file", (folder / "profile.json").string()}).exit_code ==
          0);
    CHECK(idnode({"enterprise", "approve", "1"}).exit_code == 0);
    CHECK(idnode({"prefix", "allot", "88.100.7", "--enterprise", "1"}).exit_code == 0);
    CHECK(idnode({"prefix", "show", "88.100.8"}).exit_code == 1);
    std::ofstream(folder / "lines.ndjson") << identifier("88.100.7/a", "1") << "\n"
                                           << identifier("88.100.9/a", "1") << "\n";
    const auto registered = idnode({"register", (folder / "lines.ndjson").string()});
    CHECK(registered.exit_code == 1);
    CHECK_THAT(registered.output, Catch::Contains("E_FOREIGN_PREFIX"));
    CHECK(resolved(setting, "88.100.7/a", 2000) == "1");
    const auto file = [&](std::string_view name, std::string_view text) {
        const auto path = folder / name;
        std::ofstream(path) << text;
        return path.string();
    };
    const auto done = [&](std::vector<std::string> arguments) {
        const auto outcome = idnode(std::move(arguments));
        INFO(outcome.errors);
        CHECK(outcome.exit_code == 0);
        return outcome.output;
    };
    done({"coding-rule", "put", "88.100.7", "r", "--file",
          file("rule.json", R"({"parts":[{"kind":"CODING_PART_KIND_SERIAL","lengthMin":4}]})")});
    CHECK_THAT(done({"lease", "take", "88.100.7", "r", "--count", "5"}),
               Catch::Contains(R"("last": "5")"));
    done({"lease", "return", "88.100.7", "r", "1", "--unused-from", "3"});
    done({"coding-rule", "check", "88.100.7", "r", "--suffix", "0003"});
    done({"template", "create", "88.100.7", "--file",
          file("form.json", R"({"templateVersion":"v","state":"TEMPLATE_STATE_DRAFT",
                                "codingRule":"r","items":[{"type":"model","name":"Model"}]})")});
    done({"template", "edit", "88.100.7", "v", "--file",
          file("more.json", R"({"items":[{"type":"note","name":"Note"}]})")});
    done({"template", "publish", "88.100.7", "v"});
    done({"register", file("rows.csv",
                           "handle,templateVersion,model,note\n"
                           "88.100.7/0001,v,PX,\"two\nlines\"\n")});
    CHECK_THAT(done({"identifier", "show", "88.100.7/0001"}), Catch::Contains(R"(two\nlines)"));
    CHECK(resolved(setting, "88.100.7/0001", 2001) == "two\nlines");
    CHECK(idnode({"template", "delete", "88.100.7", "v"}).exit_code == 4);
    done({"template", "delete", "88.100.7", "v", "--force", "true"});
    const auto trail = idnode({"audit", "--kind", "identifier"});
    CHECK_THAT(trail.output, Catch::Contains("account:operator"));
}

TEST_CASE("passwords, tokens and their ends") {
    Setting setting;
    ApiClient client(setting);
    REQUIRE(client
                .post("/idn/v1/accounts", R"({"account":{"name":"ann","role":"ROLE_AUDITOR"},)"
                                          R"("password":"correct horse"})")
                .status == 201);
    const auto log_in = [&](std::string_view password) {
        return client.post("/idn/v1/login",
                           R"({"username":"ann","password":")" + std::string(password) + R"("})");
    };
    CHECK(log_in("wrong").code() == "E_WRONG_LOGIN");
    const auto granted = log_in("correct horse");
    REQUIRE(granted.status == 200);
    ApiClient ann(setting, granted.text("token"));
    CHECK(ann.get("/idn/v1/account").text("name") == "ann");
    CHECK(ann.get("/idn/v1/account").text("passwordHash").empty());
    CHECK(ann.get("/idn/v1/audit").status == 200);
    CHECK(ann.get("/idn/v1/audit").http.body.find("scrypt") == std::string::npos);
    CHECK(ann.post("/idn/v1/enterprises", R"({"profile":{"name":"x"}})").status == 403);
    CHECK(ann.post("/idn/v1/accounts/ann/tokens", R"({"scopes":["SCOPE_OPERATE"]})").status == 400);
    const std::string id = granted.text("details.id");
    CHECK(ann.ask("DELETE", "/idn/v1/accounts/ann/tokens/" + id, "").status == 204);
    CHECK(ann.get("/idn/v1/account").status == 401);
    for (int wrong = 0; wrong < 5; ++wrong) CHECK(log_in("wrong").status == 401);
    CHECK(log_in("correct horse").status == 401);
}

}  // namespace idnode::testing
