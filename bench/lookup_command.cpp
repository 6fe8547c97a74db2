#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>

#include "bench/commands.h"
#include "bench/lookup.h"

namespace idnode::bench {
namespace {

constexpr int kExitWrong = 1;
constexpr int kExitUsage = 2;
constexpr int kExitNoAnswer = 3;

struct LookupCommand {
    LookupOptions lookup;
    std::string records;
    double seconds = 10;
    bool json = false;
};

int run(LookupCommand& command) {
    command.lookup.duration =
        std::chrono::milliseconds(static_cast<std::int64_t>(command.seconds * 1000));
    const auto records = load_records(command.records);
    if (!records) {
        fmt::print(stderr, "idnode-bench lookup: {}\n", records.error().detail);
        return kExitUsage;
    }
    const auto result = run_lookup(command.lookup, *records);
    if (!result) {
        fmt::print(stderr, "idnode-bench lookup: {}\n", result.error().detail);
        return result.error().code == Errc::kInvalid ? kExitUsage : kExitNoAnswer;
    }
    fmt::print("{}", command.json ? format_json(command.lookup, *result) + "\n"
                                  : format_table(command.lookup, *result));
    if (result->tally.wrong > 0) return kExitWrong;
    return result->tally.correct > 0 ? 0 : kExitNoAnswer;
}

}  // namespace

void add_lookup_command(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<LookupCommand>();
    CLI::App* command = app.add_subcommand(
        "lookup", "Load a server with lookups, check every answer, print rate and latency");
    command->footer(
        "Exit code: 0 every answer right, 1 a wrong answer, 2 usage, 3 the server does not "
        "answer.\n"
        "A question without an answer for a second counts as missing and its place is asked anew.");
    LookupOptions& lookup = options->lookup;
    const std::map<std::string, Transport> transports{{"udp", Transport::kUdp},
                                                      {"tcp", Transport::kTcp}};
    const std::map<std::string, Choice::Kind> choices{{"uniform", Choice::Kind::kUniform},
                                                      {"zipf", Choice::Kind::kZipf}};
    command->add_option("--server", lookup.server, "HOST:PORT")->required();
    command->add_option("--transport", lookup.transport, "udp or tcp (default udp)")
        ->transform(CLI::CheckedTransformer(transports));
    command
        ->add_option("--records", options->records,
                     "File of `idnode-bench data` or `idnode export`")
        ->required();
    command->add_option("--seconds", options->seconds, "How long to ask (default 10)")
        ->check(CLI::Range(0.01, 86'400.0));
    command->add_option("--sockets", lookup.sockets, "Sockets or connections (default 16)")
        ->check(CLI::Range(1, 10'000));
    command->add_option("--window", lookup.window, "Questions outstanding on each (default 32)");
    command->add_option("--threads", lookup.threads, "Threads that ask (default 1)")
        ->check(CLI::Range(1, 256));
    command->add_option("--choice", lookup.questions.choice, "uniform or zipf (default uniform)")
        ->transform(CLI::CheckedTransformer(choices));
    command->add_option("--zipf-s", lookup.questions.zipf_exponent, "Zipf exponent (default 1)");
    command->add_option("--first", lookup.questions.among_first,
                        "Ask only for the first so many records (default: all)");
    command
        ->add_option("--miss-ratio", lookup.questions.miss_ratio,
                     "Share of handles that do not exist (default 0)")
        ->check(CLI::Range(0.0, 1.0));
    command
        ->add_option("--rate", lookup.rate,
                     "Questions a second in all; latency counts from when each was due "
                     "(default: as many as the windows allow)")
        ->check(CLI::Range(0.0, 1e9));
    command->add_option("--seed", lookup.questions.seed, "Of the choice (default 1)");
    command->add_flag("--certify", lookup.questions.certify, "Ask for signed answers");
    command->add_flag("--echo", lookup.questions.echo, "The server is `idnode-bench echo`");
    command->add_flag("--json", options->json, "One JSON object instead of a table");
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace idnode::bench
