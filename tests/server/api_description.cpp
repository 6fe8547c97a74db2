#include "tests/server/api_description.h"

#include <catch2/catch.hpp>

namespace idnode::testing {

namespace {

ApiReply done(ApiReply reply) {
    INFO(reply.http.body);
    REQUIRE(reply.status < 300);
    return reply;
}

constexpr std::string_view kReason = R"({"reason":"audit"})";
constexpr std::string_view kRule =
    R"({"parts":[{"kind":"CODING_PART_KIND_SERIAL","lengthMin":6}]})";

}  // namespace

std::vector<ApiOperation> described_operations(ApiClient& client) {
    std::vector<ApiOperation> out;
    const auto document = client.get("/openapi.json");
    for (const auto& [path, methods] : document.json.at("paths").as_object()) {
        for (const auto& [method, description] : methods.as_object()) {
            const auto* const object = description.if_object();
            if (object == nullptr || !object->contains("operationId")) continue;
            ApiOperation one{.name = std::string(object->at("operationId").as_string()),
                             .method = std::string(method),
                             .path = std::string(path),
                             .statuses = {},
                             .has_body = object->contains("requestBody")};
            for (char& letter : one.method) letter = static_cast<char>(std::toupper(letter));
            for (const auto& [status, unused] : object->at("responses").as_object()) {
                one.statuses.push_back(static_cast<unsigned>(std::stoul(std::string(status))));
            }
            out.push_back(std::move(one));
        }
    }
    return out;
}

ApiReply ask(ApiClient& client, const ApiOperation& operation, const ApiRequest& request) {
    std::string path = operation.path;
    for (const auto& [name, value] : request.subjects) {
        const std::string place = "{" + name + "}";
        if (const auto at = path.find(place); at != std::string::npos) {
            path.replace(at, place.size(), value);
        }
    }
    return client.ask(operation.method, path + request.query, request.body, request.fields);
}

ApiWorld::ApiWorld(const Settings& settings)
    : setting_(settings),
      works_(make_enterprise(setting_, 1)),
      others_(make_enterprise(setting_, 2)),
      boss_(setting_),
      line_(setting_, works_.application) {
    known_["handle"] = works_.prefix + "/known";
    known_["prefix"] = works_.prefix;
    known_["version"] = new_template();
    known_["name"] = "line1";
    known_["key"] = "known-key";
    known_["id"] = works_.id;
    done(boss_.ask("POST", "/idn/v1/identifiers", identifier_body(known_["handle"]),
                   {{"Idempotency-Key", "known-key"}}));
    partner_ = new_approved_enterprise();
    done(boss_.put("/idn/v1/prefixes/" + works_.prefix + "/coding-rules/rule", kRule));
    known_["grant"] = new_grant();
    known_["file"] = new_file();
    ApiClient streamer(setting_);
    done(streamer.ask("POST", "/idn/v1/streams", identifier_body(works_.prefix + "/streamed"),
                      {{"Stream-Id", "known-stream"}}));
}

std::string ApiWorld::fresh(const std::string& beginning) {
    return beginning + std::to_string(++used_);
}

std::string ApiWorld::new_enterprise() {
    const std::string number = credit_code(++used_);
    return done(boss_.post(
                    "/idn/v1/enterprises",
                    R"({"profile":{"name":"Works )" + number +
                        R"(","certificate":{"kind":"CERTIFICATE_KIND_CREDIT_CODE","number":")" +
                        number + R"("}}})"))
        .text("id");
}

std::string ApiWorld::new_approved_enterprise() {
    std::string id = new_enterprise();
    done(boss_.post("/idn/v1/enterprises/" + id + "/review", R"({"approve":true})"));
    return id;
}

std::string ApiWorld::new_prefix() {
    std::string prefix = fresh("88.100.9");
    done(boss_.post("/idn/v1/prefixes",
                    R"({"prefix":")" + prefix + R"(","enterpriseId":")" + works_.id + R"("})"));
    return prefix;
}

