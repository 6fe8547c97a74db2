#include <catch2/catch.hpp>
#include <string>

#include "registry/json/parse.h"
#include "registry/json/write_value.h"

using namespace idnode;

namespace {

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_CASE("strict JSON is read") {
    CHECK(json::parse(R"( {"a":[1,-2,"x\u00e9",true,null,1.5]} )").has_value());
}

TEST_CASE("what is not strict JSON is refused with the octet where it ends") {
    for (const std::string text :
         {"", " ", "{", "{\"a\":1", "[1,]", "{\"a\":1,}", "{'a':1}", "nul", "01", "// x\n1",
          "[1] 2", "\"\xFF\"", "\"\\ud800\"", "\"a\nb\"", "NaN"}) {
        INFO(text);
        const auto parsed = json::parse(text);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error().code == Errc::kInvalid);
        CHECK(parsed.error().detail.starts_with("not JSON"));
    }
}

TEST_CASE("equal names in different objects are no repetition") {
    CHECK(json::parse(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})").has_value());
    CHECK_FALSE(json::parse(R"({"b":{"a":1,"a":2}})").has_value());
    CHECK_FALSE(json::parse(R"({"a":{"b":1},"a":2})").has_value());
}

TEST_CASE("a document nested beyond the limit is refused without following it") {
    CHECK(json::parse(nested(json::kDepthMax)).has_value());
    const auto deep = json::parse(nested(json::kDepthMax + 1));
    REQUIRE_FALSE(deep.has_value());
    CHECK(deep.error().code == Errc::kLimit);
    CHECK_FALSE(json::parse(std::string(100'000, '[')).has_value());
}

TEST_CASE("numbers are read exactly and written as short as they read back") {
    const auto again = [](std::string_view text) {
        const auto value = json::parse(text);
        REQUIRE(value.has_value());
        std::string out;
        json::append_value(*value, out);
        return out;
    };
    CHECK(again("[ 2.3 , 26.0, -0.10, 1e2, 9007199254740993, 18446744073709551615 ]") ==
          "[2.3,26,-0.1,100,9007199254740993,18446744073709551615]");
    CHECK(again(R"({"a":{"b":[true,null,"\u00e9\n"]}})") ==
          "{\"a\":{\"b\":[true,null,\"\u00e9\\n\"]}}");
    for (const std::string_view exact : {"0.1", "123.456", "5e-324", "1.7976931348623157e+308",
                                         "8.41e+21", "2.2250738585072014e-308"}) {
        CHECK(again(exact) == exact);
    }
}

TEST_CASE("a document longer than the limit is refused") {
    const auto parsed = json::parse("[1, 2]", 5);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == Errc::kLimit);
    CHECK(json::parse("[1,2]", 5).has_value());
}
