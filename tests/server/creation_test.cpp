// Checks 30 to 39 of §10.1: creations, over TCP, with the challenges that they get.
#include <catch2/catch.hpp>
#include <regex>

#include "proto/handle/responses.h"
#include "tests/server/administrator.h"

namespace idnode::testing {
namespace {

using handle::OpCode;
namespace flag = handle::flag;

Request create(std::string_view handle, const std::vector<handle::Value>& values,
               std::uint32_t more_flags = 0) {
    return with_values(OpCode::kCreateHandle, handle, values, more_flags);
}

/// Refused before anybody is asked who they are, and nothing was kept.
void check_refused(const Setting& setting, const Request& request, std::uint32_t rc,
                   std::string_view handle) {
    const Reply reply = setting.tcp().ask(request);
    CHECK(reply.rc() == rc);
    CHECK(reply.envelope().session_id == 0);
    CHECK(setting.tcp().ask(resolution(handle)).rc() != 1);
}

std::string created_name(const Reply& reply) {
    const auto name = handle::decode_create_response(reply.body());
    REQUIRE(name);
    REQUIRE(*name);
    return std::string(**name);
}

}  // namespace

TEST_CASE("30: a creation of what exists is refused without a challenge, and changes nothing") {
    Setting setting;
    const Reply reply = setting.tcp().ask(creation("88.100.1/abc"));
    CHECK(reply.rc() == 101);
    CHECK(reply.envelope().session_id == 0);
    const Reply still = setting.tcp().ask(resolution("88.100.1/abc"));
    CHECK(as_text(still.values().at(0).data) == "first");
}

TEST_CASE("31: a creation that would replace what exists gets a challenge") {
    Setting setting;
    Request replace = creation("88.100.1/abc");
    replace.flags |= flag::kOverwrite;
    const Reply reply = setting.tcp().ask(replace);
    CHECK(reply.rc() == 402);
    CHECK(reply.envelope().session_id > 0);
    CHECK(setting.tcp().ask(resolution("88.100.1/abc")).values().size() == 2);
}

TEST_CASE("32: a new handle gets a challenge, and the right answer creates it") {
    Setting setting;
    TcpClient client = setting.tcp();
    const Reply challenged = client.ask(creation("88.100.1/New"));
    REQUIRE(challenged.rc() == 402);
    CHECK(setting.tcp().ask(resolution("88.100.1/New")).rc() == 100);
    Request proof = answer(challenged, administrator(setting.node()));
    proof.request_id = 4711;
    const Reply created = client.ask(proof);
    CHECK(created.rc() == 1);
    CHECK(created.header().op == OpCode::kCreateHandle);
    CHECK(created.envelope().request_id == 4711);
    CHECK(created_name(created) == "88.100.1/New");
    for (const Reply& reply : setting.ask_both(resolution("88.100.1/new"))) CHECK(reply.rc() == 1);
}

TEST_CASE("33: an index of 0 or below is an invalid value") {
    Setting setting;
    for (const std::int32_t index : {0, -1, std::numeric_limits<std::int32_t>::min()}) {
        check_refused(setting, create("88.100.1/n", {text_value(index, "URL", "x")}), 202,
                      "88.100.1/n");
    }
}

TEST_CASE("34: an index that comes twice exists already") {
    Setting setting;
    check_refused(setting,
                  create("88.100.1/n", {text_value(1, "URL", "x"), text_value(1, "URL", "y")}), 201,
                  "88.100.1/n");
}

TEST_CASE("35: a handle with octets FF FE is no handle") {
    Setting setting;
    check_refused(setting, creation("88.100.1/\xFF\xFE"), 102, "88.100.1/\xFF\xFE");
}

TEST_CASE("36: a record without values is created, and resolving it finds no values") {
    Setting setting;
    CHECK(ask_as_administrator(setting, create("88.100.1/none", {})).rc() == 1);
    CHECK(setting.tcp().ask(resolution("88.100.1/none")).rc() == 200);
}

TEST_CASE("37: a minted handle is what was asked for and a random UUID") {
    Setting setting;
    const std::regex form(
        "88\\.100\\.1/x-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    std::string last;
    for (int i = 0; i < 2; ++i) {
        const Reply reply = ask_as_administrator(
            setting, create("88.100.1/x-", {text_value(1, "URL", "x")}, flag::kMintSuffix));
        REQUIRE(reply.rc() == 1);
        CHECK(reply.header().has(flag::kMintSuffix));
        const std::string name = created_name(reply);
        CHECK(std::regex_match(name, form));
        CHECK(name != last);
        CHECK(setting.tcp().ask(resolution(name)).rc() == 1);
        last = name;
    }
}

TEST_CASE("38: the overwrite flag of the response says whether something was replaced") {
    Setting setting;
    const auto replace = [&](std::string_view text) {
        return ask_as_administrator(
            setting, create("88.100.1/o", {text_value(1, "URL", text)}, flag::kOverwrite));
    };
    const Reply first = replace("one");
    CHECK(first.rc() == 1);
    CHECK_FALSE(first.header().has(flag::kOverwrite));
    const Reply second = replace("two");
    CHECK(second.rc() == 1);
    CHECK(second.header().has(flag::kOverwrite));
    const auto values = setting.tcp().ask(resolution("88.100.1/o")).values();
    REQUIRE(values.size() == 1);
    CHECK(as_text(values[0].data) == "two");
}

TEST_CASE("39: a creation under a prefix of somebody else is not this server's responsibility") {
    Setting setting;
    check_refused(setting, creation("99.9/x"), 301, "99.9/x");
}

TEST_CASE(
    "H30: handles that are no UTF-8, hold control characters or are too long are not created") {
    using namespace std::string_literals;
    Setting setting;
    const std::string utf8 = "88.100.1/\xF0\x9F\x8F\xAF";
    CHECK(ask_as_administrator(setting, creation(utf8)).rc() == 1);
    CHECK(setting.tcp().ask(resolution(utf8)).rc() == 1);
    const std::string longest = "88.100.1/" + std::string(2'048 - 9, 'x');
    CHECK(ask_as_administrator(setting, creation(longest)).rc() == 1);
    CHECK(setting.tcp().ask(resolution(longest)).rc() == 1);
    for (const std::string& suffix : {"a\0b"s, "a\r\nevent=forged"s, "\xC0\xAF"s, "\xED\xA0\x80"s,
                                      std::string(2'040, 'x'), std::string(200'000, 'x')}) {
        CHECK(setting.tcp().ask(creation("88.100.1/" + suffix)).rc() == 102);
    }
    // What is valid UTF-8 and means something elsewhere is a name like any other here.
    for (const std::string& suffix : {"%00"s, "../../etc/passwd"s}) {
        CHECK(ask_as_administrator(setting, creation("88.100.1/" + suffix)).rc() == 1);
        CHECK(setting.tcp().ask(resolution("88.100.1/" + suffix)).rc() == 1);
    }
    CHECK(setting.daemon().stop_and_find_faults() == "");
    CHECK(setting.daemon().process().errors().find("\nevent=forged") == std::string::npos);
}

}  // namespace idnode::testing