std::string ApiWorld::new_account() {
    std::string name = fresh("account");
    done(boss_.post("/idn/v1/accounts", R"({"account":{"name":")" + name +
                                            R"(","role":"ROLE_APPLICATION","enterpriseId":")" +
                                            works_.id + R"("}})"));
    return name;
}

std::string ApiWorld::new_token(const std::string& account, const std::string& wanted) {
    return done(boss_.post("/idn/v1/accounts/" + account + "/tokens", wanted)).text("token");
}

std::string ApiWorld::new_template() {
    std::string version = fresh("pump");
    done(boss_.post(
        "/idn/v1/prefixes/" + works_.prefix + "/templates",
        R"({"templateVersion":")" + version +
            R"(","items":[{"index":2000,"type":"model","name":"Model","required":true},)"
            R"({"index":2001,"type":"mass","name":"Mass","itemType":"ITEM_TYPE_NUMBER"},)"
            R"({"index":2002,"type":"old","name":"Old","state":"ITEM_STATE_DISABLED"}]})"));
    return version;
}

std::string ApiWorld::new_draft() {
    std::string version = fresh("draft");
    done(boss_.post("/idn/v1/prefixes/" + works_.prefix + "/templates",
                    R"({"templateVersion":")" + version +
                        R"(","state":"TEMPLATE_STATE_DRAFT","items":[{"type":"a","name":"A"}]})"));
    return version;
}

std::string ApiWorld::new_identifier() {
    std::string handle = works_.prefix + "/" + fresh("made");
    done(boss_.post("/idn/v1/identifiers", identifier_body(handle)));
    return handle;
}

std::string ApiWorld::new_rule(const std::string& prefix) {
    std::string name = fresh("rule");
    done(boss_.put("/idn/v1/prefixes/" + prefix + "/coding-rules/" + name, kRule));
    return name;
}

std::string ApiWorld::new_grant() {
    return done(boss_.post("/idn/v1/grants", R"({"granteeId":")" + partner_ + R"(","prefix":")" +
                                                 works_.prefix + R"(","handle":")" + works_.prefix +
                                                 R"(/granted"})"))
        .text("id");
}

std::string ApiWorld::new_file() {
    const std::string body =
        "--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n"
        "Content-Type: application/octet-stream\r\n\r\n%PDF-1.4\n1\n%%EOF\r\n--line--\r\n";
    const auto reply = boss_.ask("POST", "/snms/api/file/upload", body,
                                 {{"Content-Type", "multipart/form-data; boundary=line"}});
    INFO(reply.http.body);
    const auto json = boost::json::parse(reply.http.body);
    return std::to_string(json.at("data").at("id").as_int64());
}

std::string ApiWorld::identifier_body(const std::string& handle, const std::string& version) const {
    return R"({"handle":")" + handle + R"(","templateVersion":")" + version +
           R"(","values":[{"index":2000,"type":"model","value":"PX-40"}]})";
}

std::map<std::string, std::string> ApiWorld::known_subjects(const ApiOperation& operation) const {
    auto out = known_;
    if (operation.name == "getStream") out["id"] = "known-stream";
    if (operation.path.find("/grants/") != std::string::npos) out["id"] = known_.at("grant");
    if (operation.path.find("/files/") != std::string::npos) out["id"] = known_.at("file");
    if (operation.path.find("/coding-rules/") != std::string::npos) out["name"] = "rule";
    out["first"] = "1";
    return out;
}

