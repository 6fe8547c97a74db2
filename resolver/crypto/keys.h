#pragma once

#include <memory>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/model/ports.h"

/// Key pairs in the encodings of §2.8. Keys travel as their encodings: those are what stands in
/// files, in `HS_PUBKEY` values and in site records.
namespace idnode::crypto {

inline constexpr unsigned kRsaBitsDefault = 2048;

/// A new `RSA_PRIVCRT_KEY` encoding with public exponent 65537. Takes a moment: not on a thread
/// that serves. kInvalid: `bits` is neither 2048 nor 3072 nor 4096.
Result<Bytes> generate_rsa_key(unsigned bits = kRsaBitsDefault);

/// A new `DSA_PRIV_KEY` encoding with a p of 2,048 bits and a q of 256, in a group of its own.
/// Takes seconds.
Result<Bytes> generate_dsa_key();

/// The public key encoding of an `RSA_PRIVCRT_KEY`, `RSA_PRIV_KEY` or `DSA_PRIV_KEY`, as it goes
/// into a site record or an `HS_PUBKEY` value; `SM2_PUB_KEY` of an SM2 key (see sm2.h). kInvalid:
/// not such an encoding, or its numbers do not fit.
Result<Bytes> public_key_of(BytesView private_key);

/// A signer that owns its key. kInvalid as for `public_key_of`; kUnsupported: SM2, which servers do
/// not sign with.
Result<std::unique_ptr<model::Signer>> make_signer(BytesView private_key);

/// Whether `signature` is that of `data` under `public_key` (`RSA_PUB_KEY` with PKCS#1 v1.5, or
/// `DSA_PUB_KEY` with DER SEQUENCE{r,s}). kInvalid: the key cannot be read or has no sound size
/// (RSA modulus of 1,024 to 16,384 bits and odd exponent of 3 or more; DSA p of 1,024 to 4,096
/// bits), which is checked before anything is computed (§10.2 H20).
Result<bool> verify_signature(BytesView public_key, model::Signer::Hash hash, BytesView data,
                              BytesView signature);

}  // namespace idnode::crypto
