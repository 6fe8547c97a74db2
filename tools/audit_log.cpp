#include "tools/audit_log.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tools/logging.h"

namespace idnode::tools {

namespace {

// A line holds the beginning of what a stranger wrote at length.
constexpr std::size_t kTextBytesMax = 256;

std::string address_text(const std::array<std::byte, 16>& address, std::uint16_t port) {
    in6_addr v6{};
    std::memcpy(&v6, address.data(), address.size());
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        in_addr v4{};
        std::memcpy(&v4, address.data() + 12, sizeof v4);
        ::inet_ntop(AF_INET, &v4, text.data(), text.size());
        return fmt::format("{}:{}", text.data(), port);
    }
    ::inet_ntop(AF_INET6, &v6, text.data(), text.size());
    return fmt::format("[{}]:{}", text.data(), port);
}

std::string bounded(std::string_view text) {
    return log_value(text.substr(0, kTextBytesMax));
}

std::string line_of(const model::AuditEvent& event) {
    const bool refused = event.what == model::AuditEvent::What::kRefused;
    std::string out = fmt::format("event={} operation={}", refused ? "refused" : "changed",
                                  static_cast<std::uint32_t>(event.operation));
    if (refused) {
        out += fmt::format(" outcome={} reason={}", static_cast<std::uint32_t>(event.outcome),
                           log_value(handle::name_of(event.outcome)));
    }
    out += fmt::format(" who={} from={}", event.who.empty() ? "nobody" : bounded(event.who),
                       address_text(event.from, event.port));
    if (!event.handle.empty()) out += fmt::format(" handle={}", bounded(event.handle));
    if (!refused) out += fmt::format(" transaction={}", event.transaction);
    return out;
}

}  // namespace

void AuditLog::record(const model::AuditEvent& event) {
    const bool refused = event.what == model::AuditEvent::What::kRefused;
    std::uint64_t left_out = 0;
    {
        const std::scoped_lock lock(mutex_);
        if (!may_write(refused ? refused_ : changed_,
                       refused ? kRefusedPerSecond : kChangedPerSecond, left_out)) {
            return;
        }
    }
    if (left_out > 0) {
        write_(fmt::format("event=audit_lines_left_out of={} count={}",
                           refused ? "refused" : "changed", left_out));
    }
    write_(line_of(event));
}

bool AuditLog::may_write(Rate& rate, std::uint32_t per_second, std::uint64_t& left_out_before) {
    const std::int64_t second = clock_.now() / 1000;
    if (second != rate.second) {
        left_out_before = rate.left_out;
        rate = {.second = second, .written = 0, .left_out = 0};
    }
    if (rate.written >= per_second) {
        ++rate.left_out;
        return false;
    }
    ++rate.written;
    return true;
}

}  // namespace idnode::tools
