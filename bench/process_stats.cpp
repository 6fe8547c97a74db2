#include "bench/process_stats.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace idnode::bench {
namespace {

Error no_process(pid_t process) {
    return {Errc::kUnavailable,
            fmt::format("process {} is not there or may not be looked at", process)};
}

}  // namespace

Result<std::chrono::nanoseconds> cpu_time(pid_t process) {
    std::chrono::nanoseconds out{0};
    std::error_code error;
    // The process' own schedstat covers its first thread only.
    const std::filesystem::directory_iterator tasks(fmt::format("/proc/{}/task", process), error);
    if (error) return no_process(process);
    for (const auto& task : tasks) {
        std::ifstream in(task.path() / "schedstat");
        std::int64_t on_cpu = 0;
        if (in >> on_cpu) out += std::chrono::nanoseconds(on_cpu);
    }
    return out;
}

Result<ResidentMemory> resident_memory(pid_t process) {
    std::ifstream in(fmt::format("/proc/{}/status", process));
    if (!in) return no_process(process);
    ResidentMemory out;
    std::string word;
    std::uint64_t kilobytes = 0;
    while (in >> word) {
        if (word == "VmRSS:" && in >> kilobytes) out.total = kilobytes * 1024;
        if (word == "RssAnon:" && in >> kilobytes) out.anonymous = kilobytes * 1024;
        if (word == "RssFile:" && in >> kilobytes) out.file = kilobytes * 1024;
    }
    return out;
}

}  // namespace idnode::bench
