#include "resolver/crypto/sm2.h"

#include <openssl/asn1.h>
#include <openssl/crypto.h>

#include <cstddef>
#include <utility>

#include "proto/handle/industrial_key.h"
#include "resolver/crypto/pkey.h"

namespace idnode::crypto {
namespace {

using Octets = Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using DerInteger = Owned<ASN1_INTEGER, ASN1_INTEGER_free>;

constexpr std::byte kDerSequence{0x30};
constexpr std::size_t kCoordinateBytes = 32;
constexpr std::size_t kPointBytes = 1 + 2 * kCoordinateBytes;
constexpr std::size_t kHashBytes = 32;
constexpr std::byte kUncompressed{0x04};

/// Whose identifier goes into Z, the digest in front of what is signed. After the context was begun
/// and before it gets data: OpenSSL before 3.0.20 refuses it any earlier.
bool set_identifier(EVP_PKEY_CTX* context, std::string_view identifier) {
    return EVP_PKEY_CTX_set1_id(context, identifier.data(), static_cast<int>(identifier.size())) ==
           1;
}

Error no_sm2_key() {
    ERR_clear_error();
    return {Errc::kInvalid, "key: no SM2 key"};
}

/// A private key that is an SM2 one.
Result<PKey> load_own(BytesView private_key) {
    if (!is_sm2_private_key(private_key)) return no_sm2_key();
    return load_private_key(private_key);
}

/// A public key that is an SM2 one.
Result<PKey> load_theirs(BytesView public_key) {
    Result<PKey> key = load_industrial_public_key(public_key);
    if (key && !is_sm2(**key)) return no_sm2_key();
    return key;
}

/// What OpenSSL makes and reads:
///   SEQUENCE { INTEGER x, INTEGER y, OCTET STRING hash, OCTET STRING cipher text }
class CipherSequence {
  public:
    static CipherSequence read(BytesView der) {
        const unsigned char* at = octets_of(der);
        return CipherSequence(d2i_ASN1_SEQUENCE_ANY(nullptr, &at, static_cast<long>(der.size())));
    }
    CipherSequence() : items_(sk_ASN1_TYPE_new_null()) {}
    ~CipherSequence() { sk_ASN1_TYPE_pop_free(items_, ASN1_TYPE_free); }
    CipherSequence(const CipherSequence&) = delete;
    CipherSequence& operator=(const CipherSequence&) = delete;

    bool append_coordinate(int at, Bytes& out) const {
        const ASN1_TYPE* item = sk_ASN1_TYPE_value(items_, at);
        if (item == nullptr || ASN1_TYPE_get(item) != V_ASN1_INTEGER) return false;
        const Number number(ASN1_INTEGER_to_BN(item->value.integer, nullptr));
        Bytes octets(kCoordinateBytes);
        if (!number ||
            BN_bn2binpad(number.get(), octets_of(octets), static_cast<int>(octets.size())) < 0) {
            return false;
        }
        out.insert(out.end(), octets.begin(), octets.end());
        return true;
    }
    bool append_octets(int at, Bytes& out) const {
        const ASN1_TYPE* item = sk_ASN1_TYPE_value(items_, at);
        if (item == nullptr || ASN1_TYPE_get(item) != V_ASN1_OCTET_STRING) return false;
        const ASN1_OCTET_STRING& octets = *item->value.octet_string;
        const auto* begin = reinterpret_cast<const std::byte*>(ASN1_STRING_get0_data(&octets));
        out.insert(out.end(), begin, begin + ASN1_STRING_length(&octets));
        return true;
    }

    bool add_coordinate(BytesView octets) {
        const Number number(BN_bin2bn(octets_of(octets), static_cast<int>(octets.size()), nullptr));
        DerInteger integer(number ? BN_to_ASN1_INTEGER(number.get(), nullptr) : nullptr);
        return integer && add(V_ASN1_INTEGER, std::move(integer));
    }
    bool add_octets(BytesView octets) {
        Octets string(ASN1_OCTET_STRING_new());
        return string &&
               ASN1_OCTET_STRING_set(string.get(), octets_of(octets),
                                     static_cast<int>(octets.size())) == 1 &&
               add(V_ASN1_OCTET_STRING, std::move(string));
    }
    Bytes der() const {
        unsigned char* made = nullptr;
        const int size = i2d_ASN1_SEQUENCE_ANY(items_, &made);
        if (size <= 0) return {};
        const auto* begin = reinterpret_cast<const std::byte*>(made);
        Bytes out(begin, begin + size);
        OPENSSL_free(made);
        return out;
    }

  private:
    explicit CipherSequence(ASN1_SEQUENCE_ANY* items) : items_(items) {}

    template <class Value>
    bool add(int type, Value value) {
        ASN1_TYPE* const item = ASN1_TYPE_new();
        if (item == nullptr) return false;
        ASN1_TYPE_set(item, type, value.release());
        if (sk_ASN1_TYPE_push(items_, item) > 0) return true;
        ASN1_TYPE_free(item);
        return false;
    }

