#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "registry/events/access.h"
#include "registry/events/event_reader.h"
#include "registry/events/lifecycle.h"

/// The timeline of one identifier.
namespace idnode::events {

struct HistoryQuestion {
    std::string_view cid;
    std::int64_t as_of_ns = INT64_MAX;  // what happened up to then
    KnownAt known{};                    // as it was known then
    std::string_view warning{};         // only events with this word of the stage machine
    std::string_view cursor{};          // of the page before
    std::size_t count_max = 100;
};
inline constexpr std::size_t kHistoryPageMax = 1'000;

struct HistoryEvent {
    v1::EventRecord record;
    EventKey key;
    std::uint32_t roles = 0;     // bits of `v1::EventRole`: of the identifier, or of `via` in it
    std::string via;             // the container whose event this is; empty: its own
    std::uint32_t warnings = 0;  // bits of `Warning`
};

struct History {
    std::vector<HistoryEvent> events;
    std::size_t redacted = 0;  // of this page, what the reader may not see
    std::string cursor;        // of the next page; empty: this was the last
};

/// Events that name the identifier, and those of its containers while it was in them (§14.4), in
/// the order of §10.3. All pages show the state of knowledge in which the first one ended. May
/// block on the disk. kInvalid: the cursor or the word of the warning.
registration::Outcome<History> read_history(const Lifecycle& lifecycle, Access& access,
                                            const HistoryQuestion& question);

/// The page as JSON: the events as EPCIS has them, and beside each what it is to the identifier.
registration::Outcome<std::string> history_json(const Lifecycle& lifecycle, std::string_view cid,
                                                const History& history);

}  // namespace idnode::events
