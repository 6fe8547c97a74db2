// `/api/handles/{handle}`: lookups, creations, changes, deletions; §8.1 to §8.5.

#include <catch2/catch.hpp>

#include "tests/unit/http/rest_fixture.h"

using namespace idnode;
using namespace idnode::test;

TEST_CASE("a record is shown as the first example of §8.4 has it") {
    RestNode node;
    node.put("88.100.1/r1", {[] {
                                 handle::Value url = text_value(1, "URL", "http://y");
                                 url.ttl = 100;
                                 return url;
                             }(),
                             admin_value(100, 0x07F3, "0.NA/88.100.1", 201)});
    const auto response = node.get("/api/handles/88.100.1/r1");
    CHECK(response.result() == Status::ok);
    CHECK(field(response, "Content-Type") == "application/json;charset=utf-8");
    CHECK(response.body() ==
          R"({"responseCode":1,"handle":"88.100.1/r1","values":[)"
          R"({"index":1,"type":"URL","data":{"format":"string","value":"http://y"},"ttl":100,)"
          R"("timestamp":"2027-01-15T08:00:00Z"},)"
          R"({"index":100,"type":"HS_ADMIN","data":{"format":"admin","value":)"
          R"({"handle":"0.NA/88.100.1","index":201,"permissions":"011111110011"}},"ttl":86400,)"
          R"("timestamp":"2027-01-15T08:00:00Z"}]})");
}

TEST_CASE("87: GET of a missing handle is a 404, of a wrong type a 200 without values") {
    RestNode node;
    const auto missing = node.get("/api/handles/88.100.1/none");
    CHECK(missing.result() == Status::not_found);
    CHECK(object_of(missing) == bj::parse(R"({"responseCode":100,"handle":"88.100.1/none"})"));
    const auto other = node.get("/api/handles/88.100.1/r1?type=EMAIL");
    CHECK(other.result() == Status::ok);
    CHECK(object_of(other) ==
          bj::parse(R"({"responseCode":200,"values":[],"handle":"88.100.1/r1"})"));
}

TEST_CASE("87: a restricted value over plain HTTP is a 403 with response code 402") {
    RestNode node;
    node.secure = false;
    for (const Fields& fields : {Fields{}, Fields{{"Authorization", as_admin()}}}) {
        const auto response =
            node.get("/api/handles/0.NA/88.100.1?index=301&publicOnly=false", fields);
        CHECK(response.result() == Status::forbidden);
        CHECK(code_of(response) == 402);
        CHECK(challenges(response).empty());
    }
}

TEST_CASE("credentials over plain HTTP are ignored: public values are shown") {
    RestNode node;
    node.secure = false;
    const auto response = node.get("/api/handles/0.NA/88.100.1", {{"Authorization", as_admin()}});
    CHECK(response.result() == Status::ok);
    CHECK(indexes_of(response) == std::vector<std::int64_t>{1, 100, 200, 300});
}

TEST_CASE("values are selected by index or type, families included") {
    RestNode node;
    const auto selected = [&](std::string_view query) {
        return indexes_of(node.get("/api/handles/0.NA/88.100.1?" + std::string(query)));
    };
    CHECK(selected("index=300&type=HS_ADMIN") == std::vector<std::int64_t>{100, 300});
    CHECK(selected("index=1&index=200") == std::vector<std::int64_t>{1, 200});
    CHECK(selected("type=desc&type=hs_vlist.") == std::vector<std::int64_t>{1, 200});
}

TEST_CASE("a prefix without slash means its prefix handle, spelt as it was asked for") {
    RestNode node;
    const auto response = node.get("/api/handles/88.100.1");
    CHECK(text_of(object_of(response).at("handle")) == "88.100.1");
    CHECK(indexes_of(response).size() == 4);
}

