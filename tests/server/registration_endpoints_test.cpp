// Every endpoint of the registration API as the node's own description has it: a new route, or a
// new error of one, without a case here fails.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <optional>
#include <set>

#include "tests/server/api_description.h"

namespace idnode::testing {
namespace {

bool is_open(const ApiOperation& operation) {
    return operation.name == "logIn" || operation.name == "getDescription";
}

/// As the operator; a stream ends its connection.
ApiReply ask_once(ApiWorld& world, const ApiOperation& operation, const ApiRequest& request) {
    if (operation.name != "writeStream") return ask(world.boss(), operation, request);
    ApiClient client(world.setting());
    return ask(client, operation, request);
}

/// Errors that have nothing to do with what is asked for. Nothing: not one of them.
std::optional<ApiReply> general_error(ApiWorld& world, const ApiOperation& operation,
                                      unsigned status, const std::string& slow) {
    const auto subjects = world.known_subjects(operation);
    switch (status) {
        case 400: {
            return ask_once(world, operation, {.subjects = subjects, .query = "?limit=%zz"});
        }
        case 401: {
            ApiClient nobody(world.setting(), "nonsense");
            return ask(nobody, operation, {.subjects = subjects});
        }
        case 413: {
            // Announced; nobody waits for it.
            ApiClient client(world.setting());
            return ask(client, operation,
                       {.subjects = subjects, .fields = {{"Content-Length", "1000000000"}}});
        }
        case 429: {
            for (int tries = 0; tries < 10; ++tries) {
                ApiClient client(world.setting(), slow);
                auto reply = ask(client, operation, {.subjects = subjects});
                if (reply.status == 429) return reply;
            }
            return std::nullopt;
        }
        default:
            return std::nullopt;
    }
}

/// What the operator may do and this token may not.
ApiReply not_allowed(ApiWorld& world, const ApiOperation& operation) {
    const std::string scope = operation.name == "getAudit" ? "SCOPE_REVIEW" : "SCOPE_AUDIT";
    ApiClient client(world.setting(),
                     world.new_token("operator", R"({"scopes":[")" + scope + R"("]})"));
    return ask(client, operation, world.right(operation));
}

/// The last thing that the path names does not exist.
ApiReply not_found(ApiWorld& world, const ApiOperation& operation) {
    ApiRequest request = world.right(operation);
    const std::size_t open = operation.path.rfind('{');
    if (open == std::string::npos) {
        FAIL_CHECK("no case for " << operation.name << " 404");
        return {};
    }
    const std::string last =
        operation.path.substr(open + 1, operation.path.find('}', open) - open - 1);
    request.subjects[last] = last == "id" || last == "first"
                                 ? "999999"
                                 : (last == "handle"   ? world.works().prefix + "/none"
                                    : last == "prefix" ? "88.100.9999"
                                                       : "none");
    if (last == "handle" && !request.body.empty()) {
        request.body = world.identifier_body(request.subjects[last]);
        request.fields["If-Match"] = "*";
    }
    if (last == "version" && operation.method == "PUT") {
        request.body = R"({"templateVersion":"none","items":[{"type":"a","name":"A"}]})";
    }
    return ask(world.boss(), operation, request);
}

ApiReply not_this_version(ApiWorld& world, const ApiOperation& operation) {
    ApiRequest request = world.right(operation);
    request.fields["If-Match"] = "\"1\"";
    return ask(world.boss(), operation, request);
}

/// Errors that each operation has for itself, and other answers than the first success.
using Special = std::function<ApiReply(ApiWorld& world, const ApiOperation& operation)>;

/// What can be done once.
ApiReply twice(ApiWorld& world, const ApiOperation& operation) {
    const ApiRequest request = world.right(operation);
    REQUIRE(ask(world.boss(), operation, request).status < 300);
    return ask(world.boss(), operation, request);
}

Special with_body(std::string body) {
    return [body = std::move(body)](ApiWorld& world, const ApiOperation& operation) {
        ApiRequest request = world.right(operation);
        request.body = body;
        return ask(world.boss(), operation, request);
    };
}

/// With an address that belongs to somebody else.
ApiReply taken_contact(ApiWorld& world, const ApiOperation& operation) {
    const std::string address = world.fresh("ann") + "@example.com";
    REQUIRE(world.boss()
                .post("/idn/v1/accounts", R"({"account":{"name":")" + world.fresh("ann") +
                                              R"(","role":"ROLE_AUDITOR","email":")" + address +
                                              R"("}})")
                .status == 201);
    ApiRequest request = world.right(operation);
    auto account = boost::json::parse(request.body);
    account.as_object()["email"] = address;
    request.body = boost::json::serialize(account);
    return ask(world.boss(), operation, request);
}

