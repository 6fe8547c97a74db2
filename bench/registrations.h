#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/histogram.h"
#include "bench/product_events.h"
#include "proto/base/result.h"

/// Registrations and lifecycle events over HTTP, as factory systems send them.
namespace idnode::bench {

/// The interfaces that a node offers for registering.
enum class Way : std::uint8_t {
    kStream,  // lines of JSON in one request that lasts as long as the run
    kBatch,   // JSON batches of the registration API
    kCreate,  // one identifier a request
    kSnms,    // batches of the SNMS interface
    kEvents,  // lifecycle events, as lines of JSON
};

struct RegistrationLoad {
    std::string server;            // HOST:PORT of its HTTP interface
    std::string token;             // of who registers
    std::string prefix;            // of the identifiers that are made
    std::string template_version;  // theirs: `serial`, `madeOn` and `page` from 2000 on
    Way way = Way::kStream;
    std::chrono::milliseconds duration{5'000};
    std::size_t connections = 1;  // with one request under way on each
    std::size_t batch = 2'000;    // items of a batch
    ProductEvents::Set events = ProductEvents::Set::kLives;
    std::uint64_t events_max = UINT64_MAX;  // of one connection
    /// What the names of events' identifiers begin with; empty: what no other run has.
    std::string series;
};

struct RegistrationResult {
    std::uint64_t registered = 0;
    std::uint64_t refused = 0;
    std::string first_refusal;
    double seconds = 0;
    Histogram latency;  // of a request; of a stream's lines from group to group
    double rate() const { return seconds > 0 ? static_cast<double>(registered) / seconds : 0; }
};

/// Registers identifiers that did not exist for `duration`, then waits for the last answers; looks
/// at every item of every answer. Blocks, in one thread. The error: a connection could not be made,
/// broke, or carried something else than answers.
Result<RegistrationResult> run_registrations(const RegistrationLoad& load);

std::string format_table(const RegistrationLoad& load, const RegistrationResult& result);
std::string format_json(const RegistrationResult& result);

}  // namespace idnode::bench
