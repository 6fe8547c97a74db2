#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/base/writer.h"

/// Bodies of small responses, after the request digest (`split_response_body`). Views point into
/// the body; octets left over are refused.
namespace idnode::handle {

/// Every code but 1, 302, 303 and 402, §4.2: `STR` message. A missing message is read as empty:
/// peers below 2.1 omit it.
Result<std::string_view, WireError> decode_error(BytesView body);
inline void encode_error(std::string_view message, ByteWriter& out) {
    out.text_u32(message);
}

/// Create, §4.5: the handle as requested or minted. Older servers send nothing.
Result<std::optional<std::string_view>, WireError> decode_create_response(BytesView body);
inline void encode_create_response(std::string_view handle, ByteWriter& out) {
    out.text_u32(handle);
}

/// List handles and list homed prefixes, §4.8: `STRS`, one of several messages perhaps.
Result<std::vector<std::string_view>, WireError> decode_list_response(BytesView body);
void encode_list_response(std::span<const std::string> handles, ByteWriter& out);

/// Verify response, §5.4, and retrieve transactions, §7.2: one octet of which bit 0 counts.
Result<bool, WireError> decode_flag_response(BytesView body);
inline void encode_flag_response(bool value, ByteWriter& out) {
    out.u8(value ? 1 : 0);
}

/// Get next transaction id.
Result<std::uint64_t, WireError> decode_transaction_id_response(BytesView body);
inline void encode_transaction_id_response(std::uint64_t id, ByteWriter& out) {
    out.u64(id);
}

/// Success of an operation that returns nothing.
Result<std::monostate, WireError> decode_empty_response(BytesView body);

}  // namespace idnode::handle
