#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "proto/handle/site.h"

namespace idnode::handle {

/// What is hashed to choose the server of a site, §6.3: the folded part of the handle. A handle
/// without slash lies under `0.NA` (§1.4).
std::string text_to_hash(std::string_view handle, HashOption option);

/// The absolute value of the last four octets of that text's MD5, read as a signed number. The
/// smallest number has 2^31 as its absolute value.
std::uint32_t hash_number(std::span<const std::byte, 16> md5);

}  // namespace idnode::handle
