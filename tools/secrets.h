#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

/// Where secrets come from: never from the command line, which everybody on the machine can read.
namespace idnode::tools {

inline constexpr const char* kPassphraseFileVariable = "IDNODE_PASSPHRASE_FILE";
inline constexpr const char* kSecretFileVariable = "IDNODE_SECRET_FILE";

/// The octets of a file without the line end that an editor leaves behind a line of text. The
/// errors name the file; an empty one is kInvalid.
Result<Bytes> read_secret_file(const std::filesystem::path& path);

/// Asks at the terminal, showing nothing of what is typed. kUnavailable: there is no terminal.
Result<Bytes> ask_at_terminal(std::string_view prompt);

/// From `file`; without one from the file that the environment variable names; without that from
/// the terminal.
struct SecretSource {
    std::string file;
    const char* variable = kSecretFileVariable;
    std::string prompt;
};
Result<Bytes> find_secret(const SecretSource& source);

/// A private key encoding from a key file (§2.8). A passphrase is looked for only when the file is
/// encrypted.
Result<Bytes> read_private_key(const std::filesystem::path& path,
                               const std::string& passphrase_file);

/// A new passphrase: as `find_secret`, at the terminal twice.
Result<Bytes> find_new_passphrase(const std::string& passphrase_file);

}  // namespace idnode::tools
