#include "bench/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "bench/echo_process.h"
#include "proto/base/limits.h"

namespace idnode::bench {
namespace {

// Of a turn: long enough to fill caches and to learn the size of answers.
constexpr int kWarmUpDivisor = 2;
constexpr double kSteadyRate = 50'000;

Case make_case(std::string name, std::string what, Transport transport, std::size_t sockets,
               std::size_t window) {
    Case out{std::move(name), std::move(what), {}};
    out.lookup.transport = transport;
    out.lookup.sockets = sockets;
    out.lookup.window = window;
    return out;
}

Result<Sample> take_turn(const LookupOptions& lookup, pid_t process, const RecordSet& records) {
    const auto before = cpu_time(process);
    if (!before) return before.error();
    auto result = run_lookup(lookup, records);
    if (!result) return result.error();
    const auto after = cpu_time(process);
    if (!after) return after.error();
    return Sample{std::move(*result), std::chrono::duration<double>(*after - *before).count()};
}

std::size_t mean_answer_bytes(const Tally& tally) {
    return static_cast<std::size_t>(
        std::lround(static_cast<double>(tally.answer_bytes) / static_cast<double>(tally.correct)));
}

struct Spread {
    double median = 0;
    double least = 0;
    double most = 0;
};

Spread spread(const std::vector<Sample>& samples,
              const std::function<double(const Sample&)>& read) {
    std::vector<double> values;
    for (const Sample& sample : samples) values.push_back(read(sample));
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    const double median =
        values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return {median, values.front(), values.back()};
}

double rate(const Sample& sample) {
    return sample.result.rate();
}
double cpu_microseconds(const Sample& sample) {
    return 1e6 / sample.answers_per_cpu_second();
}

std::function<double(const Sample&)> latency(double share) {
    return [share](const Sample& sample) {
        return static_cast<double>(sample.result.tally.latency.percentile(share).count()) / 1e3;
    };
}

/// Node over echo, round by round: what disturbs a round disturbs both of its turns.
Spread cpu_ratio(const Comparison& comparison) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < comparison.node.size(); ++i) {
        ratios.push_back(comparison.node[i].answers_per_cpu_second() /
                         comparison.echo[i].answers_per_cpu_second());
    }
    std::sort(ratios.begin(), ratios.end());
    const std::size_t middle = ratios.size() / 2;
    const double median =
        ratios.size() % 2 == 1 ? ratios[middle] : (ratios[middle - 1] + ratios[middle]) / 2;
    return {median, ratios.front(), ratios.back()};
}

std::string in_thousands(const Spread& value) {
    return fmt::format("{:.1f} k [{:.1f}..{:.1f}]", value.median / 1e3, value.least / 1e3,
                       value.most / 1e3);
}

std::string percentiles(const std::vector<Sample>& samples) {
    return fmt::format("{:.0f} / {:.0f}", spread(samples, latency(0.5)).median,
                       spread(samples, latency(0.99)).median);
}

std::string json_samples(const std::vector<Sample>& samples) {
    return fmt::format(
        R"({{"answers_per_second":{:.0f},"cpu_us_per_answer":{:.3f},"p50_us":{:.1f},"p99_us":{:.1f}}})",
        spread(samples, rate).median, spread(samples, cpu_microseconds).median,
        spread(samples, latency(0.5)).median, spread(samples, latency(0.99)).median);
}

std::uint64_t sum(const Comparison& comparison, std::uint64_t Tally::* count) {
    std::uint64_t out = 0;
    for (const Sample& sample : comparison.node) out += sample.result.tally.*count;
    return out;
}

}  // namespace

std::vector<Case> standard_cases() {
    std::vector<Case> out;
    out.push_back(make_case("uniform", "UDP, every record equally often", Transport::kUdp, 16, 32));
    out.push_back(make_case("zipf", "UDP, Zipf s = 1", Transport::kUdp, 16, 32));
    out.back().lookup.questions.choice = Choice::Kind::kZipf;
    out.push_back(make_case("absent", "UDP, handles that do not exist", Transport::kUdp, 16, 32));
    out.back().lookup.questions.miss_ratio = 1.0;
    out.push_back(make_case("single", "UDP, one question outstanding", Transport::kUdp, 1, 1));
    out.push_back(
        make_case("steady", "UDP, 50,000 questions/s on schedule", Transport::kUdp, 16, 64));
    out.back().lookup.rate = kSteadyRate;
    out.push_back(
        make_case("tcp", "TCP, 100 connections, one question on each", Transport::kTcp, 100, 1));
    out.push_back(make_case("pipelined", "TCP, 4 connections, 256 questions on each",
                            Transport::kTcp, 4, 256));
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
    const auto echo = EchoProcess::start(about.lookup.transport, out.reply_bytes);
    if (!echo) return echo.error();
    LookupOptions to_echo = to_node;
    to_echo.server = echo->server();
    to_echo.questions.echo = true;

    for (std::size_t round = 0; round < options.rounds; ++round) {
        // Another seed each round: not the same records again.
        to_node.questions.seed = to_echo.questions.seed = round + 2;
        auto from_node = take_turn(to_node, options.server_pid, records);
        if (!from_node) return from_node.error();
        auto from_echo = take_turn(to_echo, echo->pid(), records);
        if (!from_echo) return from_echo.error();
        out.node.push_back(std::move(*from_node));
        out.echo.push_back(std::move(*from_echo));
    }
    const auto memory = resident_memory(options.server_pid);
    if (!memory) return memory.error();
    out.memory = *memory;
    return out;
}

std::string format_markdown(const std::vector<Comparison>& comparisons) {
    std::string out =
        "| case | answers/s | echo answers/s | CPU us/answer | echo CPU us/answer | per CPU "
        "second, "
        "node / echo | p50 / p99 us | echo p50 / p99 us | answer octets | wrong | missing |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
    for (const Comparison& one : comparisons) {
        const Spread ratio = cpu_ratio(one);
        out += fmt::format(
            "| {} | {} | {} | {:.2f} | {:.2f} | {:.2f} [{:.2f}..{:.2f}] | {} | {} | {} | {} | {} "
            "|\n",
            one.about.what, in_thousands(spread(one.node, rate)),
            in_thousands(spread(one.echo, rate)), spread(one.node, cpu_microseconds).median,
            spread(one.echo, cpu_microseconds).median, ratio.median, ratio.least, ratio.most,
            percentiles(one.node), percentiles(one.echo), one.reply_bytes, one.wrong(),
            one.missing());
    }
    if (!comparisons.empty()) {
        const ResidentMemory& memory = comparisons.back().memory;
        out += fmt::format(
            "\nResident memory of the node afterwards: {:.0f} MB, of it {:.0f} MB its own and "
            "{:.0f} MB mapped files.\n",
            static_cast<double>(memory.total) / 1e6, static_cast<double>(memory.anonymous) / 1e6,
            static_cast<double>(memory.file) / 1e6);
    }
    return out;
}

std::string format_json(const std::vector<Comparison>& comparisons) {
    std::string out = "[";
    for (const Comparison& one : comparisons) {
        if (out.size() > 1) out += ",\n ";
        out += fmt::format(R"({{"case":"{}","node":{},"echo":{},"per_cpu_second_ratio":{:.3f},)"
                           R"("answer_bytes":{},"wrong":{},"missing":{},"resident_bytes":{}}})",
                           one.about.name, json_samples(one.node), json_samples(one.echo),
                           cpu_ratio(one).median, one.reply_bytes, one.wrong(), one.missing(),
                           one.memory.total);
    }
    return out + "]\n";
}

}  // namespace idnode::bench
