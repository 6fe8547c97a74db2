#pragma once

#include <filesystem>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/model/ports.h"

/// Private key files in the format that the protocol's own tools read and write, §2.8.
namespace idnode::crypto {

/// The private key encoding inside a key file. `passphrase` is ignored by unencrypted files.
/// kRefused: a passphrase is needed, or this one is wrong. kUnsupported: a DES file, and OpenSSL's
/// legacy provider is not installed. kInvalid, kLimit: not a key file, or its parameters are
/// absurd.
Result<Bytes> open_key_file(BytesView octets, std::string_view passphrase = {});

/// The octets of a key file: without a passphrase unencrypted (scheme 1), otherwise PBKDF2 and
/// AES-128-CBC (scheme 4).
Result<Bytes> seal_key_file(BytesView private_key, std::string_view passphrase,
                            model::Entropy& entropy);

/// Reads and opens a file. Errors name the file; kNotFound when there is none.
Result<Bytes> read_key_file(const std::filesystem::path& path, std::string_view passphrase = {});

/// Writes a new file that only its owner may read, and flushes it. An existing file is never
/// replaced: kConflict.
Result<void> write_key_file(const std::filesystem::path& path, BytesView private_key,
                            std::string_view passphrase, model::Entropy& entropy);

/// A new file with exactly `content`, mode 0600, flushed; for secret keys too. kConflict if it
/// exists.
Result<void> write_secret_file(const std::filesystem::path& path, BytesView content);

}  // namespace idnode::crypto
