#include "resolver/crypto/pkey.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <span>
#include <utility>

#include "proto/handle/industrial_key.h"
#include "proto/handle/key.h"
#include "resolver/crypto/numbers.h"
#include "resolver/crypto/sm2.h"

namespace idnode::crypto {
namespace {

constexpr int kModulusBitsMin = 1'024;
constexpr int kRsaModulusBitsMax = 16'384;
constexpr int kRsaExponentBitsMax = 64;
constexpr int kDsaModulusBitsMax = 4'096;

Error unreadable(std::string_view what) {
    return {Errc::kInvalid, "key: " + std::string(what)};
}

/// Numbers under OpenSSL's names for them.
using Named = std::pair<const char*, const BIGNUM*>;

Result<PKey> assemble(const char* type, int selection, std::span<const Named> numbers) {
    const ParamBuilder builder(OSSL_PARAM_BLD_new());
    bool done = builder != nullptr;
    for (const auto& [name, number] : numbers) {
        done = done && OSSL_PARAM_BLD_push_BN(builder.get(), name, number) == 1;
    }
    const Params params(done ? OSSL_PARAM_BLD_to_param(builder.get()) : nullptr);
    const PKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, selection, params.get()) != 1) {
        return openssl_error(Errc::kInvalid, "key: its numbers make no key");
    }
    return PKey(key);
}

bool is_sound_modulus(const BIGNUM& modulus) {
    return BN_num_bits(&modulus) >= kModulusBitsMin &&
           BN_num_bits(&modulus) <= kRsaModulusBitsMax && BN_is_odd(&modulus) == 1;
}

bool is_sound_rsa(const BIGNUM& modulus, const BIGNUM& exponent) {
    return is_sound_modulus(modulus) && BN_is_odd(&exponent) == 1 && BN_is_one(&exponent) == 0 &&
           BN_num_bits(&exponent) <= kRsaExponentBitsMax;
}

struct DsaGroup {
    const BIGNUM& p;
    const BIGNUM& q;
    const BIGNUM& g;
};

bool is_sound_dsa(const DsaGroup& group) {
    const int q_bits = BN_num_bits(&group.q);
    return BN_num_bits(&group.p) >= kModulusBitsMin &&
           BN_num_bits(&group.p) <= kDsaModulusBitsMax && BN_is_odd(&group.p) == 1 &&
           (q_bits == 160 || q_bits == 224 || q_bits == 256) && BN_is_odd(&group.q) == 1 &&
           is_between_one_and(group.g, group.p);
}

