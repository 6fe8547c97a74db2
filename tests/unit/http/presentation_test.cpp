// What is the same for all resources: paths and methods, §8.2, §8.8.

#include <catch2/catch.hpp>

#include "registry/http/rest/answers.h"
#include "registry/http/rest/parameters.h"
#include "tests/unit/http/rest_fixture.h"

using namespace idnode;
using namespace idnode::test;

TEST_CASE("an unknown path is a 404 in JSON with code 4") {
    RestNode node;
    for (const char* path : {"/api", "/api/", "/api/unknown", "/api/handlesx", "/apis/handles/a",
                             "/", "*", "/api/sessions/that"}) {
        INFO(path);
        const auto response = node.get(path);
        CHECK(response.result() == Status::not_found);
        CHECK(code_of(response) == 4);
        CHECK(object_of(response).contains("message"));
    }
}

TEST_CASE("a wrong method is a 405 that says which there are") {
    RestNode node;
    const auto allow = [&](Method method, std::string_view path) {
        const auto response = node.send(method, path);
        CHECK(response.result() == Status::method_not_allowed);
        return field(response, "Allow");
    };
    CHECK(allow(Method::patch, "/api/handles/88.100.1/r1") ==
          "GET, HEAD, POST, PUT, DELETE, OPTIONS");
    CHECK(allow(Method::put, "/api/handles") == "GET, HEAD, POST, OPTIONS");
    CHECK(allow(Method::delete_, "/api/site") == "GET, HEAD, POST, OPTIONS");
    CHECK(allow(Method::get, "/api/prefixes/88.100.1") == "POST, DELETE, OPTIONS");
    CHECK(allow(Method::get, "/api/sessions") == "POST, OPTIONS");
    CHECK(allow(Method::patch, "/api/sessions/this") == "GET, HEAD, POST, PUT, DELETE, OPTIONS");
}

TEST_CASE("HEAD has the fields of GET") {
    RestNode node;
    const auto got = node.get("/api/handles/88.100.1/r1");
    const auto head = node.send(Method::head, "/api/handles/88.100.1/r1");
    CHECK(head.result() == Status::ok);
    CHECK(field(head, "ETag") == field(got, "ETag"));
    CHECK(head.body() == got.body());  // the listener leaves it out
}

TEST_CASE("a target in absolute form means its path") {
    RestNode node;
    CHECK(node.get("https://node.example:8000/api/handles/88.100.1/r1?type=URL").result() ==
          Status::ok);
}

TEST_CASE("a preflight tells a script of another origin what it may send") {
    RestNode node;
    const auto response =
        node.send(Method::options, "/api/handles/88.100.1/r1",
                  {{"Origin", "https://app.example"}, {"Access-Control-Request-Method", "PUT"}});
    CHECK(response.result() == Status::no_content);
    CHECK(field(response, "Access-Control-Allow-Origin") == "https://app.example");
    CHECK(field(response, "Access-Control-Allow-Methods") == "GET, POST, HEAD, PUT, DELETE");
    CHECK(field(response, "Access-Control-Allow-Headers") ==
          "X-Requested-With, Authorization, Origin, Accept, Content-Type");
    CHECK(field(response, "Access-Control-Max-Age") == "86400");
    CHECK(field(response, "Access-Control-Allow-Credentials").empty());
    CHECK(node.send(Method::options, "/api/unknown").result() == Status::not_found);
}

TEST_CASE("answers to scripts of another origin, errors too, may be read by them") {
    RestNode node;
    for (const char* path : {"/api/handles/88.100.1/r1", "/api/handles/88.100.1/none", "/api/x"}) {
        const auto response = node.get(path, {{"Origin", "https://app.example"}});
        CHECK(field(response, "Access-Control-Allow-Origin") == "https://app.example");
        CHECK(field(response, "Access-Control-Expose-Headers") == "Content-Length");
        CHECK_THAT(field(response, "Vary"), Catch::Contains("Origin"));
    }
    CHECK(field(node.get("/api/handles/88.100.1/r1"), "Access-Control-Allow-Origin").empty());
}

