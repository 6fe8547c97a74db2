#include "resolver/crypto/numbers.h"

namespace idnode::crypto {

Number to_number(const handle::Integer& integer) {
    const BytesView octets = integer.octets();
    return Number(BN_bin2bn(octets_of(octets), static_cast<int>(octets.size()), nullptr));
}

handle::Integer to_integer(const BIGNUM& number) {
    Bytes octets(static_cast<std::size_t>(BN_num_bytes(&number)));
    BN_bn2bin(&number, octets_of(octets));
    return handle::Integer(octets);
}

bool is_between_one_and(const BIGNUM& number, const BIGNUM& end) {
    return BN_cmp(&number, BN_value_one()) > 0 && BN_cmp(&number, &end) < 0;
}

Number power(const BIGNUM& base, BIGNUM& exponent, const BIGNUM& modulus) {
    Number out(BN_new());
    const NumberScratch scratch(BN_CTX_new());
    BN_set_flags(&exponent, BN_FLG_CONSTTIME);
    if (!out || !scratch || BN_mod_exp(out.get(), &base, &exponent, &modulus, scratch.get()) != 1) {
        return nullptr;
    }
    return out;
}

}  // namespace idnode::crypto
