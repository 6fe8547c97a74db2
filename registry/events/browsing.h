#pragma once

#include <string>
#include <vector>

#include "registry/events/access.h"
#include "registry/events/lifecycle.h"
#include "registry/events/query.h"

namespace idnode::events {

/// What events can be looked through by.
enum class Shelf : std::uint8_t { kEpcs, kBizSteps, kBizLocations, kReadPoints, kDispositions };

struct ShelfPage {
    std::vector<std::string> members;  // words, or canonical identifiers
    std::string next_token{};          // empty: this is the last page
};
/// What readable events name, each once, in the order of the index. Jumps from one to the next, and
/// looks at a bounded number of them for a page. Blocks on the disk.
QueryOutcome<ShelfPage> browse(const Lifecycle& lifecycle, Access& access, Shelf shelf,
                               std::string_view page_token, std::size_t count_max);

}  // namespace idnode::events
