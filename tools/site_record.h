#pragma once

#include <cstdint>
#include <string>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/site.h"
#include "tools/settings.h"

namespace idnode::tools {

/// The address that the site record gives to clients.
struct SiteAddress {
    std::string text;
    std::string warning;  // not empty when the operator should name the address
};
/// node.public_address; else the first of listen.address that is no wildcard; else the first
/// address of this machine that others can reach, with a warning.
SiteAddress choose_site_address(const Settings& settings);

/// What a client needs to know of this node (§2.7). A port of 0 or less has no interface.
struct SiteFacts {
    std::string address;
    std::int64_t udp_port = 0;
    std::int64_t tcp_port = 0;
    std::int64_t http_port = 0;  // HTTP and HTTPS
    Bytes public_key;            // key encoding of §2.8
    std::int64_t serial = 1;
    std::string description;  // empty: no attribute
};
/// A primary site of one server with id 1. kInvalid: the address cannot be written into a site
/// record.
Result<handle::Site> make_site(const SiteFacts& facts);

/// As above from a node's settings; ports that are 0 there must have been chosen.
Result<handle::Site> make_site(const Settings& settings, const std::string& address,
                               const Bytes& public_key);

}  // namespace idnode::tools
