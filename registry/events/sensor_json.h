#pragma once

#include <boost/json/value.hpp>
#include <cstdint>

#include "registry/events/event_values.h"

namespace idnode::events {

/// Checks `sensorElementList`, identifiers document §10.5. False: the refusal is in `values`.
/// `event_time_ns`: nothing was measured after it.
bool check_sensors(boost::json::value& value, const json::Place& at, std::int64_t event_time_ns,
                   EventValues& values);

}  // namespace idnode::events
