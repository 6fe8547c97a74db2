#include "resolver/crypto/pbkdf2.h"

#include <openssl/kdf.h>

#include "proto/handle/keyfile.h"
#include "resolver/crypto/openssl.h"

namespace idnode::crypto {
namespace {

Bytes latin1_as_utf8(BytesView secret) {
    Bytes out;
    out.reserve(2 * secret.size());
    for (const std::byte octet : secret) {
        if (octet < std::byte{0x80}) {
            out.push_back(octet);
        } else {
            out.push_back(std::byte{0xC0} | (octet >> 6U));
            out.push_back(std::byte{0x80} | (octet & std::byte{0x3F}));
        }
    }
    return out;
}

}  // namespace

Result<Bytes> pbkdf2(BytesView secret, const Pbkdf2& parameters) {
    if (!handle::is_acceptable_pbkdf2(parameters.iterations, parameters.key_bits,
                                      parameters.salt.size())) {
        return Error{Errc::kLimit, "PBKDF2 iterations, key bits or salt are out of bounds (§5.2)"};
    }
    const Bytes password = latin1_as_utf8(secret);
    Bytes key(parameters.key_bits / 8);
    // OpenSSL takes a null pointer for "no password given", so an empty one needs an address.
    static constexpr char kEmpty[1] = {};
    const std::string_view text =
        password.empty() ? std::string_view(kEmpty, 0) : as_text(password);
    if (PKCS5_PBKDF2_HMAC(text.data(), static_cast<int>(text.size()), octets_of(parameters.salt),
                          static_cast<int>(parameters.salt.size()),
                          static_cast<int>(parameters.iterations), EVP_sha1(),
                          static_cast<int>(key.size()), octets_of(key)) != 1) {
        return openssl_error(Errc::kInternal, "PBKDF2");
    }
    return key;
}

}  // namespace idnode::crypto
