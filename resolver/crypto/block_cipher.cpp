#include "resolver/crypto/block_cipher.h"

#include <openssl/provider.h>

#include <limits>

#include "proto/base/assert.h"

namespace idnode::crypto {
namespace {

OSSL_LIB_CTX* legacy_context() {
    static OSSL_LIB_CTX* const context = [] {
        OSSL_LIB_CTX* made = OSSL_LIB_CTX_new();
        if (made != nullptr) OSSL_PROVIDER_load(made, "legacy");
        ERR_clear_error();
        return made;
    }();
    return context;
}

bool is_legacy(std::string_view name) {
    return name == "DES-ECB" || name == "DES-CBC";
}

bool has_fitting_lengths(const CipherRun& run) {
    return run.key.size() == static_cast<std::size_t>(EVP_CIPHER_get_key_length(&run.cipher)) &&
           run.iv.size() == static_cast<std::size_t>(EVP_CIPHER_get_iv_length(&run.cipher));
}

}  // namespace

Cipher fetch_cipher(const char* name) {
    Cipher cipher(EVP_CIPHER_fetch(is_legacy(name) ? legacy_context() : nullptr, name, nullptr));
    ERR_clear_error();
    return cipher;
}

Result<Bytes> run_cipher(const CipherRun& run, BytesView input) {
    IDNODE_ASSERT(has_fitting_lengths(run));
    const CipherContext context(EVP_CIPHER_CTX_new());
    const auto block = static_cast<std::size_t>(EVP_CIPHER_get_block_size(&run.cipher));
    if (input.size() > std::numeric_limits<int>::max() - block) {
        return Error{Errc::kLimit, "cipher: more octets than one call can take"};
    }
    Bytes out(input.size() + block);
    int written = 0;
    int last = 0;
    if (!context ||
        EVP_CipherInit_ex2(context.get(), &run.cipher, octets_of(run.key), octets_of(run.iv),
                           run.encrypt ? 1 : 0, nullptr) != 1 ||
        EVP_CIPHER_CTX_set_padding(context.get(), run.padding == Padding::kPkcs5 ? 1 : 0) != 1 ||
        EVP_CipherUpdate(context.get(), octets_of(out), &written, octets_of(input),
                         static_cast<int>(input.size())) != 1 ||
        EVP_CipherFinal_ex(context.get(), octets_of(out) + written, &last) != 1) {
        return openssl_error(Errc::kRefused, "cipher");
    }
    out.resize(static_cast<std::size_t>(written + last));
    return out;
}

}  // namespace idnode::crypto
