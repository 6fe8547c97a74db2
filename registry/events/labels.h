#pragma once

#include "registry/events/event_values.h"

namespace idnode::events {

/// Fills in stage and label where the event says nothing about them: the label follows from the
/// stage. False where it says what must not be (identifiers document §9.2); the refusal is in
/// `values`.
bool complete_label(v1::EventRecord& record, const json::Place& at, EventValues& values);

}  // namespace idnode::events
