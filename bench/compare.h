#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "bench/lookup.h"
#include "bench/process_stats.h"
#include "bench/record_set.h"
#include "proto/base/result.h"

namespace idnode::bench {

/// One row of the table: a way of asking.
struct Case {
    std::string name;
    std::string what;
    LookupOptions lookup;
    double other_rate = 0;  // where the other server is asked at another rate; 0: at the same
};

std::vector<Case> standard_cases();

/// What one server did in one round.
struct Sample {
    LookupResult result;
    double cpu_seconds = 0;            // of the server process
    double generator_cpu_seconds = 0;  // of this process
    double answers_per_cpu_second() const;
};

struct Comparison {
    Case about;
    std::vector<Sample> node;
    std::vector<Sample> other;  // of the same rounds
    std::size_t reply_bytes = 0;
    ResidentMemory memory;  // of the node, afterwards

    std::uint64_t wrong() const;
    std::uint64_t missing() const;
};

struct CompareOptions {
    std::string server;      // over UDP
    std::string tcp_server;  // over TCP; empty: as over UDP
    pid_t server_pid = 0;
    /// Another node that is asked in turn instead of the bare echo; same records, over UDP.
    std::string other_server;
    pid_t other_pid = 0;
    std::optional<int> echo_cpu;                // the one processor that the echo may use
    std::chrono::milliseconds duration{5'000};  // of one turn
    std::size_t rounds = 5;
};

/// Asks the node and the bare echo in turns, so that whatever else the machine does falls on both.
/// A short turn before the rounds warms the node up and tells how large its answers are: the echo's
/// are made as large. Blocks for 2 · rounds turns.
Result<Comparison> compare(const Case& about, const CompareOptions& options,
                           const RecordSet& records);

/// A Markdown table, medians over the rounds with the least and the most in brackets.
std::string format_markdown(const std::vector<Comparison>& comparisons);
/// One JSON object in one line.
std::string format_json(const Comparison& comparison);

}  // namespace idnode::bench
