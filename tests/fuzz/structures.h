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

/// The first octet of an input of fuzz_json: an ASCII digit, so that seeds are text.
enum class JsonForm : std::uint8_t {
    kRecordBody = '0',
    kRecord = '1',
    kSite = '2',
    kParameters = '3',
    kLogin = '4',
};

}  // namespace idnode::test
