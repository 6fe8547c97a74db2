#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <string_view>

#include "proto/base/result.h"

namespace idnode::json {

/// The deepest form we read, a site inside a record inside a root information file, needs 11
/// levels.
inline constexpr std::size_t kDepthMax = 32;
/// The largest record that fits into a message, each octet escaped as \u00XX, is below this.
inline constexpr std::size_t kRecordTextBytesMax = 2U << 20U;

/// Strict JSON: UTF-8, no comments, no trailing commas, nothing after the value, no member twice in
/// one object. kLimit: longer than `bytes_max` or deeper than `kDepthMax`. kInvalid: the detail
/// says what and at which octet.
Result<boost::json::value> parse(std::string_view text,
                                 std::size_t bytes_max = kRecordTextBytesMax);

}  // namespace idnode::json
