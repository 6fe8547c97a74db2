#include <fmt/format.h>

#include <memory>
#include <string>

#include "bench/commands.h"
#include "bench/record_generator.h"
#include "bench/record_set.h"

namespace idnode::bench {

void add_answers_command(CLI::App& app, int& exit_code) {
    struct Options {
        std::uint64_t count = 0;
        RecordGenerator::Options generator;
        std::string file;
    };
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(
        "answers",
        "Write what a node with the records of `data` must answer; --records of the other "
        "commands takes it, and reads it faster than the records themselves");
    command->add_option("--count", options->count, "As for `data`")->required();
    command->add_option("--seed", options->generator.seed, "As for `data`");
    command->add_option("--prefixes", options->generator.enterprises, "As for `data`")
        ->check(CLI::Range(1, 1'000'000));
    command->add_option("-o,--output", options->file, "File to write")->required();
    command->callback([options, &exit_code] {
        const auto records = generate_records(RecordGenerator(options->generator), options->count);
        const auto saved = records ? records->save(options->file) : Result<void>(records.error());
        if (saved) return;
        fmt::print(stderr, "idnode-bench answers: {}\n", saved.error().detail);
        exit_code = 1;
    });
}

}  // namespace idnode::bench
