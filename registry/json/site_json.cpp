#include "registry/json/site_json.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "proto/base/text.h"
#include "proto/handle/site.h"
#include "registry/json/encoding.h"
#include "registry/json/fields.h"
#include "registry/json/key_json.h"
#include "registry/json/structures.h"

namespace idnode::json {
namespace {

namespace bj = boost::json;

constexpr std::string_view kTransportNames[] = {"UDP", "TCP", "HTTP", "HTTPS"};

bj::string_view boosted(std::string_view text) {
    return {text.data(), text.size()};
}

// Writing

bj::value interface_json(const handle::Interface& one) {
    const auto type = static_cast<unsigned>(one.type);
    const auto transport = static_cast<std::size_t>(one.transport);
    const std::string_view name =
        transport < std::size(kTransportNames) ? kTransportNames[transport] : "";
    return {{"query", (type & static_cast<unsigned>(handle::InterfaceType::kQuery)) != 0},
            {"admin", (type & static_cast<unsigned>(handle::InterfaceType::kAdmin)) != 0},
            {"protocol", boosted(name)},
            {"port", one.port}};
}

bj::value public_key_json(BytesView encoding) {
    if (auto key = write_structure("key", encoding)) {
        return {{"format", "key"}, {"value", std::move(*key)}};
    }
    std::string text;
    append_base64(encoding, text);
    return {{"format", "base64"}, {"value", text}};
}

/// Twelve zero octets make an IPv4 address, as the reference writes them, `::1` as 0.0.0.1 too.
std::string address_text(const std::array<std::byte, 16>& address) {
    const auto is_zero = [](std::byte octet) { return octet == std::byte{0}; };
    if (!std::all_of(address.begin(), address.begin() + 12, is_zero)) {
        return handle::format_site_address(address);
    }
    std::string out;
    for (std::size_t i = 12; i < address.size(); ++i) {
        if (i > 12) out += '.';
        out += std::to_string(std::to_integer<unsigned>(address[i]));
    }
    return out;
}

bj::value server_json(const handle::Server& server) {
    bj::array interfaces;
    for (const auto& one : server.interfaces) interfaces.push_back(interface_json(one));
    return {{"serverId", static_cast<std::int32_t>(server.id)},
            {"address", address_text(server.address)},
            {"publicKey", public_key_json(server.public_key)},
            {"interfaces", std::move(interfaces)}};
}

bool is_all_text(const handle::Site& site) {
    if (!is_utf8(as_text(site.hash_filter))) return false;
    for (const auto& [name, value] : site.attributes) {
        if (!is_utf8(name) || !is_utf8(value)) return false;
    }
    return true;
}

bj::value attributes_json(const handle::Site& site) {
    bj::array out;
    for (const auto& [name, value] : site.attributes) {
        out.push_back({{"name", boosted(name)}, {"value", boosted(value)}});
    }
    return out;
}

// Reading

/// `Version` for `version`: the spelling of old site files.
Result<bj::object> with_small_initials(const bj::value& value, const Place& place) {
    const auto object = read_object(value, place);
    if (!object) return object.error();
    bj::object out;
    for (const auto& member : **object) {
        std::string name(member.key().data(), member.key().size());
        if (!name.empty() && name[0] >= 'A' && name[0] <= 'Z') {
            name[0] = static_cast<char>(name[0] - 'A' + 'a');
        }
        if (out.contains(name)) return place.member(name).error("comes twice, once capitalised");
        out[name] = member.value();
    }
    return out;
}

/// Reads a member into `out` if it is there.
template <class Number>
Result<void> optional_integer(const bj::object& object, std::string_view name, const Place& place,
                              IntegerRange range, Number& out) {
    const auto* member = object.if_contains(boosted(name));
    if (member == nullptr) return {};
    const auto number = read_integer(*member, place.member(name), range);
    if (!number) return number.error();
    out = static_cast<Number>(*number);
    return {};
}

Result<void> optional_bool(const bj::object& object, std::string_view name, const Place& place,
                           bool& out) {
    const auto* member = object.if_contains(boosted(name));
    if (member == nullptr) return {};
    const auto flag = read_bool(*member, place.member(name));
    if (!flag) return flag.error();
    out = *flag;
    return {};
}

Result<std::string_view> required_string(const bj::object& object, std::string_view name,
                                         const Place& place) {
    const auto member = require(object, name, place);
    if (!member) return member.error();
    return read_string(**member, place.member(name));
}

Result<handle::Version> read_version(std::string_view text, const Place& place) {
    unsigned major = 0;
    unsigned minor = 0;
    const char* const end = text.data() + text.size();
    const auto dot = std::from_chars(text.data(), end, major);
    if (dot.ec == std::errc{} && dot.ptr != end && *dot.ptr == '.') {
        const auto rest = std::from_chars(dot.ptr + 1, end, minor);
        if (rest.ec == std::errc{} && rest.ptr == end && major <= 255 && minor <= 255) {
            return handle::Version{static_cast<std::uint8_t>(major),
                                   static_cast<std::uint8_t>(minor)};
        }
    }
    return place.error("must be two numbers up to 255 with a dot between, such as 2.11");
}

Result<handle::Transport> read_transport(std::string_view name, const Place& place) {
    for (std::size_t i = 0; i < std::size(kTransportNames); ++i) {
        if (equal_folded(name, kTransportNames[i])) return static_cast<handle::Transport>(i);
    }
    return place.error("must be UDP, TCP, HTTP or HTTPS");
}

Result<handle::Interface> read_interface(const bj::value& value, const Place& place) {
    const auto object = with_small_initials(value, place);
    if (!object) return object.error();
    if (auto known = check_members(*object, place, {"query", "admin", "protocol", "port"});
        !known) {
        return known.error();
    }
    bool query = false;
    bool admin = false;
    if (auto read = optional_bool(*object, "query", place, query); !read) return read.error();
    if (auto read = optional_bool(*object, "admin", place, admin); !read) return read.error();
    const auto name = required_string(*object, "protocol", place);
    if (!name) return name.error();
    const auto transport = read_transport(*name, place.member("protocol"));
    if (!transport) return transport.error();
    const auto port_member = require(*object, "port", place);
    if (!port_member) return port_member.error();
    const auto port = read_integer(**port_member, place.member("port"), {0, 65'535});
    if (!port) return port.error();
    return handle::Interface{
        .type = static_cast<handle::InterfaceType>((admin ? 1 : 0) | (query ? 2 : 0)),
        .transport = *transport,
        .port = static_cast<std::uint32_t>(*port)};
}

Result<void> read_interfaces(const bj::object& object, const Place& place, handle::Server& out) {
    const auto* member = object.if_contains("interfaces");
    if (member == nullptr) return {};
    const Place list = place.member("interfaces");
    const auto items = read_array(*member, list);
    if (!items) return items.error();
    for (std::size_t i = 0; i < (*items)->size(); ++i) {
        const auto one = read_interface((**items)[i], list.item(i));
        if (!one) return one.error();
        out.interfaces.push_back(*one);
    }
    return {};
}

Result<handle::Server> read_server(const bj::value& value, const Place& place) {
    const auto object = with_small_initials(value, place);
    if (!object) return object.error();
    if (auto known =
            check_members(*object, place, {"serverId", "address", "publicKey", "interfaces"});
        !known) {
        return known.error();
    }
    handle::Server out;
    if (auto read = optional_integer(*object, "serverId", place, kInt32Range, out.id); !read) {
        return read.error();
    }
    const auto text = required_string(*object, "address", place);
    if (!text) return text.error();
    const auto address = handle::parse_site_address(*text);
    if (!address) return place.member("address").error("must be an IPv4 or IPv6 address");
    out.address = *address;
    if (const auto* key = object->if_contains("publicKey")) {
        auto octets = read_data(*key, place.member("publicKey"));
        if (!octets) return octets.error();
        out.public_key = std::move(*octets);
    }
    if (auto read = read_interfaces(*object, place, out); !read) return read.error();
    return out;
}

Result<void> read_servers(const bj::object& object, const Place& place, handle::Site& out) {
    const auto member = require(object, "servers", place);
    if (!member) return member.error();
    const Place list = place.member("servers");
    const auto items = read_array(**member, list);
    if (!items) return items.error();
    for (std::size_t i = 0; i < (*items)->size(); ++i) {
        auto server = read_server((**items)[i], list.item(i));
        if (!server) return server.error();
        out.servers.push_back(std::move(*server));
    }
    return {};
}

Result<void> read_attributes(const bj::object& object, const Place& place, handle::Site& out) {
    const auto* member = object.if_contains("attributes");
    if (member == nullptr) return {};
    const Place list = place.member("attributes");
    const auto items = read_array(*member, list);
    if (!items) return items.error();
    for (std::size_t i = 0; i < (*items)->size(); ++i) {
        const Place item = list.item(i);
        const auto attribute = with_small_initials((**items)[i], item);
        if (!attribute) return attribute.error();
        if (auto known = check_members(*attribute, item, {"name", "value"}); !known) return known;
        const auto name = required_string(*attribute, "name", item);
        if (!name) return name.error();
        const auto value = required_string(*attribute, "value", item);
        if (!value) return value.error();
        out.attributes.emplace_back(*name, *value);
    }
    return {};
}

Result<void> read_site_numbers(const bj::object& object, const Place& place, handle::Site& out) {
    if (auto read = optional_integer(object, "version", place, {0, 65'535}, out.format_version);
        !read) {
        return read;
    }
    if (const auto* member = object.if_contains("protocolVersion")) {
        const Place at = place.member("protocolVersion");
        const auto text = read_string(*member, at);
        if (!text) return text.error();
        const auto version = read_version(*text, at);
        if (!version) return version.error();
        out.protocol = *version;
    }
    if (auto read = optional_integer(object, "serialNumber", place, {-32'768, 32'767}, out.serial);
        !read) {
        return read;
    }
    if (auto read = optional_bool(object, "primarySite", place, out.primary); !read) return read;
    if (auto read = optional_bool(object, "multiPrimary", place, out.multi_primary); !read) {
        return read;
    }
    return optional_integer(object, "hashOption", place, {0, 2}, out.hash_option);
}

Result<void> read_hash_filter(const bj::object& object, const Place& place, handle::Site& out) {
    const auto* member = object.if_contains("hashFilter");
    if (member == nullptr) return {};
    const auto text = read_string(*member, place.member("hashFilter"));
    if (!text) return text.error();
    out.hash_filter = to_bytes(*text);
    return {};
}

}  // namespace

std::optional<bj::value> write_site(BytesView site_record) {
    const auto site = handle::decode_site(site_record);
    if (!site || !is_all_text(*site)) return std::nullopt;
    bj::object out;
    out["version"] = site->format_version;
    out["protocolVersion"] =
        std::to_string(site->protocol.major) + '.' + std::to_string(site->protocol.minor);
    out["serialNumber"] = site->serial;
    out["primarySite"] = site->primary;
    out["multiPrimary"] = site->multi_primary;
    if (site->hash_option != handle::HashOption::kWhole) {
        out["hashOption"] = static_cast<unsigned>(site->hash_option);
    }
    if (!site->hash_filter.empty()) out["hashFilter"] = boosted(as_text(site->hash_filter));
    out["attributes"] = attributes_json(*site);
    bj::array servers;
    for (const auto& server : site->servers) servers.push_back(server_json(server));
    out["servers"] = std::move(servers);
    return out;
}

Result<Bytes> read_site(const bj::value& value, const Place& place) {
    const auto object = with_small_initials(value, place);
    if (!object) return object.error();
    if (auto known =
            check_members(*object, place,
                          {"version", "protocolVersion", "serialNumber", "primarySite",
                           "multiPrimary", "hashOption", "hashFilter", "attributes", "servers"});
        !known) {
        return known.error();
    }
    handle::Site out;
    if (auto read = read_site_numbers(*object, place, out); !read) return read.error();
    if (auto read = read_hash_filter(*object, place, out); !read) return read.error();
    if (auto read = read_attributes(*object, place, out); !read) return read.error();
    if (auto read = read_servers(*object, place, out); !read) return read.error();
    return handle::encode_site(out);
}

}  // namespace idnode::json
