#include "proto/handle/keyfile.h"

#include "proto/base/limits.h"
#include "proto/base/writer.h"

namespace idnode::handle {

namespace {

// The smallest length of a key type name: from here on the first number is such a length.
constexpr std::uint32_t kBareKeyMin = 10;
constexpr std::size_t kDesBlockBytes = 8;

void read_pbkdf2_parts(ByteReader& in, KeyFile& out) {
    out.salt = in.bytes_u32("salt", limits::kPbkdf2SaltBytesMax);
    out.iterations = in.u32("iterations");
    out.key_bits = in.u32("key bits");
    if (!is_acceptable_pbkdf2(out.iterations, out.key_bits, out.salt.size())) {
        in.fail(WireErrc::kBadValue, "iterations or key bits");
    }
    out.iv = in.bytes_u32("initialisation vector", limits::kPbkdf2SaltBytesMax);
    out.content = in.bytes_u32("cipher text", limits::kFieldBytesMax);
}

}  // namespace

bool is_acceptable_pbkdf2(std::uint32_t iterations, std::uint32_t bits, std::size_t salt_bytes) {
    return iterations >= 1 && iterations <= limits::kPbkdf2IterationsMax &&
           bits >= limits::kPbkdf2BitsMin && bits <= limits::kPbkdf2BitsMax && bits % 8 == 0 &&
           salt_bytes <= limits::kPbkdf2SaltBytesMax;
}

Result<KeyFile, WireError> decode_key_file(BytesView octets) {
    ByteReader in(octets);
    KeyFile out;
    const std::uint32_t number = in.u32("scheme");
    if (in.ok() && number >= kBareKeyMin) {
        out.content = octets;
        return out;
    }
    out.scheme = static_cast<KeyFileScheme>(number);
    switch (*out.scheme) {
        case KeyFileScheme::kDesEcb:
        case KeyFileScheme::kPlain:
            out.content = in.take(in.left(), "content");
            break;
        case KeyFileScheme::kDesCbc:
            out.iv = in.take(kDesBlockBytes, "initialisation vector");
            out.content = in.take(in.left(), "content");
            break;
        case KeyFileScheme::kPbkdf2TripleDes:
        case KeyFileScheme::kPbkdf2Aes:
            read_pbkdf2_parts(in, out);
            break;
        default:
            in.fail(WireErrc::kBadValue, "scheme");
    }
    return in.finish(out);
}

Bytes encode_key_file(const KeyFile& file) {
    Bytes octets;
    ByteWriter out(octets);
    if (file.scheme) out.u32(static_cast<std::uint32_t>(*file.scheme));
    const bool pbkdf2 =
        file.scheme == KeyFileScheme::kPbkdf2TripleDes || file.scheme == KeyFileScheme::kPbkdf2Aes;
    if (pbkdf2) {
        out.bytes_u32(file.salt);
        out.u32(file.iterations);
        out.u32(file.key_bits);
        out.bytes_u32(file.iv);
        out.bytes_u32(file.content);
    } else {
        out.raw(file.iv);
        out.raw(file.content);
    }
    return octets;
}

}  // namespace idnode::handle
