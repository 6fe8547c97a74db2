#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/commands.h"
#include "bench/durable.h"
#include "bench/spread.h"

namespace idnode::bench {
namespace {

constexpr std::array kPaths{WritePath::kRocksGroups, WritePath::kCommitter, WritePath::kStore};

struct DurableCommand {
    DurableLoad load;
    std::vector<std::size_t> writers{1, 8, 32, 128};
    std::size_t rounds = 5;
    double seconds = 1;
    bool json = false;
};

struct Rounds {
    std::vector<double> rate;
    std::vector<double> cpu;
    std::vector<double> p50;
    std::vector<double> p99;
};

/// One round of each path, in turns: what disturbs the machine disturbs all of them.
Result<void> take_round(const DurableCommand& command, std::size_t writers,
                        std::map<WritePath, Rounds>& out) {
    for (const WritePath path : kPaths) {
        DurableLoad load = command.load;
        load.path = path;
        load.writers = writers;
        load.folder = command.load.folder / name_of(path);
        const auto result = write_durably(load);
        std::filesystem::remove_all(load.folder);
        if (!result) return Error{result.error().code, result.error().detail};
        Rounds& rounds = out[path];
        const auto microseconds = [&](double share) {
            return static_cast<double>(result->latency.percentile(share).count()) / 1e3;
        };
        rounds.rate.push_back(result->records_per_second);
        rounds.cpu.push_back(result->cpu_us_per_record);
        rounds.p50.push_back(microseconds(0.5));
        rounds.p99.push_back(microseconds(0.99));
    }
    return {};
}

/// The store over the better of the two bare ways.
Spread ratio_of(std::map<WritePath, Rounds>& rounds) {
    std::vector<double> better = rounds[WritePath::kRocksGroups].rate;
    const std::vector<double>& committer = rounds[WritePath::kCommitter].rate;
    if (spread_of(committer).median > spread_of(better).median) better = committer;
    return spread_of(ratios(rounds[WritePath::kStore].rate, better));
}

Result<void> measure(const DurableCommand& command, std::size_t writers) {
    std::map<WritePath, Rounds> rounds;
    for (std::size_t i = 0; i < command.rounds; ++i) {
        if (auto done = take_round(command, writers, rounds); !done) return done;
    }
    const Spread ratio = ratio_of(rounds);
    if (command.json) {
        const auto rate = [&](WritePath path) { return spread_of(rounds[path].rate).median; };
        fmt::print(R"({{"writers":{},"batch":{},"groups":{:.0f},"committer":{:.0f},"store":{:.0f},)"
                   R"("ratio":[{:.3f},{:.3f},{:.3f}]}})"
                   "\n",
                   writers, command.load.batch, rate(WritePath::kRocksGroups),
                   rate(WritePath::kCommitter), rate(WritePath::kStore), ratio.median, ratio.least,
                   ratio.most);
        std::fflush(stdout);
        return {};
    }
    const auto& store = rounds[WritePath::kStore];
    fmt::print("| {} x {} | {} | {} | {} | {} | {:.1f} / {:.1f} / {:.1f} | {:.0f} / {:.0f} |\n",
               writers, command.load.batch,
               in_thousands(spread_of(rounds[WritePath::kRocksGroups].rate)),
               in_thousands(spread_of(rounds[WritePath::kCommitter].rate)),
               in_thousands(spread_of(store.rate)), in_hundredths(ratio),
               spread_of(rounds[WritePath::kRocksGroups].cpu).median,
               spread_of(rounds[WritePath::kCommitter].cpu).median, spread_of(store.cpu).median,
               spread_of(store.p50).median, spread_of(store.p99).median);
    std::fflush(stdout);
    return {};
}

int run(DurableCommand& command) {
    command.load.duration =
        std::chrono::milliseconds(static_cast<std::int64_t>(command.seconds * 1000));
    std::filesystem::create_directories(command.load.folder);
    if (!command.json)
        fmt::print(
            "| writers x records of a write | RocksDB's groups | one committer on RocksDB | the "
            "store | "
            "store / better | CPU us/record, groups / committer / store | store p50 / p99 us |\n"
            "| --- | --- | --- | --- | --- | --- | --- |\n");
    for (const std::size_t writers : command.writers) {
        if (const auto done = measure(command, writers); !done) {
            fmt::print(stderr, "idnode-bench durable: {}\n", done.error().detail);
            return 1;
        }
    }
    return 0;
}

}  // namespace

void add_durable_command(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<DurableCommand>();
    CLI::App* command = app.add_subcommand(
        "durable",
        "Commit new records, each write flushed: the store and two ways on bare RocksDB, in turns");
    command->add_option("--dir", options->load.folder, "Folder on the disk to measure; it stays")
        ->required();
    command->add_option("--writers", options->writers, "Threads, one row each (1,8,32,128)")
        ->delimiter(',')
        ->check(CLI::Range(1, 1'024));
    command->add_option("--batch", options->load.batch, "Records of a write (default 1)")
        ->check(CLI::Range(1, 100'000));
    command->add_option("--record-bytes", options->load.record_bytes, "Of one (default 250)")
        ->check(CLI::Range(64, 100'000));
    command->add_option("--seconds", options->seconds, "Of one turn (default 1)")
        ->check(CLI::Range(0.01, 3'600.0));
    command->add_option("--rounds", options->rounds, "Turns of each (default 5)")
        ->check(CLI::Range(1, 100));
    command->add_flag("--json", options->json, "A JSON object for each row instead of a table");
    command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace idnode::bench
