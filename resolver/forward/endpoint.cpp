#include "resolver/forward/endpoint.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

namespace idnode::resolver {
namespace {

constexpr std::array<std::byte, 12> kMappedBeginning{
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0xFF}, std::byte{0xFF}};

Address mapped(const in_addr& address) {
    Address out{};
    std::copy(kMappedBeginning.begin(), kMappedBeginning.end(), out.begin());
    std::memcpy(out.data() + kMappedBeginning.size(), &address, sizeof address);
    return out;
}

bool is_mapped(const Address& address) {
    return std::equal(kMappedBeginning.begin(), kMappedBeginning.end(), address.begin());
}

Error bad_name(std::string_view text, std::string_view what) {
    std::string detail = "\"";
    detail.append(text).append("\": ").append(what);
    detail.append(" (expected HOST:PORT, an IPv6 address as [ADDRESS]:PORT)");
    return {Errc::kInvalid, std::move(detail)};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (failure != std::errc{} || end != text.data() + text.size() || port == 0) return {};
    return port;
}

struct HostAndPort {
    std::string_view host;
    std::string_view port;  // empty: left out
};

/// Cuts at the colon before the port; an IPv6 address has more of them.
std::optional<HostAndPort> cut(std::string_view text) {
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return {};
        const std::string_view rest = text.substr(end + 1);
        if (!rest.empty() && (rest.front() != ':' || rest.size() == 1)) return {};
        return HostAndPort{text.substr(1, end - 1), rest.empty() ? rest : rest.substr(1)};
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) {
        return HostAndPort{text, {}};
    }
    if (colon + 1 == text.size()) return {};
    return HostAndPort{text.substr(0, colon), text.substr(colon + 1)};
}

bool is_host(std::string_view host) {
    const auto allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '.' || c == '-' || c == '_';
    };
    return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, allowed);
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
    const std::string terminated(text);
    in_addr v4{};
    if (::inet_pton(AF_INET, terminated.c_str(), &v4) == 1) return mapped(v4);
    Address v6{};
    if (::inet_pton(AF_INET6, terminated.c_str(), v6.data()) == 1) return v6;
    return {};
}

std::optional<Endpoint> ServerName::literal() const {
    const std::optional<Address> address = parse_address(host);
    if (!address) return {};
    return Endpoint{*address, port};
}

std::string ServerName::text() const {
    const bool brackets = host.find(':') != std::string::npos;
    return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<ServerName> parse_server_name(std::string_view text) {
    const std::optional<HostAndPort> parts = cut(text);
    if (!parts) return bad_name(text, "bracket or port is missing");
    ServerName name{.host = std::string(parts->host)};
    if (!parts->port.empty()) {
        const std::optional<std::uint16_t> port = parse_port(parts->port);
        if (!port) return bad_name(text, "the port is not a number from 1 to 65535");
        name.port = *port;
    }
    if (!parse_address(name.host) && !is_host(name.host)) {
        return bad_name(text, "neither an address nor a host name");
    }
    return name;
}

std::string to_text(const Endpoint& endpoint) {
    char text[INET6_ADDRSTRLEN] = {};
    if (is_mapped(endpoint.address)) {
        ::inet_ntop(AF_INET, endpoint.address.data() + kMappedBeginning.size(), text, sizeof text);
    } else {
        ::inet_ntop(AF_INET6, endpoint.address.data(), text, sizeof text);
    }
    return ServerName{.host = text, .port = endpoint.port}.text();
}

Result<std::vector<Endpoint>> look_up(const ServerName& name) {
    if (const std::optional<Endpoint> literal = name.literal()) return std::vector{*literal};
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;  // one entry for each address
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const int failure = ::getaddrinfo(name.host.c_str(), nullptr, &hints, &found);
    if (failure != 0) {
        return Error{Errc::kUnavailable, name.host + ": " + ::gai_strerror(failure)};
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    std::vector<Endpoint> out;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        if (entry->ai_family == AF_INET) {
            sockaddr_in v4{};
            std::memcpy(&v4, entry->ai_addr, sizeof v4);
            out.push_back({mapped(v4.sin_addr), name.port});
        } else if (entry->ai_family == AF_INET6) {
            sockaddr_in6 v6{};
            std::memcpy(&v6, entry->ai_addr, sizeof v6);
            Endpoint& endpoint = out.emplace_back(Endpoint{.port = name.port});
            std::memcpy(endpoint.address.data(), &v6.sin6_addr, endpoint.address.size());
        }
    }
    if (out.empty()) return Error{Errc::kUnavailable, name.host + ": has no address"};
    return out;
}

}  // namespace idnode::resolver
