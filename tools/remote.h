#pragma once

#include <chrono>
#include <string>

#include "proto/base/result.h"
#include "proto/handle/value.h"
#include "resolver/client/client.h"

/// A server to be administered over the network, and who does it, as the command line says.
namespace idnode::tools {

struct RemoteOptions {
    std::string server = "127.0.0.1:2641";  // HOST:PORT
    std::string key;                        // private key file
    std::string secret_file;                // of a secret key
    bool ask_secret = false;                // the secret key, at the terminal
    std::string identity;                   // INDEX:HANDLE
    std::string passphrase_file;
    std::string server_key;  // public key file; empty: believe the server
    bool without_session = false;
    bool encrypt = false;
    double timeout = 10;  // seconds

    /// Whether it says who asks; the environment may name the file.
    bool names_somebody() const;
};

/// Who asks. Asks for a passphrase or secret where there is no file with it.
Result<client::Authenticator> make_authenticator(const RemoteOptions& options);

Result<client::ServerAddress> parse_server(std::string_view text);

/// Not connected yet. `authenticator` null: public questions only.
Result<client::Client> make_client(const RemoteOptions& options,
                                   const client::Authenticator* authenticator);

/// Both of the above.
Result<client::Client> make_client(const RemoteOptions& options);

/// The exit code for what a call brought (exit_codes.h).
int exit_code_of(const client::CallError& error);
int exit_code_of(handle::ResponseCode code);

}  // namespace idnode::tools
