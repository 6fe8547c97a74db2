// Checks 40 to 54 and 77 of §10.1: values added, modified and removed, records deleted, prefixes
// homed, lists, status.
#include <catch2/catch.hpp>
#include <map>

#include "proto/handle/responses.h"
#include "tests/server/administrator.h"

namespace idnode::testing {
namespace {

using handle::OpCode;
namespace flag = handle::flag;

constexpr std::string_view kRecord = "88.100.1/v";

/// A setting with a record of an ordinary value (1), one that administrators may not write (2) and
/// one that anybody may (3).
struct WithRecord : Setting {
    WithRecord() {
        REQUIRE(ask_as_administrator(*this, with_values(OpCode::kCreateHandle, kRecord,
                                                        {text_value(1, "URL", "one"),
                                                         text_value(2, "URL", "fixed", 0x0A),
                                                         text_value(3, "URL", "open", 0x0F)}))
                    .rc() == 1);
    }
    std::map<std::int32_t, std::string> texts() const {
        std::map<std::int32_t, std::string> out;
        for (const auto& value : tcp().ask(resolution(kRecord)).values()) {
            out[value.index] = as_text(value.data);
        }
        return out;
    }
    bool is_unchanged() const {
        return texts() ==
               std::map<std::int32_t, std::string>{{1, "one"}, {2, "fixed"}, {3, "open"}};
    }
    /// The code for a request that must not be challenged.
    std::uint32_t unchallenged(const Request& request) const {
        const Reply reply = tcp().ask(request);
        CHECK(reply.envelope().session_id == 0);
        return reply.rc();
    }
};

Request add(std::string_view handle, const std::vector<handle::Value>& values,
            std::uint32_t more_flags = 0) {
    return with_values(OpCode::kAddValue, handle, values, more_flags);
}

Request modify(std::string_view handle, const handle::Value& value) {
    return with_values(OpCode::kModifyValue, handle, {value});
}

std::vector<std::string> listed(const Reply& reply) {
    const auto handles = handle::decode_list_response(reply.body());
    REQUIRE(handles);
    return {handles->begin(), handles->end()};
}

bool has(const std::vector<std::string>& list, std::string_view one) {
    return std::ranges::find(list, one) != list.end();
}

}  // namespace

TEST_CASE("40: nothing to add is an invalid value before anybody is asked who they are") {
    const WithRecord setting;
    CHECK(setting.unchallenged(add(kRecord, {})) == 202);
}

TEST_CASE("41: adding at an index that is taken is refused, with overwrite it replaces") {
    const WithRecord setting;
    CHECK(ask_as_administrator(setting, add(kRecord, {text_value(1, "URL", "new")})).rc() == 201);
    CHECK(setting.is_unchanged());
    const Reply replaced = ask_as_administrator(
        setting, add(kRecord, {text_value(1, "URL", "new")}, flag::kOverwrite));
    CHECK(replaced.rc() == 1);
    CHECK(replaced.header().has(flag::kOverwrite));
    CHECK(setting.texts().at(1) == "new");
    const Reply added = ask_as_administrator(
        setting, add(kRecord, {text_value(9, "URL", "nine")}, flag::kOverwrite));
    CHECK(added.rc() == 1);
    CHECK_FALSE(added.header().has(flag::kOverwrite));
}

TEST_CASE("42: adding to a missing handle is challenged, and then not found") {
    const WithRecord setting;
    CHECK(ask_as_administrator(setting, add("88.100.1/none", {text_value(1, "URL", "x")})).rc() ==
          100);
    CHECK(setting.tcp().ask(resolution("88.100.1/none")).rc() == 100);
}

TEST_CASE("43: modifying a missing handle or index is told without a challenge") {
    const WithRecord setting;
    CHECK(setting.unchallenged(modify("88.100.1/none", text_value(1, "URL", "x"))) == 100);
    CHECK(setting.unchallenged(modify(kRecord, text_value(9, "URL", "x"))) == 200);
}

TEST_CASE(
    "44: modifying a value that administrators may not write is refused without a challenge") {
    const WithRecord setting;
    CHECK(setting.unchallenged(modify(kRecord, text_value(2, "URL", "x"))) == 401);
    CHECK(setting.is_unchanged());
}

TEST_CASE("45: anybody may modify a value that anyone may write, unless it becomes HS_ADMIN") {
    const WithRecord setting;
    CHECK(setting.tcp().ask(modify(kRecord, text_value(3, "HS_ADMIN", "x", 0x0F))).rc() == 402);
    CHECK(setting.is_unchanged());
    CHECK(setting.unchallenged(modify(kRecord, text_value(3, "URL", "by anyone", 0x0F))) == 1);
    CHECK(setting.texts().at(3) == "by anyone");
}

TEST_CASE("46: removing an index that is not there is challenged, and then removes nothing") {
    const WithRecord setting;
    CHECK(ask_as_administrator(setting, removal(kRecord, {1, 9})).rc() == 200);
    CHECK(setting.is_unchanged());
}

TEST_CASE("47: an administrator removes a value that administrators may not write") {
    const WithRecord setting;
    CHECK(ask_as_administrator(setting, removal(kRecord, {2})).rc() == 1);
    CHECK(setting.texts().size() == 2);
}

TEST_CASE("48: deleting a missing handle is challenged, and then not found") {
    const Setting setting;
    CHECK(ask_as_administrator(setting, about(OpCode::kDeleteHandle, "88.100.1/none")).rc() == 100);
}

TEST_CASE("49: deleting a handle of a prefix that is not homed here is challenged") {
    const Setting setting;
    CHECK(setting.tcp().ask(about(OpCode::kDeleteHandle, "99.9/x")).rc() == 402);
}

TEST_CASE("50: only prefixes can be homed and unhomed") {
    const Setting setting;
    CHECK(setting.tcp().ask(about(OpCode::kHomePrefix, "88.9/x")).rc() == 102);
    CHECK(setting.tcp().ask(about(OpCode::kUnhomePrefix, "88.9/x")).rc() == 102);
    CHECK(setting.tcp().ask(resolution("88.9/x")).rc() == 301);
}

TEST_CASE("51: homing twice and unhoming the unknown succeed") {
    const Setting setting;
    const auto home = about(OpCode::kHomePrefix, "0.NA/88.9");
    CHECK(ask_as_administrator(setting, home).rc() == 1);
    CHECK(ask_as_administrator(setting, home).rc() == 1);
    CHECK(setting.tcp().ask(resolution("88.9/x")).rc() == 100);
    CHECK(ask_as_administrator(setting, about(OpCode::kUnhomePrefix, "0.NA/88.9")).rc() == 1);
    CHECK(setting.tcp().ask(resolution("88.9/x")).rc() == 301);
    CHECK(ask_as_administrator(setting, about(OpCode::kUnhomePrefix, "0.NA/77.7")).rc() == 1);
    // Somebody who administers records only.
    CHECK(ask_as(setting, home, {.handle = std::string(kP), .secret = "secret"}).rc() == 400);
    CHECK(setting.tcp().ask(resolution("88.9/x")).rc() == 301);
}

TEST_CASE("52: a server administrator is told the homed prefixes as prefix handles") {
    const Setting setting;
    const Reply reply = ask_as_administrator(setting, about(OpCode::kListHomedPrefixes, "/"));
    REQUIRE(reply.rc() == 1);
    const auto prefixes = listed(reply);
    CHECK(has(prefixes, "0.NA/88.100"));
    CHECK(has(prefixes, "0.NA/88.100.1"));
    for (const std::string& prefix : prefixes) CHECK(prefix.starts_with("0.NA/"));
}

TEST_CASE("53: a list of sixty handles comes in two messages, fifty and ten") {
    std::string records = setting_records();
    for (int i = 0; i < 60; ++i) {
        records += text_record("88.200/" + std::to_string(100 + i), {"x"});
    }
    const Setting setting(records, {});
    TcpClient client = setting.tcp();
    const Reply challenged = client.ask(about(OpCode::kListHandles, "0.NA/88.200"));
    REQUIRE(challenged.rc() == 402);
    Request proof = answer(challenged, administrator(setting.node()));
    proof.request_id = 815;
    const Reply first = client.ask(proof);
    const Reply second = client.receive_reply();
    for (const Reply* reply : {&first, &second}) {
        CHECK(reply->rc() == 1);
        CHECK(reply->header().op == OpCode::kListHandles);
        CHECK(reply->envelope().request_id == 815);
    }
    CHECK(first.header().flags == 0x9D000000);
    CHECK(second.header().flags == 0x99000000);
    auto all = listed(first);
    CHECK(all.size() == 50);
    const auto rest = listed(second);
    CHECK(rest.size() == 10);
    all.insert(all.end(), rest.begin(), rest.end());
    std::ranges::sort(all);
    CHECK(all.front() == "88.200/100");
    CHECK(all.back() == "88.200/159");
    CHECK(std::ranges::adjacent_find(all) == all.end());
    CHECK(client.ask(resolution(kP)).rc() == 1);  // and the connection serves on
}

TEST_CASE("54: listing a prefix that is not homed here is refused before anybody is asked") {
    const Setting setting;
    const Reply reply = setting.tcp().ask(about(OpCode::kListHandles, "0.NA/99.9"));
    CHECK(reply.rc() == 301);
    CHECK(reply.envelope().session_id == 0);
}

TEST_CASE("77: the status is no public value; server administrators get values 1 and 3") {
    const Setting setting;
    for (const std::string_view name : {"0.SITE/status", "0.site/STATUS"}) {
        CHECK(setting.tcp().ask(resolution(name)).rc() == 200);
        Request request = resolution(name);
        request.flags = kNotPublicOnly;
        const Reply reply = ask_as_administrator(setting, request);
        REQUIRE(reply.rc() == 1);
        std::map<std::int32_t, std::string> types;
        for (const auto& value : reply.values()) {
            types[value.index] = value.type;
            CHECK(value.permissions == 0x0C);
            CHECK(value.timestamp == 0);
        }
        CHECK(types[1] == "CNRI.SERVER_STATUS");
        CHECK(types[3] == "CNRI.REPLICATION_STATUS");
        const Prover stranger{.handle = std::string(kP), .secret = "secret"};
        CHECK(ask_as(setting, request, stranger).rc() == 400);
    }
}

}  // namespace idnode::testing
