#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/handle/value.h"

namespace idnode::handle {

/// Body of a resolution request (§4.3), checked but not copied: the lists are walked in place.
struct ResolutionRequestView {
    std::string_view handle;
    std::uint32_t index_count = 0;
    BytesView indexes;  // index_count x i32
    std::uint32_t type_count = 0;
    BytesView types;  // type_count x BYTES
    BytesView extra;  // what SDK clients append; ignored

    bool selects_everything() const { return index_count == 0 && type_count == 0; }
    /// Whether the value is asked for: its index is listed or its type matches (§2.3).
    bool selects(const ValueView& value) const;
};

Result<ResolutionRequestView, WireError> decode_resolution_request(BytesView body);
void encode_resolution_request(std::string_view handle, std::span<const std::int32_t> indexes,
                               std::span<const std::string> types, ByteWriter& out);

/// Body of a successful resolution response after the digest. More than 2,048 values or a handle of
/// more than 2,048 octets is refused (§0.2).
struct ResolutionResponseView {
    std::string_view handle;
    BytesView values;  // the `VALUES` section, count first; already walked once and well-formed
};
Result<ResolutionResponseView, WireError> decode_resolution_response(BytesView body);
inline void encode_resolution_response(const ResolutionResponseView& response, ByteWriter& out) {
    out.text_u32(response.handle);
    out.raw(response.values);
}

/// Body of a 302 or 303 after the digest, §6.6.
struct ReferralView {
    std::string_view handle;          // may be empty
    std::optional<BytesView> values;  // a `VALUES` section, if octets followed the handle
};
Result<ReferralView, WireError> decode_referral(BytesView body);
void encode_referral(const ReferralView& referral, ByteWriter& out);

}  // namespace idnode::handle
