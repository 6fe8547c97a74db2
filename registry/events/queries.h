#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/events/access.h"
#include "registry/events/event_reader.h"
#include "registry/events/lifecycle.h"
#include "registry/events/query.h"

namespace idnode::v1 {
class EventPageToken;
}

namespace idnode::events {

// How long a page token counts: nothing is kept for it, but it shows the state of its first page.
inline constexpr std::chrono::hours kPageTokenLifetime{24};

struct QueryPage {
    std::vector<StoredEvent> events;
    /// Asks for the next page; empty: this is the last one. A page may have fewer events than were
    /// asked for, even none, and still have one: then the work for one page was done.
    std::string next_token{};
    model::TimeMs token_expires = 0;
};

/// Answers queries with what the caller may read; what is not readable is as if it were not there.
/// Blocks on the disk.
class Queries {
  public:
    Queries(const Lifecycle& lifecycle, Access& access) : lifecycle_(lifecycle), access_(access) {}

    /// All pages of one answer show the events that were stored when the first one was asked for,
    /// each once.
    QueryOutcome<QueryPage> page(const Query& query);

    /// The event with this id, without declarations about it. Nothing: none that may be read.
    registration::Outcome<std::optional<StoredEvent>> find(std::string_view event_id);
    /// Declarations about it that may be read, oldest first.
    registration::Outcome<std::vector<StoredEvent>> declarations(std::string_view event_id);

    /// Whether one of the newest events that fit may be read. A word, place or identifier that only
    /// others' events name is not shown.
    registration::Outcome<bool> is_visible(const QueryCondition& condition);

  private:
    struct Start;
    QueryOutcome<Start> start_of(const Query& query);
    QueryOutcome<void> check_count(const Query& query, const EventKey& until);
    Bytes digest_of(const Query& query) const;
    QueryOutcome<std::string> token(const v1::EventPageToken& token) const;

    const Lifecycle& lifecycle_;
    Access& access_;
};

}  // namespace idnode::events
