#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "registry/model/audit.h"
#include "registry/model/ports.h"

namespace idnode::tools {

/// Audit events as lines of the log: `event=refused outcome=403 …`, `event=changed …`. Each kind
/// may write so many lines a second; what a flood brings beyond that is counted, and the count
/// written in the next second in which something happens. (What was changed stands in the change
/// log too.)
class AuditLog final : public model::AuditSink {
  public:
    static constexpr std::uint32_t kRefusedPerSecond = 10;
    static constexpr std::uint32_t kChangedPerSecond = 100;
    using Write = std::function<void(const std::string& line)>;

    AuditLog(const model::Clock& clock, Write write) : clock_(clock), write_(std::move(write)) {}
    void record(const model::AuditEvent& event) override;

  private:
    struct Rate {
        std::int64_t second = 0;
        std::uint32_t written = 0;
        std::uint64_t left_out = 0;
    };
    bool may_write(Rate& rate, std::uint32_t per_second, std::uint64_t& left_out_before);

    const model::Clock& clock_;
    const Write write_;
    std::mutex mutex_;
    Rate refused_;
    Rate changed_;
};

}  // namespace idnode::tools
