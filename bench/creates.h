#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/histogram.h"
#include "proto/base/result.h"
#include "tools/remote.h"

namespace idnode::bench {

struct CreateLoad {
    /// Server, who creates, and whether each request is challenged or all belong to a session.
    tools::RemoteOptions remote;
    std::string prefix;  // of the handles that are made, `88.100`; homed at the server
    std::chrono::milliseconds duration{5'000};
    std::size_t connections = 4;  // one thread each
    std::size_t window = 1;       // requests under way on each; more than one needs a session
};

struct CreateResult {
    std::uint64_t created = 0;
    std::uint64_t refused = 0;
    std::string first_refusal;
    double seconds = 0;
    Histogram latency;  // of a create with all its rounds
    double rate() const { return seconds > 0 ? static_cast<double>(created) / seconds : 0; }
};

/// Creates handles that did not exist for `duration`, each answered after its record is on stable
/// storage. Blocks. The error: a connection could not be made, or broke.
Result<CreateResult> run_creates(const CreateLoad& load);

std::string format_table(const CreateLoad& load, const CreateResult& result);
std::string format_json(const CreateResult& result);

}  // namespace idnode::bench
