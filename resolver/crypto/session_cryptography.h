#pragma once

#include <memory>

#include "registry/model/ports.h"

namespace idnode::crypto {

/// Key exchange, ciphers and MACs on OpenSSL. `server_private_key` is an encoding of §2.8; without
/// one, or with one that is not RSA, key exchange by the server's key is kUnsupported. DES and SM4
/// are kUnsupported where this OpenSSL does not offer them; sessions with such a key still have
/// MACs. `entropy` must outlive the result and be thread-safe. Throws std::runtime_error when the
/// key cannot be read.
std::unique_ptr<model::SessionCryptography> make_session_cryptography(BytesView server_private_key,
                                                                      model::Entropy& entropy);

}  // namespace idnode::crypto
