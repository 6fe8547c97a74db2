#pragma once

#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

/// Keys in the text form of other tools (PEM: PKCS#8 and SubjectPublicKeyInfo), from and to the
/// encodings of §2.8 and §9.6. RSA, DSA and SM2 (see sm2.h).
namespace idnode::crypto {

/// Private key text of any kind that OpenSSL reads. kRefused: a passphrase is needed, or this one
/// is wrong. kInvalid: no such text; kUnsupported: a key of another kind.
Result<Bytes> private_key_from_pem(std::string_view pem, std::string_view passphrase = {});
/// With a passphrase encrypted: PBKDF2 and AES-256-CBC.
Result<std::string> private_key_to_pem(BytesView private_key, std::string_view passphrase = {});

Result<Bytes> public_key_from_pem(std::string_view pem);
Result<std::string> public_key_to_pem(BytesView public_key);

}  // namespace idnode::crypto
