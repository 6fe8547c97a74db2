#pragma once

#include <optional>

#include "proto/idnode/v1/event_query.pb.h"
#include "registry/model/ports.h"
#include "registry/registration/refusal.h"

/// When a scheduled query is asked: as cron has it, in UTC. Fields are lists of numbers and ranges:
/// `5`, `1,15`, `[1-5]`. Of a field that is not given every number counts, but where it is finer
/// than all that are given only the first: `{"hour":"1"}` is once a day.
namespace idnode::events {

registration::Outcome<void> check_schedule(const v1::EventQuerySchedule& schedule);
/// The first time after this one. Nothing: there is none in the next years, as on 30 February.
std::optional<model::TimeMs> next_time(const v1::EventQuerySchedule& schedule, model::TimeMs after);

}  // namespace idnode::events
