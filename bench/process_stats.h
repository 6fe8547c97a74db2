#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

#include "proto/base/result.h"

namespace idnode::bench {

/// CPU time that all living threads of a process have used, user and kernel, in the scheduler's own
/// nanoseconds. kUnavailable: no such process.
Result<std::chrono::nanoseconds> cpu_time(pid_t process);

/// What a process holds of the memory, in octets: `anonymous` is its own, `file` is mapped from
/// files and would be given back under pressure.
struct ResidentMemory {
    std::uint64_t total = 0;
    std::uint64_t anonymous = 0;
    std::uint64_t file = 0;
};
Result<ResidentMemory> resident_memory(pid_t process);

}  // namespace idnode::bench
