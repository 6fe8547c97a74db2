#include "registry/registration/meters.h"

#include <array>
#include <charconv>
#include <chrono>
#include <limits>
#include <optional>

#include "proto/base/reader.h"
#include "proto/base/writer.h"
#include "proto/idnode/v1/prefix.pb.h"
#include "registry/registration/objects.h"
#include "registry/registration/registrar.h"

namespace idnode::registration {

namespace {

using model::Table;

constexpr model::TimeMs kFlushMs = 5'000;
constexpr model::TimeMs kDayMs = 24LL * 60 * 60 * 1'000;
// The sum over all days stands where no day is.
constexpr std::uint64_t kTotal = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kDaysMax = 400;

std::string place_key(std::uint64_t enterprise, std::uint64_t day) {
    return number_key(enterprise) + number_key(day);
}

/// Five numbers of eight octets; the last was not there at first.
Bytes encode(const Metered& metered) {
    Bytes out;
    ByteWriter writer(out);
    writer.u64(metered.registrations);
    writer.u64(metered.changes);
    writer.u64(metered.deletions);
    writer.u64(static_cast<std::uint64_t>(metered.stored_octets));
    writer.u64(metered.lookups);
    return out;
}

Metered decode(BytesView octets) {
    ByteReader in(octets);
    Metered out;
    out.registrations = in.u64("registrations");
    out.changes = in.u64("changes");
    out.deletions = in.u64("deletions");
    out.stored_octets = static_cast<std::int64_t>(in.u64("stored octets"));
    if (in.left() != 0) out.lookups = in.u64("lookups");
    return out;
}

void add_to(Metered& sum, const Metered& more) {
    sum.registrations += more.registrations;
    sum.changes += more.changes;
    sum.deletions += more.deletions;
    sum.stored_octets += more.stored_octets;
    sum.lookups += more.lookups;
}

Outcome<Metered> read(const model::RecordStore& store, std::uint64_t enterprise,
                      std::uint64_t day) {
    const auto stored = read_stored(store, Table::kMeters, place_key(enterprise, day));
    if (!stored) return stored.error();
    return *stored ? decode((*stored)->value) : Metered{};
}

std::string date_of(std::uint64_t day) {
    const std::chrono::year_month_day date{
        std::chrono::sys_days(std::chrono::days(static_cast<std::int64_t>(day)))};
    const auto padded = [](unsigned number) {
        return (number < 10 ? "-0" : "-") + std::to_string(number);
    };
    return std::to_string(static_cast<int>(date.year())) +
           padded(static_cast<unsigned>(date.month())) + padded(static_cast<unsigned>(date.day()));
}

}  // namespace

std::optional<std::uint64_t> parse_day(std::string_view text) {
    constexpr std::size_t kLength = 10;
    if (text.size() != kLength || text[4] != '-' || text[7] != '-') return std::nullopt;
    std::array<unsigned, 3> parts{};
    const std::array places{text.substr(0, 4), text.substr(5, 2), text.substr(8, 2)};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const char* const end = places[i].data() + places[i].size();
        if (std::from_chars(places[i].data(), end, parts[i]).ptr != end) return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(parts[0])),
                                           std::chrono::month(parts[1]),
                                           std::chrono::day(parts[2])};
    if (!date.ok() || parts[0] < 1970) return std::nullopt;
    return static_cast<std::uint64_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

void Meters::add(const Registrar& registrar, std::uint64_t enterprise_id, const Metered& more) {
    if (more == Metered{}) return;
    const model::TimeMs now = registrar.clock.now();
    {
        const std::scoped_lock lock(mutex_);
        add_to(gathered_[{enterprise_id, static_cast<std::uint64_t>(now / kDayMs)}], more);
        add_to(gathered_[{enterprise_id, kTotal}], more);
        if (now - flushed_ < kFlushMs) return;
        flushed_ = now;
    }
    (void)flush(registrar);  // what cannot be written stays gathered
}

void Meters::add_lookups(const Registrar& registrar,
                         const std::map<std::string, std::uint64_t>& more) {
    for (const auto& [name, count] : more) {
        const auto prefix = find<v1::Prefix>(registrar.store, Table::kPrefixes, name);
        if (prefix && *prefix) add(registrar, (*prefix)->enterprise_id(), {.lookups = count});
    }
}

Outcome<void> Meters::flush(const Registrar& registrar) {
    const std::scoped_lock writing(writing_);
    std::map<Place, Metered> taken;
    {
        const std::scoped_lock lock(mutex_);
        taken.swap(gathered_);
    }
    if (taken.empty()) return {};
    model::Change change;
    change.who = "metering";
    Outcome<void> outcome;
    for (const auto& [place, more] : taken) {
        auto sum = read(registrar.store, place.first, place.second);
        if (!sum) {
            outcome = sum.error();
            break;
        }
        add_to(*sum, more);
        change.objects.push_back(
            {Table::kMeters, place_key(place.first, place.second), encode(*sum), {}});
    }
    if (outcome) {
        const auto committed = commit(registrar.store, change);
        if (!committed) outcome = committed.error();
    }
    if (outcome) return {};
    const std::scoped_lock lock(mutex_);
    for (const auto& [place, more] : taken) add_to(gathered_[place], more);
    return outcome;
}

Outcome<std::uint64_t> Meters::identifiers_of(const Registrar& registrar,
                                              std::uint64_t enterprise_id) {
    auto sum = read(registrar.store, enterprise_id, kTotal);
    if (!sum) return sum.error();
    const std::scoped_lock lock(mutex_);
    if (const auto at = gathered_.find({enterprise_id, kTotal}); at != gathered_.end()) {
        add_to(*sum, at->second);
    }
    return sum->registrations > sum->deletions ? sum->registrations - sum->deletions : 0;
}

Outcome<v1::Metering> Meters::of(const Registrar& registrar, const Actor& actor,
                                 std::uint64_t enterprise_id, std::uint64_t first,
                                 std::uint64_t last) {
    if (auto may = require(actor, v1::SCOPE_ENTERPRISES_READ); !may) return may.error();
    if (!actor.reaches(enterprise_id)) {
        return not_found("enterprise " + std::to_string(enterprise_id));
    }
    if (auto flushed = flush(registrar); !flushed) return flushed.error();
    const std::string beginning = number_key(enterprise_id);
    const auto days = registrar.store.scan_objects(
        Table::kMeters, beginning, first == 0 ? std::string() : place_key(enterprise_id, first - 1),
        kDaysMax);
    if (!days) return to_refusal(days.error());
    v1::Metering out;
    out.set_enterprise_id(enterprise_id);
    for (const model::StoredObject& one : *days) {
        const std::uint64_t day = number_of_key(std::string_view(one.key).substr(beginning.size()));
        if (day > last || day == kTotal) break;
        const Metered metered = decode(one.value);
        v1::Metering::Day& shown = *out.add_days();
        shown.set_date(date_of(day));
        shown.set_registrations(metered.registrations);
        shown.set_changes(metered.changes);
        shown.set_deletions(metered.deletions);
        shown.set_stored_octets(metered.stored_octets);
        shown.set_lookups(metered.lookups);
    }
    return out;
}

}  // namespace idnode::registration
