#include "resolver/crypto/session_cryptography.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#include "proto/base/assert.h"
#include "proto/handle/signing.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/block_cipher.h"
#include "resolver/crypto/hashing.h"
#include "resolver/crypto/key_agreement.h"
#include "resolver/crypto/key_transport.h"
#include "resolver/crypto/pkey.h"

namespace idnode::crypto {
namespace {

using handle::SessionCipher;
using handle::Version;

constexpr Version kFirstWithIv{2, 4};
constexpr Version kFirstWithHmac{2, 7};

/// What a cipher number stands for.
struct CipherKind {
    SessionCipher cipher;
    const char* cbc;
    const char* ecb;        // below 2.4
    std::size_t key_bytes;  // of the cipher; AES takes the first octets of a longer session key
    bool has_parity;
};
constexpr std::array kCipherKinds{
    CipherKind{SessionCipher::kDes, "DES-CBC", "DES-ECB", 8, true},
    CipherKind{SessionCipher::kDesEde, "DES-EDE3-CBC", "DES-EDE3-ECB", 24, true},
    CipherKind{SessionCipher::kAes, "AES-128-CBC", "AES-128-ECB", 16, false},
    CipherKind{SessionCipher::kSm4, "SM4-CBC", "SM4-CBC", 16, false},
};

const CipherKind* kind_of(SessionCipher cipher) {
    const auto found = std::ranges::find(kCipherKinds, cipher, &CipherKind::cipher);
    return found == kCipherKinds.end() ? nullptr : &*found;
}

struct FetchedCipher {
    Cipher cbc;
    Cipher ecb;
};
using FetchedCiphers = std::array<FetchedCipher, kCipherKinds.size()>;

FetchedCiphers fetch_ciphers() {
    FetchedCiphers out;
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = {fetch_cipher(kCipherKinds[i].cbc), fetch_cipher(kCipherKinds[i].ecb)};
    }
    return out;
}

Error unknown_cipher() {
    return {Errc::kInvalid, "session: no cipher has this number"};
}

/// One text for all faults of a payload: a peer must not learn which it was (§10.2 H24).
Error not_decryptable() {
    return {Errc::kInvalid, "session: the payload does not decrypt"};
}

/// Takes PKCS#5 padding off whole blocks; false when it is wrong. Looks at the same octets in the
/// same order whatever they hold.
bool remove_padding(Bytes& blocks, std::size_t block_bytes) {
    const auto padding = std::to_integer<std::size_t>(blocks.back());
    std::size_t wrong =
        static_cast<std::size_t>(padding == 0) | static_cast<std::size_t>(padding > block_bytes);
    for (std::size_t i = 0; i < block_bytes; ++i) {
        const auto octet = std::to_integer<std::size_t>(blocks[blocks.size() - 1 - i]);
        wrong |= static_cast<std::size_t>(i < padding) * (octet ^ padding);
    }
    if (wrong != 0) return false;
    blocks.resize(blocks.size() - padding);
    return true;
}

bool is_hmac_sha256(BytesView algorithm) {
    std::string plain;
    for (const char c : as_text(algorithm).substr(0, 32)) {  // the longest known name has 12
        const bool lower = c >= 'a' && c <= 'z';
        if (lower || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
            plain.push_back(lower ? static_cast<char>(c - 'a' + 'A') : c);
        }
    }
    return plain == "HMACSHA256";
}

class OpensslSessions final : public model::SessionCryptography {
  public:
    OpensslSessions(PKey server_key, model::Entropy& entropy)
        : server_key_(std::move(server_key)), entropy_(entropy) {}

    Result<Exchanged> diffie_hellman(BytesView client_key, SessionCipher cipher) const override {
        const auto key = handle::decode_public_key(client_key);
        const auto* peer = key ? std::get_if<handle::DhPublicKey>(&*key) : nullptr;
        if (peer == nullptr) return Error{Errc::kInvalid, "session: not a DH_PUB_KEY encoding"};
        const handle::Integer exponent = new_exponent(entropy_);
        Result<Bytes> secret = shared_secret(*peer, exponent);
        if (!secret) return secret.error();
        Result<Bytes> session_key = session_key_from(*secret, cipher);
        OPENSSL_cleanse(secret->data(), secret->size());
        if (!session_key) return session_key.error();
        const Result<handle::DhPublicKey> ours = public_half(*peer, exponent);
        if (!ours) return ours.error();
        return Exchanged{handle::encode_public_key(*ours), std::move(*session_key)};
    }

    Result<Exchanged> encrypt_new_key(BytesView public_key, SessionCipher cipher,
                                      bool with_cipher) const override {
        const CipherKind* kind = kind_of(cipher);
        if (kind == nullptr) return unknown_cipher();
        Bytes key(kind->key_bytes);
        entropy_.fill(key);
        if (kind->has_parity) set_odd_parity(key);
        Result<Bytes> data =
            encrypt_for(public_key, handle::encode_cipher_and_key({cipher, key}, with_cipher));
        if (!data) return data.error();
        return Exchanged{std::move(*data), std::move(key)};
    }

