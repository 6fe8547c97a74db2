#include "proto/handle/requests.h"

#include "proto/base/limits.h"
#include "proto/handle/header.h"

namespace idnode::handle {

Result<std::string_view, WireError> decode_handle_request(BytesView body) {
    ByteReader in(body);
    const std::string_view handle = in.text_u32("handle", limits::kFieldBytesMax);
    return in.finish(handle);
}

bool is_handle_request(std::uint32_t op) {
    switch (static_cast<OpCode>(op)) {
        case OpCode::kGetSiteInfo:
        case OpCode::kDeleteHandle:
        case OpCode::kListHandles:
        case OpCode::kHomePrefix:
        case OpCode::kUnhomePrefix:
        case OpCode::kListHomedPrefixes:
        case OpCode::kSessionTerminate:
        case OpCode::kGetNextTransactionId:
        case OpCode::kBackup:
            return true;
        default:
            return false;
    }
}

Result<ValuesRequest, WireError> decode_values_request(BytesView body) {
    ByteReader in(body);
    ValuesRequest out;
    out.handle = in.text_u32("handle", limits::kFieldBytesMax);
    out.values = skip_values(in, limits::kFieldBytesMax);
    return in.finish(out);
}

void encode_values_request(const ValuesRequest& request, ByteWriter& out) {
    out.text_u32(request.handle);
    out.raw(request.values);
}

Result<RemoveValueRequest, WireError> decode_remove_value_request(BytesView body) {
    ByteReader in(body);
    RemoveValueRequest out;
    out.handle = in.text_u32("handle", limits::kFieldBytesMax);
    const std::size_t count = in.count_u32("index count", limits::kFieldBytesMax, 4);
    out.indexes.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        out.indexes.push_back(static_cast<std::int32_t>(in.u32("index")));
    }
    return in.finish(std::move(out));
}

void encode_remove_value_request(const RemoveValueRequest& request, ByteWriter& out) {
    out.text_u32(request.handle);
    out.u32(static_cast<std::uint32_t>(request.indexes.size()));
    for (const std::int32_t index : request.indexes) out.u32(static_cast<std::uint32_t>(index));
}

Result<Reference, WireError> decode_login_request(BytesView body) {
    ByteReader in(body);
    Reference user = read_reference(in);
    return in.finish(std::move(user));
}

}  // namespace idnode::handle
