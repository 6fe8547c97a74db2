#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/base/writer.h"
#include "proto/handle/envelope.h"

namespace idnode::handle {

enum class HashOption : std::uint8_t { kPrefix = 0, kSuffix = 1, kWhole = 2 };  // wire
enum class InterfaceType : std::uint8_t {
    kOutOfService = 0,
    kAdmin = 1,
    kQuery = 2,
    kBoth = 3
};  // wire
enum class Transport : std::uint8_t { kUdp = 0, kTcp = 1, kHttp = 2, kHttps = 3 };  // wire

struct Interface {
    InterfaceType type = InterfaceType::kBoth;
    Transport transport = Transport::kTcp;
    std::uint32_t port = 2641;

    bool operator==(const Interface&) const = default;
};

struct Server {
    std::uint32_t id = 1;
    std::array<std::byte, 16> address{};  // IPv6, or twelve zero octets and IPv4 (not ::ffff:)
    Bytes public_key{};                   // key encoding of §2.8; may be empty
    std::vector<Interface> interfaces{};

    bool operator==(const Server&) const = default;
};

/// The data of `HS_SITE`, `HS_SITE.6`, `HS_SITE.PREFIX`, `HS_NA_DELEGATE`; also the body of a
/// get-site-info response. §2.7
struct Site {
    std::uint16_t format_version = 1;
    Version protocol{};
    std::int16_t serial = 1;
    bool primary = true;           // 0x80
    bool multi_primary = false;    // 0x40
    std::uint8_t spare_flags = 0;  // other bits as received
    HashOption hash_option = HashOption::kWhole;
    Bytes hash_filter{};  // always empty in practice
    std::vector<std::pair<std::string, std::string>> attributes{};
    std::vector<Server> servers{};

    bool operator==(const Site&) const = default;
};

/// Octets after the last server are an error: cut the record to its exact length first.
Result<Site, WireError> decode_site(BytesView octets);
void encode_site(const Site& site, ByteWriter& out);
Bytes encode_site(const Site& site);

/// The 16 octets of a server entry from and to text (`192.0.2.1`, `2001:db8::1`). An IPv4-mapped
/// address in text becomes twelve zero octets and IPv4.
Result<std::array<std::byte, 16>> parse_site_address(std::string_view text);
std::string format_site_address(const std::array<std::byte, 16>& address);

}  // namespace idnode::handle
