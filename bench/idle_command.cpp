#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/channel.h"
#include "bench/commands.h"
#include "bench/lookup.h"
#include "bench/process_stats.h"

namespace idnode::bench {
namespace {

// Connections that are being opened or asked at a time: fewer than a listener's queue holds.
constexpr std::size_t kAtOnce = 200;
// After the last answer, for the server to put away what it needed for it.
constexpr std::chrono::milliseconds kSettle{500};

struct IdleCommand {
    std::string server;
    pid_t pid = 0;
    std::string records;
    std::size_t connections = 10'000;
};

void allow_many_files() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

using Channels = std::vector<std::unique_ptr<Channel>>;

/// One question on each of the last `count` connections, and its answer.
Result<void> ask_last(Channels& channels, std::size_t count) {
    const TimePoint now = SteadyClock::now();
    for (std::size_t i = channels.size() - count; i < channels.size(); ++i) {
        channels[i]->ask(now, now);
        if (auto sent = channels[i]->flush(); !sent) return sent;
    }
    for (std::size_t i = channels.size() - count; i < channels.size(); ++i) {
        pollfd readable{channels[i]->fd(), POLLIN, 0};
        ::poll(&readable, 1, static_cast<int>(std::chrono::milliseconds(kAnswerTimeout).count()));
        if (auto taken = channels[i]->receive(); !taken) return taken;
    }
    return {};
}

Result<ResidentMemory> settled_memory(pid_t process) {
    std::this_thread::sleep_for(kSettle);
    return resident_memory(process);
}

/// Octets of the server's own memory for each connection.
Result<double> measure(const IdleCommand& command) {
    const auto records = load_records(command.records);
    if (!records) return records.error();
    const auto endpoint = resolve_endpoint(command.server);
    if (!endpoint) return endpoint.error();
    Tally tally;
    Channels channels;
    const auto open_and_ask = [&](std::size_t count) -> Result<void> {
        for (std::size_t i = 0; i < count; ++i) {
            Questions questions;
            questions.seed = channels.size() + 1;
            auto channel =
                open_tcp_channel(*endpoint, Exchange(*records, questions, 1, tally), tally);
            if (!channel) return channel.error();
            channels.push_back(*std::move(channel));
        }
        return ask_last(channels, count);
    };

    // What the first connections make the server allocate once does not count.
    if (auto first = open_and_ask(kAtOnce); !first) return first.error();
    const auto before = settled_memory(command.pid);
    if (!before) return before.error();
    for (std::size_t open = 0; open < command.connections; open += kAtOnce) {
        const std::size_t count = std::min(kAtOnce, command.connections - open);
        if (auto done = open_and_ask(count); !done) return done.error();
    }
    const auto after = settled_memory(command.pid);
    if (!after) return after.error();
    if (tally.correct != channels.size() || tally.reconnects > 0) {
        return Error{Errc::kUnavailable,
                     fmt::format("only {} of {} connections were answered rightly and kept; {}",
                                 tally.correct, channels.size(), tally.first_wrong)};
    }
    const auto grown =
        static_cast<std::int64_t>(after->anonymous) - static_cast<std::int64_t>(before->anonymous);
    return static_cast<double>(grown) / static_cast<double>(command.connections);
}

}  // namespace

void add_idle_command(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<IdleCommand>();
    CLI::App* command = app.add_subcommand(
        "idle",
        "Open connections, ask one question on each, leave them open; print what each makes the "
        "server's own memory grow by, in octets");
    command->add_option("--server", options->server, "HOST:PORT of the node")->required();
    command->add_option("--server-pid", options->pid, "Process of the node")->required();
    command->add_option("--records", options->records, "What was imported into it")->required();
    command->add_option("--connections", options->connections, "How many (default 10000)")
        ->check(CLI::Range(1, 60'000));
    command->callback([options, &exit_code] {
        allow_many_files();
        const auto octets = measure(*options);
        if (octets) {
            fmt::print("{:.0f}\n", *octets);
            return;
        }
        fmt::print(stderr, "idnode-bench idle: {}\n", octets.error().detail);
        exit_code = 1;
    });
}

}  // namespace idnode::bench
