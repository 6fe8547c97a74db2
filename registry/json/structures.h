#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/json/place.h"

/// The formats of value data with a structure of their own: `admin`, `vlist`, `site`, `key` (§8.5,
/// §8.6).
namespace idnode::json {

/// The format that data of this type have; empty for a type without structure. ASCII-folded.
std::string_view structured_format(std::string_view type);

/// The structure inside the data. Nothing when they do not decode, or when the JSON would not read
/// back to the same octets: then they must be shown as they are, so that nothing is lost.
std::optional<boost::json::value> write_structure(std::string_view format, BytesView data);

/// The octets of a structure; `format` is one of the four. kInvalid names member and rule.
Result<Bytes> read_structure(std::string_view format, const boost::json::value& value,
                             const Place& place);

/// Any `{"format":…,"value":…}`, or a bare string as format `string`. Formats: the four, `string`,
/// `base64`, `hex`.
Result<Bytes> read_data(const boost::json::value& value, const Place& place);

}  // namespace idnode::json