ApiReply of_others(ApiWorld& world, const ApiOperation& operation) {
    ApiClient stranger(world.setting(), world.others().administrator);
    return ask(stranger, operation, world.right(operation));
}

/// With a template that nobody made.
ApiReply unknown_template(ApiWorld& world, const ApiOperation& operation) {
    ApiRequest request = world.right(operation);
    const std::string from = R"("templateVersion":"")";
    request.body.replace(request.body.find(from), from.size(), R"("templateVersion":"none")");
    return ask(world.boss(), operation, request);
}

ApiReply reused_key(ApiWorld& world, const ApiOperation& operation) {
    ApiRequest request = world.right(operation);
    request.fields["Idempotency-Key"] = "known-key";
    return ask(world.boss(), operation, request);
}

/// Under a prefix that is disabled meanwhile.
ApiReply under_disabled_prefix(ApiWorld& world, const ApiOperation& operation) {
    const std::string prefix = world.new_prefix();
    const std::string handle = prefix + "/there";
    REQUIRE(world.boss().post("/idn/v1/identifiers", world.identifier_body(handle)).status == 201);
    REQUIRE(world.boss()
                .post("/idn/v1/prefixes/" + prefix + "/disable", R"({"reason":"audit"})")
                .status == 200);
    ApiRequest request = world.right(operation);
    request.subjects["handle"] = handle;
    if (!request.body.empty()) request.body = world.identifier_body(handle);
    return ask(world.boss(), operation, request);
}

/// About a grant of a prefix that has ended.
ApiReply of_prefix_in_body(ApiWorld& world, const ApiOperation& operation) {
    const std::string prefix = world.new_prefix();
    REQUIRE(world.boss()
                .post("/idn/v1/prefixes/" + prefix + "/retire", R"({"reason":"closed"})")
                .status == 200);
    return ask(
        world.boss(), operation,
        {.body = R"({"granteeId":")" + world.others().id + R"(","prefix":")" + prefix + R"("})"});
}

/// A template of a prefix that is disabled meanwhile.
ApiReply under_disabled_prefix_template(ApiWorld& world, const ApiOperation& operation) {
    const std::string prefix = world.new_prefix();
    REQUIRE(world.boss()
                .post("/idn/v1/prefixes/" + prefix + "/templates",
                      R"({"templateVersion":"v","items":[{"type":"a","name":"A"}]})")
                .status == 201);
    REQUIRE(world.boss()
                .post("/idn/v1/prefixes/" + prefix + "/disable", R"({"reason":"audit"})")
                .status == 200);
    return ask(
        world.boss(), operation,
        {.subjects = {{"prefix", prefix}, {"version", "v"}},
         .body = operation.has_body ? R"({"items":[{"index":2003,"type":"x","name":"X"}]})" : ""});
}

ApiReply of_published_template(ApiWorld& world, const ApiOperation& operation) {
    ApiRequest request = world.right(operation);
    request.subjects["version"] = world.new_template();
    request.body = R"({"templateVersion":")" + request.subjects["version"] +
                   R"(","items":[{"type":"b","name":"B"}]})";
    return ask(world.boss(), operation, request);
}

/// Of an enterprise that has left for good.
ApiReply of_retired(ApiWorld& world, const ApiOperation& operation) {
    ApiRequest request = world.right(operation);
    const std::string id = request.subjects["id"];
    REQUIRE(
        world.boss().post("/idn/v1/enterprises/" + id + "/review", R"({"approve":true})").status <
        500);
    REQUIRE(world.boss()
                .post("/idn/v1/enterprises/" + id + "/retire", R"({"reason":"closed"})")
                .status == 200);
    return ask(world.boss(), operation, request);
}

ApiReply of_retired_prefix(ApiWorld& world, const ApiOperation& operation) {
    ApiRequest request = world.right(operation);
    REQUIRE(world.boss()
                .post("/idn/v1/prefixes/" + request.subjects["prefix"] + "/retire",
                      R"({"reason":"closed"})")
                .status == 200);
    return ask(world.boss(), operation, request);
}

/// A template that a record names.
ApiReply of_used_template(ApiWorld& world, const ApiOperation& operation) {
    ApiRequest request = world.right(operation);
    REQUIRE(world.boss()
                .post("/idn/v1/identifiers",
                      world.identifier_body(world.works().prefix + "/" + world.fresh("used"),
                                            request.subjects["version"]))
                .status == 201);
    return ask(world.boss(), operation, request);
}

