#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "registry/events/event_reader.h"
#include "registry/events/intervals.h"

/// What was in what, and when (identifiers document §14.1). Worked out from the links of single
/// events whenever it is asked for: the order in which events arrived cannot matter.
namespace idnode::events {

enum class ContainmentKind : std::uint8_t { kAggregation, kAssociation };

/// For how long one thing was in another.
struct Containment {
    ContainmentKind kind = ContainmentKind::kAggregation;
    std::string parent{};
    std::string parent_key{};  // its canonical key
    std::string child{};
    Interval during{};  // of what was only seen together: that moment
    EventKey opened_by{};
    EventKey closed_by{};      // only where `during` has an end
    bool is_implied = false;   // closed by being put somewhere else
    bool is_possible = false;  // only seen together, while nothing said that it was inside
    /// All events that made it what it is, as far as the decision needs it who may read them.
    struct Source {
        std::uint64_t enterprise_id = 0;
        v1::Visibility visibility = v1::VISIBILITY_UNSPECIFIED;
        v1::DataLevel level = v1::DATA_LEVEL_UNSPECIFIED;
        std::string biz_step{};
    };
    Source opened{};
    Source closed{};
};

/// Answers as of `as_of_ns`: with what happened up to then, in one state of knowledge. Cheap to
/// make. Asking for identifiers in the order of their keys is fastest. Blocks on the disk. Not
/// thread-safe.
class Containments {
  public:
    Containments(const model::RecordStore& store, KnownAt known, std::int64_t as_of_ns = INT64_MAX)
        : of_children_(store, known),
          of_parents_(store, known),
          records_(store, known),
          as_of_ns_(as_of_ns) {}

    /// What the thing was in, ascending by begin; possible ones included.
    Result<std::vector<Containment>> containers_of(std::string_view child);
    /// What was in it, by child, then ascending by begin.
    Result<std::vector<Containment>> contents_of(std::string_view parent);
    /// What was surely in it at that moment.
    Result<std::vector<Containment>> contents_of(std::string_view parent, std::int64_t at_ns);

  private:
    struct Step;
    struct Emptied {
        EntryEnd end;
        v1::EventLink what;
    };
    EventReader::Range until_as_of() const;
    Result<std::vector<Step>> steps_of(std::string_view child);
    Result<const std::vector<Emptied>*> emptied(const std::string& parent);
    Result<void> sort(std::vector<Step>& steps);

    EventReader of_children_;
    EventReader of_parents_;
    EventReader records_;
    const std::int64_t as_of_ns_;
    std::unordered_map<std::string, std::vector<Emptied>> emptied_;  // so far asked for
};

}  // namespace idnode::events
