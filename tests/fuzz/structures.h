#pragma once

#include <cstdint>

namespace idnode::test {

/// The first octet of an input of fuzz_structures chooses what the rest is read as.
enum class Structure : std::uint8_t {
    kValues = 0,
    kValueFile = 1,
    kSite = 2,
    kAdmin = 3,
    kVlist = 4,
    kPublicKey = 5,
    kPrivateKey = 6,
    kKeyFile = 7,
    kStream = 8,
    kSecretKeyAnswer = 9,
    kPublicKeyAnswer = 10,
    kLocalSites = 11,
};

}  // namespace idnode::test