ApiRequest ApiWorld::right(const ApiOperation& operation) {
    if (operation.method == "GET") {
        ApiRequest out{.subjects = known_subjects(operation)};
        if (operation.name == "listIdentifiers") out.query = "?prefix=" + works_.prefix;
        if (operation.name == "listGrants") out.query = "?enterpriseId=" + works_.id;
        return out;
    }
    const std::string& prefix = works_.prefix;
    const auto with_id = [](std::string id, std::string_view body = {}) {
        return ApiRequest{.subjects = {{"id", std::move(id)}}, .body = std::string(body)};
    };
    const auto with_name = [](std::string name, std::string body = {}) {
        return ApiRequest{.subjects = {{"name", std::move(name)}}, .body = std::move(body)};
    };
    const auto with_prefix = [](std::string name, std::string_view body = {}) {
        return ApiRequest{.subjects = {{"prefix", std::move(name)}}, .body = std::string(body)};
    };
    const auto with_version = [&](std::string version, std::string_view body = {}) {
        return ApiRequest{.subjects = {{"prefix", prefix}, {"version", std::move(version)}},
                          .body = std::string(body)};
    };
    const auto with_handle = [](const std::string& handle, std::string body = {}) {
        return ApiRequest{.subjects = {{"handle", handle}}, .body = std::move(body)};
    };
    const auto with_rule = [this](std::string first, std::string body = {}) {
        const std::string own = new_prefix();
        return ApiRequest{
            .subjects = {{"prefix", own}, {"name", new_rule(own)}, {"first", std::move(first)}},
            .body = std::move(body)};
    };
    using Make = std::function<ApiRequest()>;
    const std::map<std::string, Make> makers{
        {"logIn",
         [&] {
             const std::string name = new_account();
             done(boss_.post("/idn/v1/accounts/" + name + "/password",
                             R"({"newPassword":"correct horse"})"));
             return ApiRequest{.body =
                                   R"({"username":")" + name + R"(","password":"correct horse"})"};
         }},
        {"createAccount",
         [&] {
             return ApiRequest{.body = R"({"account":{"name":")" + fresh("account") +
                                       R"(","role":"ROLE_AUDITOR"}})"};
         }},
        {"changeAccount",
         [&] {
             std::string name = new_account();
             std::string body = boss_.get("/idn/v1/accounts/" + name).http.body;
             return with_name(std::move(name), std::move(body));
         }},
        {"setPassword",
         [&] { return with_name(new_account(), R"({"newPassword":"correct horse"})"); }},
        {"makeLoginSecret", [&] { return with_name(new_account()); }},
        {"removeLoginSecret",
         [&] {
             std::string name = new_account();
             done(boss_.post("/idn/v1/accounts/" + name + "/login-secret"));
             return with_name(std::move(name));
         }},
        {"createToken", [&] { return with_name(new_account(), "{}"); }},
        {"revokeToken",
         [&] {
             const std::string name = new_account();
             new_token(name);
             const auto tokens = boss_.get("/idn/v1/accounts/" + name + "/tokens");
             return ApiRequest{
                 .subjects = {
                     {"name", name},
                     {"id", std::string(tokens.json.at("tokens").at(0).at("id").as_string())}}};
         }},
        {"applyEnterprise",
         [&] {
             return ApiRequest{
                 .body =
                     R"({"profile":{"name":"New","certificate":{"kind":"CERTIFICATE_KIND_CREDIT_CODE","number":")" +
                     credit_code(++used_) + R"("}}})"};
         }},
        {"changeEnterprise",
         [&] {
             const std::string id = new_enterprise();
             auto made = boss_.get("/idn/v1/enterprises/" + id);
             return with_id(
                 id, R"({"profile":)" + boost::json::serialize(made.json.at("profile")) + "}");
         }},
        {"reviewEnterprise", [&] { return with_id(new_enterprise(), R"({"approve":true})"); }},
        {"suspendEnterprise", [&] { return with_id(new_approved_enterprise(), kReason); }},
        {"resumeEnterprise",
         [&] {
             std::string id = new_approved_enterprise();
             done(boss_.post("/idn/v1/enterprises/" + id + "/suspend", kReason));
             return with_id(std::move(id));
         }},
        {"retireEnterprise", [&] { return with_id(new_approved_enterprise(), kReason); }},
        {"setQuota",
         [&] { return with_id(new_approved_enterprise(), R"({"identifiersMax":"5"})"); }},
        {"createIdentifier",
         [&] { return ApiRequest{.body = identifier_body(prefix + "/" + fresh("new"))}; }},
        {"putIdentifier",
         [&] {
             const std::string handle = new_identifier();
             return with_handle(handle, identifier_body(handle));
         }},
        {"patchIdentifier",
         [&] {
             const std::string handle = new_identifier();
             return with_handle(handle, identifier_body(handle));
         }},
        {"deleteIdentifier", [&] { return with_handle(new_identifier()); }},
        {"writeBatch",
         [&] {
             return ApiRequest{.body = R"({"items":[{"identifier":)" +
                                       identifier_body(prefix + "/" + fresh("new")) + "}]}"};
         }},
        {"writeStream",
         [&] { return ApiRequest{.body = identifier_body(prefix + "/" + fresh("new"))}; }},
        {"allotPrefix",
         [&] {
             return ApiRequest{.body = R"({"prefix":")" + fresh("88.100.9") +
                                       R"(","enterpriseId":")" + works_.id + R"("})"};
         }},
        {"changeHosting",
         [&] {
             return with_prefix(new_prefix(),
                                R"({"hosting":"HOSTING_DELEGATED","site":{"address":"192.0.2.1",)"
                                R"("tcpPort":2641,"udpPort":2641}})");
         }},
        {"disablePrefix", [&] { return with_prefix(new_prefix(), kReason); }},
        {"enablePrefix",
         [&] {
             std::string name = new_prefix();
             done(boss_.post("/idn/v1/prefixes/" + name + "/disable", kReason));
             return with_prefix(std::move(name));
         }},
        {"retirePrefix", [&] { return with_prefix(new_prefix(), kReason); }},
        {"createTemplate",
         [&] {
             return with_prefix(prefix, R"({"templateVersion":")" + fresh("v") +
                                            R"(","items":[{"type":"a","name":"A"}]})");
         }},
        {"replaceTemplate",
         [&] {
             const std::string version = new_draft();
             return with_version(version, R"({"templateVersion":")" + version +
                                              R"(","items":[{"type":"b","name":"B"}]})");
         }},
        {"editTemplate",
         [&] {
             return with_version(new_template(),
                                 R"({"items":[{"index":2003,"type":"x","name":"X"}]})");
         }},
        {"deleteTemplate", [&] { return with_version(new_template()); }},
        {"chooseCodingRule",
         [&] {
             const std::string own = new_prefix();
             return with_prefix(own, R"({"codingRule":")" + new_rule(own) + R"("})");
         }},
        {"putCodingRule", [&] { return with_rule({}, std::string(kRule)); }},
        {"deleteCodingRule", [&] { return with_rule({}); }},
        {"makeSuffixes", [&] { return with_rule({}, R"({"serialFirst":"7"})"); }},
        {"leaseSerials", [&] { return with_rule({}, R"({"count":5})"); }},
        {"returnLease",
         [&] {
             ApiRequest out = with_rule("1", "{}");
             done(boss_.post("/idn/v1/prefixes/" + out.subjects["prefix"] + "/coding-rules/" +
                                 out.subjects["name"] + "/leases",
                             R"({"count":5})"));
             return out;
         }},
        {"createGrant",
         [&] {
             return ApiRequest{.body = R"({"granteeId":")" + partner_ + R"(","prefix":")" + prefix +
                                       R"(","handle":")" + prefix + R"(/granted"})"};
         }},
        {"withdrawGrant", [&] { return with_id(new_grant()); }},
        {"publishTemplate", [&] { return with_version(new_draft()); }},
        {"withdrawTemplate", [&] { return with_version(new_template()); }},
    };
    const auto at = makers.find(operation.name);
    INFO("no request is known for " << operation.name);
    REQUIRE(at != makers.end());
    return at->second();
}

}  // namespace idnode::testing
