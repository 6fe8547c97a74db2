#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <string>

#include "bench/commands.h"
#include "bench/reads.h"

namespace idnode::bench {
namespace {

constexpr int kExitWrong = 1;
constexpr int kExitNoAnswer = 3;

struct ReadCommand {
    ReadLoad load;
    std::string token_file;
    double seconds = 5;
    bool json = false;
};

int run(ReadCommand& command) {
    command.load.duration =
        std::chrono::milliseconds(static_cast<std::int64_t>(command.seconds * 1000));
    std::ifstream file(command.token_file);
    const bool has_token = command.token_file.empty() || std::getline(file, command.load.token);
    const auto result =
        has_token
            ? run_reads(command.load)
            : Result<ReadResult>(Error{Errc::kInvalid, command.token_file + ": cannot be read"});
    if (!result) {
        fmt::print(stderr, "idnode-bench read: {}\n", result.error().detail);
        return kExitNoAnswer;
    }
    fmt::print("{}", command.json ? format_json(*result) + "\n" : format_table(*result));
    return result->wrong == 0 && result->right > 0 ? 0 : kExitWrong;
}

}  // namespace

void add_read_command(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<ReadCommand>();
    CLI::App* command = app.add_subcommand(
        "read", "Read over HTTP at a steady rate, or once; check every answer, print the latency");
    command->footer("Exit code: 0 all were right, 1 some were wrong, 2 usage, 3 no answer.");
    ReadLoad& load = options->load;
    command->add_option("--server", load.server, "HOST:PORT of the HTTP interface, without TLS")
        ->required();
    command->add_option("--token-file", options->token_file, "Token of who reads");
    command
        ->add_option("--target", load.target,
                     "Path and query; {product} stands for one of the products of `register`")
        ->required();
    command->add_option("--body", load.body, "JSON to POST; default: GET");
    command->add_option("--expect", load.expect, "What each answer must have in it");
    command->add_option("--prefix", load.prefix, "Of the products");
    command->add_option("--series", load.series, "Theirs, as `register --series S` made it: S-0");
    command->add_option("--products", load.products, "How many there are (default 1)")
        ->check(CLI::PositiveNumber);
    command->add_option("--rate", load.rate, "A second; default: one request")
        ->check(CLI::NonNegativeNumber);
    command->add_option("--connections", load.connections, "Connections (default 4)")
        ->check(CLI::Range(1, 1'024));
    command->add_option("--seconds", options->seconds, "How long (default 5)")
        ->check(CLI::Range(0.01, 3'600.0));
    command->add_flag("--json", options->json, "One JSON object instead of a table");
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace idnode::bench
