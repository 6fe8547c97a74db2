#include "tools/node_keys.h"

#include <fmt/format.h>

#include "resolver/crypto/key_file.h"
#include "resolver/crypto/keys.h"

namespace idnode::tools {

Result<Bytes> read_server_key(const std::filesystem::path& keys_dir) {
    auto key = crypto::read_key_file(keys_dir / kServerKeyFile);
    if (key) return key;
    const char* remedy =
        key.error().code == Errc::kRefused
            ? "the server's key must not be encrypted"
            : "put the server's private key there, or make a node with `idnode init`";
    return Error{key.error().code, fmt::format("server key: {}; {}", key.error().detail, remedy)};
}

Result<std::unique_ptr<model::Signer>> load_server_key(const std::filesystem::path& keys_dir) {
    const auto key = read_server_key(keys_dir);
    if (!key) return key.error();
    auto signer = crypto::make_signer(*key);
    if (!signer) {
        return Error{signer.error().code,
                     fmt::format("server key {}: {}; put a sound RSA or DSA key there",
                                 (keys_dir / kServerKeyFile).string(), signer.error().detail)};
    }
    return signer;
}

}  // namespace idnode::tools