/// An `RSA_PRIV_KEY` does not say its public exponent: the usual ones are tried by whether they
/// undo d.
Number find_public_exponent(const BIGNUM& modulus, BIGNUM& d) {
    const Number two(BN_new());
    if (!two || BN_set_word(two.get(), 2) != 1) return nullptr;
    const Number signed_two = power(*two, d, modulus);
    if (!signed_two) return nullptr;
    for (const BN_ULONG candidate : {65'537UL, 3UL, 17UL, 5UL, 257UL}) {
        Number exponent(BN_new());
        if (!exponent || BN_set_word(exponent.get(), candidate) != 1) return nullptr;
        const Number back = power(*signed_two, *exponent, modulus);
        if (back && BN_cmp(back.get(), two.get()) == 0) return exponent;
    }
    return nullptr;
}

Result<PKey> load(const handle::RsaCrtPrivateKey& key) {
    const Number n = to_number(key.modulus);
    const Number e = to_number(key.public_exponent);
    const Number d = to_number(key.exponent);
    const Number p = to_number(key.p);
    const Number q = to_number(key.q);
    const Number dp = to_number(key.exponent_p);
    const Number dq = to_number(key.exponent_q);
    const Number inverse = to_number(key.coefficient);
    if (!is_sound_rsa(*n, *e)) return unreadable("an RSA modulus or exponent of no sound size");
    const std::array numbers{Named{OSSL_PKEY_PARAM_RSA_N, n.get()},
                             Named{OSSL_PKEY_PARAM_RSA_E, e.get()},
                             Named{OSSL_PKEY_PARAM_RSA_D, d.get()},
                             Named{OSSL_PKEY_PARAM_RSA_FACTOR1, p.get()},
                             Named{OSSL_PKEY_PARAM_RSA_FACTOR2, q.get()},
                             Named{OSSL_PKEY_PARAM_RSA_EXPONENT1, dp.get()},
                             Named{OSSL_PKEY_PARAM_RSA_EXPONENT2, dq.get()},
                             Named{OSSL_PKEY_PARAM_RSA_COEFFICIENT1, inverse.get()}};
    return assemble("RSA", EVP_PKEY_KEYPAIR, numbers);
}

Result<PKey> load(const handle::RsaPrivateKey& key) {
    const Number n = to_number(key.modulus);
    const Number d = to_number(key.exponent);
    if (!is_sound_modulus(*n)) return unreadable("an RSA modulus of no sound size");
    const Number e = find_public_exponent(*n, *d);
    if (!e) return unreadable("no usual public exponent fits this RSA_PRIV_KEY");
    const std::array numbers{Named{OSSL_PKEY_PARAM_RSA_N, n.get()},
                             Named{OSSL_PKEY_PARAM_RSA_E, e.get()},
                             Named{OSSL_PKEY_PARAM_RSA_D, d.get()}};
    return assemble("RSA", EVP_PKEY_KEYPAIR, numbers);
}

Result<PKey> load(const handle::DsaPrivateKey& key) {
    const Number x = to_number(key.x);
    const Number p = to_number(key.p);
    const Number q = to_number(key.q);
    const Number g = to_number(key.g);
    if (!is_sound_dsa({*p, *q, *g}) || BN_is_zero(x.get()) || BN_cmp(x.get(), q.get()) >= 0) {
        return unreadable("DSA numbers of no sound size");
    }
    const Number y = power(*g, *x, *p);
    if (!y) return openssl_error(Errc::kInvalid, "key: DSA public part");
    const std::array numbers{
        Named{OSSL_PKEY_PARAM_FFC_P, p.get()}, Named{OSSL_PKEY_PARAM_FFC_Q, q.get()},
        Named{OSSL_PKEY_PARAM_FFC_G, g.get()}, Named{OSSL_PKEY_PARAM_PUB_KEY, y.get()},
        Named{OSSL_PKEY_PARAM_PRIV_KEY, x.get()}};
    return assemble("DSA", EVP_PKEY_KEYPAIR, numbers);
}

Result<PKey> load(const handle::RsaPublicKey& key) {
    const Number n = to_number(key.modulus);
    const Number e = to_number(key.exponent);
    if (!is_sound_rsa(*n, *e)) return unreadable("an RSA modulus or exponent of no sound size");
    const std::array numbers{Named{OSSL_PKEY_PARAM_RSA_N, n.get()},
                             Named{OSSL_PKEY_PARAM_RSA_E, e.get()}};
    return assemble("RSA", EVP_PKEY_PUBLIC_KEY, numbers);
}

Result<PKey> load(const handle::DsaPublicKey& key) {
    const Number q = to_number(key.q);
    const Number p = to_number(key.p);
    const Number g = to_number(key.g);
    const Number y = to_number(key.y);
    if (!is_sound_dsa({*p, *q, *g}) || !is_between_one_and(*y, *p)) {
        return unreadable("DSA numbers of no sound size");
    }
    const std::array numbers{
        Named{OSSL_PKEY_PARAM_FFC_P, p.get()}, Named{OSSL_PKEY_PARAM_FFC_Q, q.get()},
        Named{OSSL_PKEY_PARAM_FFC_G, g.get()}, Named{OSSL_PKEY_PARAM_PUB_KEY, y.get()}};
    return assemble("DSA", EVP_PKEY_PUBLIC_KEY, numbers);
}

Result<PKey> load(const handle::DhPublicKey&) {
    return Error{Errc::kUnsupported, "key: a Diffie-Hellman key signs nothing"};
}

/// A number that `key` holds under `name`; an empty one when it holds none.
handle::Integer number_of(const EVP_PKEY& key, const char* name) {
    BIGNUM* number = nullptr;
    if (EVP_PKEY_get_bn_param(&key, name, &number) != 1) return {};
    const Number owner(number);
    return to_integer(*number);
}

using Memory = Owned<BIO, BIO_free_all>;
using Pkcs8 = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;

Error no_sm2_key() {
    ERR_clear_error();
    return unreadable("no SM2 key in PKCS#8 or SubjectPublicKeyInfo");
}

Result<PKey> load_pkcs8(BytesView der) {
    const unsigned char* at = octets_of(der);
    const Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
    PKey key(info ? EVP_PKCS82PKEY(info.get()) : nullptr);
    if (!key || !is_sm2(*key)) return no_sm2_key();
    return key;
}

/// A SubjectPublicKeyInfo in DER or as PEM text.
PKey read_public_key_info(BytesView octets) {
    if (handle::is_pem(octets)) {
        const Memory memory(BIO_new_mem_buf(octets.data(), static_cast<int>(octets.size())));
        return PKey(memory ? PEM_read_bio_PUBKEY(memory.get(), nullptr, nullptr, nullptr)
                           : nullptr);
    }
    const unsigned char* at = octets_of(octets);
    return PKey(d2i_PUBKEY(nullptr, &at, static_cast<long>(octets.size())));
}

/// What OpenSSL wrote into memory of its own.
Bytes take_der(unsigned char* made, int size) {
    if (size <= 0) return {};
    const auto* begin = reinterpret_cast<const std::byte*>(made);
    Bytes out(begin, begin + size);
    OPENSSL_clear_free(made, static_cast<std::size_t>(size));
    return out;
}

Bytes pkcs8_of(const EVP_PKEY& key) {
    const Pkcs8 info(EVP_PKEY2PKCS8(&key));
    unsigned char* made = nullptr;
    const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &made) : 0;
    return take_der(made, size);
}

