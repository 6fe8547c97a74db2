#include "resolver/crypto/key_transport.h"

#include <openssl/crypto.h>
#include <openssl/rsa.h>

#include <array>

#include "resolver/crypto/pkey.h"
#include "resolver/crypto/sm2.h"

namespace idnode::crypto {
namespace {

/// A form in which session keys are sent: the length of number and key together, and the cipher
/// numbers that go with it (0: there is none).
struct Form {
    std::size_t bytes;
    std::array<std::uint32_t, 2> ciphers;
};
constexpr std::array kForms{
    Form{8, {0, 0}},   // a bare DES key, below 2.2
    Form{12, {1, 1}},  // DES
    Form{20, {3, 4}},  // AES with 128 bits, SM4
    Form{28, {2, 3}},  // DESede, AES with 192 bits
    Form{36, {3, 3}},  // AES with 256 bits
};
constexpr std::size_t kFillerBytesMin = 8;

/// All bits set when `value` is zero, otherwise none; without a branch.
std::uint32_t mask_if_zero(std::uint32_t value) {
    return static_cast<std::uint32_t>((std::uint64_t{value} - 1) >> 32U);
}

std::uint32_t octet(BytesView block, std::size_t at) {
    return std::to_integer<std::uint32_t>(block[at]);
}

/// All bits set when the block is one of this form.
std::uint32_t mask_of(const Form& form, BytesView block) {
    const std::size_t key_at = block.size() - form.bytes;
    std::uint32_t wrong = octet(block, 0) | (octet(block, 1) ^ 2U) | octet(block, key_at - 1);
    for (std::size_t i = 2; i < key_at - 1; ++i) wrong |= mask_if_zero(octet(block, i));
    if (form.ciphers[0] != 0) {
        const std::uint32_t number = octet(block, key_at) << 24U | octet(block, key_at + 1) << 16U |
                                     octet(block, key_at + 2) << 8U | octet(block, key_at + 3);
        wrong |= ~(mask_if_zero(number ^ form.ciphers[0]) | mask_if_zero(number ^ form.ciphers[1]));
    }
    return mask_if_zero(wrong);
}

Error not_decryptable() {
    ERR_clear_error();
    return {Errc::kInvalid, "key exchange: the octets hold no session key for this server's key"};
}

}  // namespace

Result<Bytes> encrypt_for(BytesView public_key, BytesView plain) {
    const Result<PKey> key = load_industrial_public_key(public_key);
    if (!key) return key.error();
    if (is_sm2(**key)) return encrypt_with_sm2(public_key, plain);
    if (EVP_PKEY_is_a(key->get(), "RSA") != 1) {
        return Error{Errc::kUnsupported,
                     "key exchange: only an RSA or SM2 key can receive a session key"};
    }
    const PKeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key->get(), nullptr));
    std::size_t size = 0;
    if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_encrypt(context.get(), nullptr, &size, octets_of(plain), plain.size()) != 1) {
        return openssl_error(Errc::kInternal, "key exchange");
    }
    Bytes out(size);
    if (EVP_PKEY_encrypt(context.get(), octets_of(out), &size, octets_of(plain), plain.size()) !=
        1) {
        return openssl_error(Errc::kInvalid, "key exchange: encryption with this key");
    }
    out.resize(size);
    return out;
}

// The key also signs, so an oracle that tells well padded blocks from others (Bleichenbacher's)
// would forge signatures. Hence the bare RSA operation, which OpenSSL blinds, and one test of
// padding and content together: what an asker learns is only that all of cipher number, length and
// padding were right, which chance gives far too seldom to be of use.
Result<Bytes> decrypt_session_key(EVP_PKEY& key, BytesView cipher_text) {
    const auto block_bytes = static_cast<std::size_t>(EVP_PKEY_get_size(&key));
    if (cipher_text.size() != block_bytes) return not_decryptable();
    const PKeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, &key, nullptr));
    Bytes block(block_bytes);
    std::size_t size = block.size();
    if (!context || EVP_PKEY_decrypt_init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) != 1 ||
        EVP_PKEY_decrypt(context.get(), octets_of(block), &size, octets_of(cipher_text),
                         cipher_text.size()) != 1 ||
        size != block.size()) {
        return not_decryptable();
    }
    const std::size_t found = session_key_bytes_in(block);
    Bytes out(block.end() - static_cast<std::ptrdiff_t>(found), block.end());
    OPENSSL_cleanse(block.data(), block.size());
    if (out.empty()) return not_decryptable();
    return out;
}

std::size_t session_key_bytes_in(BytesView block) {
    if (block.size() < 2 + kFillerBytesMin + 1 + kForms.back().bytes) return 0;
    std::uint32_t bytes = 0;
    // At most one form fits: its key begins after the first zero octet of the filler.
    for (const Form& form : kForms) {
        bytes |= mask_of(form, block) & static_cast<std::uint32_t>(form.bytes);
    }
    return bytes;
}

}  // namespace idnode::crypto
