#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proto/idnode/v1/audit.pb.h"
#include "registry/model/change.h"
#include "registry/registration/actor.h"

namespace idnode::registration {

struct Registrar;

/// What was done under an enterprise's prefixes.
struct Metered {
    std::uint64_t registrations = 0;
    std::uint64_t changes = 0;
    std::uint64_t deletions = 0;
    std::int64_t stored_octets = 0;
    std::uint64_t lookups = 0;

    bool operator==(const Metered&) const = default;
};

/// Counts by enterprise and day. They are gathered in memory and written every few seconds, so that
/// registrations do not wait for each other; what a crash takes can be counted again from the log.
/// Thread-safe.
class Meters {
  public:
    /// Writes what was gathered when it is time.
    void add(const Registrar& registrar, std::uint64_t enterprise_id, const Metered& more);
    /// Lookups that were answered, by prefix; those of nobody's prefixes are left out.
    void add_lookups(const Registrar& registrar, const std::map<std::string, std::uint64_t>& more);
    /// Writes what was gathered.
    Outcome<void> flush(const Registrar& registrar);
    /// Registered and not deleted, as of now.
    Outcome<std::uint64_t> identifiers_of(const Registrar& registrar, std::uint64_t enterprise_id);
    /// The days from `first` to `last`, since 1970.
    Outcome<v1::Metering> of(const Registrar& registrar, const Actor& actor,
                             std::uint64_t enterprise_id, std::uint64_t first, std::uint64_t last);

  private:
    using Place = std::pair<std::uint64_t, std::uint64_t>;  // enterprise and day

    std::mutex mutex_;
    std::mutex writing_;
    std::map<Place, Metered> gathered_;
    model::TimeMs flushed_ = 0;
};

/// `2025-06-02` as days since 1970; nothing for another text.
std::optional<std::uint64_t> parse_day(std::string_view text);

}  // namespace idnode::registration