TEST_CASE("pretty puts each member on a line and changes nothing else") {
    RestNode node;
    node.put("88.100.1/odd", {text_value(1, "DESC", R"({"a":[1,{}], "b\\":"\""})")});
    const auto plain = node.get("/api/handles/88.100.1/odd");
    for (const char* yes : {"?pretty", "?pretty=true", "?pretty=YES"}) {
        const auto pretty = node.get("/api/handles/88.100.1/odd" + std::string(yes));
        CHECK(object_of(pretty) == object_of(plain));
        CHECK_THAT(pretty.body(), Catch::StartsWith("{\n  \"responseCode\": 1,\n"));
    }
    CHECK(node.get("/api/handles/88.100.1/odd?pretty=0").body() == plain.body());
    CHECK(http::indented(R"({"a":[],"b":{},"c":[1,"x,y"]})") ==
          "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    \"x,y\"\n  ]\n}");
}

TEST_CASE("a callback makes a script of the answer") {
    RestNode node;
    const auto response = node.get("/api/handles/88.100.1/r1?callback=show_1");
    CHECK(field(response, "Content-Type") == "application/javascript;charset=utf-8");
    CHECK(response.body() == "show_1(" + node.get("/api/handles/88.100.1/r1").body() + ");");
    CHECK(node.get("/api/handles/88.100.1/r1?callback=").body().starts_with('{'));
}

TEST_CASE("H32: what cannot be in an identifier becomes an underscore") {
    RestNode node;
    const auto response = node.get("/api/handles/88.100.1/none?callback=%3Cscript%3E");
    CHECK(response.body().starts_with("_script_({"));
    CHECK(field(response, "X-Content-Type-Options") == "nosniff");
    CHECK(http::callback_name("a.b[0]") == "a_b_0_");
    CHECK(http::callback_name("1a$") == "_a$");
    CHECK(http::callback_name("\xE4\xB8\xAD(") == "____");
}

TEST_CASE("text cannot end a script's string") {
    RestNode node;
    node.put("88.100.1/odd", {text_value(1, "DESC", "a\xE2\x80\xA8 b\xE2\x80\xA9 c")});
    const auto body = node.get("/api/handles/88.100.1/odd?callback=f").body();
    CHECK(body.find("\xE2\x80") == std::string::npos);
    CHECK_THAT(body, Catch::Contains("a\\u2028 b\\u2029 c"));
}

TEST_CASE("parameters: names in any case, repeated ones kept, plus is a space, % is decoded") {
    http::Parameters parameters;
    REQUIRE(parameters.add_form("a=1&A=2+3&&b&c=%26%3d&=x&d=a=b"));
    CHECK(parameters.all("a") == std::vector<std::string_view>{"1", "2 3"});
    CHECK(parameters.flag("B"));
    CHECK(parameters.first("c") == "&=");
    CHECK(parameters.first("d") == "a=b");
    CHECK_FALSE(parameters.has("e"));
    CHECK_FALSE(http::Parameters().add_form("a=%1"));
    CHECK_FALSE(http::Parameters().add_form("%g1"));
}

TEST_CASE("more parameters than a lookup may have are refused") {
    RestNode node;
    std::string query = "?";
    for (int i = 0; i < 5'000; ++i) query += "index=1&";
    const auto response = node.get("/api/handles/88.100.1/r1" + query);
    CHECK(response.result() == Status::bad_request);
    CHECK(code_of(response) == 4);
}

TEST_CASE("percent-encoding gives back what it was given") {
    std::string all;
    for (int octet = 0; octet < 256; ++octet) all += static_cast<char>(octet);
    const std::string encoded = http::percent_encode(all);
    CHECK(http::percent_decode(encoded) == all);
    for (const char one : encoded) CHECK((one > 0x20 && one < 0x7F));
}
