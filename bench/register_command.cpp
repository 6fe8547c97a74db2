#include <fmt/format.h>

#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "bench/commands.h"
#include "bench/registrations.h"

namespace idnode::bench {
namespace {

constexpr int kExitRefused = 1;
constexpr int kExitNoAnswer = 3;

struct RegisterCommand {
    RegistrationLoad load;
    std::string token_file;
    double seconds = 5;
    bool json = false;
};

Result<std::string> read_token(const std::string& path) {
    std::ifstream file(path);
    std::string out;
    if (std::getline(file, out)) return out;
    return Error{Errc::kInvalid, path + ": cannot be read"};
}

int run(RegisterCommand& command) {
    command.load.duration =
        std::chrono::milliseconds(static_cast<std::int64_t>(command.seconds * 1000));
    auto token = read_token(command.token_file);
    if (token) command.load.token = *std::move(token);
    const auto result =
        token ? run_registrations(command.load) : Result<RegistrationResult>(token.error());
    if (!result) {
        fmt::print(stderr, "idnode-bench register: {}\n", result.error().detail);
        return kExitNoAnswer;
    }
    fmt::print("{}",
               command.json ? format_json(*result) + "\n" : format_table(command.load, *result));
    return result->refused == 0 && result->registered > 0 ? 0 : kExitRefused;
}

}  // namespace

void add_register_command(CLI::App& app, int& exit_code) {
    static const std::map<std::string, Way> ways{{"stream", Way::kStream},
                                                 {"batch", Way::kBatch},
                                                 {"create", Way::kCreate},
                                                 {"snms", Way::kSnms},
                                                 {"events", Way::kEvents}};
    using Set = ProductEvents::Set;
    static const std::map<std::string, Set> sets{
        {"lives", Set::kLives}, {"tree", Set::kTree}, {"lot", Set::kLot}};
    auto options = std::make_shared<RegisterCommand>();
    CLI::App* command = app.add_subcommand(
        "register",
        "Register identifiers or capture events over HTTP, check every answer, print the rate");
    command->footer(
        "Exit code: 0 all were registered, 1 some were refused, 2 usage, 3 no answer.\n"
        "The records stay: use a node made for it.");
    RegistrationLoad& load = options->load;
    command->add_option("--server", load.server, "HOST:PORT of the HTTP interface, without TLS")
        ->required();
    command->add_option("--token-file", options->token_file, "Token of who registers")->required();
    command->add_option("--prefix", load.prefix, "Of the identifiers that are made")->required();
    command->add_option(
        "--template", load.template_version,
        "Theirs, with the items serial, madeOn and page from 2000 on; not of events");
    command
        ->add_option(
            "--way", load.way,
            "stream, batch, create (one by one), snms (its batches) or events; default stream")
        ->transform(CLI::CheckedTransformer(ways));
    command
        ->add_option("--events", load.events,
                     "lives (products of fifty events), tree (11,111 parts) or lot (a million "
                     "serials); default lives")
        ->transform(CLI::CheckedTransformer(sets));
    command->add_option("--events-max", load.events_max, "Events of each connection (default: any)")
        ->check(CLI::PositiveNumber);
    command->add_option("--series", load.series,
                        "What the names of events' identifiers begin with");
    command->add_option("--connections", load.connections, "Connections (default 1)")
        ->check(CLI::Range(1, 4'096));
    command->add_option("--batch", load.batch, "Items of a batch (default 2000)")
        ->check(CLI::Range(1, 100'000));
    command->add_option("--seconds", options->seconds, "How long (default 5)")
        ->check(CLI::Range(0.01, 3'600.0));
    command->add_flag("--json", options->json, "One JSON object instead of a table");
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace idnode::bench
