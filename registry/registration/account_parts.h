#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proto/idnode/v1/account.pb.h"
#include "registry/registration/refusal.h"

/// What logins and the administration of accounts share.
namespace idnode::registration {

inline constexpr std::size_t kPasswordBytesMax = 255;
inline constexpr std::size_t kContactBytesMax = 255;
// What stands before the hash of a password that is known by its digest.
inline constexpr std::string_view kDigestHash = "sha256:";

/// What a login secret is sealed for.
std::string secret_purpose(std::string_view account);
/// Whether the role means nothing without an enterprise.
bool needs_enterprise(v1::Role role);
/// kInvalid: no UTF-8, or too long.
Outcome<void> check_text(std::string_view field, std::string_view text, std::size_t bytes_max);
/// ASCII capitals as small letters.
std::string lower(std::string_view text);

}  // namespace idnode::registration
