#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "proto/schemes/canonical.h"
#include "registry/events/event_log.h"
#include "registry/registration/registrar.h"

namespace idnode::events {

/// How this node keeps lifecycle records; from its settings.
struct Terms {
    /// Where others reach the HTTP interface of this node, without slash at the end; for links to
    /// it. Empty: links are relative.
    std::string base_url{};
    std::size_t capture_events_max = 10'000;     // of one document
    std::size_t capture_bytes_max = 32U << 20U;  // of one document
    std::chrono::hours future_max{24};           // how far ahead an event's time may lie
    schemes::Options schemes{};                  // how identifiers are recognised
    /// Hosts to which events may be sent: `hook.example.cn`, `*.example.cn`.
    std::vector<std::string> webhook_hosts{};
};

class CaptureQueue;
class TracePeers;

/// What all services of lifecycle records work with. Everything outlives them. The services keep
/// nothing but this: cheap to make, one for each request, not thread-safe.
struct Lifecycle {
    const registration::Registrar& registrar;
    EventLog& log;
    const Terms& terms;
    CaptureQueue* captures = nullptr;  // who carries out capture jobs; null: nobody
    TracePeers* peers = nullptr;       // where trails that leave this node go on; null: nowhere
};

}  // namespace idnode::events
