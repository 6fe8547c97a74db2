#include <fmt/format.h>

#include <memory>

#include "bench/bare_store.h"
#include "bench/commands.h"

namespace idnode::bench {

void add_bare_command(CLI::App& app, int& exit_code) {
    struct Options {
        BareLoad load;
        double seconds = 5;
    };
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(
        "bare", "Write what registrations write into a bare RocksDB; print records a second");
    command->add_option("--dir", options->load.folder, "Made for it; it stays")->required();
    command->add_option("--writers", options->load.writers, "Threads (default 1)")
        ->check(CLI::Range(1, 1'024));
    command->add_option("--batch", options->load.batch, "Records of a write (default 2000)")
        ->check(CLI::Range(1, 100'000));
    command->add_option("--seconds", options->seconds, "How long (default 5)")
        ->check(CLI::Range(0.01, 3'600.0));
    command->callback([options, &exit_code] {
        options->load.duration =
            std::chrono::milliseconds(static_cast<std::int64_t>(options->seconds * 1000));
        const auto rate = run_bare_store(options->load);
        if (rate) {
            fmt::print("{:.0f}\n", *rate);
        } else {
            fmt::print(stderr, "idnode-bench bare: {}\n", rate.error().detail);
        }
        exit_code = rate ? 0 : 1;
    });
}

}  // namespace idnode::bench
