#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/base/writer.h"
#include "proto/handle/value.h"

/// Bodies of the requests that concern one record or prefix, §4.1, §4.5 to §4.8. Octets left over
/// are refused. Views point into the body.
namespace idnode::handle {

/// The handle field of requests that concern no handle, §1.4.
inline constexpr std::string_view kBlankHandle = "/";

/// `STR` handle: get site info, delete, list handles, home, unhome, list homed prefixes, session
/// terminate, get next transaction id, backup.
Result<std::string_view, WireError> decode_handle_request(BytesView body);
inline void encode_handle_request(std::string_view handle, ByteWriter& out) {
    out.text_u32(handle);
}

/// Whether the body of a request with this operation code is a handle and nothing else.
bool is_handle_request(std::uint32_t op);

/// `STR` handle, `VALUES`: create, add value, modify value.
struct ValuesRequest {
    std::string_view handle{};
    BytesView values{};  // the `VALUES` section, count first; walked once and well-formed
};
Result<ValuesRequest, WireError> decode_values_request(BytesView body);
void encode_values_request(const ValuesRequest& request, ByteWriter& out);

/// `STR` handle, `INTS`: remove value.
struct RemoveValueRequest {
    std::string_view handle{};
    std::vector<std::int32_t> indexes{};
};
Result<RemoveValueRequest, WireError> decode_remove_value_request(BytesView body);
void encode_remove_value_request(const RemoveValueRequest& request, ByteWriter& out);

/// `STR` user handle, `i32` user index: login to the identifier system (2001), §9.3.
Result<Reference, WireError> decode_login_request(BytesView body);

}  // namespace idnode::handle
