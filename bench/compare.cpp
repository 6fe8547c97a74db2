#include "bench/compare.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "bench/echo_process.h"
#include "bench/spread.h"
#include "proto/base/limits.h"

namespace idnode::bench {
namespace {

// Of a turn: long enough to fill caches and to learn the size of answers.
constexpr int kWarmUpDivisor = 2;
// Few enough to stay in the processor's caches.
constexpr std::size_t kHotRecords = 1'000;

Case make_case(std::string name, std::string what, Transport transport, std::size_t sockets,
               std::size_t window) {
    Case out{std::move(name), std::move(what), {}};
    out.lookup.transport = transport;
    out.lookup.sockets = sockets;
    out.lookup.window = window;
    return out;
}

double seconds_between(std::chrono::nanoseconds before, std::chrono::nanoseconds after) {
    return std::chrono::duration<double>(after - before).count();
}

Result<Sample> take_turn(const LookupOptions& lookup, pid_t process, const RecordSet& records) {
    const auto before = cpu_time(process);
    if (!before) return before.error();
    const auto own_before = cpu_time(::getpid());
    if (!own_before) return own_before.error();
    auto result = run_lookup(lookup, records);
    if (!result) return result.error();
    const auto after = cpu_time(process);
    if (!after) return after.error();
    const auto own_after = cpu_time(::getpid());
    if (!own_after) return own_after.error();
    return Sample{std::move(*result), seconds_between(*before, *after),
                  seconds_between(*own_before, *own_after)};
}

std::size_t mean_answer_bytes(const Tally& tally) {
    return static_cast<std::size_t>(
        std::lround(static_cast<double>(tally.answer_bytes) / static_cast<double>(tally.correct)));
}

std::vector<double> each(const std::vector<Sample>& samples,
                         const std::function<double(const Sample&)>& read) {
    std::vector<double> out;
    for (const Sample& sample : samples) out.push_back(read(sample));
    return out;
}

Spread spread(const std::vector<Sample>& samples,
              const std::function<double(const Sample&)>& read) {
    return spread_of(each(samples, read));
}

double rate(const Sample& sample) {
    return sample.result.rate();
}
double per_cpu_second(const Sample& sample) {
    return sample.answers_per_cpu_second();
}
double cpu_microseconds(const Sample& sample) {
    return 1e6 / sample.answers_per_cpu_second();
}
double generator_microseconds(const Sample& sample) {
    return sample.generator_cpu_seconds * 1e6 /
           std::max(static_cast<double>(sample.result.tally.correct), 1.0);
}

std::function<double(const Sample&)> latency(double share) {
    return [share](const Sample& sample) {
        return static_cast<double>(sample.result.tally.latency.percentile(share).count()) / 1e3;
    };
}

/// Node over the other, round by round.
Spread ratio(const Comparison& comparison, const std::function<double(const Sample&)>& read) {
    return spread_of(ratios(each(comparison.node, read), each(comparison.other, read)));
}

std::string percentiles(const std::vector<Sample>& samples) {
    return fmt::format("{:.0f} / {:.0f}", spread(samples, latency(0.5)).median,
                       spread(samples, latency(0.99)).median);
}

std::string json_samples(const std::vector<Sample>& samples) {
    return fmt::format(
        R"({{"answers_per_second":{:.0f},"cpu_us_per_answer":{:.3f},"generator_us":{:.3f},)"
        R"("p50_us":{:.1f},"p99_us":{:.1f}}})",
        spread(samples, rate).median, spread(samples, cpu_microseconds).median,
        spread(samples, generator_microseconds).median, spread(samples, latency(0.5)).median,
        spread(samples, latency(0.99)).median);
}

std::string json_spread(const Spread& value) {
    return fmt::format("[{:.3f},{:.3f},{:.3f}]", value.median, value.least, value.most);
}

std::uint64_t sum(const Comparison& comparison, std::uint64_t Tally::* count) {
    std::uint64_t out = 0;
    for (const Sample& sample : comparison.node) out += sample.result.tally.*count;
    return out;
}

}  // namespace

std::vector<Case> standard_cases() {
    std::vector<Case> out;
    out.push_back(make_case("uniform", "UDP, every record equally often", Transport::kUdp, 8, 64));
    out.push_back(make_case("zipf", "UDP, Zipf s = 1", Transport::kUdp, 8, 64));
    out.back().lookup.questions.choice = Choice::Kind::kZipf;
    out.push_back(make_case("absent", "UDP, handles that do not exist", Transport::kUdp, 8, 64));
    out.back().lookup.questions.miss_ratio = 1.0;
    out.push_back(make_case("single", "UDP, one question outstanding", Transport::kUdp, 1, 1));
    out.push_back(
        make_case("steady50", "UDP, 50,000 questions/s on schedule", Transport::kUdp, 16, 64));
    out.back().lookup.rate = 50'000;
    out.push_back(
        make_case("steady100", "UDP, 100,000 questions/s on schedule", Transport::kUdp, 16, 64));
    out.back().lookup.rate = 100'000;
    out.push_back(
        make_case("tcp", "TCP, 100 connections, one question on each", Transport::kTcp, 100, 1));
    out.push_back(make_case("pipelined", "TCP, 8 connections, 64 questions on each, 1,000 records",
                            Transport::kTcp, 8, 64));
    out.back().lookup.questions.among_first = kHotRecords;
    // For a node of two threads beside one of one: each thread does the same.
    out.push_back(
        make_case("twice", "UDP, 100,000 questions/s; the other 50,000", Transport::kUdp, 32, 32));
    out.back().lookup.rate = 100'000;
    out.back().other_rate = 50'000;
    return out;
}

double Sample::answers_per_cpu_second() const {
    return static_cast<double>(result.tally.correct) / std::max(cpu_seconds, 1e-9);
}

std::uint64_t Comparison::wrong() const {
    return sum(*this, &Tally::wrong);
}
std::uint64_t Comparison::missing() const {
    return sum(*this, &Tally::missing);
}

Result<Comparison> compare(const Case& about, const CompareOptions& options,
                           const RecordSet& records) {
    LookupOptions to_node = about.lookup;
    const bool over_tcp = about.lookup.transport == Transport::kTcp;
    to_node.server = over_tcp && !options.tcp_server.empty() ? options.tcp_server : options.server;
    to_node.duration = options.duration / kWarmUpDivisor;
    const auto warm_up = run_lookup(to_node, records);
    if (!warm_up) return warm_up.error();
    if (warm_up->tally.correct == 0) {
        return Error{Errc::kUnavailable,
                     fmt::format("{}: no right answer; {}", to_node.server,
                                 warm_up->tally.first_wrong.empty() ? "none came at all"
                                                                    : warm_up->tally.first_wrong)};
    }
    to_node.duration = options.duration;

    Comparison out;
    out.about = about;
    out.reply_bytes = std::min(mean_answer_bytes(warm_up->tally), limits::kDatagramBytesMax);
    LookupOptions to_other = to_node;
    if (about.other_rate > 0) to_other.rate = about.other_rate;
    std::optional<EchoProcess> echo;
    pid_t other_pid = options.other_pid;
    if (options.other_server.empty()) {
        auto started =
            EchoProcess::start(about.lookup.transport, out.reply_bytes, options.echo_cpu);
        if (!started) return started.error();
        echo.emplace(std::move(*started));
        to_other.server = echo->server();
        to_other.questions.echo = true;
        other_pid = echo->pid();
    } else {
        to_other.server = options.other_server;
    }

    for (std::size_t round = 0; round < options.rounds; ++round) {
        // Another seed each round: not the same records again.
        to_node.questions.seed = to_other.questions.seed = round + 2;
        auto from_node = take_turn(to_node, options.server_pid, records);
        if (!from_node) return from_node.error();
        auto from_other = take_turn(to_other, other_pid, records);
        if (!from_other) return from_other.error();
        out.node.push_back(std::move(*from_node));
        out.other.push_back(std::move(*from_other));
    }
    const auto memory = resident_memory(options.server_pid);
    if (!memory) return memory.error();
    out.memory = *memory;
    return out;
}

std::string format_markdown(const std::vector<Comparison>& comparisons) {
    std::string out =
        "| case | answers/s | echo answers/s | CPU us/answer | echo CPU us/answer | generator's, "
        "node / echo | per CPU second, node / echo | p50 / p99 us | echo p50 / p99 us | answer "
        "octets | wrong | missing | node's memory MB, own / mapped |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
    for (const Comparison& one : comparisons) {
        out += fmt::format(
            "| {} | {} | {} | {:.2f} | {:.2f} | {:.2f} / {:.2f} | {} | {} | {} | {} | {} | {} | "
            "{:.0f} / {:.0f} |\n",
            one.about.what, in_thousands(spread(one.node, rate)),
            in_thousands(spread(one.other, rate)), spread(one.node, cpu_microseconds).median,
            spread(one.other, cpu_microseconds).median,
            spread(one.node, generator_microseconds).median,
            spread(one.other, generator_microseconds).median,
            in_hundredths(ratio(one, per_cpu_second)), percentiles(one.node),
            percentiles(one.other), one.reply_bytes, one.wrong(), one.missing(),
            static_cast<double>(one.memory.anonymous) / 1e6,
            static_cast<double>(one.memory.file) / 1e6);
    }
    return out;
}

std::string format_json(const Comparison& one) {
    return fmt::format(
        R"({{"case":"{}","node":{},"echo":{},"per_cpu_second":{},"p50_ratio":{},"p99_ratio":{},)"
        R"("cpu_us":{},"answer_bytes":{},"wrong":{},"missing":{},"own_bytes":{},)"
        R"("mapped_bytes":{}}})",
        one.about.name, json_samples(one.node), json_samples(one.other),
        json_spread(ratio(one, per_cpu_second)), json_spread(ratio(one, latency(0.5))),
        json_spread(ratio(one, latency(0.99))), json_spread(spread(one.node, cpu_microseconds)),
        one.reply_bytes, one.wrong(), one.missing(), one.memory.anonymous, one.memory.file);
}

}  // namespace idnode::bench
