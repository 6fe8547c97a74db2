#pragma once

#include "registry/events/event_values.h"

namespace idnode::events {

/// What an event must name, and not twice: identifiers document §10.2 and §16. False: the refusal
/// is in `values`. `has_sensors`: there are sensor data.
bool check_lists(const v1::EventRecord& record, bool has_sensors, const json::Place& at,
                 EventValues& values);

}  // namespace idnode::events
