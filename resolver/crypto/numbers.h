#pragma once

#include "proto/handle/key.h"
#include "resolver/crypto/openssl.h"

/// Arithmetic on the numbers of keys, for the sources of this folder only.
namespace idnode::crypto {

Number to_number(const handle::Integer& integer);
handle::Integer to_integer(const BIGNUM& number);

/// 1 < number < end.
bool is_between_one_and(const BIGNUM& number, const BIGNUM& end);

/// base ^ exponent mod an odd modulus, in a time that does not depend on the exponent's bits.
Number power(const BIGNUM& base, BIGNUM& exponent, const BIGNUM& modulus);

}  // namespace idnode::crypto
