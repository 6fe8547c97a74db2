#include <fmt/format.h>

#include "bench/lookup.h"

namespace idnode::bench {
namespace {

double microseconds(Histogram::Duration duration) {
    return static_cast<double>(duration.count()) / 1e3;
}

double mean_bytes(const Tally& tally) {
    if (tally.correct == 0) return 0;
    return static_cast<double>(tally.answer_bytes) / static_cast<double>(tally.correct);
}

const char* name_of(Transport transport) {
    return transport == Transport::kUdp ? "udp" : "tcp";
}

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char octet : text) {
        if (octet == '"' || octet == '\\') out.push_back('\\');
        if (static_cast<unsigned char>(octet) < 0x20) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(octet));
        } else {
            out.push_back(octet);
        }
    }
    return out + "\"";
}

}  // namespace

std::string format_table(const LookupOptions& options, const LookupResult& result) {
    const Tally& tally = result.tally;
    const Histogram& latency = tally.latency;
    std::string out = fmt::format(
        "{} over {} for {:.1f} s, {} sockets x {} outstanding, {} threads\n"
        "answers/s   {:>12.0f}\n"
        "asked       {:>12}\n"
        "correct     {:>12}   of them not found, as expected: {}\n"
        "wrong       {:>12}\n"
        "missing     {:>12}   late {}, duplicate {}, reconnects {}\n"
        "bytes/answer{:>12.1f}\n"
        "latency us  p50 {:.1f}  p90 {:.1f}  p99 {:.1f}  p99.9 {:.1f}  max {:.1f}\n",
        options.server, name_of(options.transport), result.seconds, options.sockets, options.window,
        options.threads, result.rate(), tally.asked, tally.correct, tally.absent, tally.wrong,
        tally.missing, tally.late, tally.duplicate, tally.reconnects, mean_bytes(tally),
        microseconds(latency.percentile(0.5)), microseconds(latency.percentile(0.9)),
        microseconds(latency.percentile(0.99)), microseconds(latency.percentile(0.999)),
        microseconds(latency.max()));
    if (!tally.first_wrong.empty()) out += "first wrong answer: " + tally.first_wrong + "\n";
    return out;
}

std::string format_json(const LookupOptions& options, const LookupResult& result) {
    const Tally& tally = result.tally;
    const Histogram& latency = tally.latency;
    return fmt::format(
        R"({{"server":{},"transport":"{}","seconds":{:.3f},"sockets":{},"window":{},"threads":{},)"
        R"("rate_wanted":{:.0f},"answers_per_second":{:.0f},"asked":{},"correct":{},"absent":{},)"
        R"("wrong":{},"missing":{},"late":{},"duplicate":{},"reconnects":{},"answer_bytes":{:.1f},)"
        R"("latency_us":{{"p50":{:.1f},"p90":{:.1f},"p99":{:.1f},"p99_9":{:.1f},"max":{:.1f}}},)"
        R"("first_wrong":{}}})",
        json_text(options.server), name_of(options.transport), result.seconds, options.sockets,
        options.window, options.threads, options.rate, result.rate(), tally.asked, tally.correct,
        tally.absent, tally.wrong, tally.missing, tally.late, tally.duplicate, tally.reconnects,
        mean_bytes(tally), microseconds(latency.percentile(0.5)),
        microseconds(latency.percentile(0.9)), microseconds(latency.percentile(0.99)),
        microseconds(latency.percentile(0.999)), microseconds(latency.max()),
        json_text(tally.first_wrong));
}

}  // namespace idnode::bench
