#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "storage/bulk_load.h"
#include "tests/unit/storage/crash_names.h"
#include "tools/system_clock.h"

/// Writes until it is killed; crash_test.cpp kills it. Prints a line for each thing that was
/// promised.
namespace {

using namespace idnode;

/// Past every buffer of ours: what was printed survives a kill.
void tell(const std::string& line) {
    const std::string text = line + "\n";
    if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) std::exit(3);
}

[[noreturn]] void give_up(const Error& error) {
    std::fprintf(stderr, "%s\n", error.detail.c_str());
    std::exit(1);
}

void commit_for_ever(const storage::RocksOptions& options, const model::Clock& clock) {
    const auto store = storage::open_rocks_store(options, clock);
    if (!store) give_up(store.error());
    tell("ready");
    for (auto id = (*store)->counts()->log_end[0];;) {
        model::Change change{"crash", {}};
        // Two records that must appear together.
        for (const char* twin : {"a", "b"}) {
            model::Edit edit;
            edit.handle = test::crash_name(twin, id / 2);
            edit.values = Bytes(4);
            change.edits.push_back(std::move(edit));
        }
        const auto committed = (*store)->commit(change);
        if (!committed) give_up(committed.error());
        id = committed->last;
        tell(std::to_string(id));
    }
}

void load(const storage::RocksOptions& options, const model::Clock& clock, std::string_view round) {
    storage::BulkLoad::Options bulk;
    bulk.store = options;
    bulk.memory_bytes = 64U << 10U;
    const auto load = storage::BulkLoad::begin(bulk, clock);
    if (!load) give_up(load.error());
    for (unsigned i = 0; i < test::kCrashLoadRecords; ++i) {
        const auto added =
            (*load)->add(test::crash_name(round, i), model::SuffixCase::kFold, Bytes(4), i);
        if (!added) give_up(added.error());
    }
    tell("ready");
    const auto finished = (*load)->finish(nullptr);
    if (!finished) give_up(finished.error());
    tell("loaded");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const tools::SystemClock clock;
    storage::RocksOptions options;
    options.dir = argv[2];
    if (std::string_view(argv[1]) == "load") {
        load(options, clock, argv[3]);
    } else {
        commit_for_ever(options, clock);
    }
    return 0;
}
