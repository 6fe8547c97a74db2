#pragma once

#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

/// Key files as people have them: in the reference's format, in PEM, as JSON Web Keys.
namespace idnode::tools {

enum class KeyForm : std::uint8_t { kReference, kPem, kJwk };
/// `reference`, `pem`, `jwk`.
std::string_view name_of(KeyForm form);
Result<KeyForm> parse_key_form(std::string_view name);

struct LoadedKey {
    KeyForm form = KeyForm::kReference;
    Bytes private_key;  // encoding of §2.8; empty: the file holds a public key
    Bytes public_key;
};
/// Reads a file of any form; a passphrase is looked for only when it is encrypted.
Result<LoadedKey> load_key(const std::string& path, const std::string& passphrase_file);

/// The octets of a public key file. JSON Web Keys end with a line end.
Result<Bytes> write_public_key(KeyForm form, BytesView public_key);
/// The octets of a private key file. kUnsupported: JSON Web Keys are for public keys only.
Result<Bytes> write_private_key(KeyForm form, BytesView private_key, std::string_view passphrase);

}  // namespace idnode::tools
