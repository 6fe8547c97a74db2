#include "tools/commands/remote.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "tools/commands/commands.h"
#include "tools/exit_codes.h"
#include "tools/network_text.h"
#include "tools/secrets.h"
#include "tools/value_text.h"

namespace idnode::tools {

void add_server_options(CLI::App& command, RemoteOptions& options) {
    must(command.add_option("--server", options.server, "HOST:PORT of the server")
             ->capture_default_str(),
         &check_host_port);
    command.add_option("--server-key", options.server_key,
                       "The server's public key file; without it the server's own word is taken");
    command.add_option("--timeout", options.timeout, "Seconds to wait for each answer")
        ->capture_default_str()
        ->check(CLI::Range(0.001, 3600.0));
}

void add_remote_options(CLI::App& command, RemoteOptions& options) {
    add_server_options(command, options);
    auto* key = command.add_option("--key", options.key, "Private key file of who asks");
    auto* file = command
                     .add_option("--secret-file", options.secret_file,
                                 fmt::format("File with the secret key of who asks; also in ${}",
                                             kSecretFileVariable))
                     ->excludes(key);
    command.add_flag("--ask-secret", options.ask_secret, "Ask for the secret key at the terminal")
        ->excludes(key)
        ->excludes(file);
    command.add_option("--identity", options.identity,
                       "Whose key it is, INDEX:HANDLE such as 300:0.NA/88.100");
    command.add_option("--passphrase-file", options.passphrase_file,
                       fmt::format("File with the passphrase of --key; also in ${}; without either "
                                   "it is asked for at the terminal",
                                   kPassphraseFileVariable));
    command.add_flag("--no-session", options.without_session,
                     "Prove the identity for each request instead of once for all");
    command.add_flag("--encrypt", options.encrypt,
                     "Encrypt everything, not only restricted values");
    command.footer(
        "Exit code: 0 done, 1 not so by the server's records, 2 usage, 3 no answer, 4 "
        "refused.");
}

int tell_failure(const std::string& what, const client::CallError& error, bool as_json) {
    if (as_json) {
        boost::json::object out;
        out["responseCode"] = static_cast<std::uint32_t>(error.response);
        out["handle"] = what;
        out["message"] = error.detail;
        fmt::print("{}\n", boost::json::serialize(out));
    } else {
        const bool nobody = error.response == handle::ResponseCode::kAuthenticationNeeded;
        complain(fmt::format("{}: {}{}", printable(what), printable(error.detail),
                             nobody ? "; give --key or --secret-file, and --identity" : ""));
    }
    return exit_code_of(error);
}

}  // namespace idnode::tools
