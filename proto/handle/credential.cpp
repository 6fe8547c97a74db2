#include "proto/handle/credential.h"

#include "proto/base/limits.h"

namespace idnode::handle {

Result<Credential, WireError> decode_credential(BytesView octets) {
    ByteReader in(octets);
    Credential out;
    out.version = in.u8("credential version");
    out.reserved = in.u8("credential reserved octet");
    out.options = in.u16("credential options");
    out.signer_handle = in.text_u32("signer handle", limits::kFieldBytesMax);
    out.session_counter = in.u32("session counter");
    out.type = in.text_u32("signature type", limits::kFieldBytesMax);
    const std::uint32_t rest = in.u32("length of the signature part");
    if (in.ok() && rest != in.left()) in.fail(WireErrc::kBadValue, "length of the signature part");
    out.algorithm = in.bytes_u32("signature algorithm", limits::kFieldBytesMax);
    out.signature = in.bytes_u32("signature", limits::kFieldBytesMax);
    return in.finish(out);
}

void encode_credential(const Credential& credential, ByteWriter& out) {
    out.u8(credential.version);
    out.u8(credential.reserved);
    out.u16(credential.options);
    out.text_u32(credential.signer_handle);
    out.u32(credential.session_counter);
    out.text_u32(credential.type);
    out.u32(
        static_cast<std::uint32_t>(8 + credential.algorithm.size() + credential.signature.size()));
    out.bytes_u32(credential.algorithm);
    out.bytes_u32(credential.signature);
}

}  // namespace idnode::handle
