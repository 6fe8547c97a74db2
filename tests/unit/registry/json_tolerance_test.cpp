// What §8.5 and §8.6 accept beside the form that we write.
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <string>

#include "proto/handle/admin.h"
#include "proto/handle/site.h"
#include "registry/json/record_json.h"
#include "registry/json/structures.h"

using namespace idnode;

namespace {

handle::Value read(const std::string& text) {
    auto value = json::read_value(boost::json::parse(text));
    if (!value) FAIL(value.error().detail);
    return std::move(*value);
}

std::uint16_t permissions(const std::string& text) {
    const auto octets = json::read_structure(
        "admin", boost::json::parse(R"({"handle":"h/x","index":1,"permissions":)" + text + "}"),
        {});
    if (!octets) FAIL(octets.error().detail);
    return handle::decode_admin(*octets).value().permissions;
}

}  // namespace

TEST_CASE("a bare string is data of format string") {
    CHECK(as_text(read(R"({"index":1,"type":"URL","data":"http://x"})").data) == "http://x");
}

TEST_CASE("what is left out has its default") {
    const auto value = read(R"({"index":1,"type":"URL","data":"x"})");
    CHECK(value.ttl == 86'400);
    CHECK(value.ttl_type == handle::TtlType::kRelative);
    CHECK(value.permissions == handle::permission::kDefault);
    CHECK(value.timestamp == 0);
    CHECK(value.references.empty());
}

TEST_CASE("an import carries timestamps") {
    CHECK(read(R"({"index":1,"type":"URL","data":"x","timestamp":"2023-11-14T22:13:20Z"})")
              .timestamp == 1'700'000'000);
}

TEST_CASE("hexadecimal data are read") {
    CHECK(as_text(read(R"({"index":1,"type":"X","data":{"format":"hex","value":"414a"}})").data) ==
          "AJ");
}

TEST_CASE("all four permission characters are read") {
    const auto bits = [](const std::string& text) {
        return read(R"({"index":1,"type":"X","data":"","permissions":")" + text + "\"}")
            .permissions;
    };
    CHECK(bits("1110") == 0x0E);
    CHECK(bits("1000") == 0x08);
    CHECK(bits("0001") == 0x01);
    CHECK(bits("0000") == 0x00);
}

TEST_CASE("administrator permissions come in five spellings") {
    CHECK(permissions(R"("011111110011")") == 0x07F3);
    CHECK(permissions(R"("*")") == 0x0FFF);
    CHECK(permissions("true") == 0x0FFF);
    CHECK(permissions("false") == 0);
    CHECK(permissions(R"("11")") == 0x0003);
    CHECK(permissions("[true,false,true]") == 0x0005);
    CHECK(permissions("[]") == 0);
}

TEST_CASE("a site with capital first letters is read") {
    const auto site = json::read_structure("site", boost::json::parse(R"({
        "Version":1,"ProtocolVersion":"2.10","SerialNumber":7,"PrimarySite":true,"MultiPrimary":false,
        "Attributes":[{"Name":"desc","Value":"old"}],
        "Servers":[{"ServerId":1,"Address":"192.0.2.1",
                    "Interfaces":[{"Query":true,"Admin":false,"Protocol":"udp","Port":2641}]}]})"),
                                           {});
    REQUIRE(site.has_value());
    const auto decoded = handle::decode_site(*site).value();
    CHECK(decoded.serial == 7);
    CHECK(decoded.protocol == handle::Version{2, 10});
    CHECK(decoded.attributes.front().second == "old");
    CHECK(decoded.servers.front().interfaces.front().type == handle::InterfaceType::kQuery);
}

TEST_CASE("a key may carry what web keys carry besides") {
    CHECK(json::read_structure("key", boost::json::parse(R"({
        "kty":"RSA","n":"AQAB","e":"AQAB","alg":"RS256","kid":"1","use":"sig"})"),
                               {})
              .has_value());
}

TEST_CASE("a structured format may stand under any type") {
    const auto value = read(
        R"({"index":1,"type":"MY_GROUP","data":{"format":"vlist","value":[{"handle":"h/x","index":2}]}})");
    CHECK(value.data.size() == 4 + 4 + 3 + 4);
}