    ASN1_SEQUENCE_ANY* items_;
};

Error not_decryptable() {
    ERR_clear_error();
    return {Errc::kInvalid, "key exchange: the octets do not decrypt with this SM2 key"};
}

}  // namespace

Result<Bytes> generate_sm2_key() {
    const PKey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "SM2"));
    if (!key) return openssl_error(Errc::kUnsupported, "SM2 key generation");
    return encode_private_key(*key);
}

bool is_sm2_private_key(BytesView private_key) {
    return !private_key.empty() && private_key.front() == kDerSequence;
}

bool is_industrial_public_key(BytesView public_key) {
    return handle::is_pem(public_key) || handle::decode_sm2_public_key(public_key).has_value();
}

bool is_sm2_public_key(BytesView public_key) {
    if (!is_industrial_public_key(public_key)) return false;
    return load_theirs(public_key).has_value();
}

Result<Bytes> canonical_public_key(BytesView public_key) {
    const Result<PKey> key = load_industrial_public_key(public_key);
    if (!key) return key.error();
    return encode_public_key(**key);
}

Result<Bytes> sign_with_sm2(BytesView private_key, std::string_view identifier, BytesView data) {
    const Result<PKey> key = load_own(private_key);
    if (!key) return key.error();
    const DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* of_key = nullptr;  // owned by `context`
    std::size_t size = 0;
    if (!context ||
        EVP_DigestSignInit_ex(context.get(), &of_key, "SM3", nullptr, nullptr, key->get(),
                              nullptr) != 1 ||
        !set_identifier(of_key, identifier) ||
        EVP_DigestSignUpdate(context.get(), data.data(), data.size()) != 1 ||
        EVP_DigestSignFinal(context.get(), nullptr, &size) != 1) {
        return openssl_error(Errc::kInternal, "SM2 signature");
    }
    Bytes signature(size);
    if (EVP_DigestSignFinal(context.get(), octets_of(signature), &size) != 1) {
        return openssl_error(Errc::kInternal, "SM2 signature");
    }
    signature.resize(size);
    return signature;
}

Result<bool> verify_sm2_signature(BytesView public_key, std::string_view identifier, BytesView data,
                                  BytesView signature) {
    const Result<PKey> key = load_theirs(public_key);
    if (!key) return key.error();
    const DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* of_key = nullptr;  // owned by `context`
    if (!context ||
        EVP_DigestVerifyInit_ex(context.get(), &of_key, "SM3", nullptr, nullptr, key->get(),
                                nullptr) != 1 ||
        !set_identifier(of_key, identifier) ||
        EVP_DigestVerifyUpdate(context.get(), data.data(), data.size()) != 1) {
        return openssl_error(Errc::kInternal, "SM2 signature check");
    }
    const int verdict =
        EVP_DigestVerifyFinal(context.get(), octets_of(signature), signature.size());
    ERR_clear_error();
    return verdict == 1;
}

Result<Bytes> encrypt_with_sm2(BytesView public_key, BytesView plain) {
    const Result<PKey> key = load_theirs(public_key);
    if (!key) return key.error();
    const PKeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key->get(), nullptr));
    std::size_t size = 0;
    if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 ||
        EVP_PKEY_encrypt(context.get(), nullptr, &size, octets_of(plain), plain.size()) != 1) {
        return openssl_error(Errc::kInternal, "key exchange: SM2");
    }
    Bytes der(size);
    if (EVP_PKEY_encrypt(context.get(), octets_of(der), &size, octets_of(plain), plain.size()) !=
        1) {
        return openssl_error(Errc::kInternal, "key exchange: SM2");
    }
    der.resize(size);
    const CipherSequence parts = CipherSequence::read(der);
    Bytes out(1, kUncompressed);
    if (!parts.append_coordinate(0, out) || !parts.append_coordinate(1, out) ||
        !parts.append_octets(2, out) || !parts.append_octets(3, out)) {
        return openssl_error(Errc::kInternal, "key exchange: SM2");
    }
    return out;
}

Result<Bytes> decrypt_with_sm2(BytesView private_key, BytesView cipher_text) {
    const Result<PKey> key = load_own(private_key);
    if (!key) return key.error();
    if (cipher_text.size() <= kPointBytes + kHashBytes || cipher_text.front() != kUncompressed) {
        return not_decryptable();
    }
    CipherSequence parts;
    const bool made =
        parts.add_coordinate(cipher_text.subspan(1, kCoordinateBytes)) &&
        parts.add_coordinate(cipher_text.subspan(1 + kCoordinateBytes, kCoordinateBytes)) &&
        parts.add_octets(cipher_text.subspan(kPointBytes, kHashBytes)) &&
        parts.add_octets(cipher_text.subspan(kPointBytes + kHashBytes));
    const Bytes der = made ? parts.der() : Bytes();
    const PKeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key->get(), nullptr));
    std::size_t size = 0;
    if (der.empty() || !context || EVP_PKEY_decrypt_init(context.get()) != 1 ||
        EVP_PKEY_decrypt(context.get(), nullptr, &size, octets_of(der), der.size()) != 1) {
        return not_decryptable();
    }
    Bytes plain(size);
    if (EVP_PKEY_decrypt(context.get(), octets_of(plain), &size, octets_of(der), der.size()) != 1) {
        return not_decryptable();
    }
    plain.resize(size);
    return plain;
}

}  // namespace idnode::crypto
