#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <string>

#include "registry/json/record_json.h"

using namespace idnode;

namespace {

/// The complaint about a value with these members beside a good index, type and data.
std::string complaint(const std::string& members) {
    const auto record =
        json::parse_record(R"({"handle":"88.100.7/x","values":[{)" + members + "}]}");
    return record ? "" : record.error().detail;
}

std::string with(const std::string& members) {
    return complaint(R"("index":1,"type":"URL","data":"x",)" + members);
}

std::string data(const std::string& value) {
    return complaint(R"("index":1,"type":"URL","data":)" + value);
}

std::string admin(const std::string& value) {
    return data(R"({"format":"admin","value":)" + value + "}");
}

std::string site(const std::string& members) {
    return data(R"({"format":"site","value":{)" + members + "}}");
}

}  // namespace

TEST_CASE("a good value is read without complaint") {
    CHECK(with(R"("ttl":60)").empty());
    CHECK(site(R"("servers":[])").empty());
}

TEST_CASE("a missing member is named") {
    CHECK(complaint(R"("type":"URL","data":"x")") == "values[0].index: is missing");
    CHECK(complaint(R"("index":1,"data":"x")") == "values[0].type: is missing");
    CHECK(complaint(R"("index":1,"type":"URL")") == "values[0].data: is missing");
    CHECK(json::parse_record(R"({"values":[]})").error().detail == "handle: is missing");
    CHECK(json::parse_record(R"({"handle":"h/x"})").error().detail == "values: is missing");
}

TEST_CASE("a member of the wrong type is named with the type it must have") {
    CHECK(json::parse_record("[]").error().detail == "must be an object");
    CHECK(json::parse_record(R"({"handle":1,"values":[]})").error().detail ==
          "handle: must be a string");
    CHECK(json::parse_record(R"({"handle":"h/x","values":{}})").error().detail ==
          "values: must be an array");
    CHECK(json::parse_record(R"({"handle":"h/x","values":[1]})").error().detail ==
          "values[0]: must be an object");
    CHECK(with(R"("ttl":true)").starts_with("values[0].ttl: must be an integer"));
    CHECK(with(R"("references":{})") == "values[0].references: must be an array");
    CHECK(data("1").starts_with("values[0].data: must be a string or an object"));
}

TEST_CASE("a number that does not fit is refused, however it is spelt") {
    for (const std::string number : {"2147483648", "-2147483649", "1e3", "1.0", "1e400",
                                     "123456789012345678901234567890", "\"1\"", "null"}) {
        INFO(number);
        CHECK(
            complaint(R"("type":"URL","data":"x","index":)" + number)
                .starts_with("values[0].index: must be an integer from -2147483648 to 2147483647"));
    }
}

TEST_CASE("a mistyped member name is refused with the names that are known") {
    CHECK(with(R"("tll":60)") ==
          "values[0].tll: is unknown here; known are index, type, data, permissions, ttl, "
          "timestamp, references");
    CHECK(json::parse_record(R"({"handle":"h/x","values":[],"extra":1})")
              .error()
              .detail.starts_with("extra: is unknown here"));
}

TEST_CASE("a member that comes twice is refused") {
    CHECK(with(R"("ttl":60,"ttl":61)") == "member \"ttl\" comes twice");
    CHECK(with(R"("ttl":60,"\u0074tl":60)") == "member \"ttl\" comes twice");
}

TEST_CASE("permissions are four characters, all of which count") {
    for (const std::string wrong : {"\"111\"", "\"11111\"", "\"1112\"", "1110", "\"\""}) {
        CHECK(with(R"("permissions":)" + wrong).starts_with("values[0].permissions: must be"));
    }
}

TEST_CASE("times must have the form of the document") {
    CHECK(with(R"("timestamp":1)") == "values[0].timestamp: must be a string");
    CHECK(with(R"("timestamp":"yesterday")").starts_with("values[0].timestamp: must be a time"));
    CHECK(with(R"("ttl":"60")").starts_with("values[0].ttl: must be a time"));
}

