#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "bench/commands.h"
#include "bench/compare.h"

namespace idnode::bench {
namespace {

struct CompareCommand {
    CompareOptions options;
    std::string records;
    std::vector<std::string> cases;
    double seconds = 5;
    int echo_cpu = -1;
    std::string json_file;
};

Result<std::vector<Case>> chosen_cases(const std::vector<std::string>& names) {
    std::vector<Case> all = standard_cases();
    if (names.empty()) return all;
    std::vector<Case> out;
    for (const std::string& name : names) {
        const auto at =
            std::find_if(all.begin(), all.end(), [&](const Case& one) { return one.name == name; });
        if (at == all.end()) return Error{Errc::kInvalid, name + " is no case; see --help"};
        out.push_back(*at);
    }
    return out;
}

Result<std::vector<Comparison>> compare_all(CompareCommand& command) {
    command.options.duration =
        std::chrono::milliseconds(static_cast<std::int64_t>(command.seconds * 1000));
    if (command.echo_cpu >= 0) command.options.echo_cpu = command.echo_cpu;
    const auto cases = chosen_cases(command.cases);
    if (!cases) return cases.error();
    const auto records = load_records(command.records);
    if (!records) return records.error();
    std::vector<Comparison> out;
    for (const Case& one : *cases) {
        fmt::print(stderr, "{}: {} rounds of 2 x {:.1f} s\n", one.what, command.options.rounds,
                   command.seconds);
        auto done = compare(one, command.options, *records);
        if (!done) return done.error();
        for (const Sample& sample : done->node) {
            const std::string& reason = sample.result.tally.first_wrong;
            if (!reason.empty()) fmt::print(stderr, "  wrong answer: {}\n", reason);
        }
        out.push_back(std::move(*done));
    }
    return out;
}

int run(CompareCommand& command) {
    const auto done = compare_all(command);
    if (!done) {
        fmt::print(stderr, "idnode-bench compare: {}\n", done.error().detail);
        return done.error().code == Errc::kInvalid ? 2 : 3;
    }
    fmt::print("{}", format_markdown(*done));
    if (!command.json_file.empty()) {
        std::ofstream json(command.json_file);
        for (const Comparison& one : *done) json << format_json(one) << '\n';
    }
    const bool any_wrong = std::any_of(done->begin(), done->end(),
                                       [](const Comparison& one) { return one.wrong() > 0; });
    return any_wrong ? 1 : 0;
}

}  // namespace

void add_compare_command(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<CompareCommand>();
    CLI::App* command = app.add_subcommand(
        "compare", "Ask a running node and the bare echo in turns; print rates and CPU per answer");
    std::string footer = "Cases:\n";
    for (const Case& one : standard_cases())
        footer += fmt::format("  {:<10} {}\n", one.name, one.what);
    command->footer(footer +
                    "Exit code: 0 every answer right, 1 a wrong answer, 2 usage, 3 no answer.");
    command->add_option("--server", options->options.server, "HOST:PORT of the node")->required();
    command->add_option("--tcp-server", options->options.tcp_server,
                        "HOST:PORT of the node for TCP (default: as --server)");
    command->add_option("--server-pid", options->options.server_pid, "Process of the node")
        ->required();
    command->add_option("--records", options->records, "What was imported into the node")
        ->required();
    command->add_option("--other-server", options->options.other_server,
                        "HOST:PORT of a node that takes the echo's place, over UDP");
    command->add_option("--other-pid", options->options.other_pid, "Its process");
    command->add_option("--echo-cpu", options->echo_cpu, "The one processor for the echo");
    command->add_option("--seconds", options->seconds, "Of one turn (default 5)")
        ->check(CLI::Range(0.05, 3'600.0));
    command->add_option("--rounds", options->options.rounds, "Turns of each (default 5)")
        ->check(CLI::Range(1, 100));
    command->add_option("--cases", options->cases, "Only these, separated by commas")
        ->delimiter(',');
    command->add_option("--json", options->json_file,
                        "Write a JSON object a line to this file, too");
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace idnode::bench
