#include "resolver/crypto/hashing.h"

#include <openssl/crypto.h>

#include "resolver/crypto/openssl.h"

namespace idnode::crypto {

Bytes joined(std::initializer_list<BytesView> parts) {
    Bytes out;
    for (const BytesView part : parts) out.insert(out.end(), part.begin(), part.end());
    return out;
}

Result<Bytes> digest(const char* algorithm, BytesView data) {
    Bytes out(EVP_MAX_MD_SIZE);
    std::size_t size = 0;
    if (EVP_Q_digest(nullptr, algorithm, nullptr, data.data(), data.size(), octets_of(out),
                     &size) != 1) {
        return openssl_error(Errc::kInternal, algorithm);
    }
    out.resize(size);
    return out;
}

Result<Bytes> hmac(const char* algorithm, BytesView key, BytesView data) {
    Bytes out(EVP_MAX_MD_SIZE);
    std::size_t size = 0;
    // A null key would mean "the key of the last call".
    static constexpr std::byte kEmpty{};
    const void* key_octets = key.empty() ? &kEmpty : key.data();
    if (EVP_Q_mac(nullptr, "HMAC", nullptr, algorithm, nullptr, key_octets, key.size(),
                  octets_of(data), data.size(), octets_of(out), out.size(), &size) == nullptr) {
        return openssl_error(Errc::kInternal, "HMAC");
    }
    out.resize(size);
    return out;
}

bool equal_in_constant_time(const Result<Bytes>& expected, BytesView given) {
    return expected.has_value() && expected->size() == given.size() &&
           CRYPTO_memcmp(expected->data(), given.data(), given.size()) == 0;
}

}  // namespace idnode::crypto
