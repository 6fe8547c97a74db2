#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/result.h"

/// Times of events, identifiers document §10.3.
namespace idnode::events {

struct EventTime {
    std::int64_t ns = 0;   // since 1970 UTC
    bool is_leap = false;  // second 60 was taken as the end of second 59
};
/// `YYYY-MM-DDThh:mm:ss[.f{1,9}](Z|±hh:mm)`, of the years 1678 to 2261. kInvalid says what is
/// wrong; `lacks_zone`: it is only that there is none.
struct TimeFault {
    bool lacks_zone = false;
    std::string_view rule;
};
Result<EventTime, TimeFault> parse_event_time(std::string_view text);

/// `+08:00`, in minutes. Nothing: not of that form, or beyond 14 hours.
std::optional<std::int32_t> parse_zone_offset(std::string_view text);

/// UTC in milliseconds: `2025-06-02T01:30:00.000Z`; with more digits where `nanoseconds` and there
/// is more to say.
std::string format_event_time(std::int64_t ns, bool nanoseconds = false);
/// `+08:00`
std::string format_zone_offset(std::int32_t minutes);

}  // namespace idnode::events