TEST_CASE("data of an unknown format or a wrong spelling are refused") {
    CHECK(data(R"({"format":"xml","value":""})").starts_with("values[0].data.format: must be"));
    CHECK(data(R"({"format":"base64","value":"A"})").starts_with("values[0].data.value: must be"));
    CHECK(data(R"({"format":"hex","value":"A"})").starts_with("values[0].data.value: must be"));
    CHECK(data(R"({"format":"string","value":1})") == "values[0].data.value: must be a string");
    CHECK(data(R"({"value":"x"})") == "values[0].data.format: is missing");
    CHECK(data(R"({"format":"string"})") == "values[0].data.value: is missing");
}

TEST_CASE("a wrong administrator is refused with the place of the mistake") {
    CHECK(admin(R"({"index":1,"permissions":"*"})") == "values[0].data.value.handle: is missing");
    CHECK(admin(R"({"handle":"h/x","index":1})") == "values[0].data.value.permissions: is missing");
    const std::string start = R"({"handle":"h/x","index":1,"permissions":)";
    for (const std::string wrong : {"\"1111111111111\"", "\"2\"", "1", "[1]",
                                    "[true,true,true,true,true,true,true,true,true,true,true,"
                                    "true,true]"}) {
        INFO(wrong);
        CHECK(admin(start + wrong + "}").starts_with("values[0].data.value.permissions"));
    }
}

TEST_CASE("a wrong group member is refused with its number") {
    CHECK(data(R"({"format":"vlist","value":[{"handle":"h/x","index":1},{"handle":"h/x"}]})") ==
          "values[0].data.value[1].index: is missing");
}

TEST_CASE("a wrong site is refused with the place of the mistake") {
    const std::string start = "values[0].data.value.";
    CHECK(site("") == start + "servers: is missing");
    CHECK(site(R"("servers":[{}])") == start + "servers[0].address: is missing");
    CHECK(site(R"("servers":[{"address":"nowhere"}])")
              .starts_with(start + "servers[0].address: must be an IPv4 or IPv6 address"));
    CHECK(site(R"("servers":[],"protocolVersion":"2"})").starts_with("not JSON"));
    CHECK(site(R"("servers":[],"protocolVersion":"2")").starts_with(start + "protocolVersion"));
    CHECK(site(R"("servers":[],"protocolVersion":"2.256")").starts_with(start + "protocolVersion"));
    CHECK(site(R"("servers":[],"hashOption":3)").starts_with(start + "hashOption: must be"));
    CHECK(site(R"("servers":[],"version":1,"Version":1)")
              .starts_with(start + "version: comes twice"));
    const std::string server = R"("servers":[{"address":"192.0.2.1","interfaces":[)";
    CHECK(site(server + R"({"protocol":"TCP","port":65536}]}])")
              .starts_with(start + "servers[0].interfaces[0].port: must be"));
    CHECK(site(server + R"({"protocol":"SMTP","port":25}]}])")
              .starts_with(start + "servers[0].interfaces[0].protocol: must be"));
}

TEST_CASE("a key of an unknown kind, and one with its secret part, are refused") {
    const auto key = [](const std::string& members) {
        return data(R"({"format":"key","value":{)" + members + "}}");
    };
    CHECK(key(R"("kty":"EC")").starts_with("values[0].data.value.kty: must be RSA, DSA or SM2"));
    CHECK(key(R"("kty":"RSA","n":"AQAB")") == "values[0].data.value.e: is missing");
    CHECK(key(R"("kty":"RSA","n":"AQ=","e":"AQAB")").starts_with("values[0].data.value.n"));
    CHECK(key(R"("kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB")")
              .starts_with("values[0].data.value.d: is the secret part"));
    CHECK(key(R"("kty":"DSA","x":"AQ","y":"AQ","p":"AQ","q":"AQ","g":"AQ")")
              .starts_with("values[0].data.value.x: is the secret part"));
}

TEST_CASE("an answer that carries no record is refused") {
    CHECK(json::parse_record(R"({"responseCode":1,"handle":"h/x","values":[]})").has_value());
    CHECK(json::parse_record(R"({"responseCode":100,"handle":"h/x","values":[]})")
              .error()
              .detail.starts_with("responseCode: must be 1"));
}