ApiReply put_new(ApiWorld& world, const ApiOperation& operation) {
    const std::string handle = world.works().prefix + "/" + world.fresh("put");
    return ask(world.boss(), operation,
               {.subjects = {{"handle", handle}}, .body = world.identifier_body(handle)});
}

std::map<std::string, Special> special_cases();

/// The status, a code, and words for people; nothing of the node's inside.
void check_error(const ApiReply& reply, unsigned status) {
    CHECK(reply.status == status);
    CHECK(reply.http.field("content-type") == "application/json");
    CHECK(reply.code().starts_with("E_"));
    CHECK(!reply.text("error.message").empty());
}

/// `slow`: the token of an account that may send one request a second.
ApiReply carry_out(ApiWorld& world, const ApiOperation& operation, unsigned status,
                   const std::string& slow) {
    static const std::map<std::string, Special> special = special_cases();
    if (const auto at = special.find(operation.name + " " + std::to_string(status));
        at != special.end()) {
        return at->second(world, operation);
    }
    if (auto reply = general_error(world, operation, status, slow)) return *std::move(reply);
    if (status < 300) {
        return ask_once(world, operation, world.right(operation));
    }
    if (status == 403) return not_allowed(world, operation);
    if (status == 404) return not_found(world, operation);
    if (status == 412) return not_this_version(world, operation);
    FAIL_CHECK("no case for " << operation.name << " " << status);
    return {};
}

std::map<std::string, Special> special_cases() {
    return {
        {"logIn 401",
         [](ApiWorld& world, const ApiOperation& operation) {
             return ask(world.boss(), operation,
                        {.body = R"({"username":"nobody","password":"wrong"})"});
         }},
        {"createAccount 409",
         with_body(R"({"account":{"name":"operator","role":"ROLE_AUDITOR"}})")},
        {"chooseCodingRule 404", with_body(R"({"codingRule":"none"})")},
        {"chooseCodingRule 409", of_retired_prefix},
        {"putCodingRule 409", of_retired_prefix},
        {"deleteCodingRule 409", of_retired_prefix},
        {"makeSuffixes 422", with_body(R"({"suffix":"no number"})")},
        {"leaseSerials 409", of_retired_prefix},
        {"returnLease 409", twice},
        {"createGrant 409", of_prefix_in_body},
        {"createGrant 404", with_body(R"({"granteeId":"999999","prefix":"88.100.71"})")},
        {"changeAccount 409", taken_contact},
        {"getMetering 404", of_others},
        {"applyEnterprise 409", twice},
        {"reviewEnterprise 409", twice},
        {"suspendEnterprise 409", of_retired},
        {"resumeEnterprise 409", twice},
        {"retireEnterprise 409", twice},
        {"changeEnterprise 409", of_retired},
        {"allotPrefix 409", twice},
        {"changeHosting 409", of_retired_prefix},
        {"disablePrefix 409", of_retired_prefix},
        {"enablePrefix 409", of_retired_prefix},
        {"retirePrefix 409", twice},
        {"createIdentifier 409", twice},
        {"createIdentifier 422", unknown_template},
        {"putIdentifier 201", put_new},
        {"putIdentifier 409", under_disabled_prefix},
        {"putIdentifier 422", unknown_template},
        {"patchIdentifier 409", under_disabled_prefix},
        {"patchIdentifier 422", unknown_template},
        {"deleteIdentifier 409", under_disabled_prefix},
        {"deleteIdentifier 422", reused_key},
        {"writeBatch 422", reused_key},
        {"createTemplate 409", twice},
        {"publishTemplate 409", under_disabled_prefix_template},
        {"withdrawTemplate 409", under_disabled_prefix_template},
        {"replaceTemplate 409", of_published_template},
        {"editTemplate 409", under_disabled_prefix_template},
        {"deleteTemplate 409", of_used_template},
    };
}

/// Changes an octet here and there in the data of tables that hold objects; where the data lies,
/// their ends tell.
void damage_objects(const NodeFolder& node) {
    for (const auto& entry : std::filesystem::directory_iterator(node.data())) {
        if (entry.path().extension() != ".sst") continue;
        std::string octets = read_file(entry.path());
        if (octets.find("objects") == std::string::npos) continue;
        constexpr std::size_t kSpoilt = 50;  // of the first block: accounts lie in it
        for (std::size_t at = 0; at < kSpoilt; ++at) octets[at] ^= 0x55;
        std::ofstream(entry.path(), std::ios::binary) << octets;
    }
}

