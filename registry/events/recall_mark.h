#pragma once

#include <cstddef>
#include <string>

#include "registry/events/recall.h"

namespace idnode::events {

/// What is marked as recalled, and why.
struct RecallMark {
    std::string number{};  // of the recall
    std::string reason{};
};
struct Marked {
    std::size_t things = 0;    // that the caller may see
    std::size_t notified = 0;  // that only their owners may see: their owners are told
    std::size_t events = 0;    // captured now; those of a repeated request are there already
};

/// Captures recall events (§12) that name all affected things, in groups. What the caller may not
/// see is named in private events of its owners: so they learn of it, and the caller does not
/// (§14.6). Repeated with the same number and set it changes nothing. Blocks on the disk.
registration::Outcome<Marked> mark(const Lifecycle& lifecycle, const registration::Actor& actor,
                                   const Recall& recall, const RecallMark& mark);

}  // namespace idnode::events
