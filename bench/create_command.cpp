#include <fmt/format.h>

#include <memory>
#include <string>

#include "bench/commands.h"
#include "bench/creates.h"

namespace idnode::bench {
namespace {

constexpr int kExitRefused = 1;
constexpr int kExitNoAnswer = 3;

struct CreateCommand {
    CreateLoad load;
    double seconds = 5;
    bool challenge_each = false;
    bool json = false;
};

int run(CreateCommand& command) {
    command.load.duration =
        std::chrono::milliseconds(static_cast<std::int64_t>(command.seconds * 1000));
    command.load.remote.without_session = command.challenge_each;
    const auto result = run_creates(command.load);
    if (!result) {
        fmt::print(stderr, "idnode-bench create: {}\n", result.error().detail);
        return kExitNoAnswer;
    }
    fmt::print("{}",
               command.json ? format_json(*result) + "\n" : format_table(command.load, *result));
    return result->refused == 0 && result->created > 0 ? 0 : kExitRefused;
}

}  // namespace

void add_create_command(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<CreateCommand>();
    CLI::App* command = app.add_subcommand(
        "create", "Create records over the native protocol, authenticated; print the rate");
    command->footer(
        "Exit code: 0 all were created, 1 some were refused, 2 usage, 3 no answer.\n"
        "The records stay: use a node made for it.");
    tools::RemoteOptions& remote = options->load.remote;
    command->add_option("--server", remote.server, "HOST:PORT")->required();
    command->add_option("--identity", remote.identity, "INDEX:HANDLE of who creates")->required();
    auto* key = command->add_option("--key", remote.key, "Private key file");
    command->add_option("--secret-file", remote.secret_file, "File with the secret key")
        ->excludes(key);
    command->add_option("--prefix", options->load.prefix, "Of the handles that are made")
        ->required();
    command->add_flag("--challenge-each", options->challenge_each,
                      "Prove the identity with each request, without a session");
    command->add_option("--seconds", options->seconds, "How long (default 5)")
        ->check(CLI::Range(0.01, 3'600.0));
    command
        ->add_option("--connections", options->load.connections,
                     "Connections, each with a thread (default 4)")
        ->check(CLI::Range(1, 256));
    command
        ->add_option("--window", options->load.window,
                     "Requests under way on each connection (default 1)")
        ->check(CLI::Range(1, 256));
    command->add_flag("--json", options->json, "One JSON object instead of a table");
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace idnode::bench
