#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "registry/events/event_keys.h"
#include "registry/events/query.h"
#include "registry/model/ports.h"

/// In which order, and by which index, the events are visited that a query may be about.
namespace idnode::events {

/// Where in the order of an answer an event stands. `time_ns`: of the event, or 0 where the order
/// is that of record times.
struct QueryPosition {
    std::int64_t time_ns = 0;
    EventKey event{};

    auto operator<=>(const QueryPosition&) const = default;
};

/// Visits events in the order of a query, each once. Blocks on the disk.
class QueryWalk {
  public:
    virtual ~QueryWalk() = default;
    /// Nothing: there are no more.
    virtual Result<std::optional<QueryPosition>> next() = 0;
};

/// Entries of one index that begin alike.
struct IndexRange {
    model::Table table{};
    std::string beginning;
    /// There are several identifiers under it, so that it is not in the order of time.
    bool is_open = false;
};
/// Where all events stand for which the condition can hold. Nothing: in no index.
std::optional<std::vector<IndexRange>> ranges_of(const QueryCondition& condition);

/// Visits a superset of the events that the query matches, those after `after` in its order: by the
/// index that promises the fewest, sorted where that index has another order, and by time alone
/// where nothing is better. Must not outlive its arguments.
Result<std::unique_ptr<QueryWalk>> walk_events(const model::RecordStore& store, const Query& query,
                                               std::optional<QueryPosition> after);

}  // namespace idnode::events