Bytes public_key_info_of(const EVP_PKEY& key) {
    unsigned char* made = nullptr;
    const int size = i2d_PUBKEY(&key, &made);
    return take_der(made, size);
}

}  // namespace

Result<PKey> load_private_key(BytesView encoding) {
    if (is_sm2_private_key(encoding)) return load_pkcs8(encoding);
    const auto key = handle::decode_private_key(encoding);
    if (!key) return unreadable("no private key encoding of a known type (RSA or DSA)");
    return std::visit([](const auto& kind) { return load(kind); }, *key);
}

Result<PKey> load_public_key(BytesView encoding) {
    const auto key = handle::decode_public_key(encoding);
    if (!key) return unreadable("no public key encoding of a known type (RSA or DSA)");
    return std::visit([](const auto& kind) { return load(kind); }, *key);
}

Result<PKey> load_industrial_public_key(BytesView encoding) {
    const auto sm2 = handle::decode_sm2_public_key(encoding);
    if (!sm2 && !handle::is_pem(encoding)) return load_public_key(encoding);
    PKey key = read_public_key_info(sm2 ? *sm2 : encoding);
    if (!key) return no_sm2_key();
    if (is_sm2(*key)) return key;
    if (sm2 || EVP_PKEY_is_a(key.get(), "RSA") != 1) return no_sm2_key();
    return load_public_key(encode_public_key(*key));  // within its bounds
}

bool is_sm2(const EVP_PKEY& key) {
    return EVP_PKEY_is_a(&key, "SM2") == 1;
}

Bytes encode_public_key(const EVP_PKEY& key) {
    if (is_sm2(key)) return handle::encode_sm2_public_key(public_key_info_of(key));
    if (EVP_PKEY_is_a(&key, "RSA") == 1) {
        return handle::encode_public_key(
            handle::RsaPublicKey{.exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E),
                                 .modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N)});
    }
    return handle::encode_public_key(
        handle::DsaPublicKey{.q = number_of(key, OSSL_PKEY_PARAM_FFC_Q),
                             .p = number_of(key, OSSL_PKEY_PARAM_FFC_P),
                             .g = number_of(key, OSSL_PKEY_PARAM_FFC_G),
                             .y = number_of(key, OSSL_PKEY_PARAM_PUB_KEY)});
}

Bytes encode_private_key(const EVP_PKEY& key) {
    if (is_sm2(key)) return pkcs8_of(key);
    if (EVP_PKEY_is_a(&key, "DSA") == 1) {
        return handle::encode_private_key(
            handle::DsaPrivateKey{.x = number_of(key, OSSL_PKEY_PARAM_PRIV_KEY),
                                  .p = number_of(key, OSSL_PKEY_PARAM_FFC_P),
                                  .q = number_of(key, OSSL_PKEY_PARAM_FFC_Q),
                                  .g = number_of(key, OSSL_PKEY_PARAM_FFC_G)});
    }
    return handle::encode_private_key(
        handle::RsaCrtPrivateKey{.modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N),
                                 .public_exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E),
                                 .exponent = number_of(key, OSSL_PKEY_PARAM_RSA_D),
                                 .p = number_of(key, OSSL_PKEY_PARAM_RSA_FACTOR1),
                                 .q = number_of(key, OSSL_PKEY_PARAM_RSA_FACTOR2),
                                 .exponent_p = number_of(key, OSSL_PKEY_PARAM_RSA_EXPONENT1),
                                 .exponent_q = number_of(key, OSSL_PKEY_PARAM_RSA_EXPONENT2),
                                 .coefficient = number_of(key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1)});
}

}  // namespace idnode::crypto
