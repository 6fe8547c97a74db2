// The operator of a node: the first account, and a token for it.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "tools/commands/commands.h"
#include "tools/exit_codes.h"
#include "tools/registration.h"
#include "tools/settings.h"

namespace idnode::tools {
namespace {

struct Options {
    std::string config;
    std::string file;
};

int run(const Options& options) {
    const auto settings = read_settings(options.config);
    if (!settings) {
        complain(settings.error().detail);
        return kExitFailed;
    }
    const std::filesystem::path file = options.file.empty()
                                           ? settings->keys_dir() / kOperatorTokenFile
                                           : std::filesystem::path(options.file);
    if (const auto made = renew_operator(*settings, file); !made) {
        complain(made.error().detail);
        return kExitFailed;
    }
    fmt::print("A token of the account {} is in {}\n", kOperatorAccount, file.string());
    return kExitDone;
}

}  // namespace

void add_operator(CLI::App& program, int& exit_code) {
    auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand(
        "operator",
        "Make the operator's account where there is none, and a token for it; the "
        "node must be stopped");
    command->add_option("--config", options->config, "The node's settings file")->required();
    command->add_option("--output", options->file,
                        "A new file for the token [keys/operator.token of the node]");
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace idnode::tools
