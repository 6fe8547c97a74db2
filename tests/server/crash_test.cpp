// An import that is killed at any moment leaves nothing or everything behind, and a store that
// opens.
#include <signal.h>

#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "tests/server/setting.h"
#include "tests/support/effort.h"

namespace idnode::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRecords = 3'000;
constexpr int kKills = kIsSanitized ? 10 : 50;

std::string handle_of(int batch, int record) {
    return "88.100.1/batch-" + std::to_string(batch) + "-" + std::to_string(record);
}

std::filesystem::path write_batch(const NodeFolder& node, int batch) {
    std::string lines;
    for (int i = 0; i < kRecords; ++i) {
        lines += text_record(handle_of(batch, i), {"https://example.com/" + std::to_string(i),
                                                   "a part with a description of common length"});
    }
    return node.scratch().write("batch.ndjson", lines);
}

/// How many records of the batch the daemon has, all asked for on one connection.
int count_found(const Daemon& daemon, int batch) {
    TcpClient tcp(daemon.tcp_port());
    constexpr int kBurst = 50;
    int found = 0;
    for (int from = 0; from < kRecords; from += kBurst) {
        Bytes burst;
        for (int i = from; i < from + kBurst; ++i) {
            const Bytes message = encode(resolution(handle_of(batch, i)));
            burst.insert(burst.end(), message.begin(), message.end());
        }
        tcp.send(burst);
        for (int i = 0; i < kBurst; ++i) {
            const auto code = tcp.receive_reply().rc();
            if (code == 1) ++found;
            if (code != 1 && code != 100) return -1;
        }
    }
    return found;
}

/// One import from start to end; how long it took.
milliseconds complete_import(const NodeFolder& node, int batch) {
    const auto file = write_batch(node, batch);
    const auto started = Clock::now();
    REQUIRE(run(node.import_command(file)).exit_code == 0);
    return std::chrono::duration_cast<milliseconds>(Clock::now() - started);
}

}  // namespace

TEST_CASE(
    "an import killed again and again at random moments leaves nothing or everything each time",
    "[slow]") {
    NodeFolder node;
    const milliseconds whole = complete_import(node, 0);
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::uniform_int_distribution<long> moment(0, whole.count() * 5 / 4);

    int killed = 0;
    for (int batch = 1; batch <= kKills; ++batch) {
        CAPTURE(batch);
        const auto file = write_batch(node, batch);
        Process import(node.import_command(file));
        std::this_thread::sleep_for(milliseconds(moment(random)));
        import.send_signal(SIGKILL);
        const int code = import.wait().value_or(-1000);
        if (code == -SIGKILL) ++killed;
        REQUIRE((code == 0 || code == -SIGKILL));

        Daemon daemon(node);
        const int found = count_found(daemon, batch);
        if (code == 0) {
            CHECK(found == kRecords);  // acknowledged
        } else {
            CHECK((found == 0 || found == kRecords));
        }
        CHECK(daemon.stop_and_find_faults() == "");
    }
    CHECK(killed > 0);
    Daemon daemon(node);
    CHECK(count_found(daemon, 0) == kRecords);
}

TEST_CASE("an import can be repeated after it was killed") {
    NodeFolder node;
    const auto file = write_batch(node, 1);
    Process import(node.import_command(file));
    std::this_thread::sleep_for(milliseconds(30));
    import.send_signal(SIGKILL);
    import.wait();
    CHECK(run(node.import_command(file)).exit_code == 0);
    Daemon daemon(node);
    CHECK(count_found(daemon, 1) == kRecords);
}

}  // namespace idnode::testing
