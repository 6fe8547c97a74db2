#include "proto/handle/industrial_key.h"

#include "proto/base/limits.h"
#include "proto/base/writer.h"

namespace idnode::handle {

Result<BytesView, WireError> decode_sm2_public_key(BytesView octets) {
    ByteReader in(octets);
    if (in.text_u32("key type", kSm2PublicKeyType.size()) != kSm2PublicKeyType) {
        in.fail(WireErrc::kBadValue, "key type");
    }
    in.u16("key flags");
    const BytesView key = in.bytes_u32("key", limits::kKeyIntegerBytesMax);
    return in.finish_prefix(key);
}

Bytes encode_sm2_public_key(BytesView key_info) {
    Bytes octets;
    ByteWriter out(octets);
    out.text_u32(kSm2PublicKeyType);
    out.u16(0);
    out.bytes_u32(key_info);
    return octets;
}

bool is_pem(BytesView octets) {
    return as_text(octets).starts_with("-----BEGIN");
}

}  // namespace idnode::handle
