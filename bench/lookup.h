#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/exchange.h"
#include "bench/record_set.h"
#include "proto/base/result.h"

namespace idnode::bench {

enum class Transport : std::uint8_t { kUdp, kTcp };

struct LookupOptions {
    std::string server;
    Transport transport = Transport::kUdp;
    std::chrono::milliseconds duration{10'000};
    std::size_t sockets = 16;  // in all; a server spreads its work by source port
    std::size_t window = 32;   // questions outstanding on each
    std::size_t threads = 1;
    double rate = 0;  // questions a second in all; 0: as many as the windows allow
    Questions questions;
};

struct LookupResult {
    Tally tally;
    double seconds = 0;         // of asking
    std::uint64_t in_time = 0;  // correct answers that came within them
    double rate() const { return seconds > 0 ? static_cast<double>(in_time) / seconds : 0; }
};

/// Asks for `duration`, then waits for the last answers. Blocks. kInvalid: options that contradict
/// each other; kUnavailable: the server cannot be reached or went away for good.
Result<LookupResult> run_lookup(const LookupOptions& options, const RecordSet& records);

/// For people: a few lines; for programs: one JSON object in one line.
std::string format_table(const LookupOptions& options, const LookupResult& result);
std::string format_json(const LookupOptions& options, const LookupResult& result);

}  // namespace idnode::bench
