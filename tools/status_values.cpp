#include "tools/status_values.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include <string>

namespace idnode::tools {

namespace {

constexpr std::string_view kServerStatus = "CNRI.SERVER_STATUS";

handle::Value status_value(std::int32_t index, std::string_view type, std::string_view text) {
    handle::Value out;
    out.index = index;
    out.type = type;
    out.permissions = handle::permission::kAdminRead | handle::permission::kAdminWrite;
    out.data = to_bytes(text);
    return out;
}

}  // namespace

std::vector<handle::Value> StatusValues::values() const {
    struct sysinfo memory{};
    ::sysinfo(&memory);
    struct rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto run_time = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start_);
    const std::uint64_t unit = memory.mem_unit;
    const std::uint64_t free_bytes = memory.freeram * unit;
    const std::uint64_t total_bytes = memory.totalram * unit;
    const std::uint64_t peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    const std::uint64_t requests = requests_();
    const auto counts = store_.counts();
    const auto kept = counts ? counts->kept : model::StoreCounts::Kept{};
    const auto placed = counts ? counts->placed : model::StoreCounts::Placed{};
    return {
        status_value(1, kServerStatus,
                     fmt::format("freemem={}; totalmem={}; maxmem={}; runtime={}; numreqs={}",
                                 free_bytes, total_bytes, total_bytes, run_time.count(), requests)),
        status_value(
            2, kServerStatus,
            fmt::format(R"({{"freeMemory":{},"totalMemory":{},"peakMemory":{},)"
                        R"("runTimeMs":{},"requests":{},"version":"{}","kept":{{)"
                        R"("records":{},"bytes":{},"bytesMax":{},"hits":{},"misses":{}}},)"
                        R"("placed":{{"records":{},"recordsMax":{},"hits":{}}}}})",
                        free_bytes, total_bytes, peak_bytes, run_time.count(), requests,
                        IDNODE_VERSION, kept.records, kept.bytes, kept.bytes_max, kept.hits,
                        kept.misses, placed.records, placed.records_max, placed.hits)),
        status_value(3, "CNRI.REPLICATION_STATUS", replication_()),
    };
}

}  // namespace idnode::tools
