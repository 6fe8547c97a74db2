#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "proto/handle/header.h"
#include "registry/model/change.h"

namespace idnode::model {

/// Something about rights that an operator may have to answer for.
struct AuditEvent {
    enum class What : std::uint8_t {
        kRefused,  // a proof, an identity or a session was not accepted; nothing was changed
        kChanged,  // an identity changed something
    };
    What what = What::kRefused;
    std::string_view who{};            // as claimed, `300:0.NA/88.100`; empty: nobody
    std::array<std::byte, 16> from{};  // IPv6 address, or an IPv4 one as ::ffff:a.b.c.d
    std::uint16_t port = 0;
    handle::OpCode operation = handle::OpCode::kReserved;
    std::string_view handle{};  // as the peer spelt it, any octets; empty: about none
    handle::ResponseCode outcome = handle::ResponseCode::kNone;
    TransactionId transaction = 0;  // of a change: the last of its log entries
};

/// Where such events are kept. Thread-safe; must bear a flood of refusals. The views in the event
/// are valid during the call only.
class AuditSink {
  public:
    virtual ~AuditSink() = default;
    virtual void record(const AuditEvent& event) = 0;
};

/// Keeps nothing.
class NoAudit final : public AuditSink {
  public:
    void record(const AuditEvent&) override {}
    static NoAudit& instance() {
        static NoAudit none;
        return none;
    }
};

}  // namespace idnode::model