TEST_CASE("paths are percent-decoded once; a plus stays a plus, a slash may be encoded") {
    RestNode node;
    node.put("88.100.1/a+b/c%2Fd \xE4\xB8\xAD", {text_value(1, "URL", "x")});
    for (const char* path :
         {"88.100.1/a+b/c%252Fd%20%E4%B8%AD", "88.100.1%2Fa%2Bb%2fc%252Fd%20%e4%b8%ad"}) {
        const auto response = node.get("/api/handles/" + std::string(path));
        CHECK(response.result() == Status::ok);
        CHECK(text_of(object_of(response).at("handle")) == "88.100.1/a+b/c%2Fd \xE4\xB8\xAD");
    }
    CHECK(node.get("/api/handles/88.100.1/a%2").result() == Status::bad_request);
    CHECK(node.get("/api/handles/88.100.1/a%zz").result() == Status::bad_request);
}

TEST_CASE("H30: a handle of any octets is looked up and shown without breaking the JSON") {
    RestNode node;
    for (const char* path :
         {"88.100.1/a%00b", "88.100.1/a%0D%0Ab", "88.100.1/..%2F..%2Fetc", "88.100.1/%22%3C%3E",
          "88.100.1/%F0%9F%98%80", "88.100.1/%FF%FE", "88.100.1/%C0%AF"}) {
        const auto response = node.get("/api/handles/" + std::string(path));
        CHECK(response.result() == Status::not_found);
        CHECK(code_of(response) == 100);
    }
    const auto put = node.put_json("/api/handles/88.100.1/%FF%FE", "[]");
    CHECK(put.result() == Status::bad_request);
    CHECK(code_of(put) == 102);
    const auto long_name = node.put_json("/api/handles/88.100.1/" + std::string(2'048, 'x'), "[]");
    CHECK(code_of(long_name) == 102);
}

TEST_CASE("a handle of another node's prefix is asked of the top-level node, or refused") {
    RestNode node;
    const auto values =
        handle::encode_values(std::vector<handle::Value>{text_value(1, "URL", "http://elsewhere")});
    node.upstream.kept["99.9/x"] = std::make_shared<resolver::UpstreamAnswer>(
        resolver::UpstreamAnswer{handle::ResponseCode::kSuccess, values, true});
    const auto found = node.get("/api/handles/99.9/x");
    CHECK(found.result() == Status::ok);
    CHECK(indexes_of(found) == std::vector<std::int64_t>{1});
    CHECK(field(found, "ETag").empty());

    node.upstream.kept["99.9/gone"] = std::make_shared<resolver::UpstreamAnswer>(
        resolver::UpstreamAnswer{handle::ResponseCode::kHandleNotFound, {}, true});
    CHECK(node.get("/api/handles/99.9/gone").result() == Status::not_found);

    node.upstream.open = false;
    const auto refused = node.get("/api/handles/99.9/x");
    CHECK(refused.result() == Status::bad_request);
    CHECK(code_of(refused) == 301);
}

TEST_CASE("a node above that does not answer in time is a 503") {
    RestNode node({.upstream_wait = std::chrono::milliseconds(10)});
    const auto response = node.get("/api/handles/99.9/x");
    CHECK(response.result() == Status::service_unavailable);
    CHECK(code_of(response) == 3);
}

TEST_CASE("10: a prefix of a delegated registry is a 300 with the sites that know it") {
    RestNode node;
    node.put("0.NA/88.100.7", {text_value(1, "HS_SERV.PREFIX", "0.NA/88.200")});
    node.home("0.NA/0.NA/88.100.7");
    const auto response = node.get("/api/handles/0.NA/88.100.7.1");
    CHECK(response.result() == Status::multiple_choices);
    CHECK(code_of(response) == 303);
    CHECK(indexes_of(response) == std::vector<std::int64_t>{1});
    CHECK(node.get("/api/handles/0.NA/88.100.7.1?doNotRefer").result() == Status::not_found);
}

TEST_CASE("an administrator sees restricted values, a stranger is not told of them") {
    RestNode node;
    const std::string path = "/api/handles/88.100.1/mixed";
    CHECK(indexes_of(node.get(path)) == std::vector<std::int64_t>{1, 100});
    const auto all = node.get(path, {{"Authorization", as_admin()}});
    CHECK(indexes_of(all) == std::vector<std::int64_t>{1, 2, 100});
    CHECK(field(all, "Cache-Control") == "no-store");
    CHECK(indexes_of(node.get(path + "?publicOnly", {{"Authorization", as_admin()}})) ==
          std::vector<std::int64_t>{1, 100});
    const auto asked = node.get(path + "?publicOnly=false");
    CHECK(asked.result() == Status::unauthorized);
    CHECK(code_of(asked) == 402);
}

TEST_CASE("77: the status handle is for server administrators") {
    RestNode node;
    CHECK(code_of(node.get("/api/handles/0.SITE/status")) == 200);
    CHECK(node.get("/api/handles/0.SITE/status?publicOnly=no").result() == Status::unauthorized);
    const auto status = node.get("/api/handles/0.SITE/status",
                                 {{"Authorization", basic("301%3A0.NA/88.100", kSecret)}});
    CHECK(status.result() == Status::ok);
    CHECK(indexes_of(status) == std::vector<std::int64_t>{1});
}

TEST_CASE("POST of a record is a GET with its parameters in the body, never a creation") {
    RestNode node;
    const auto form =
        node.send(Method::post, "/api/handles/0.NA/88.100.1",
                  {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
                  "index=1&type=HS_VLIST");
    CHECK(indexes_of(form) == std::vector<std::int64_t>{1, 200});
    const auto in_json = node.send(Method::post, "/api/handles/0.NA/88.100.1",
                                   {{"Content-Type", "application/json"}},
                                   R"({"index":[1,"200"],"publicOnly":true})");
    CHECK(indexes_of(in_json) == std::vector<std::int64_t>{1, 200});
    CHECK(node.send(Method::post, "/api/handles/88.100.1/new").result() == Status::not_found);
    CHECK(node.send(Method::post, "/api/handles/88.100.1/r1", {{"Content-Type", "text/csv"}}, "x")
              .result() == Status::bad_request);
    CHECK(node.send(Method::post, "/api/handles/88.100.1/r1",
                    {{"Content-Type", "application/json"}}, R"({"index":{}})")
              .result() == Status::bad_request);
}

TEST_CASE("89: PUT of a new record is a 201, of an existing one a 200, without overwrite a 409") {
    RestNode node;
    const std::string record = R"({"values":[)" + url_value(1) + "]}";
    const auto created = node.put_json("/api/handles/88.100.1/new", record);
    CHECK(created.result() == Status::created);
    CHECK(object_of(created) == bj::parse(R"({"responseCode":1,"handle":"88.100.1/new"})"));
    CHECK(field(created, "Location") == "/api/handles/88.100.1/new");
    CHECK(node.put_json("/api/handles/88.100.1/new", record).result() == Status::ok);
    const auto again = node.put_json("/api/handles/88.100.1/new?overwrite=false", record);
    CHECK(again.result() == Status::conflict);
    CHECK(object_of(again) == bj::parse(R"({"responseCode":101,"handle":"88.100.1/new"})"));
}

TEST_CASE("the three shapes of a body mean the same record") {
    RestNode node;
    const std::string value = url_value(1);
    for (const std::string& body :
         {"[" + value + "]", value, R"({"values":[)" + value + "]}",
          R"({"responseCode":1,"handle":"88.100.1/new","values":[)" + value + "]}"}) {
        INFO(body);
        CHECK(node.put_json("/api/handles/88.100.1/new", body).result() != Status::bad_request);
        CHECK(indexes_of(node.get("/api/handles/88.100.1/new")) == std::vector<std::int64_t>{1});
        node.remove("/api/handles/88.100.1/new");
    }
}

TEST_CASE("36: an empty array creates an empty record") {
    RestNode node;
    CHECK(node.put_json("/api/handles/88.100.1/empty", "[]").result() == Status::created);
    const auto response = node.get("/api/handles/88.100.1/empty");
    CHECK(response.result() == Status::ok);
    CHECK(code_of(response) == 200);
}

TEST_CASE("37: a minted handle begins as asked and is told in the answer") {
    RestNode node;
    const auto response =
        node.put_json("/api/handles/88.100.1/x-?mintNewSuffix=true", url_value(1));
    CHECK(response.result() == Status::created);
    const std::string handle = text_of(object_of(response).at("handle"));
    CHECK(handle.starts_with("88.100.1/x-"));
    CHECK(handle.size() == 11 + 36);
    CHECK(field(response, "Location") == "/api/handles/" + handle);
    CHECK(node.get("/api/handles/" + handle).result() == Status::ok);
}

TEST_CASE("values are added and replaced by index, as pyhandle does it") {
    RestNode node;
    const std::string path = "/api/handles/88.100.1/r1";
    const auto added = node.put_json(path + "?index=2&overwrite=true", url_value(2, "http://two"));
    CHECK(added.result() == Status::created);
    const auto replaced = node.put_json(
        path + "?index=2&index=1&overwrite=true",
        R"({"values":[)" + url_value(1, "http://one") + "," + url_value(2, "http://new") + "]}");
    CHECK(replaced.result() == Status::ok);
    CHECK(indexes_of(node.get(path)) == std::vector<std::int64_t>{1, 2, 100});
    const auto various = node.put_json(path + "?index=various", "[" + url_value(7) + "]");
    CHECK(various.result() == Status::created);
    const auto refused = node.put_json(path + "?index=various&overwrite=false", url_value(7));
    CHECK(refused.result() == Status::conflict);
    CHECK(code_of(refused) == 201);
    CHECK(node.put_json("/api/handles/88.100.1/none?index=1", url_value(1)).result() ==
          Status::not_found);
}

TEST_CASE("90: a PUT whose parts do not fit together or cannot be read is a 400 with code 4") {
    RestNode node;
    const std::string path = "/api/handles/88.100.1/r1";
    const auto bad = [&](const http::Response& response) {
        CHECK(response.result() == Status::bad_request);
        CHECK(code_of(response) == 4);
        CHECK_FALSE(text_of(object_of(response).at("message")).empty());
    };
    bad(node.put_json(path + "?index=3", url_value(2)));
    bad(node.put_json(path + "?index=3&index=2", url_value(2)));
    bad(node.put_json(path + "?index=", url_value(2)));
    bad(node.put_json(path + "?index=1a", url_value(2)));
    bad(node.put_json(path + "?index=4294967297", url_value(1)));
    bad(node.put_json(path, url_value(2), {{"Content-Type", "text/plain"}}));
    bad(node.put_json(path, "{broken"));
    bad(node.put_json(path, ""));
    bad(node.put_json(path, "7"));
    bad(node.put_json(path, R"({"handle":"88.100.1/r1"})"));
    bad(node.put_json(path, R"({"handle":"88.100.1/other","values":[]})"));
    bad(node.put_json(path, R"({"values":[],"vaules":[]})"));
    CHECK(indexes_of(node.get(path)) == std::vector<std::int64_t>{1, 100});
}

TEST_CASE("90: what is wrong in a body is named with its place") {
    RestNode node;
    const auto message = [&](const std::string& body) {
        const auto response = node.put_json("/api/handles/88.100.1/r1", body);
        CHECK(response.result() == Status::bad_request);
        return text_of(object_of(response).at("message"));
    };
    CHECK_THAT(message(R"([{"index":1,"type":"URL"}])"), Catch::StartsWith("[0].data"));
    CHECK_THAT(message(R"({"values":[{"index":"1","type":"URL","data":"x"}]})"),
               Catch::StartsWith("values[0].index"));
    CHECK_THAT(message(R"([{"index":1,"type":"URL","data":"x","tll":1}])"),
               Catch::StartsWith("[0].tll"));
}

TEST_CASE("H31: deep nesting, double members, numbers out of range and too much are refused") {
    RestNode node({.body_bytes_max = 1U << 20U});
    const auto status = [&](std::string body) {
        return node.put_json("/api/handles/88.100.1/r1", std::move(body)).result();
    };
    CHECK(status(std::string(100'000, '[')) == Status::bad_request);
    CHECK(status(R"([{"index":1,"index":2,"type":"URL","data":"x"}])") == Status::bad_request);
    CHECK(status(url_value(1).replace(9, 1, "99999999999999999999")) == Status::bad_request);
    CHECK(status(url_value(1).replace(9, 1, "2147483648")) == Status::bad_request);
    CHECK(status(url_value(1).replace(9, 1, "1.5")) == Status::bad_request);
    CHECK(status("[{\"index\":1,\"type\":\"\xFF\",\"data\":\"x\"}]") == Status::bad_request);
    CHECK(status(std::string((1U << 20U) + 1, ' ')) == Status::payload_too_large);
    std::string many = "[";
    for (int i = 1; i <= 2'049; ++i) many += (i > 1 ? "," : "") + url_value(i);
    CHECK(status(many + "]") == Status::bad_request);
}

TEST_CASE("33 and 34: an index of 0 is a 400 with code 202, one that comes twice a 409") {
    RestNode node;
    const auto zero = node.put_json("/api/handles/88.100.1/new", url_value(0));
    CHECK(zero.result() == Status::bad_request);
    CHECK(code_of(zero) == 202);
    const auto twice =
        node.put_json("/api/handles/88.100.1/new", "[" + url_value(1) + "," + url_value(1) + "]");
    CHECK(twice.result() == Status::conflict);
    CHECK(code_of(twice) == 201);
}

TEST_CASE("39: a creation under a prefix of another node is a 400 with code 301") {
    RestNode node;
    const auto response = node.put_json("/api/handles/99.9/x", url_value(1));
    CHECK(response.result() == Status::bad_request);
    CHECK(code_of(response) == 301);
}

TEST_CASE("the time that a body gives is ignored, whatever it is") {
    RestNode node;
    const auto response = node.put_json(
        "/api/handles/88.100.1/new",
        R"([{"index":1,"type":"URL","data":"x","timestamp":"2001-02-03T04:05:06.789+01:00"}])");
    CHECK(response.result() == Status::created);
    const auto shown = object_of(node.get("/api/handles/88.100.1/new"));
    CHECK(text_of(shown.at("values").at(0).at("timestamp")) == "2027-01-15T08:00:00Z");
}

TEST_CASE("91: DELETE of an index that is not there is a 400 with code 200") {
    RestNode node;
    const auto response = node.remove("/api/handles/88.100.1/r1?index=1&index=77");
    CHECK(response.result() == Status::bad_request);
    CHECK(code_of(response) == 200);
    CHECK(indexes_of(node.get("/api/handles/88.100.1/r1")) == std::vector<std::int64_t>{1, 100});
}

TEST_CASE("values and records are deleted") {
    RestNode node;
    CHECK(node.remove("/api/handles/88.100.1/r1?index=1").result() == Status::ok);
    CHECK(indexes_of(node.get("/api/handles/88.100.1/r1")) == std::vector<std::int64_t>{100});
    CHECK(node.remove("/api/handles/88.100.1/r1?index=x").result() == Status::bad_request);
    CHECK(node.remove("/api/handles/88.100.1/r1?index=various").result() == Status::bad_request);
    CHECK(node.remove("/api/handles/88.100.1/r1").result() == Status::ok);
    CHECK(node.get("/api/handles/88.100.1/r1").result() == Status::not_found);
    const auto gone = node.remove("/api/handles/88.100.1/r1");
    CHECK(gone.result() == Status::not_found);
    CHECK(code_of(gone) == 100);
}

TEST_CASE("a record that was not changed since answers a conditional lookup with 304") {
    RestNode node;
    const std::string path = "/api/handles/88.100.1/r1";
    const std::string tag = field(node.get(path), "ETag");
    REQUIRE(tag.size() > 2);
    CHECK(node.get(path, {{"If-None-Match", tag}}).result() == Status::not_modified);
    CHECK(node.get(path, {{"If-None-Match", "\"x\", W/" + tag}}).result() == Status::not_modified);
    CHECK(node.get(path, {{"If-None-Match", "*"}}).body().empty());
    CHECK(node.get(path, {{"If-Match", tag}}).result() == Status::ok);
    CHECK(node.get(path, {{"If-Match", "W/" + tag}}).result() == Status::precondition_failed);
    CHECK(node.put_json(path + "?index=1", url_value(1, "http://new")).result() == Status::ok);
    const auto changed = node.get(path, {{"If-None-Match", tag}});
    CHECK(changed.result() == Status::ok);
    CHECK(field(changed, "ETag") != tag);
}

TEST_CASE("what restricted values are shown with is another validator than the public view's") {
    RestNode node;
    const std::string path = "/api/handles/88.100.1/mixed";
    const std::string shown = field(node.get(path), "ETag");
    const auto all = node.get(path, {{"Authorization", as_admin()}, {"If-None-Match", shown}});
    CHECK(all.result() == Status::ok);
    CHECK(field(all, "ETag") != shown);
}

TEST_CASE("a conditional change is made only to the version that it names") {
    RestNode node;
    const std::string path = "/api/handles/88.100.1/r1";
    const std::string tag = field(node.get(path), "ETag");
    const std::string seen = field(node.get(path, {{"Authorization", as_admin()}}), "ETag");
    CHECK(node.put_json(path + "?index=2", url_value(2), {{"If-Match", seen}}).result() ==
          Status::created);
    const auto late = node.put_json(path, url_value(1), {{"If-Match", tag}});
    CHECK(late.result() == Status::precondition_failed);
    CHECK(node.remove(path, {{"If-Match", tag}}).result() == Status::precondition_failed);
    CHECK(node.remove(path + "?index=2", {{"If-Match", tag}}).result() ==
          Status::precondition_failed);
    CHECK(indexes_of(node.get(path)) == std::vector<std::int64_t>{1, 2, 100});
    CHECK(node.put_json("/api/handles/88.100.1/new", url_value(1), {{"If-Match", "*"}}).result() ==
          Status::precondition_failed);
    CHECK(node.put_json(path, url_value(1), {{"If-None-Match", "*"}}).result() ==
          Status::precondition_failed);
    CHECK(node.put_json("/api/handles/88.100.1/new", url_value(1), {{"If-None-Match", "*"}})
              .result() == Status::created);
    CHECK(node.remove(path, {{"If-Match", "*"}}).result() == Status::ok);
}

TEST_CASE("a condition tells nobody anything who may not change the record") {
    RestNode node;
    const auto response = node.put_json(
        "/api/handles/88.100.1/r1", url_value(1),
        {{"If-Match", "\"1\""}, {"Authorization", basic("302%3A0.NA/88.100.1", "other")}});
    CHECK(response.result() == Status::forbidden);
    CHECK(code_of(response) == 400);
}

TEST_CASE("a mirror answers lookups and refuses every change") {
    RestNode node;
    node.context.is_mirror = true;
    CHECK(node.get("/api/handles/88.100.1/r1").result() == Status::ok);
    for (const auto& response :
         {node.put_json("/api/handles/88.100.1/new", url_value(1)),
          node.put_json("/api/handles/88.100.1/r1?index=2", url_value(2)),
          node.remove("/api/handles/88.100.1/r1"), node.remove("/api/handles/88.100.1/r1?index=1"),
          node.send(Method::post, "/api/prefixes/88.100.5",
                    {{"Authorization", basic("301%3A0.NA/88.100", kSecret)}})}) {
        CHECK(response.result() == Status::bad_request);
        CHECK(code_of(response) == 301);
    }
    CHECK(indexes_of(node.get("/api/handles/88.100.1/r1")) == std::vector<std::int64_t>{1, 100});
}

TEST_CASE("a change and a refusal leave their lines in the audit") {
    RestNode node;
    CHECK(node.put_json("/api/handles/88.100.1/new", url_value(1)).result() == Status::created);
    REQUIRE(node.audit.events.size() == 1);
    const auto changed = node.audit.events.front();
    CHECK(changed.what == model::AuditEvent::What::kChanged);
    CHECK(changed.who == "301:0.NA/88.100.1");
    CHECK(changed.handle == "88.100.1/new");
    CHECK(changed.transaction > 0);
    node.remove("/api/handles/88.100.1/r1",
                {{"Authorization", basic("301%3A0.NA/88.100.1", "wrong")}});
    REQUIRE(node.audit.events.size() == 2);
    CHECK(node.audit.events.back().what == model::AuditEvent::What::kRefused);
    CHECK(node.audit.events.back().outcome == handle::ResponseCode::kAuthenticationFailed);
}
