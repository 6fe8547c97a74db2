#pragma once

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/key.h"
#include "proto/handle/session.h"
#include "registry/model/ports.h"

/// Diffie-Hellman as sessions use it, §5.7 mode 4. Free of state, for both sides.
namespace idnode::crypto {

/// Whether p has 1,024 to 4,096 bits and is odd, 1 < g < p-1 and 1 < y < p-1. The sizes are looked
/// at before anything is computed (§10.2 H19).
bool is_sound(const handle::DhPublicKey& key);

/// The 2,048-bit group 14 of RFC 3526, for sessions that we begin. Its y is empty.
handle::DhPublicKey well_known_group();

/// A secret exponent. 512 bits are twice the strength of the largest group that is accepted, and
/// bound what a stranger's group can cost.
handle::Integer new_exponent(model::Entropy& entropy);

/// The public half: g^exponent in the group of `group`, whose own y is ignored.
Result<handle::DhPublicKey> public_half(const handle::DhPublicKey& group,
                                        const handle::Integer& exponent);

/// Z = y^exponent mod p, with zero octets in front up to the length of p. kInvalid: `peer` is not
/// sound.
Result<Bytes> shared_secret(const handle::DhPublicKey& peer, const handle::Integer& exponent);

/// The complete session key K from Z. kUnsupported: a cipher for which peers define no key.
Result<Bytes> session_key_from(BytesView shared_secret, handle::SessionCipher cipher);

/// Makes each octet odd by its lowest bit, as DES keys are.
void set_odd_parity(Bytes& key);

}  // namespace idnode::crypto
