#include "tools/export.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "registry/model/identifier.h"
#include "tools/commands/commands.h"
#include "tools/exit_codes.h"
#include "tools/settings.h"

namespace idnode::tools {
namespace {

struct Options {
    std::string config;
    std::string prefix;
    std::string file;
    std::string form = "ndjson";
    bool quiet = false;
};

int run(const Options& options) {
    const auto settings = read_settings(options.config);
    if (!settings) {
        complain(settings.error().detail);
        return kExitFailed;
    }
    ExportOptions all;
    all.store.dir = settings->data_dir();
    all.store.read_only = true;
    all.prefix = options.prefix;
    all.file = options.file;
    all.form = options.form == "binary" ? ExportForm::kBinary : ExportForm::kNdjson;
    all.quiet = options.quiet;
    const auto count = run_export(all, std::cout, std::cerr);
    if (!count) {
        complain(count.error().detail);
        return kExitFailed;
    }
    return kExitDone;
}

}  // namespace

void add_export(CLI::App& program, int& exit_code) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        program.add_subcommand("export", "Write all records, for an import; the node may run");
    command->add_option("--config", options->config, "The node's settings file")->required();
    command->add_option("--prefix", options->prefix, "Only records of this prefix");
    command->add_option("--output", options->file, "Write to this file [standard output]");
    command
        ->add_option("--form", options->form,
                     "ndjson (a record a line) or binary (faster, checked as a whole) [ndjson]")
        ->check(CLI::IsMember({"ndjson", "binary"}));
    command->add_flag("--quiet", options->quiet, "No progress");
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace idnode::tools
