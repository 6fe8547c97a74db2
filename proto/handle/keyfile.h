#pragma once

#include <cstdint>
#include <optional>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"

namespace idnode::handle {

enum class KeyFileScheme : std::uint32_t {  // stored
    kDesEcb = 0,                            // read only
    kPlain = 1,
    kDesCbc = 2,
    kPbkdf2TripleDes = 3,
    kPbkdf2Aes = 4,  // the default for encrypted files
};

/// A private key file, §2.8: the parameters of its encryption and what is encrypted. Nothing is
/// decrypted here. The views point into the file's octets.
struct KeyFile {
    std::optional<KeyFileScheme> scheme{};  // absent: the file is a bare key encoding
    BytesView salt{};                       // schemes 3 and 4
    std::uint32_t iterations = 0;           // schemes 3 and 4
    std::uint32_t key_bits = 0;             // schemes 3 and 4
    BytesView iv{};                         // schemes 2, 3 and 4
    BytesView content{};                    // cipher text, or the key encoding

    bool is_encrypted() const { return scheme && *scheme != KeyFileScheme::kPlain; }
};

/// Scheme numbers 5 to 9, and iterations or key sizes outside the limits of §5.2, are kBadValue.
Result<KeyFile, WireError> decode_key_file(BytesView octets);
Bytes encode_key_file(const KeyFile& file);

/// Whether iterations, key size and salt are within what we are ready to compute (§5.2).
bool is_acceptable_pbkdf2(std::uint32_t iterations, std::uint32_t bits, std::size_t salt_bytes);

}  // namespace idnode::handle
