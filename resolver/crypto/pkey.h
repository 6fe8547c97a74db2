#pragma once

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "resolver/crypto/openssl.h"

/// Between the key encodings of §2.8 and OpenSSL's keys, for the sources of this folder only.
namespace idnode::crypto {

/// A private key from its encoding. Only the sizes are checked; see `make_signer` for a trial.
Result<PKey> load_private_key(BytesView encoding);
/// A public key from its encoding, within the bounds that `verify_signature` names.
Result<PKey> load_public_key(BytesView encoding);

Bytes encode_public_key(const EVP_PKEY& key);
/// RSA with all its numbers, or DSA.
Bytes encode_private_key(const EVP_PKEY& key);

}  // namespace idnode::crypto
