#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/handle/site.h"
#include "proto/handle/value.h"

/// Values as people read them on a terminal.
namespace idnode::tools {

/// The data of a value, a line each: text as it is, structured types in words, the rest in
/// hexadecimal. Nothing in it can steer a terminal.
std::vector<std::string> describe_data(const handle::ValueView& value);
std::vector<std::string> describe_site(const handle::Site& site);

/// `RSA 2048 SHA256:…` of a public key encoding.
std::string describe_key(BytesView public_key);
/// Lower-case hexadecimal SHA-256 of the octets.
std::string fingerprint(BytesView octets);

/// Control characters, the C1 range, and octets that are not UTF-8 written as `\xNN`.
std::string printable(std::string_view text);

/// A table of values with its head line.
std::string values_table(const std::vector<handle::ValueView>& values);

}  // namespace idnode::tools
