#include "proto/handle/responses.h"

#include "proto/base/limits.h"

namespace idnode::handle {

Result<std::string_view, WireError> decode_error(BytesView body) {
    if (body.empty()) return std::string_view{};
    ByteReader in(body);
    const std::string_view message = in.text_u32("error message", limits::kFieldBytesMax);
    return in.finish(message);
}

Result<std::optional<std::string_view>, WireError> decode_create_response(BytesView body) {
    std::optional<std::string_view> handle;
    ByteReader in(body);
    if (in.left() > 0) handle = in.text_u32("handle", limits::kHandleBytesMax);
    return in.finish(handle);
}

Result<std::vector<std::string_view>, WireError> decode_list_response(BytesView body) {
    ByteReader in(body);
    const std::size_t count = in.count_u32("handle count", limits::kFieldBytesMax, 4);
    std::vector<std::string_view> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        out.push_back(in.text_u32("handle", limits::kFieldBytesMax));
    }
    return in.finish(std::move(out));
}

void encode_list_response(std::span<const std::string> handles, ByteWriter& out) {
    out.u32(static_cast<std::uint32_t>(handles.size()));
    for (const std::string& handle : handles) out.text_u32(handle);
}

Result<bool, WireError> decode_flag_response(BytesView body) {
    ByteReader in(body);
    const bool value = (in.u8("flag octet") & 1U) != 0;
    return in.finish(value);
}

Result<std::uint64_t, WireError> decode_transaction_id_response(BytesView body) {
    ByteReader in(body);
    const std::uint64_t id = in.u64("transaction id");
    return in.finish(id);
}

Result<std::monostate, WireError> decode_empty_response(BytesView body) {
    return ByteReader(body).finish(std::monostate{});
}

}  // namespace idnode::handle
