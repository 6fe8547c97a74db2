#pragma once

#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/handle/site.h"
#include "registry/model/record.h"

namespace idnode::tools {

/// Where the site and the administrator's keys stand in it.
inline constexpr std::int32_t kSiteIndex = 1;
inline constexpr std::uint32_t kAdminKeyIndex = 300;
inline constexpr std::uint32_t kAdminSecretIndex = 301;

/// What a node's own prefix handle says.
struct PrefixFacts {
    std::string prefix;
    handle::Site site;
    Bytes admin_public_key;    // key encoding of §2.8
    std::string admin_secret;  // the secret key's octets
};

/// The prefix handle of a new node with the usual indexes (§2.4): its site at 1, at 100 an
/// administrator with all rights, the group at 200; the group's members are the key at 300 and the
/// secret at 301.
model::Record make_prefix_record(const PrefixFacts& facts);

}  // namespace idnode::tools
