#include "resolver/crypto/record_signature.h"

#include <algorithm>
#include <array>
#include <string>

#include "resolver/crypto/pkey.h"
#include "resolver/crypto/sm2.h"

namespace idnode::crypto {
namespace {

struct Algorithm {
    std::string_view name;
    const char* key;  // OpenSSL's names
    const char* digest;
};
constexpr std::array kAlgorithms{
    Algorithm{"RS256", "RSA", "SHA256"}, Algorithm{"RS384", "RSA", "SHA384"},
    Algorithm{"RS512", "RSA", "SHA512"}, Algorithm{"DS256", "DSA", "SHA256"},
    Algorithm{"SM2256", "SM2", "SM3"},
};

}  // namespace

Result<bool> verify_record_signature(std::string_view algorithm, BytesView public_key,
                                     BytesView data, BytesView signature) {
    const auto* const at = std::ranges::find(kAlgorithms, algorithm, &Algorithm::name);
    if (at == kAlgorithms.end()) {
        return Error{Errc::kUnsupported, "algorithm \"" + std::string(algorithm) +
                                             "\" is not one of RS256, RS384, RS512, DS256, SM2256"};
    }
    const Result<PKey> key = load_industrial_public_key(public_key);
    if (!key) return key.error();
    if (EVP_PKEY_is_a(key->get(), at->key) != 1) {
        return Error{Errc::kInvalid,
                     "the key is not one for the algorithm " + std::string(algorithm)};
    }
    if (is_sm2(**key)) {
        return verify_sm2_signature(public_key, kSm2DefaultIdentifier, data, signature);
    }
    const DigestContext context(EVP_MD_CTX_new());
    if (!context || EVP_DigestVerifyInit_ex(context.get(), nullptr, at->digest, nullptr, nullptr,
                                            key->get(), nullptr) != 1) {
        return openssl_error(Errc::kInternal, "signature check");
    }
    const int verdict = EVP_DigestVerify(context.get(), octets_of(signature), signature.size(),
                                         octets_of(data), data.size());
    ERR_clear_error();
    return verdict == 1;
}

}  // namespace idnode::crypto