/// The newest change of anything.
std::string last_change(ApiWorld& world) {
    return std::string(world.boss()
                           .get("/idn/v1/audit?limit=1")
                           .json.at("entries")
                           .at(0)
                           .at("transaction")
                           .as_string());
}

/// A request about the first enterprise, from somebody who does not belong to it.
ApiRequest intrusion(ApiWorld& world, const ApiOperation& operation) {
    ApiRequest out = world.right(operation);
    if (operation.name == "createAccount") {
        out.body = R"({"account":{"name":"spy","role":"ROLE_APPLICATION","enterpriseId":")" +
                   world.works().id + R"("}})";
    }
    if (operation.name == "listAccounts" || operation.name == "listPrefixes") {
        out.query = "?enterpriseId=" + world.works().id;
    }
    return out;
}

/// Refused, or an answer in which nothing of the first enterprise is.
bool is_harmless(ApiWorld& world, const ApiOperation& operation, const ApiReply& reply) {
    if (reply.status == 403 || reply.status == 404) return true;
    if (reply.status != 200) return false;
    const std::string& body = reply.http.body;
    // These tell what became of what the sender said.
    if (operation.name == "writeBatch") {
        return reply.text("failed") == "1" && reply.text("done").empty();
    }
    if (operation.name == "writeStream") {
        return body.find("E_FOREIGN_PREFIX") != std::string::npos &&
               body.find("\"done\"") == std::string::npos;
    }
    return std::ranges::none_of(
        std::array<std::string_view, 3>{world.works().prefix, "\"line1\"", "Works 1"},
        [&](std::string_view ours) { return body.find(ours) != std::string::npos; });
}

/// Operations that concern nobody but who asks.
bool is_own_affair(const ApiOperation& operation) {
    return is_open(operation) || operation.name == "getOwnAccount" ||
           operation.name == "applyEnterprise";
}

}  // namespace

TEST_CASE("no endpoint shows or changes anything of another enterprise") {
    ApiWorld world;
    for (const ApiOperation& operation : described_operations(world.boss())) {
        if (is_own_affair(operation)) continue;
        for (const std::string& token :
             {world.others().administrator, world.others().application}) {
            INFO(operation.method << " " << operation.path);
            const ApiRequest request = intrusion(world, operation);
            const std::string before = last_change(world);
            ApiClient stranger(world.setting(), token);
            const ApiReply reply = ask(stranger, operation, request);
            INFO(reply.status << " " << reply.http.body.substr(0, 500));
            CHECK(is_harmless(world, operation, reply));
            CHECK(last_change(world) == before);
        }
    }
    CHECK(world.setting().daemon().stop_and_find_faults() == "");
}

TEST_CASE("every endpoint does what it is for, and gives each error that its description has") {
    ApiWorld world;
    const std::string slow_account = world.new_account();
    auto account = world.boss().get("/idn/v1/accounts/" + slow_account);
    account.json.as_object()["quota"] = {{"requestsPerSecondMax", 1}};
    REQUIRE(world.boss()
                .put("/idn/v1/accounts/" + slow_account, boost::json::serialize(account.json))
                .status == 200);
    const std::string slow = world.new_token(slow_account);
    for (const ApiOperation& operation : described_operations(world.boss())) {
        for (const unsigned status : operation.statuses) {
            if (status == 503) continue;  // below
            INFO(operation.method << " " << operation.path << ": " << status);
            const ApiReply reply = carry_out(world, operation, status, slow);
            INFO(reply.http.body.substr(0, 500));
            if (status < 300) {
                CHECK(reply.status == status);
            } else {
                check_error(reply, status);
            }
        }
    }
    CHECK(world.setting().daemon().stop_and_find_faults() == "");
}

TEST_CASE("every endpoint says so when the store cannot be read") {
    ApiWorld world;
    const auto operations = described_operations(world.boss());
    CHECK(world.setting().daemon().stop() == 0);
    damage_objects(world.setting().node());
    Daemon daemon(world.setting().node());
    for (const ApiOperation& operation : operations) {
        if (std::ranges::count(operation.statuses, 503U) == 0) continue;
        INFO(operation.method << " " << operation.path);
        ApiClient client(daemon, world.boss().token());
        const ApiReply reply =
            ask(client, operation,
                {.subjects = world.known_subjects(operation),
                 .body = is_open(operation) ? R"({"username":"operator","password":"x"})" : ""});
        INFO(reply.http.body);
        check_error(reply, 503);
        CHECK(reply.code() == "E_STORAGE");
        CHECK(!reply.text("error.remedy").empty());
    }
}

}  // namespace idnode::testing
