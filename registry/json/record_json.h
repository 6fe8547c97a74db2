#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/value.h"
#include "registry/json/place.h"
#include "registry/model/record.h"

/// Records and values in the JSON form of §8.5.
///
/// Nothing is lost on the way there and back. Where the reference's form has no place for what the
/// octets may hold, two additions, never seen with ordinary data: a type or handle that is not
/// UTF-8 is written as `{"format":"base64","value":…}` in the place of the string, and permissions
/// with unknown high bits have eight characters instead of four.
namespace idnode::json {

/// Appends a type or handle as these forms have it.
void write_name(std::string_view name, std::string& out);

/// Appends the value's object to `out`, which may be reused.
void write_value(const handle::ValueView& value, std::string& out);

/// Appends `{"handle":…,"values":[…]}` on one line, without the line end. kDamaged: `values` is no
/// `VALUES` section; `out` is as it was.
Result<void> write_record(std::string_view handle, BytesView values, std::string& out);

/// All members of §8.5; unlike a registration, an import carries timestamps, so they are read.
/// kInvalid names member and rule.
Result<handle::Value> read_value(const boost::json::value& value, const Place& place = {});

/// `{"handle":…,"values":[…]}`; a `responseCode` must be 1. Says nothing about whether the record
/// may be stored: indexes and size are checked by `model::encode_record_values`.
Result<model::Record> read_record(const boost::json::value& value, const Place& place = {});
/// As above from a text, which must be strict JSON (parse.h).
Result<model::Record> parse_record(std::string_view text);

}  // namespace idnode::json
