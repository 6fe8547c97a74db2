#include "tools/settings.h"

#include <catch2/catch.hpp>
#include <cctype>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "tools/network_text.h"

using idnode::Errc;
using namespace idnode::tools;

namespace {

constexpr std::string_view kLeast = "[node]\nprefix = \"88.100\"\n";

Settings demo() {
    Settings settings;
    settings.node.prefix = "88.100";
    return settings;
}

std::string error_of(std::string_view text, std::vector<std::string> overrides = {}) {
    const auto settings = parse_settings(text, "node.toml", overrides);
    REQUIRE(!settings);
    CHECK(settings.error().code == Errc::kInvalid);
    return settings.error().detail;
}

Settings with(std::vector<std::string> overrides) {
    const auto settings = parse_settings(kLeast, "node.toml", overrides);
    INFO((settings ? "" : settings.error().detail));
    REQUIRE(settings);
    return *settings;
}

}  // namespace

TEST_CASE("the sample settings file says the defaults") {
    const auto read = parse_settings(settings_file(demo()), "sample");
    INFO((read ? "" : read.error().detail));
    REQUIRE(read);
    CHECK(changed_settings(demo(), *read).empty());
}

TEST_CASE("the sample settings file names every key with its help and its default") {
    const std::string file = settings_file(demo());
    for (const Setting& setting : settings_table()) {
        INFO(setting.key);
        CHECK(file.find(std::string("\n[") + std::string(setting.section()) + "]\n") !=
              std::string::npos);
        CHECK(file.find(std::string("\n") + std::string(setting.name()) + " = ") !=
              std::string::npos);
        CHECK(setting.help.ends_with('.'));
        CHECK(settings_help().find(setting.key) != std::string::npos);
    }
}

TEST_CASE("a settings file with other values reads back as written") {
    Settings other = demo();
    other.node.description = "三号厂 \"A\" \\ \t";
    other.listen.address = {"::1", "127.0.0.1"};
    other.listen.udp_port = 0;
    other.upstream.servers = {"192.0.2.1:2641", "[2001:db8::1]:2642"};
    other.upstream.timeout = std::chrono::milliseconds(750);
    other.limits.tcp_idle = std::chrono::seconds(7);
    const auto read = parse_settings(settings_file(other), "sample");
    INFO((read ? "" : read.error().detail));
    REQUIRE(read);
    CHECK(changed_settings(other, *read).empty());
    CHECK(read->node.description == other.node.description);
    CHECK(read->upstream.timeout == other.upstream.timeout);
}

TEST_CASE("no key comes twice, each belongs to a section, and default values are in range") {
    std::set<std::string_view> keys;
    for (const Setting& setting : settings_table()) {
        INFO(setting.key);
        CHECK(keys.insert(setting.key).second);
        CHECK(setting.key.find('.') != std::string_view::npos);
        // Each default goes through the reader's own checks.
        if (setting.key != "node.prefix") {
            const std::string text = std::string(setting.key) + "=" + value_text(setting, demo());
            CHECK(parse_settings(kLeast, "node.toml", std::vector{text}).has_value());
        }
    }
}

TEST_CASE("a mistyped key is refused with file, line, column and the key that was meant") {
    const std::string detail =
        error_of("[node]\nprefix = \"88.100\"\n\n[listen]\n  udp_prot = 2641\n");
    CHECK(detail ==
          "node.toml:5:3: unknown key 'listen.udp_prot'; did you mean 'listen.udp_port'?");
    CHECK(error_of("[nod]\nprefix = \"88.100\"\n") ==
          "node.toml:1:2: unknown section 'nod'; did you mean 'node'?");
    CHECK(error_of("prefix = \"88.100\"\n") ==
          "node.toml:1:1: unknown key 'prefix'; did you mean 'node.prefix'?");
    CHECK(error_of("[node]\nprefix=\"88.100\"\n[data]\nzzzzzzzzzz = 1\n") ==
          "node.toml:4:1: unknown key 'data.zzzzzzzzzz'; `idnode settings` lists all keys");
}

TEST_CASE("a value of the wrong type is refused at its place") {
    CHECK(error_of("[listen]\nudp_port = \"2641\"\n") ==
          "node.toml:2:12: listen.udp_port must be a number, such as 2641");
    CHECK(error_of("[node]\nprefix = 88.100\n")
              .starts_with("node.toml:2:10: node.prefix must be a text"));
    CHECK(error_of("[listen]\naddress = [1]\n")
              .starts_with("node.toml:2:12: listen.address must be a list of texts"));
    CHECK(error_of("node = 3\n").starts_with("node.toml:1:1: 'node' is a section"));
}

TEST_CASE("a number out of its range is refused with the range") {
    CHECK(error_of("[listen]\ntcp_port = 65536\n") ==
          "node.toml:2:12: listen.tcp_port = 65536: must be from -1 to 65535");
    for (const Setting& setting : settings_table()) {
        if (setting.kind != "number") continue;
        INFO(setting.key);
        const std::string key(setting.key);
        CHECK(parse_settings(kLeast, "f", std::vector{key + "=" + std::to_string(setting.min)})
                  .has_value());
        CHECK(
            !parse_settings(kLeast, "f", std::vector{key + "=" + std::to_string(setting.min - 1)}));
        if (setting.max == std::numeric_limits<std::int64_t>::max()) continue;
        CHECK(
            !parse_settings(kLeast, "f", std::vector{key + "=" + std::to_string(setting.max + 1)}));
    }
}

