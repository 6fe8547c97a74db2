#pragma once

#include <cstddef>
#include <cstdint>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

namespace idnode::crypto {

struct Pbkdf2 {
    BytesView salt;
    std::uint32_t iterations = 10'000;
    std::uint32_t key_bits = 160;
};

/// PBKDF2 with HMAC-SHA1 over `secret` as the protocol's peers compute it: they take each octet for
/// one Latin-1 character and encode the characters as UTF-8, so an octet from 0x80 up counts as
/// two. kLimit: iterations, bits or salt out of bounds.
Result<Bytes> pbkdf2(BytesView secret, const Pbkdf2& parameters);

}  // namespace idnode::crypto
