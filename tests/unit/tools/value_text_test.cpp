#include "tools/value_text.h"

#include <array>
#include <catch2/catch.hpp>

#include "proto/base/reader.h"
#include "proto/handle/admin.h"
#include "proto/handle/vlist.h"
#include "tools/site_record.h"

using idnode::Bytes;
using idnode::to_bytes;
using namespace idnode::tools;
namespace handle = idnode::handle;

namespace {

std::vector<std::string> describe(std::string type, Bytes data) {
    handle::ValueView view;
    view.type = type;
    view.data = data;
    return describe_data(view);
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("an administrator is shown as a reference and its rights") {
    const handle::Admin all{.administrator = {"0.NA/88.100", 200}};
    CHECK(describe("HS_ADMIN", handle::encode_admin(all)) ==
          Lines{"200:0.NA/88.100", "all rights"});
    const handle::Admin some{.permissions = 0x0011, .administrator = {"88.100/a", 300}};
    CHECK(describe("hs_admin", handle::encode_admin(some)) ==
          Lines{"300:88.100/a", "may add handle, modify value"});
    const handle::Admin none{.permissions = 0, .administrator = {"88.100/a", 300}};
    CHECK(describe("HS_ADMIN", handle::encode_admin(none)).back() == "no rights");
}

TEST_CASE("a group is shown with one member a line") {
    const std::array members{handle::Reference{"0.NA/88.100", 300},
                             handle::Reference{"88.100/a", 0}};
    CHECK(describe("HS_VLIST", handle::encode_vlist(members)) ==
          Lines{"300:0.NA/88.100", "0:88.100/a"});
}

TEST_CASE("a site is shown with its address and its interfaces") {
    const auto site = make_site({.address = "192.0.2.1",
                                 .udp_port = 2641,
                                 .tcp_port = 2642,
                                 .public_key = {},
                                 .serial = 3,
                                 .description = {}});
    REQUIRE(site);
    CHECK(describe("HS_SITE", handle::encode_site(*site)) ==
          Lines{"primary site, serial 3, protocol 2.11",
                "server 1 at 192.0.2.1: TCP 2642 (questions and administration), UDP 2641 "
                "(questions)"});
}

TEST_CASE("data that do not fit their type are shown as they are") {
    CHECK(describe("HS_ADMIN", to_bytes("abc")) == Lines{"abc"});
    CHECK(describe("HS_SITE", Bytes{std::byte{0xFF}, std::byte{0}}) == Lines{"hex ff00"});
    CHECK(describe("X", {}) == Lines{""});
}

TEST_CASE("text keeps its lines and its Chinese, and cannot steer a terminal") {
    CHECK(describe("DESC", to_bytes("泵\n二")) == Lines{"泵", "二"});
    CHECK(printable("a\x1b[31m\x7f") == "a\\x1b[31m\\x7f");
    CHECK(printable("\xC2\x9B"
                    "31m") == "\\x9b31m");
    CHECK(printable("\xFF"
                    "a") == "\\xffa");
    CHECK(printable("é") == "é");
}

TEST_CASE("long binary data are cut, with their size") {
    const auto lines = describe("X", Bytes(1000, std::byte{0xFE}));
    REQUIRE(lines.size() == 1);
    CHECK(lines.front().find("(1000 octets)") != std::string::npos);
    CHECK(lines.front().size() < 200);
}

TEST_CASE("a table has a line for each value and further lines below its data") {
    const Bytes data = to_bytes("one\ntwo");
    handle::ValueView view;
    view.index = 7;
    view.type = "DESC";
    view.data = data;
    const std::string table = values_table({view});
    CHECK(table ==
          " INDEX  TYPE     TTL  PERM  DATA\n"
          "     7  DESC   86400  1110  one\n"
          "                            two\n");
}
