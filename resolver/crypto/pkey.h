#pragma once

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "resolver/crypto/openssl.h"

/// Between the key encodings of §2.8 and OpenSSL's keys, for the sources of this folder only.
namespace idnode::crypto {

/// A private key from its encoding, or an SM2 key from the DER of PKCS#8 (see sm2.h). Only the
/// sizes are checked; see `make_signer` for a trial.
Result<PKey> load_private_key(BytesView encoding);
/// A public key from its encoding, within the bounds that `verify_signature` names.
Result<PKey> load_public_key(BytesView encoding);

/// As above, or in one of the industrial forms of §9.6: SM2, and PEM text of SM2 and RSA keys.
Result<PKey> load_industrial_public_key(BytesView encoding);

bool is_sm2(const EVP_PKEY& key);

Bytes encode_public_key(const EVP_PKEY& key);
/// RSA with all its numbers, DSA, or SM2.
Bytes encode_private_key(const EVP_PKEY& key);

}  // namespace idnode::crypto
