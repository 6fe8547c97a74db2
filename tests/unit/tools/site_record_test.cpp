#include "tools/site_record.h"

#include <catch2/catch.hpp>

#include "proto/base/hex.h"
#include "proto/base/writer.h"
#include "proto/handle/site.h"

using namespace idnode;
using namespace idnode::tools;
namespace handle = idnode::handle;

namespace {

/// The toy RSA key of the example in §2.7.
Bytes toy_key() {
    Bytes out;
    ByteWriter in(out);
    in.text_u32("RSA_PUB_KEY");
    in.u16(0);
    in.bytes_u32(Bytes{std::byte{1}, std::byte{0}, std::byte{1}});
    in.bytes_u32(Bytes{std::byte{0}, std::byte{0xc1}, std::byte{2}});
    in.u32(0);
    return out;
}

SiteFacts facts() {
    return {.address = "127.0.0.1",
            .udp_port = 2641,
            .tcp_port = 2641,
            .public_key = toy_key(),
            .serial = 1,
            .description = "demo"};
}

}  // namespace

TEST_CASE("the site record of a node is the example of the protocol document, octet by octet") {
    const auto site = make_site(facts());
    REQUIRE(site);
    CHECK(to_hex(handle::encode_site(*site)) ==
          "0001020b000180020000000000000001000000046465736300000004"
          "64656d6f00000001000000010000000000000000000000007f000001"
          "000000230000000b5253415f5055425f4b4559000000000003010001"
          "0000000300c10200000000000000020301"
          "00000a51020000000a51");
}

TEST_CASE("a port that is off has no interface in the site record") {
    SiteFacts only_udp = facts();
    only_udp.tcp_port = kPortOff;
    const auto site = make_site(only_udp);
    REQUIRE(site);
    REQUIRE(site->servers.front().interfaces.size() == 1);
    CHECK(site->servers.front().interfaces.front().transport == handle::Transport::kUdp);
}

TEST_CASE("serial and description come from the settings, an empty description has no attribute") {
    Settings settings;
    settings.node.site_serial = 7;
    const auto site = make_site(settings, "2001:db8::1", {});
    REQUIRE(site);
    CHECK(site->serial == 7);
    CHECK(site->attributes.empty());
    CHECK(handle::format_site_address(site->servers.front().address) == "2001:db8::1");
}

TEST_CASE("clients are told the public address, else the first address that is no wildcard") {
    Settings settings;
    settings.listen.address = {"::", "192.0.2.4", "192.0.2.5"};
    CHECK(choose_site_address(settings).text == "192.0.2.4");
    CHECK(choose_site_address(settings).warning.empty());
    settings.node.public_address = "203.0.113.9";
    CHECK(choose_site_address(settings).text == "203.0.113.9");
    CHECK(choose_site_address(settings).warning.empty());
}

TEST_CASE(
    "an address guessed for a node that listens everywhere is no wildcard and comes with a "
    "warning") {
    Settings settings;
    settings.listen.address = {"0.0.0.0", "::"};
    const auto address = choose_site_address(settings);
    const auto site = make_site(settings, address.text, {});
    REQUIRE(site);
    CHECK(site->servers.front().address != decltype(site->servers.front().address){});
    CHECK(address.warning.find("node.public_address") != std::string::npos);
}
