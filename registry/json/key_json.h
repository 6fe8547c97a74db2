#pragma once

#include <boost/json/value.hpp>
#include <optional>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/json/place.h"

namespace idnode::json {

/// The JSON Web Key inside a public key encoding (§2.8). Nothing for other kinds of keys.
std::optional<boost::json::value> write_key(BytesView encoding);

/// The industrial form of an SM2 key (§9.6). Not for values of records, whose other readers do not
/// know it; nothing for other keys, and for those that hold PEM.
std::optional<boost::json::value> write_sm2_key(BytesView encoding);

/// RSA keys end with the four zero octets that every peer writes. Members that a JSON Web Key may
/// have besides are ignored, but private ones are refused: the value would be published.
Result<Bytes> read_key(const boost::json::value& value, const Place& place);

}  // namespace idnode::json
