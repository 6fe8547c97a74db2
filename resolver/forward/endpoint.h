#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/result.h"
#include "resolver/engine/upstream.h"

namespace idnode::resolver {

inline constexpr std::uint16_t kHandlePort = 2641;

/// Where a server listens.
struct Endpoint {
    Address address{};
    std::uint16_t port = kHandlePort;

    bool operator==(const Endpoint&) const = default;
};

/// A server as people write it: `192.0.2.1:2641`, `[2001:db8::1]:2641`, `node.example.org`.
struct ServerName {
    std::string host;  // without brackets
    std::uint16_t port = kHandlePort;

    /// The endpoint, when the host is an address and not a name.
    std::optional<Endpoint> literal() const;
    std::string text() const;
};

/// The port may be left out: 2641. An IPv6 address with a port stands in brackets. kInvalid says
/// what is wrong with `text`.
Result<ServerName> parse_server_name(std::string_view text);

/// An IPv4 address becomes ::ffff:a.b.c.d.
std::optional<Address> parse_address(std::string_view text);
std::string to_text(const Endpoint& endpoint);

/// All addresses of a server, in the system's order; literals are not looked up. Blocks on the name
/// service. kUnavailable: the name has no address.
Result<std::vector<Endpoint>> look_up(const ServerName& name);

}  // namespace idnode::resolver