    Result<Bytes> decrypt_with_server_key(BytesView cipher_text) const override {
        if (!server_key_ || EVP_PKEY_is_a(server_key_.get(), "RSA") != 1) {
            return Error{Errc::kUnsupported, "key exchange: this server's key is no RSA key"};
        }
        return decrypt_session_key(*server_key_, cipher_text);
    }

    Result<Bytes> encrypt(SessionCipher cipher, BytesView key, Version session_version,
                          BytesView plain) const override {
        const Result<Setup> setup = setup_of(cipher, key, session_version);
        if (!setup) return setup.error();
        Bytes iv(setup->wire_iv ? handle::block_bytes(cipher) : 0);
        entropy_.fill(iv);
        const BytesView used_iv = setup->wire_iv ? BytesView(iv) : setup->fixed_iv;
        const Result<Bytes> text = run_cipher({*setup->cipher, setup->key, used_iv, true}, plain);
        if (!text) return text.error();
        return joined({iv, *text});
    }

    Result<Bytes> decrypt(SessionCipher cipher, BytesView key, Version session_version,
                          BytesView payload) const override {
        const Result<Setup> setup = setup_of(cipher, key, session_version);
        if (!setup) return setup.error();
        const auto parts = handle::split_encrypted(payload, session_version, cipher);
        if (!parts) return not_decryptable();
        const BytesView iv = setup->wire_iv ? parts->iv : setup->fixed_iv;
        Result<Bytes> plain =
            run_cipher({*setup->cipher, setup->key, iv, false, Padding::kNone}, parts->cipher_text);
        if (!plain || !remove_padding(*plain, handle::block_bytes(cipher))) {
            return not_decryptable();
        }
        return plain;
    }

    Bytes mac(const handle::Envelope& envelope, std::uint32_t counter, BytesView key,
              BytesView header_and_body) const override {
        const Bytes input = handle::mac_input(envelope, counter, key, header_and_body);
        Result<Bytes> out =
            handle::mac_function(envelope.version) == handle::MacFunction::kHmacSha256
                ? hmac("SHA256", key, input)
                : digest("SHA1", input);
        IDNODE_ASSERT(out.has_value());  // make_digests refused to start without these
        return std::move(*out);
    }

    bool is_mac(const handle::Envelope& envelope, const handle::Credential& credential,
                BytesView key, BytesView header_and_body) const override {
        // Without a key anybody could compute it.
        if (credential.type != handle::kMacCredential || key.empty()) return false;
        const Bytes input =
            handle::mac_input(envelope, credential.session_counter, key, header_and_body);
        if (envelope.version.at_least(kFirstWithHmac)) {
            return is_hmac_sha256(credential.algorithm) &&
                   equal_in_constant_time(hmac("SHA256", key, input), credential.signature);
        }
        const std::optional hash = hash_named(credential.algorithm);
        if (!hash) return false;
        const char* name = *hash == model::Signer::Hash::kSha1 ? "SHA1" : "SHA256";
        return equal_in_constant_time(digest(name, input), credential.signature);
    }

  private:
    /// A cipher in its mode, with the parts of the session key that it takes.
    struct Setup {
        const EVP_CIPHER* cipher;
        BytesView key;
        BytesView fixed_iv;  // SM4: the key itself, §9.5
        bool wire_iv;        // an initialisation vector goes in front of the cipher text
    };

    Result<Setup> setup_of(SessionCipher cipher, BytesView key, Version session_version) const {
        const CipherKind* kind = kind_of(cipher);
        if (kind == nullptr) return unknown_cipher();
        if (key.size() < kind->key_bytes) {
            return Error{Errc::kInvalid, "session: the key is too short for its cipher"};
        }
        const FetchedCipher& fetched =
            ciphers_[static_cast<std::size_t>(kind - kCipherKinds.data())];
        const bool has_iv = session_version.at_least(kFirstWithIv);
        const EVP_CIPHER* found = (has_iv ? fetched.cbc : fetched.ecb).get();
        if (found == nullptr) {
            return Error{Errc::kUnsupported, std::string("session: this OpenSSL does not offer ") +
                                                 (has_iv ? kind->cbc : kind->ecb)};
        }
        const BytesView used = key.first(kind->key_bytes);
        const bool is_sm4 = cipher == SessionCipher::kSm4;
        return Setup{found, used, is_sm4 ? used : BytesView{}, has_iv && !is_sm4};
    }

    PKey server_key_;
    model::Entropy& entropy_;
    FetchedCiphers ciphers_ = fetch_ciphers();
};

}  // namespace

std::unique_ptr<model::SessionCryptography> make_session_cryptography(BytesView server_private_key,
                                                                      model::Entropy& entropy) {
    PKey key;
    if (!server_private_key.empty()) {
        Result<PKey> loaded = load_private_key(server_private_key);
        if (!loaded) throw std::runtime_error("server key: " + loaded.error().detail);
        key = std::move(*loaded);
    }
    return std::make_unique<OpensslSessions>(std::move(key), entropy);
}

}  // namespace idnode::crypto
