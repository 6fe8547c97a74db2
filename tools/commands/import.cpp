#include "tools/import.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "resolver/net/scheduling.h"
#include "tools/commands/commands.h"
#include "tools/commands/remote.h"
#include "tools/exit_codes.h"
#include "tools/node_keys.h"
#include "tools/remote_import.h"
#include "tools/settings.h"
#include "tools/site_record.h"

namespace idnode::tools {
namespace {

constexpr std::uint64_t kBytesPerMb = 1 << 20;

/// A quarter of the machine's memory, so that what fits is sorted without the disk; at most 4 GiB.
std::uint64_t default_memory_mb() {
    const auto pages = static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
    const auto page_bytes = static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PAGESIZE)));
    return std::clamp<std::uint64_t>(pages * page_bytes / 4 / kBytesPerMb, 256, 4096);
}

struct Options {
    std::vector<std::string> files;
    std::string config;
    std::string format = "detect";
    std::string errors_file;
    bool home = false;
    bool keep_going = false;
    bool json = false;
    bool quiet = false;
    std::uint64_t memory_mb = default_memory_mb();
    RemoteOptions remote;
    bool overwrite = false;
    unsigned connections = 4;
};

/// The node's site record, for the prefix handles that the import makes.
Result<Bytes> site_of(const Settings& settings) {
    const auto signer = load_server_key(settings.keys_dir());
    if (!signer) return signer.error();
    const auto site =
        make_site(settings, choose_site_address(settings).text, (*signer)->public_key());
    if (!site) return site.error();
    return handle::encode_site(*site);
}

Result<ImportOptions> to_import(const Options& options) {
    const auto settings = read_settings(options.config);
    if (!settings) return settings.error();
    if (settings->is_mirror()) {
        return Error{Errc::kInvalid,
                     fmt::format("{} says that this node mirrors {} (mirror.primary), and would no "
                                 "longer be equal to it; import there, or take mirror.primary out "
                                 "to make this node a primary",
                                 options.config, settings->mirror.primary)};
    }
    const auto format = parse_import_format(options.format);
    if (!format) return format.error();
    auto site = site_of(*settings);
    if (!site) return site.error();
    ImportOptions out;
    out.files = options.files;
    out.format = *format;
    out.store.dir = settings->data_dir();
    out.store.cache_bytes = static_cast<std::uint64_t>(settings->data.cache_mb) * kBytesPerMb;
    out.own_prefix = settings->node.prefix;
    out.site = std::move(*site);
    out.suffix_case = settings->suffix_case();
    out.max_levels = static_cast<unsigned>(settings->node.max_levels);
    out.home_foreign = options.home;
    out.keep_going = options.keep_going;
    out.errors_file = options.errors_file;
    out.json = options.json;
    out.quiet = options.quiet;
    out.memory_bytes = options.memory_mb * kBytesPerMb;
    return out;
}

int run_remotely(const Options& options) {
    const auto format = parse_import_format(options.format);
    const auto report = format ? import_remotely({.remote = options.remote,
                                                  .files = options.files,
                                                  .format = *format,
                                                  .overwrite = options.overwrite,
                                                  .keep_going = options.keep_going,
                                                  .errors_file = options.errors_file,
                                                  .json = options.json,
                                                  .quiet = options.quiet,
                                                  .connections = options.connections},
                                                 std::cin, std::cout, std::cerr)
                               : Result<RemoteImportReport>(format.error());
    if (!report) {
        complain(report.error().detail);
        return kExitUsage;
    }
    if (report->no_answer) return kExitNoAnswer;
    return report->refused == 0 || options.keep_going ? kExitDone : kExitFailed;
}

int run(const Options& options) {
    if (options.config.empty()) return run_remotely(options);
    const auto import = to_import(options);
    if (!import) {
        complain(import.error().detail);
        return kExitFailed;
    }
    // All its threads inherit it: a node that serves on the same machine comes first.
    resolver::give_way();
    const auto report = run_import(*import, {std::cin, std::cout, std::cerr});
    if (!report) {
        complain(report.error().detail);
        return kExitFailed;
    }
    return kExitDone;
}

}  // namespace

void add_import(CLI::App& program, int& exit_code) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        program.add_subcommand("import",
                               "Load records: into the database of a stopped node, or over the "
                               "network into a running one");
    command->add_option("FILE", options->files, "Files of records; - is standard input")
        ->required();
    auto* config =
        command->add_option("--config", options->config,
                            "The settings file of a stopped node; without it over the network");
    command
        ->add_option("--format", options->format,
                     "ndjson, csv, root-info or binary; detect tells by the content")
        ->capture_default_str()
        ->check(CLI::IsMember({"detect", "ndjson", "csv", "root-info", "binary"}));
    command->add_flag(
        "--home", options->home,
        "Take records of other prefixes too, and answer for those prefixes from now on");
    command->add_flag("--keep-going", options->keep_going,
                      "Leave out lines that cannot be loaded instead of loading nothing");
    command->add_option("--errors", options->errors_file, "Write the lines left out to this file");
    command
        ->add_option("--memory-mb", options->memory_mb, "Memory to sort in before the disk is used")
        ->capture_default_str()
        ->check(CLI::Range(16, 1'048'576));
    command->add_flag("--json", options->json, "Totals as JSON, for programs");
    command->add_flag("--quiet", options->quiet, "No progress");
    add_remote_options(*command, options->remote);
    command
        ->add_flag("--overwrite", options->overwrite,
                   "Over the network: replace records that exist, as when an import is run again")
        ->excludes(config);
    command
        ->add_option("--connections", options->connections,
                     "Over the network: how many are used at a time")
        ->capture_default_str()
        ->check(CLI::Range(1, 16))
        ->excludes(config);
    command->get_option("--server")->excludes(config);
    command->get_option("--key")->excludes(config);
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace idnode::tools
