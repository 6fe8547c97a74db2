#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/histogram.h"
#include "proto/base/result.h"

/// Reading over HTTP, at a steady rate or once.
namespace idnode::bench {

struct ReadLoad {
    std::string server;  // HOST:PORT of its HTTP interface
    std::string token;   // empty: nobody asks
    std::string target;  // `/path?query`; `{product}` stands for a product of the lives
    std::string body;    // empty: GET, else POST of JSON
    std::string expect;  // what each answer must have in it
    std::string prefix;  // of the products
    std::string series;
    std::uint64_t products = 1;   // to choose from, all alike
    double rate = 0;              // a second, in all; 0: one request, whose time is told
    std::size_t connections = 4;  // with one request under way on each
    std::chrono::milliseconds duration{5'000};
};

struct ReadResult {
    std::uint64_t right = 0;
    std::uint64_t wrong = 0;
    std::string first_wrong;
    std::uint64_t octets = 0;  // of bodies
    std::uint64_t lines = 0;
    double seconds = 0;
    Histogram latency;  // from when it was due to the last octet
};

/// Blocks, in one thread. The error: a connection could not be made, broke, or carried something
/// else than answers.
Result<ReadResult> run_reads(const ReadLoad& load);

std::string format_table(const ReadResult& result);
std::string format_json(const ReadResult& result);

}  // namespace idnode::bench
