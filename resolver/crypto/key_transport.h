#pragma once

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "resolver/crypto/openssl.h"

/// Session keys under RSA with PKCS#1 v1.5, §5.7 modes 1 to 3, and under SM2, §9.5; for the sources
/// of this folder and their tests only.
namespace idnode::crypto {

/// `plain` for the holder of an RSA or SM2 public key in any form of §2.8 and §9.6. kInvalid: the
/// key is unreadable or of no sound size (§10.2 H20), or too short for `plain`; kUnsupported: it is
/// a DSA key.
Result<Bytes> encrypt_for(BytesView public_key, BytesView plain);

/// A cipher number and session key, or a bare DES key, that somebody encrypted for `key`, an RSA
/// key. kInvalid: anything else, in the same time.
Result<Bytes> decrypt_session_key(EVP_PKEY& key, BytesView cipher_text);

/// How many octets at the end of a decrypted block are a session key in one of the forms that peers
/// send; 0: none. Looks at every octet in the same order whatever the block holds.
///
///     1    1      8 or more      1     4               8 to 32
///   +----+----+-----------------+----+---------------+---------+
///   | 00 | 02 | octets not 00   | 00 | cipher number | key     |
///   +----+----+-----------------+----+---------------+---------+
std::size_t session_key_bytes_in(BytesView block);

}  // namespace idnode::crypto
