#include "tools/network_text.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

namespace idnode::tools {
namespace {

std::optional<in_addr> parse_v4(std::string_view text) {
    in_addr out{};
    if (::inet_pton(AF_INET, std::string(text).c_str(), &out) != 1) return std::nullopt;
    return out;
}

std::optional<in6_addr> parse_v6(std::string_view text) {
    in6_addr out{};
    if (::inet_pton(AF_INET6, std::string(text).c_str(), &out) != 1) return std::nullopt;
    return out;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text, Number max) {
    Number out = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (failure != std::errc{} || end != text.data() + text.size() || out > max)
        return std::nullopt;
    return out;
}

bool is_host_name(std::string_view text) {
    const auto fits = [](char octet) {
        return (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'z') ||
               (octet >= 'A' && octet <= 'Z') || octet == '-' || octet == '.' || octet == '_';
    };
    return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, fits);
}

/// Reachable by others: neither loopback nor link-local.
std::string global_text(const sockaddr* address) {
    char text[INET6_ADDRSTRLEN] = {};
    if (address->sa_family == AF_INET) {
        const in_addr& v4 = reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
        const std::uint32_t number = ntohl(v4.s_addr);
        const bool local = (number >> 24U) == 127 || (number >> 16U) == 0xA9FE;
        if (!local && ::inet_ntop(AF_INET, &v4, text, sizeof text) != nullptr) return text;
    } else if (address->sa_family == AF_INET6) {
        const in6_addr& v6 = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
        const bool local = IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_LINKLOCAL(&v6);
        if (!local && ::inet_ntop(AF_INET6, &v6, text, sizeof text) != nullptr) return text;
    }
    return {};
}

}  // namespace

Result<void> check_address(std::string_view text) {
    if (parse_v4(text) || parse_v6(text)) return {};
    return Error{Errc::kInvalid,
                 "must be an IPv4 or IPv6 address, such as 192.0.2.1 or 2001:db8::1"};
}

bool is_wildcard(std::string_view address) {
    if (const auto v4 = parse_v4(address)) return v4->s_addr == 0;
    if (const auto v6 = parse_v6(address)) return IN6_IS_ADDR_UNSPECIFIED(&*v6);
    return false;
}

Result<void> check_network(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        const std::string_view address = text.substr(0, slash);
        const unsigned bits_max = parse_v4(address) ? 32 : parse_v6(address) ? 128 : 0;
        if (bits_max > 0 && parse_number<unsigned>(text.substr(slash + 1), bits_max)) return {};
    }
    return Error{Errc::kInvalid, "must be a network ADDRESS/BITS, such as 10.0.0.0/8 or fc00::/7"};
}

Result<HostPort> parse_host_port(std::string_view text) {
    const Error wrong{
        Errc::kInvalid,
        fmt::format("'{}' is not HOST:PORT, such as 192.0.2.1:2641 or [2001:db8::1]:2641", text)};
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return wrong;
    std::string_view host = text.substr(0, colon);
    const auto port = parse_number<std::uint16_t>(text.substr(colon + 1), 65'535);
    if (!port || *port == 0) return wrong;
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        if (!parse_v6(host)) return wrong;
    } else if (!is_host_name(host)) {
        return wrong;
    }
    return HostPort{std::string(host), *port};
}

Result<void> check_host_port(std::string_view text) {
    if (parse_host_port(text)) return {};
    return Error{Errc::kInvalid, "must be HOST:PORT, such as 192.0.2.1:2641 or [2001:db8::1]:2641"};
}

std::string first_global_address() {
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return {};
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(first, &::freeifaddrs);
    for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
        if (at->ifa_addr == nullptr) continue;
        if (std::string text = global_text(at->ifa_addr); !text.empty()) return text;
    }
    return {};
}

}  // namespace idnode::tools
