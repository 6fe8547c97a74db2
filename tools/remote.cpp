#include "tools/remote.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "registry/model/identifier.h"
#include "resolver/crypto/keys.h"
#include "tools/exit_codes.h"
#include "tools/key_files.h"
#include "tools/network_text.h"
#include "tools/secrets.h"

namespace idnode::tools {
namespace {

using handle::ResponseCode;

Result<handle::Reference> parse_identity(const std::string& text) {
    if (text.empty()) {
        return Error{Errc::kInvalid, "--identity INDEX:HANDLE is missing: whose key is it?"};
    }
    auto reference = model::parse_value_reference(text);
    if (!reference) return Error{Errc::kInvalid, "--identity: " + reference.error().detail};
    return handle::Reference{.handle = reference->handle, .index = reference->index};
}

Result<Bytes> read_public_key(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string octets{std::istreambuf_iterator<char>(in), {}};
    if (!in || !handle::decode_public_key(as_bytes_view(octets))) {
        return Error{Errc::kInvalid, path + ": is no public key file"};
    }
    return to_bytes(octets);
}

}  // namespace

bool RemoteOptions::names_somebody() const {
    const bool by_environment = !identity.empty() && std::getenv(kSecretFileVariable) != nullptr;
    return !key.empty() || !secret_file.empty() || ask_secret || by_environment;
}

Result<client::Authenticator> make_authenticator(const RemoteOptions& options) {
    auto identity = parse_identity(options.identity);
    if (!identity) return identity.error();
    if (!options.key.empty()) {
        const auto key = load_key(options.key, options.passphrase_file);
        if (!key) return key.error();
        if (key->private_key.empty()) {
            return Error{Errc::kInvalid, options.key + ": is a public key, not a private one"};
        }
        return client::Authenticator::with_key(std::move(*identity), key->private_key);
    }
    auto secret = find_secret({.file = options.secret_file,
                               .variable = kSecretFileVariable,
                               .prompt = "Secret key of " + options.identity + ": "});
    if (!secret) return Error{secret.error().code, "secret key: " + secret.error().detail};
    return client::Authenticator::with_secret(std::move(*identity), std::move(*secret));
}

Result<client::ServerAddress> parse_server(std::string_view text) {
    const auto parsed = parse_host_port(text);
    if (!parsed) return parsed.error();
    return client::ServerAddress{.host = parsed->host, .port = parsed->port};
}

Result<client::Client> make_client(const RemoteOptions& options,
                                   const client::Authenticator* authenticator) {
    auto server = parse_server(options.server);
    if (!server) return server.error();
    client::ServerIdentity identity;
    if (!options.server_key.empty()) {
        auto key = read_public_key(options.server_key);
        if (!key) return key.error();
        identity = {.version = handle::kOwnVersion, .public_key = std::move(*key)};
    }
    client::Channel channel(
        std::move(*server),
        {.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout * 1000)),
         .use_session = !options.without_session,
         .certify = !options.server_key.empty(),
         .encrypt = options.encrypt},
        std::move(identity));
    if (authenticator != nullptr) channel.authenticate_as(*authenticator);
    return client::Client(std::move(channel));
}

Result<client::Client> make_client(const RemoteOptions& options) {
    if (!options.names_somebody()) return make_client(options, nullptr);
    const auto authenticator = make_authenticator(options);
    if (!authenticator) return authenticator.error();
    return make_client(options, &*authenticator);
}

int exit_code_of(handle::ResponseCode code) {
    switch (code) {
        case ResponseCode::kSuccess:
            return kExitDone;
        case ResponseCode::kHandleNotFound:
        case ResponseCode::kHandleAlreadyExists:
        case ResponseCode::kInvalidHandle:
        case ResponseCode::kValuesNotFound:
        case ResponseCode::kValueAlreadyExists:
        case ResponseCode::kInvalidValue:
            return kExitFailed;
        // The server could not say; asking again may help.
        case ResponseCode::kNone:
        case ResponseCode::kError:
        case ResponseCode::kServerBusy:
        case ResponseCode::kServerBackup:
            return kExitNoAnswer;
        default:
            return kExitRefused;
    }
}

int exit_code_of(const client::CallError& error) {
    return exit_code_of(error.response);
}

}  // namespace idnode::tools
