#pragma once

#include <google/protobuf/message.h>

#include <boost/json/value.hpp>
#include <string>

#include "proto/base/result.h"
#include "registry/json/place.h"

/// Messages of the schemas as JSON of the same shape: Protobuf's own mapping (names in lower camel
/// case, 64-bit numbers as texts, octets in Base64, enumerators by name), several times faster and
/// stricter: a member that comes twice is an error.
namespace idnode::http {

/// Members with default values are left out.
void write_message(const google::protobuf::Message& message, std::string& out);

/// Adds to `message`, which is empty. kInvalid: unknown members, wrong types; the detail names the
/// place. null stands for an absent member.
Result<void> read_message(const boost::json::value& value, google::protobuf::Message& message,
                          const json::Place& place = {});

}  // namespace idnode::http
