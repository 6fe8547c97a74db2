#include "tools/settings.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "tools/commands/commands.h"
#include "tools/exit_codes.h"

namespace idnode::tools {
namespace {

struct Options {
    bool file = false;
    bool manual = false;
};

int run(const Options& options) {
    const std::string text = options.file     ? settings_file(Settings{})
                             : options.manual ? settings_manual()
                                              : settings_help();
    fmt::print("{}", text);
    return kExitDone;
}

}  // namespace

void add_settings(CLI::App& program, int& exit_code) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        program.add_subcommand("settings", "Explain every key of the settings file");
    auto* file = command->add_flag("--file", options->file, "As a settings file with the defaults");
    command->add_flag("--manual", options->manual, "As the rows of the manual page, in scdoc")
        ->excludes(file);
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace idnode::tools
