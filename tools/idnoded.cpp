#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "tools/daemon.h"
#include "tools/exit_codes.h"
#include "tools/settings.h"

namespace {

using namespace idnode::tools;

int run(int argc, char** argv) {
    DaemonOptions options;
    CLI::App program("Answers questions about industrial identifiers, in the foreground.",
                     "idnoded");
    program.set_version_flag("--version", "idnoded " IDNODE_VERSION);
    program
        .add_option("--config", options.config, "The node's settings file, made by `idnode init`")
        ->required();
    program
        .add_option("--set", options.overrides,
                    "KEY=VALUE: a setting for this run, over that of the file; may be repeated")
        ->take_all();
    program.footer("Settings:\n\n" + settings_help());
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? kExitDone : kExitUsage;
    }
    return run_daemon(options);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        fmt::print(stderr, "idnoded: cannot start: {}\n", error.what());
        return kExitFailed;
    }
}
