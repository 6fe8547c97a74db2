#include "proto/handle/resolution.h"

#include "proto/base/limits.h"

namespace idnode::handle {

bool ResolutionRequestView::selects(const ValueView& value) const {
    if (selects_everything()) return true;
    ByteReader index_list(indexes);
    for (std::uint32_t i = 0; i < index_count; ++i) {
        if (static_cast<std::int32_t>(index_list.u32("index")) == value.index) return true;
    }
    ByteReader type_list(types);
    for (std::uint32_t i = 0; i < type_count; ++i) {
        if (type_matches(type_list.text_u32("type", limits::kFieldBytesMax), value.type))
            return true;
    }
    return false;
}

Result<ResolutionRequestView, WireError> decode_resolution_request(BytesView body) {
    ByteReader in(body);
    ResolutionRequestView out;
    out.handle = in.text_u32("handle", limits::kFieldBytesMax);
    const std::size_t index_count = in.count_u32("index count", limits::kFieldBytesMax, 4);
    out.index_count = static_cast<std::uint32_t>(index_count);
    out.indexes = in.take(index_count * 4, "indexes");
    const std::size_t type_count = in.count_u32("type count", limits::kFieldBytesMax, 4);
    out.type_count = static_cast<std::uint32_t>(type_count);
    const BytesView before_types = in.rest();
    for (std::size_t i = 0; i < type_count && in.ok(); ++i) {
        in.bytes_u32("type", limits::kFieldBytesMax);
    }
    out.extra = in.rest();
    out.types = before_types.first(in.ok() ? before_types.size() - out.extra.size() : 0);
    return in.finish_prefix(out);
}

void encode_resolution_request(std::string_view handle, std::span<const std::int32_t> indexes,
                               std::span<const std::string> types, ByteWriter& out) {
    out.text_u32(handle);
    out.u32(static_cast<std::uint32_t>(indexes.size()));
    for (const std::int32_t index : indexes) out.u32(static_cast<std::uint32_t>(index));
    out.u32(static_cast<std::uint32_t>(types.size()));
    for (const std::string& type : types) out.text_u32(type);
}

Result<ResolutionResponseView, WireError> decode_resolution_response(BytesView body) {
    ByteReader in(body);
    ResolutionResponseView out;
    out.handle = in.text_u32("handle", limits::kHandleBytesMax);
    out.values = skip_values(in, limits::kResponseValuesMax);
    return in.finish(out);
}

Result<ReferralView, WireError> decode_referral(BytesView body) {
    ByteReader in(body);
    ReferralView out;
    out.handle = in.text_u32("handle", limits::kHandleBytesMax);
    if (in.left() > 0) out.values = skip_values(in, limits::kResponseValuesMax);
    return in.finish(out);
}

void encode_referral(const ReferralView& referral, ByteWriter& out) {
    out.text_u32(referral.handle);
    if (referral.values) out.raw(*referral.values);
}

}  // namespace idnode::handle
