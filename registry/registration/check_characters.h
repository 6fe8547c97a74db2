#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/idnode/v1/coding.pb.h"

namespace idnode::registration {

/// The check characters of a text by a function. Characters that the function does not know, such
/// as separators, are stepped over; letters count as upper-case ones. Nothing: none of the text
/// counts.
std::optional<std::string> check_characters(v1::CheckFunction function, std::string_view text);

}  // namespace idnode::registration
