#include "tests/unit/proto/crypto.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>

namespace idnode::test {

namespace {

const unsigned char* data_of(BytesView octets) {
    return reinterpret_cast<const unsigned char*>(octets.data());
}

}  // namespace

Bytes digest_of(const std::string& algorithm, std::initializer_list<BytesView> pieces) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    EVP_DigestInit_ex(context.get(), EVP_get_digestbyname(algorithm.c_str()), nullptr);
    for (const BytesView piece : pieces) {
        EVP_DigestUpdate(context.get(), piece.data(), piece.size());
    }
    Bytes out(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size);
    out.resize(size);
    return out;
}

Bytes hmac_of(const std::string& algorithm, BytesView key, BytesView message) {
    Bytes out(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    HMAC(EVP_get_digestbyname(algorithm.c_str()), key.data(), static_cast<int>(key.size()),
         data_of(message), message.size(), reinterpret_cast<unsigned char*>(out.data()), &size);
    out.resize(size);
    return out;
}

}  // namespace idnode::test
