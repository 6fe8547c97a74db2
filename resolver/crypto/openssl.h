#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

/// OpenSSL's objects with owners, for the sources of this folder only.
namespace idnode::crypto {

template <auto Release>
struct ReleaseWith {
    template <class T>
    void operator()(T* object) const {
        Release(object);
    }
};
template <class T, auto Release>
using Owned = std::unique_ptr<T, ReleaseWith<Release>>;

using Number = Owned<BIGNUM, BN_clear_free>;
using NumberScratch = Owned<BN_CTX, BN_CTX_free>;
using PKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using PKeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using CipherContext = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using ParamBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = Owned<OSSL_PARAM, OSSL_PARAM_free>;

inline const unsigned char* octets_of(BytesView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline unsigned char* octets_of(Bytes& bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

/// `what` and OpenSSL's own reason for its last failure; empties its list of errors.
inline Error openssl_error(Errc code, std::string_view what) {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    std::string detail(what);
    if (reason != nullptr) detail.append(": ").append(reason);
    return {code, std::move(detail)};
}

}  // namespace idnode::crypto
