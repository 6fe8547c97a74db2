#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"

/// Octets and times as the JSON forms spell them (§8.5). The readers answer nothing for a text that
/// is not exactly of the form.
namespace idnode::json {

void append_base64(BytesView octets, std::string& out);
/// Padding is required.
std::optional<Bytes> parse_base64(std::string_view text);
/// Into a buffer that may be reused; after `false` its content is meaningless.
bool parse_base64(std::string_view text, Bytes& out);

/// Without padding, as JSON Web Keys have it.
void append_base64url(BytesView octets, std::string& out);
std::optional<Bytes> parse_base64url(std::string_view text);

/// `YYYY-MM-DDThh:mm:ssZ`. Times are the four octets of the wire read as two's complement, as the
/// reference does: 0xFFFFFFFF is the last second of 1969.
void append_time(std::uint32_t unix_seconds, std::string& out);
std::optional<std::uint32_t> parse_time(std::string_view text);

/// A JSON string with its quotes. `text` must be UTF-8.
void append_json_string(std::string_view text, std::string& out);

/// Whether octets are shown as text: UTF-8 whose only control characters are tab and line ends.
bool is_plain_text(std::string_view octets);

}  // namespace idnode::json
