#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <random>
#include <sstream>
#include <thread>

#include "tests/unit/storage/crash_names.h"
#include "tests/unit/storage/engines.h"

/// A process that is killed at any moment. Invariants: the store opens; what was acknowledged is
/// there; the log has no gap; each change is wholly there or wholly absent.
namespace idnode::test {
namespace {

/// The program crash_writer.cpp, and what it printed.
class Writer {
  public:
    Writer(const std::string& mode, const std::string& dir, const std::string& round) {
        int ends[2];
        REQUIRE(pipe(ends) == 0);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        posix_spawn_file_actions_addclose(&actions, ends[0]);
        posix_spawn_file_actions_addclose(&actions, ends[1]);
        std::string words[] = {IDNODE_CRASH_WRITER, mode, dir, round};
        char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(),
                             nullptr};
        REQUIRE(posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments, environ) == 0);
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        out_ = ends[0];
    }
    ~Writer() {
        kill_now();
        ::close(out_);
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// False when the program ended first.
    bool wait_until_ready() {
        while (printed_.find("ready\n") == std::string::npos) {
            if (!read_some()) return false;
        }
        return true;
    }

    /// Everything printed up to the end, one entry for each whole line after `ready`.
    std::vector<std::string> kill_and_read() {
        kill_now();
        while (read_some()) {
        }
        std::vector<std::string> lines;
        std::istringstream in(printed_.substr(0, printed_.rfind('\n') + 1));
        for (std::string line; std::getline(in, line);) {
            if (line != "ready") lines.push_back(line);
        }
        return lines;
    }

  private:
    void kill_now() {
        if (pid_ == 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
    bool read_some() {
        char buffer[4096];
        const ssize_t size = ::read(out_, buffer, sizeof buffer);
        if (size <= 0) return false;
        printed_.append(buffer, static_cast<std::size_t>(size));
        return true;
    }

    pid_t pid_ = 0;
    int out_ = -1;
    std::string printed_;
};

void check_log_has_no_gap(const model::RecordStore& store) {
    model::TransactionId expected = 1;
    for (const auto& entry : whole_log(store)) REQUIRE(entry.id == expected++);
}

TEST_CASE("a writer that is killed loses nothing that it acknowledged", "[rocksdb]") {
    constexpr int kRounds = 50;
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    TemporaryFolder folder;
    SetClock clock;
    must_open(create_in(folder.path()), clock);
    model::TransactionId last = 0;
    for (int round = 0; round < kRounds; ++round) {
        Writer writer("commit", folder.path().string(), std::to_string(round));
        REQUIRE(writer.wait_until_ready());
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 10'000));
        const auto acknowledged = writer.kill_and_read();

        const auto store = must_open(open_in(folder.path()), clock);
        const model::TransactionId end = store->counts()->log_end[0];
        if (!acknowledged.empty()) last = std::stoull(acknowledged.back());
        REQUIRE(end >= last);
        REQUIRE(end % 2 == 0);
        // At most the one change under way is there without having been acknowledged.
        REQUIRE(end <= last + 2);
        for (model::TransactionId id = 0; id < end; id += 2) {
            REQUIRE(find(*store, crash_name("a", id / 2)));
            REQUIRE(find(*store, crash_name("b", id / 2)));
        }
        REQUIRE_FALSE(find(*store, crash_name("a", end / 2)));
        check_log_has_no_gap(*store);
        last = end;
    }
    CHECK(last > 0);
}

TEST_CASE("a bulk load that is killed while it finishes is wholly there or wholly absent",
          "[rocksdb]") {
    constexpr int kRounds = 16;
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    TemporaryFolder folder;
    SetClock clock;
    must_open(create_in(folder.path()), clock);
    std::size_t records = 0;
    for (int round = 0; round < kRounds; ++round) {
        const std::string name = std::to_string(round);
        Writer writer("load", folder.path().string(), name);
        REQUIRE(writer.wait_until_ready());
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
        const bool acknowledged = !writer.kill_and_read().empty();

        const auto store = must_open(open_in(folder.path()), clock);
        const auto loaded = scan(*store, model::key_of("88.100.7/" + name + "-")).size();
        CHECK((loaded == kCrashLoadRecords || (loaded == 0 && !acknowledged)));
        records += loaded;
        REQUIRE(whole_log(*store).size() == records);
        check_log_has_no_gap(*store);
        for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
            CHECK_FALSE(entry.path().filename().string().starts_with(".import-"));
        }
    }
}

}  // namespace
}  // namespace idnode::test
