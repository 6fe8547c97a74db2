#include "resolver/crypto/keys.h"

#include <openssl/dsa.h>
#include <openssl/rsa.h>

#include <utility>

#include "resolver/crypto/openssl.h"
#include "resolver/crypto/pkey.h"

namespace idnode::crypto {
namespace {

using Hash = model::Signer::Hash;

const char* openssl_name(Hash hash) {
    return hash == Hash::kSha1 ? "SHA1" : "SHA256";
}

Result<Bytes> sign_with(EVP_PKEY& key, Hash hash, BytesView data) {
    const DigestContext context(EVP_MD_CTX_new());
    std::size_t size = 0;
    if (!context ||
        EVP_DigestSignInit_ex(context.get(), nullptr, openssl_name(hash), nullptr, nullptr, &key,
                              nullptr) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, octets_of(data), data.size()) != 1) {
        return openssl_error(Errc::kInternal, "signature");
    }
    Bytes signature(size);
    if (EVP_DigestSign(context.get(), octets_of(signature), &size, octets_of(data), data.size()) !=
        1) {
        return openssl_error(Errc::kInternal, "signature");
    }
    signature.resize(size);  // a DSA signature may be shorter than its maximum
    return signature;
}

class OpensslSigner final : public model::Signer {
  public:
    OpensslSigner(PKey key, Bytes public_key)
        : key_(std::move(key)), public_key_(std::move(public_key)) {}

    Result<Bytes> sign(Hash hash, BytesView data) const override {
        return sign_with(*key_, hash, data);
    }
    bool is_dsa() const override { return EVP_PKEY_is_a(key_.get(), "DSA") == 1; }
    const Bytes& public_key() const override { return public_key_; }

  private:
    PKey key_;
    Bytes public_key_;
};

}  // namespace

Result<Bytes> generate_rsa_key(unsigned bits) {
    if (bits != 2048 && bits != 3072 && bits != 4096) {
        return Error{Errc::kInvalid, "an RSA key has 2048, 3072 or 4096 bits"};
    }
    const PKey key(EVP_RSA_gen(bits));
    if (!key) return openssl_error(Errc::kInternal, "RSA key generation");
    return encode_private_key(*key);
}

Result<Bytes> generate_dsa_key() {
    const PKeyContext group_context(EVP_PKEY_CTX_new_from_name(nullptr, "DSA", nullptr));
    EVP_PKEY* made = nullptr;
    if (!group_context || EVP_PKEY_paramgen_init(group_context.get()) != 1 ||
        EVP_PKEY_CTX_set_dsa_paramgen_bits(group_context.get(), 2048) != 1 ||
        EVP_PKEY_CTX_set_dsa_paramgen_q_bits(group_context.get(), 256) != 1 ||
        EVP_PKEY_paramgen(group_context.get(), &made) != 1) {
        return openssl_error(Errc::kInternal, "DSA group generation");
    }
    const PKey group(made);
    const PKeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, group.get(), nullptr));
    made = nullptr;
    if (!context || EVP_PKEY_keygen_init(context.get()) != 1 ||
        EVP_PKEY_keygen(context.get(), &made) != 1) {
        return openssl_error(Errc::kInternal, "DSA key generation");
    }
    const PKey key(made);
    return encode_private_key(*key);
}

Result<Bytes> public_key_of(BytesView private_key) {
    const Result<PKey> key = load_private_key(private_key);
    if (!key) return key.error();
    return encode_public_key(**key);
}

Result<std::unique_ptr<model::Signer>> make_signer(BytesView private_key) {
    Result<PKey> key = load_private_key(private_key);
    if (!key) return key.error();
    if (is_sm2(**key)) return Error{Errc::kUnsupported, "key: SM2 signs only answers of users"};
    Bytes public_key = encode_public_key(**key);
    auto signer = std::make_unique<OpensslSigner>(std::move(*key), std::move(public_key));

    // A key whose numbers contradict each other must show now, not in answers that nobody accepts.
    const BytesView trial = as_bytes_view("trial");
    const Result<Bytes> signature = signer->sign(Hash::kSha256, trial);
    if (!signature) return Error{Errc::kInvalid, "key: cannot sign: " + signature.error().detail};
    const Result<bool> verified =
        verify_signature(signer->public_key(), Hash::kSha256, trial, *signature);
    if (!verified) return verified.error();
    if (!*verified) return Error{Errc::kInvalid, "key: its private and public numbers do not fit"};
    return Result<std::unique_ptr<model::Signer>>(std::move(signer));
}

Result<bool> verify_signature(BytesView public_key, Hash hash, BytesView data,
                              BytesView signature) {
    const Result<PKey> key = load_public_key(public_key);
    if (!key) return key.error();
    const DigestContext context(EVP_MD_CTX_new());
    if (!context || EVP_DigestVerifyInit_ex(context.get(), nullptr, openssl_name(hash), nullptr,
                                            nullptr, key->get(), nullptr) != 1) {
        return openssl_error(Errc::kInternal, "signature check");
    }
    const int verdict = EVP_DigestVerify(context.get(), octets_of(signature), signature.size(),
                                         octets_of(data), data.size());
    ERR_clear_error();  // a signature that is no signature at all is simply wrong
    return verdict == 1;
}

}  // namespace idnode::crypto
