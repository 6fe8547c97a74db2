// Registration as an operator and a factory see it: over the API, against the real node.
#include <catch2/catch.hpp>

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
    for (const auto& value : reply.values()) {
        if (value.index == index) return std::string(as_text(value.data));
    }
    return "code " + std::to_string(static_cast<unsigned>(reply.code()));
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

}  // namespace idnode::testing
