#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"

namespace idnode {

/// Two digits an octet, in lower case.
std::string to_hex(BytesView octets);
/// Digits in either case; nothing where there is another character, or an odd number of them.
std::optional<Bytes> parse_hex(std::string_view text);

}  // namespace idnode
