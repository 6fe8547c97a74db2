#pragma once

#include <filesystem>
#include <memory>

#include "proto/base/result.h"
#include "registry/model/ports.h"

/// The files in a node's `keys` folder.
namespace idnode::tools {

inline constexpr const char* kServerKeyFile = "privkey.bin";       // private key file of §2.8
inline constexpr const char* kServerPublicKeyFile = "pubkey.bin";  // public key encoding of §2.8
inline constexpr const char* kAdminKeyFile = "admin.key";          // private key file of §2.8
inline constexpr const char* kAdminSecretFile = "admin.secret";  // the secret's octets, no line end

/// The server's private key in its encoding (§2.8). The error names the file and the remedy.
Result<Bytes> read_server_key(const std::filesystem::path& keys_dir);
/// The same as a signer.
Result<std::unique_ptr<model::Signer>> load_server_key(const std::filesystem::path& keys_dir);

}  // namespace idnode::tools
