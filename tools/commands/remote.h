#pragma once

#include <string>

#include "tools/remote.h"

namespace CLI {
class App;
}  // namespace CLI

/// What the commands over the network share: options, and how outcomes are told.
namespace idnode::tools {

/// `--server`, `--timeout`, `--server-key`.
void add_server_options(CLI::App& command, RemoteOptions& options);
/// Those, and who asks: `--key`, `--secret-file`, `--ask-secret`, `--identity`,
/// `--passphrase-file`,
/// `--no-session`, `--encrypt`.
void add_remote_options(CLI::App& command, RemoteOptions& options);

/// Tells why a call brought nothing, on standard error or, as JSON, on standard output; the exit
/// code. `what`: the identifier that it was about.
int tell_failure(const std::string& what, const client::CallError& error, bool as_json);

}  // namespace idnode::tools
