#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>

#include "tools/batch_run.h"
#include "tools/commands/commands.h"
#include "tools/commands/remote.h"
#include "tools/exit_codes.h"

namespace idnode::tools {
namespace {

struct Options {
    RemoteOptions remote;
    std::vector<std::string> files;
    bool json = false;
};

int run(const Options& options) {
    BatchRun batch(options.remote, std::cout, options.json);
    if (const auto begun = batch.begin(); !begun) {
        complain(begun.error().detail);
        return kExitUsage;
    }
    for (const std::string& file : options.files) {
        std::ifstream opened;
        if (file != "-") opened.open(file, std::ios::binary);
        if (file != "-" && !opened) {
            complain(file + ": cannot be read");
            return kExitUsage;
        }
        batch.carry_out(file == "-" ? std::cin : opened, file == "-" ? "(standard input)" : file);
    }
    batch.end();
    const BatchReport& report = batch.report();
    std::cout << (options.json
                      ? fmt::format("{{\"done\":{},\"failed\":{}}}\n", report.done, report.failed)
                      : fmt::format("{} done, {} failed\n", report.done, report.failed));
    if (report.no_answer) {
        complain("the server no longer answers: what follows the last line above was not tried");
        return kExitNoAnswer;
    }
    return report.failed == 0 ? kExitDone : kExitFailed;
}

}  // namespace

void add_batch(CLI::App& program, int& exit_code) {
    auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand(
        "batch", "Carry out batch files in the format of the reference's tools");
    command->add_option("FILE", options->files, "Batch files; - is standard input")->required();
    add_remote_options(*command, options->remote);
    command->add_flag("--json", options->json, "Outcomes as JSON, an object a line");
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace idnode::tools
