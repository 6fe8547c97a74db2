#include "resolver/crypto/pem.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstring>

#include "resolver/crypto/openssl.h"
#include "resolver/crypto/pkey.h"

namespace idnode::crypto {
namespace {

using Memory = Owned<BIO, BIO_free_all>;

constexpr std::size_t kPemBytesMax = 65'536;

Memory reading(std::string_view text) {
    return Memory(
        BIO_new_mem_buf(text.data(), static_cast<int>(std::min(text.size(), kPemBytesMax))));
}

std::string content_of(BIO& memory) {
    char* begin = nullptr;
    const long size = BIO_get_mem_data(&memory, &begin);
    return size > 0 ? std::string(begin, static_cast<std::size_t>(size)) : std::string();
}

/// Gives OpenSSL the passphrase; notes that it was asked for.
struct Passphrase {
    std::string_view text;
    bool was_needed = false;
};
int give_passphrase(char* out, int size, int, void* user) {
    auto& passphrase = *static_cast<Passphrase*>(user);
    passphrase.was_needed = true;
    const std::size_t length = std::min(passphrase.text.size(), static_cast<std::size_t>(size));
    std::memcpy(out, passphrase.text.data(), length);
    return length == 0 ? -1 : static_cast<int>(length);
}

Result<void> check_kind(const EVP_PKEY& key) {
    if (EVP_PKEY_is_a(&key, "RSA") == 1 || EVP_PKEY_is_a(&key, "DSA") == 1 || is_sm2(key))
        return {};
    return Error{Errc::kUnsupported, "key: the protocol knows RSA, DSA and SM2 keys only"};
}

}  // namespace

Result<Bytes> private_key_from_pem(std::string_view pem, std::string_view passphrase) {
    const Memory memory = reading(pem);
    Passphrase given{.text = passphrase};
    const PKey key(memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, &give_passphrase, &given)
                          : nullptr);
    if (!key) {
        ERR_clear_error();
        if (!given.was_needed) return Error{Errc::kInvalid, "key: no private key in PEM"};
        return Error{Errc::kRefused, passphrase.empty() ? "key: encrypted, a passphrase is needed"
                                                        : "key: the passphrase is wrong"};
    }
    if (auto known = check_kind(*key); !known) return known.error();
    return encode_private_key(*key);
}

Result<std::string> private_key_to_pem(BytesView private_key, std::string_view passphrase) {
    const Result<PKey> key = load_private_key(private_key);
    if (!key) return key.error();
    const Memory memory(BIO_new(BIO_s_mem()));
    const EVP_CIPHER* const cipher = passphrase.empty() ? nullptr : EVP_aes_256_cbc();
    Passphrase given{.text = passphrase};
    if (!memory || PEM_write_bio_PKCS8PrivateKey(memory.get(), key->get(), cipher, nullptr, 0,
                                                 &give_passphrase, &given) != 1) {
        return openssl_error(Errc::kInternal, "key: PEM");
    }
    return content_of(*memory);
}

Result<Bytes> public_key_from_pem(std::string_view pem) {
    const Memory memory = reading(pem);
    const PKey key(memory ? PEM_read_bio_PUBKEY(memory.get(), nullptr, nullptr, nullptr) : nullptr);
    if (!key) {
        ERR_clear_error();
        return Error{Errc::kInvalid, "key: no public key in PEM"};
    }
    if (auto known = check_kind(*key); !known) return known.error();
    return encode_public_key(*key);
}

Result<std::string> public_key_to_pem(BytesView public_key) {
    const Result<PKey> key = load_industrial_public_key(public_key);
    if (!key) return key.error();
    const Memory memory(BIO_new(BIO_s_mem()));
    if (!memory || PEM_write_bio_PUBKEY(memory.get(), key->get()) != 1) {
        return openssl_error(Errc::kInternal, "key: PEM");
    }
    return content_of(*memory);
}

}  // namespace idnode::crypto
