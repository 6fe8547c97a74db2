#pragma once

#include "resolver/crypto/openssl.h"

/// Block ciphers by OpenSSL's names, for the sources of this folder only.
namespace idnode::crypto {

using Cipher = Owned<EVP_CIPHER, EVP_CIPHER_free>;

/// Null when this OpenSSL does not offer the cipher. Single DES comes from the legacy provider, in
/// a library context of its own, so that the legacy algorithms stay out of everything else.
Cipher fetch_cipher(const char* name);

enum class Padding : std::uint8_t { kPkcs5, kNone };

struct CipherRun {
    const EVP_CIPHER& cipher;
    BytesView key;
    BytesView iv;  // empty: the mode has none
    bool encrypt;
    Padding padding = Padding::kPkcs5;
};

/// `input` through the cipher; key and initialisation vector have the lengths that it wants.
/// kRefused: the padding is wrong, or the input no whole number of blocks.
Result<Bytes> run_cipher(const CipherRun& run, BytesView input);

}  // namespace idnode::crypto
