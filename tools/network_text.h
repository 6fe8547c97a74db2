#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/base/result.h"

/// Addresses as people write them, in settings and on the command line. Nothing is resolved here.
namespace idnode::tools {

/// More segments than any published prefix has; what `node.max_levels` can be raised to.
inline constexpr unsigned kPrefixLevelsMax = 8;

/// An IPv4 or IPv6 address. kInvalid says what would be right.
Result<void> check_address(std::string_view text);
/// `0.0.0.0` or `::` in any spelling; not an address at all: false.
bool is_wildcard(std::string_view address);
/// `ADDRESS/BITS`.
Result<void> check_network(std::string_view text);

struct HostPort {
    std::string host;  // without brackets
    std::uint16_t port = 0;
};
/// `HOST:PORT`, an IPv6 address in brackets: `[::1]:2641`. Port 1 to 65535.
Result<HostPort> parse_host_port(std::string_view text);
Result<void> check_host_port(std::string_view text);

/// The first address of this machine that others can reach; empty when there is none.
std::string first_global_address();

}  // namespace idnode::tools
