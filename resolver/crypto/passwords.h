#pragma once

#include <memory>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/model/ports.h"

namespace idnode::crypto {

/// scrypt (RFC 7914) with N = 2^15, r = 8, p = 1: 32 MiB a guess.
std::unique_ptr<model::Passwords> make_passwords(model::Entropy& entropy);

/// AES-256-GCM under a key derived (HKDF-SHA256) from `private_key`, so that whoever has the store
/// without the node's key file cannot open what is sealed. `entropy` must outlive it.
Result<std::unique_ptr<model::Seal>> make_seal(BytesView private_key, model::Entropy& entropy);

}  // namespace idnode::crypto