TEST_CASE("texts that must have a form are refused without it") {
    CHECK(error_of("[node]\nprefix = \"88.100/x\"\n").starts_with("node.toml:2:10: node.prefix"));
    CHECK(error_of("[listen]\naddress = \"localhost\"\n")
              .starts_with("node.toml:2:11: listen.address"));
    CHECK(error_of("[upstream]\nservers = [\"192.0.2.1\"]\n").starts_with("node.toml:2:12:"));
    CHECK(error_of("[upstream]\nnetworks = [\"10.0.0.0/33\"]\n").starts_with("node.toml:2:13:"));
    CHECK(error_of("[log]\nlevel = \"loud\"\n").find("\"warn\"") != std::string::npos);
}

TEST_CASE("a file that is not TOML is refused at the place of the fault") {
    CHECK(error_of("[node]\nprefix = \"88.100\n").starts_with("node.toml:2:"));
}

TEST_CASE("a file without the node's prefix is refused with the remedy") {
    CHECK(error_of("[listen]\nudp_port = 0\n").find("prefix = \"88.100\"") != std::string::npos);
}

TEST_CASE("a single listen address needs no brackets") {
    CHECK(with({"listen.address=\"::1\""}).listen.address == std::vector<std::string>{"::1"});
    CHECK(with({"listen.address=::1"}).listen.address == std::vector<std::string>{"::1"});
    CHECK(with({R"(listen.address=["::1", "127.0.0.1"])"}).listen.address.size() == 2);
}

TEST_CASE("an override wins over the file, and texts need no quotes") {
    CHECK(with({"listen.udp_port=0"}).listen.udp_port == 0);
    CHECK(with({"log.level=debug"}).log.level == "debug");
    CHECK(with({"log.level=\"debug\""}).log.level == "debug");
    CHECK(with({"node.description=2641"}).node.description == "2641");
    CHECK(with({"node.prefix=88.200"}).node.prefix == "88.200");
    CHECK(with({"node.description="}).node.description.empty());
}

TEST_CASE("a wrong override is refused by name") {
    CHECK(
        error_of(kLeast, {"listen.udp_prot=1"}) ==
        "--set listen.udp_prot=1: unknown key 'listen.udp_prot'; did you mean 'listen.udp_port'?");
    CHECK(error_of(kLeast, {"listen.udp_port=many"}).starts_with("--set listen.udp_port=many:"));
    CHECK(error_of(kLeast, {"listen.udp_port"}).find("KEY=VALUE") != std::string::npos);
    CHECK(error_of(kLeast, {"listen.udp_port=1\ntcp_port=2"}).starts_with("--set "));
}

TEST_CASE("a changed key is found, with whether it needs a restart") {
    Settings after = demo();
    after.log.level = "debug";
    after.listen.udp_port = 1;
    const auto changed = changed_settings(demo(), after);
    REQUIRE(changed.size() == 2);
    CHECK(changed[0]->key == "listen.udp_port");
    CHECK(changed[0]->needs_restart);
    CHECK(changed[1]->key == "log.level");
    CHECK(!changed[1]->needs_restart);
}

TEST_CASE("a settings file that is not there is named") {
    const auto none = read_settings("/nonexistent/idnode.toml");
    REQUIRE(!none);
    CHECK(none.error().code == Errc::kNotFound);
    CHECK(none.error().detail.find("/nonexistent/idnode.toml") != std::string::npos);
}

TEST_CASE("the manual page has the rows of the settings table") {
    std::ifstream in(IDNODE_SOURCE_DIR "/tools/man/idnode.toml.5.scd");
    const std::string page{std::istreambuf_iterator<char>(in), {}};
    CHECK(page.find(settings_manual()) != std::string::npos);
}

TEST_CASE("HOST:PORT takes names, addresses and bracketed IPv6, and nothing else") {
    const auto v6 = parse_host_port("[::1]:2641");
    REQUIRE(v6);
    CHECK(v6->host == "::1");
    CHECK(v6->port == 2641);
    CHECK(parse_host_port("node.example:1").has_value());
    for (const char* text : {"", ":1", "a", "a:", "a:0", "a:65536", "a:1x", "::1:2641", "[::1]",
                             "[a]:1", "a b:1", "[::1]:", "a:-1"}) {
        INFO(text);
        CHECK(!parse_host_port(text));
    }
}

TEST_CASE("wildcard addresses are told from others") {
    CHECK(is_wildcard("0.0.0.0"));
    CHECK(is_wildcard("::"));
    CHECK(is_wildcard("0:0::0"));
    CHECK(!is_wildcard("127.0.0.1"));
    CHECK(!is_wildcard("::1"));
    CHECK(!is_wildcard("nonsense"));
}
