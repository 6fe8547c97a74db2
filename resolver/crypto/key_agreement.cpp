#include "resolver/crypto/key_agreement.h"

#include <bit>

#include "resolver/crypto/numbers.h"
#include "resolver/crypto/openssl.h"

namespace idnode::crypto {
namespace {

constexpr std::size_t kGroupBitsMin = 1'024;
constexpr std::size_t kGroupBitsMax = 4'096;
constexpr std::size_t kExponentBytes = 64;
constexpr std::size_t kAesSecretBytes = 32;
constexpr std::size_t kDesEdeKeyBytes = 24;
constexpr std::size_t kDesKeyBytes = 8;

Error unsound() {
    return {Errc::kInvalid,
            "Diffie-Hellman: p must be odd and have 1,024 to 4,096 bits, g and y lie between 1 and "
            "p-1"};
}

Error cannot_compute() {
    return openssl_error(Errc::kInternal, "Diffie-Hellman");
}

/// Zero octets go only while 32 remain after them.
Bytes aes_key_from(BytesView secret) {
    std::size_t start = 0;
    while (start + kAesSecretBytes < secret.size() && secret[start] == std::byte{0}) ++start;
    const BytesView key = secret.subspan(start, kAesSecretBytes);
    return {key.begin(), key.end()};
}

Bytes des_key_from(BytesView secret, std::size_t size) {
    Bytes key(secret.begin(), secret.begin() + static_cast<std::ptrdiff_t>(size));
    set_odd_parity(key);
    return key;
}

}  // namespace

bool is_sound(const handle::DhPublicKey& key) {
    if (key.p.bits() < kGroupBitsMin || key.p.bits() > kGroupBitsMax ||
        key.g.bits() > key.p.bits() || key.y.bits() > key.p.bits()) {
        return false;
    }
    const Number p = to_number(key.p);
    const Number g = to_number(key.g);
    const Number y = to_number(key.y);
    if (!p || !g || !y || BN_is_odd(p.get()) != 1) return false;
    const Number last(BN_dup(p.get()));
    return last && BN_sub_word(last.get(), 1) == 1 && is_between_one_and(*g, *last) &&
           is_between_one_and(*y, *last);
}

handle::DhPublicKey well_known_group() {
    const Number p(BN_get_rfc3526_prime_2048(nullptr));
    const std::byte two{2};
    return {.y = {}, .p = to_integer(*p), .g = handle::Integer(BytesView(&two, 1))};
}

handle::Integer new_exponent(model::Entropy& entropy) {
    Bytes octets(kExponentBytes);
    entropy.fill(octets);
    octets.front() |= std::byte{0x80};  // always of the same length, so always of the same cost
    return handle::Integer(octets);
}

Result<handle::DhPublicKey> public_half(const handle::DhPublicKey& group,
                                        const handle::Integer& exponent) {
    const Number p = to_number(group.p);
    const Number g = to_number(group.g);
    const Number x = to_number(exponent);
    if (!p || !g || !x) return cannot_compute();
    const Number y = power(*g, *x, *p);
    if (!y) return cannot_compute();
    return handle::DhPublicKey{.y = to_integer(*y), .p = group.p, .g = group.g};
}

Result<Bytes> shared_secret(const handle::DhPublicKey& peer, const handle::Integer& exponent) {
    if (!is_sound(peer)) return unsound();
    const Number p = to_number(peer.p);
    const Number y = to_number(peer.y);
    const Number x = to_number(exponent);
    if (!p || !y || !x) return cannot_compute();
    const Number secret = power(*y, *x, *p);
    if (!secret) return cannot_compute();
    Bytes out(static_cast<std::size_t>(BN_num_bytes(p.get())));
    BN_bn2binpad(secret.get(), octets_of(out), static_cast<int>(out.size()));
    return out;
}

Result<Bytes> session_key_from(BytesView shared_secret, handle::SessionCipher cipher) {
    if (shared_secret.size() < kAesSecretBytes) {
        return Error{Errc::kInvalid, "session key: a shared secret of less than 32 octets"};
    }
    switch (cipher) {
        case handle::SessionCipher::kAes:
            return aes_key_from(shared_secret);
        case handle::SessionCipher::kDesEde:
            return des_key_from(shared_secret, kDesEdeKeyBytes);
        case handle::SessionCipher::kDes:
            return des_key_from(shared_secret, kDesKeyBytes);
        case handle::SessionCipher::kSm4:
            break;
    }
    return Error{Errc::kUnsupported, "session key: Diffie-Hellman gives keys for DES, DESede, AES"};
}

void set_odd_parity(Bytes& key) {
    for (std::byte& octet : key) {
        const auto upper = std::to_integer<unsigned>(octet & std::byte{0xFE});
        octet = static_cast<std::byte>(upper | (std::popcount(upper) % 2 == 0 ? 1U : 0U));
    }
}

}  // namespace idnode::crypto
