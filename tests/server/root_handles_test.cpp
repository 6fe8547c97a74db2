// The published root information of the global Handle System: imported, and asked for value by
// value. The octets expected are made here from the JSON, apart from the code under test.
#include <algorithm>
#include <boost/json/src.hpp>
#include <catch2/catch.hpp>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "proto/handle/admin.h"
#include "proto/handle/key.h"
#include "proto/handle/resolution.h"
#include "tests/server/setting.h"

namespace idnode::testing {
namespace {

namespace json = boost::json;

std::filesystem::path root_handles_file() {
    if (const char* given = std::getenv("IDNODE_ROOT_HANDLES")) return given;
    return std::filesystem::path(IDNODE_SOURCE_DIR) / "../shared/data/root-handles.json";
}

std::string text_of(const json::value& value) {
    return json::value_to<std::string>(value);
}

template <class Number>
Number number_of(const json::value& value) {
    return json::value_to<Number>(value);
}

int number_in(std::string_view digits) {
    int out = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return out;
}

/// Standard and URL alphabets, with or without padding.
Bytes from_base64(std::string_view text) {
    Bytes out;
    unsigned bits = 0;
    unsigned kept = 0;
    for (char digit : text) {
        if (digit == '-') digit = '+';
        if (digit == '_') digit = '/';
        constexpr std::string_view kAlphabet =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const auto at = kAlphabet.find(digit);
        if (at == std::string_view::npos) break;
        bits = (bits << 6U | static_cast<unsigned>(at)) & 0xFFFFFFU;
        kept += 6;
        if (kept < 8) continue;
        kept -= 8;
        out.push_back(static_cast<std::byte>(bits >> kept));
    }
    return out;
}

handle::Integer integer_of(const json::value& text) {
    return handle::Integer(from_base64(text_of(text)));
}

Bytes key_octets(const json::value& jwk) {
    if (text_of(jwk.at("kty")) == "RSA") {
        return handle::encode_public_key(
            handle::RsaPublicKey{integer_of(jwk.at("e")), integer_of(jwk.at("n"))});
    }
    return handle::encode_public_key(
        handle::DsaPublicKey{integer_of(jwk.at("q")), integer_of(jwk.at("p")),
                             integer_of(jwk.at("g")), integer_of(jwk.at("y"))});
}

handle::Interface interface_of(const json::value& given) {
    const std::string name = text_of(given.at("protocol"));
    handle::Interface out;
    out.type = static_cast<handle::InterfaceType>((given.at("admin").as_bool() ? 1 : 0) +
                                                  (given.at("query").as_bool() ? 2 : 0));
    out.transport = name == "UDP"    ? handle::Transport::kUdp
                    : name == "TCP"  ? handle::Transport::kTcp
                    : name == "HTTP" ? handle::Transport::kHttp
                                     : handle::Transport::kHttps;
    out.port = number_of<std::uint32_t>(given.at("port"));
    return out;
}

Bytes site_octets(const json::value& given) {
    handle::Site out;
    const std::string version = text_of(given.at("protocolVersion"));
    const auto dot = version.find('.');
    out.format_version = number_of<std::uint16_t>(given.at("version"));
    out.protocol.major = static_cast<std::uint8_t>(number_in(version.substr(0, dot)));
    out.protocol.minor = static_cast<std::uint8_t>(number_in(version.substr(dot + 1)));
    out.serial = number_of<std::int16_t>(given.at("serialNumber"));
    out.primary = given.at("primarySite").as_bool();
    out.multi_primary = given.at("multiPrimary").as_bool();
    for (const json::value& attribute : given.at("attributes").as_array()) {
        out.attributes.emplace_back(text_of(attribute.at("name")), text_of(attribute.at("value")));
    }
    for (const json::value& server : given.at("servers").as_array()) {
        handle::Server one;
        one.id = number_of<std::uint32_t>(server.at("serverId"));
        const auto address = handle::parse_site_address(text_of(server.at("address")));
        REQUIRE(address);
        one.address = *address;
        one.public_key = key_octets(server.at("publicKey").at("value"));
        for (const json::value& interface : server.at("interfaces").as_array()) {
            one.interfaces.push_back(interface_of(interface));
        }
        out.servers.push_back(std::move(one));
    }
    return handle::encode_site(out);
}

Bytes admin_octets(const json::value& given) {
    const std::string digits = text_of(given.at("permissions"));
    unsigned permissions = 0;
    for (const char digit : digits) permissions = permissions * 2 + (digit == '1' ? 1U : 0U);
    return handle::encode_admin(
        {static_cast<std::uint16_t>(permissions),
         {text_of(given.at("handle")), number_of<std::uint32_t>(given.at("index"))},
         false});
}

Bytes data_octets(const json::value& data) {
    const std::string format = text_of(data.at("format"));
    const json::value& value = data.at("value");
    if (format == "admin") return admin_octets(value);
    if (format == "site") return site_octets(value);
    if (format == "key") return key_octets(value);
    if (format == "base64") return from_base64(text_of(value));
    REQUIRE(format == "string");
    return to_bytes(text_of(value));
}

/// `2014-09-18T15:55:32Z`
std::uint32_t timestamp_of(std::string_view text) {
    using namespace std::chrono;
    const auto part = [text](std::size_t at, std::size_t size) {
        return number_in(text.substr(at, size));
    };
    const sys_days day = year(part(0, 4)) / month(static_cast<unsigned>(part(5, 2))) /
                         std::chrono::day(static_cast<unsigned>(part(8, 2)));
    const auto time = day + hours(part(11, 2)) + minutes(part(14, 2)) + seconds(part(17, 2));
    return static_cast<std::uint32_t>(time.time_since_epoch() / seconds(1));
}

Bytes value_octets(const json::value& given) {
    handle::Value out;
    out.index = number_of<std::int32_t>(given.at("index"));
    out.timestamp = timestamp_of(text_of(given.at("timestamp")));
    out.ttl = number_of<std::uint32_t>(given.at("ttl"));
    out.type = text_of(given.at("type"));
    out.data = data_octets(given.at("data"));
    return handle::encode_values({&out, 1});
}

/// The `VALUES` of a successful response.
Bytes values_in(const Reply& reply) {
    const auto decoded = handle::decode_resolution_response(reply.body());
    REQUIRE(decoded);
    return {decoded->values.begin(), decoded->values.end()};
}

}  // namespace

TEST_CASE("every value of the published root information comes back octet by octet") {
    const auto file = root_handles_file();
    if (!std::filesystem::exists(file)) {
        WARN("skipped: no " << file << "; name the file in IDNODE_ROOT_HANDLES");
        return;
    }
    NodeFolder node;
    const auto imported = run(node.import_command(file));
    INFO(imported.errors);
    REQUIRE(imported.exit_code == 0);
    Daemon daemon(node);
    UdpClient udp(daemon.udp_port());
    TcpClient tcp(daemon.tcp_port());

    std::size_t values = 0;
    std::size_t over_udp = 0;
    const json::value document = json::parse(read_file(file));
    for (const auto& [name, record] : document.at("handles").as_object()) {
        const std::string handle = text_of(record.at("handle"));
        for (const json::value& value : record.at("values").as_array()) {
            const auto index = number_of<std::int32_t>(value.at("index"));
            CAPTURE(handle, index);
            const Request question = resolution(handle, {index});
            const Bytes expected = value_octets(value);
            const Reply streamed = tcp.ask(question);
            REQUIRE(streamed.rc() == 1);
            CHECK(same_octets(values_in(streamed), expected));
            const Reply datagrams = udp.ask(question);
            // RC 2: longer than this node sends to whoever asks over UDP.
            REQUIRE((datagrams.rc() == 1 || streamed.octets().size() > 4096));
            if (datagrams.rc() == 1) {
                CHECK(same_octets(values_in(datagrams), expected));
                ++over_udp;
            }
            ++values;
        }
        CHECK(tcp.ask(resolution(handle)).values().size() == record.at("values").as_array().size());
    }
    CHECK(values > 0);
    CHECK(over_udp > values / 2);
    CHECK(daemon.stop_and_find_faults() == "");
}

}  // namespace idnode::testing
