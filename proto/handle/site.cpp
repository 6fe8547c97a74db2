#include "proto/handle/site.h"

#include <arpa/inet.h>

#include <algorithm>
#include <limits>

#include "proto/base/limits.h"

namespace idnode::handle {

namespace {

constexpr unsigned kPrimary = 0x80;
constexpr unsigned kMultiPrimary = 0x40;
constexpr std::size_t kIpv4Offset = 12;
constexpr std::size_t kServerBytesMin = 28;
constexpr std::size_t kInterfaceBytes = 6;
constexpr std::size_t kAttributeBytesMin = 8;

Interface read_interface(ByteReader& in) {
    Interface out;
    out.type = static_cast<InterfaceType>(in.u8("interface type"));
    out.transport = static_cast<Transport>(in.u8("interface protocol"));
    out.port = in.u32("interface port");
    if (out.port > std::numeric_limits<std::uint16_t>::max()) {
        in.fail(WireErrc::kBadValue, "interface port");
    }
    return out;
}

Server read_server(ByteReader& in) {
    Server out;
    out.id = in.u32("server id");
    const BytesView address = in.take(out.address.size(), "server address");
    std::copy(address.begin(), address.end(), out.address.begin());
    const BytesView key = in.bytes_u32("server public key", limits::kFieldBytesMax);
    out.public_key.assign(key.begin(), key.end());
    const std::size_t count =
        in.count_u32("interface count", limits::kFieldBytesMax, kInterfaceBytes);
    out.interfaces.reserve(count);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        out.interfaces.push_back(read_interface(in));
    }
    return out;
}

void write_server(const Server& server, ByteWriter& out) {
    out.u32(server.id);
    out.raw(server.address);
    out.bytes_u32(server.public_key);
    out.u32(static_cast<std::uint32_t>(server.interfaces.size()));
    for (const Interface& one : server.interfaces) {
        out.u8(static_cast<std::uint8_t>(one.type));
        out.u8(static_cast<std::uint8_t>(one.transport));
        out.u32(one.port);
    }
}

std::uint8_t flag_octet(const Site& site) {
    unsigned octet = site.spare_flags & ~(kPrimary | kMultiPrimary);
    if (site.primary) octet |= kPrimary;
    if (site.multi_primary) octet |= kMultiPrimary;
    return static_cast<std::uint8_t>(octet);
}

void read_fixed_part(ByteReader& in, Site& out) {
    out.format_version = in.u16("site format version");
    out.protocol.major = in.u8("protocol major version");
    out.protocol.minor = in.u8("protocol minor version");
    out.serial = static_cast<std::int16_t>(in.u16("site serial number"));
    const unsigned flags = in.u8("site flags");
    out.primary = (flags & kPrimary) != 0;
    out.multi_primary = (flags & kMultiPrimary) != 0;
    out.spare_flags = static_cast<std::uint8_t>(flags & ~(kPrimary | kMultiPrimary));
    out.hash_option = static_cast<HashOption>(in.u8("hash option"));
    const BytesView filter = in.bytes_u32("hash filter", limits::kFieldBytesMax);
    out.hash_filter.assign(filter.begin(), filter.end());
}

}  // namespace

Result<Site, WireError> decode_site(BytesView octets) {
    ByteReader in(octets);
    Site out;
    read_fixed_part(in, out);
    const std::size_t attributes =
        in.count_u32("attribute count", limits::kFieldBytesMax, kAttributeBytesMin);
    out.attributes.reserve(attributes);
    for (std::size_t i = 0; i < attributes && in.ok(); ++i) {
        const auto name = in.text_u32("attribute name", limits::kFieldBytesMax);
        const auto text = in.text_u32("attribute value", limits::kFieldBytesMax);
        out.attributes.emplace_back(name, text);
    }
    const std::size_t servers =
        in.count_u32("server count", limits::kFieldBytesMax, kServerBytesMin);
    out.servers.reserve(servers);
    for (std::size_t i = 0; i < servers && in.ok(); ++i) out.servers.push_back(read_server(in));
    return in.finish(std::move(out));
}

void encode_site(const Site& site, ByteWriter& out) {
    out.u16(site.format_version);
    out.u8(site.protocol.major);
    out.u8(site.protocol.minor);
    out.u16(static_cast<std::uint16_t>(site.serial));
    out.u8(flag_octet(site));
    out.u8(static_cast<std::uint8_t>(site.hash_option));
    out.bytes_u32(site.hash_filter);
    out.u32(static_cast<std::uint32_t>(site.attributes.size()));
    for (const auto& [name, text] : site.attributes) {
        out.text_u32(name);
        out.text_u32(text);
    }
    out.u32(static_cast<std::uint32_t>(site.servers.size()));
    for (const Server& server : site.servers) write_server(server, out);
}

Bytes encode_site(const Site& site) {
    Bytes out;
    ByteWriter writer(out);
    encode_site(site, writer);
    return out;
}

namespace {

bool all_zero(std::span<const std::byte> octets) {
    return std::all_of(octets.begin(), octets.end(), [](std::byte b) { return b == std::byte{0}; });
}

// ::1 is meant where only the last octet is set; 0.0.0.1 is no address anybody listens on.
bool is_ipv4(const std::array<std::byte, 16>& address) {
    return all_zero(std::span(address).first(kIpv4Offset)) &&
           (address[kIpv4Offset] != std::byte{0} || all_zero(address));
}

bool is_ipv4_mapped(const std::array<std::byte, 16>& address) {
    return all_zero(std::span(address).first(10)) && address[10] == std::byte{0xFF} &&
           address[11] == std::byte{0xFF};
}

}  // namespace

Result<std::array<std::byte, 16>> parse_site_address(std::string_view text) {
    const std::string ended(text);  // the system's parser wants a final NUL
    std::array<std::byte, 16> out{};
    if (ended.find('\0') == std::string::npos) {
        if (inet_pton(AF_INET, ended.c_str(), out.data() + kIpv4Offset) == 1) return out;
        out.fill(std::byte{0});
        if (inet_pton(AF_INET6, ended.c_str(), out.data()) == 1) {
            if (is_ipv4_mapped(out)) out[10] = out[11] = std::byte{0};
            return out;
        }
    }
    return Error{Errc::kInvalid, "'" + ended + "' is neither an IPv4 nor an IPv6 address"};
}

std::string format_site_address(const std::array<std::byte, 16>& address) {
    char text[INET6_ADDRSTRLEN] = {};
    const bool four = is_ipv4(address);
    inet_ntop(four ? AF_INET : AF_INET6, address.data() + (four ? kIpv4Offset : 0), text,
              sizeof(text));
    return text;
}

}  // namespace idnode::handle
