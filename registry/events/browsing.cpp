#include "registry/events/browsing.h"

#include <optional>
#include <utility>

#include "proto/base/bytes.h"
#include "registry/events/event_keys.h"
#include "registry/events/queries.h"
#include "registry/json/encoding.h"

namespace idnode::events {

namespace {

using model::Table;

constexpr std::string_view kSealPurpose = "browsing";
// Names that are looked at for one page.
constexpr std::size_t kLookedAtMax = 1'000;
constexpr std::uint32_t kAnyRole = v1::EVENT_ROLE_EPC | v1::EVENT_ROLE_PARENT |
                                   v1::EVENT_ROLE_CHILD | v1::EVENT_ROLE_INPUT |
                                   v1::EVENT_ROLE_OUTPUT;

/// Where the names of a shelf stand.
struct Place {
    Table table;
    std::string beginning;
    QueryField field;
};

Place place_of(Shelf shelf) {
    const auto kind = [](auto one) { return std::string(1, static_cast<char>(one)); };
    switch (shelf) {
        case Shelf::kBizSteps:
            return {Table::kEventsByWord, kind(WordKind::kBizStep), QueryField::kBizStep};
        case Shelf::kDispositions:
            return {Table::kEventsByWord, kind(WordKind::kDisposition), QueryField::kDisposition};
        case Shelf::kBizLocations:
            return {Table::kEventsByPlace, kind(PlaceKind::kBizLocation), QueryField::kBizLocation};
        case Shelf::kReadPoints:
            return {Table::kEventsByPlace, kind(PlaceKind::kReadPoint), QueryField::kReadPoint};
        case Shelf::kEpcs:
            break;
    }
    return {Table::kEventsByIdentifier, {}, QueryField::kIdentifier};
}

/// A name in an index: as it is shown, and where entries with another one can begin.
struct Named {
    std::string name;
    std::string after;
};

std::optional<Named> named_at(const Place& place, std::string_view key) {
    const std::string_view rest = key.substr(place.beginning.size());
    if (place.table == Table::kEventsByWord) {
        const std::string_view word = rest.substr(0, rest.find('\0'));
        return Named{std::string(word), place.beginning + std::string(word) + '\x01'};
    }
    const std::size_t end = end_of_identifier(rest);
    if (end == std::string_view::npos || end > rest.size()) return std::nullopt;
    auto cid = schemes::cid_of_key(read_identifier(rest.substr(0, end)));
    if (!cid) return std::nullopt;
    std::string after = place.beginning + std::string(rest.substr(0, end));
    after.back() = '\x02';  // behind the end of the identifier
    return Named{*std::move(cid), std::move(after)};
}

QueryCondition condition_of(const Place& place, const std::string& name) {
    QueryCondition out{.field = place.field, .roles = kAnyRole};
    if (place.table == Table::kEventsByWord) {
        out.words = {name};
    } else {
        out.patterns = {{.cid = name, .key = schemes::key_of(name)}};
    }
    return out;
}

QueryRefusal of_store(const Error& error) {
    return of_node(registration::to_refusal(error));
}

}  // namespace

QueryOutcome<ShelfPage> browse(const Lifecycle& lifecycle, Access& access, Shelf shelf,
                               std::string_view page_token, std::size_t count_max) {
    const model::Seal& seal = lifecycle.registrar.seal;
    const Place place = place_of(shelf);
    std::string from = place.beginning;
    if (!page_token.empty()) {
        const auto sealed = json::parse_base64url(page_token);
        const auto opened = sealed ? seal.open(*sealed, kSealPurpose) : Result<Bytes>(Bytes{});
        if (!opened || opened->empty() || !as_text(*opened).starts_with(place.beginning)) {
            return QueryRefusal{
                QueryFault::kParameter,
                registration::invalid("nextPageToken", "nextPageToken: is none of this list")};
        }
        from = as_text(*opened);
    }
    Queries queries(lifecycle, access);
    ShelfPage out;
    const auto cursor = lifecycle.registrar.store.walk_objects(place.table);
    for (std::size_t looked_at = 0;; ++looked_at) {
        const auto there = cursor->seek(from);
        if (!there) return of_store(there.error());
        if (!*there || !cursor->key().starts_with(place.beginning)) return out;
        auto named = named_at(place, cursor->key());
        if (!named) return of_store({Errc::kDamaged, "an entry of an index of events"});
        if (out.members.size() == count_max || looked_at == kLookedAtMax) break;
        const auto visible = queries.is_visible(condition_of(place, named->name));
        if (!visible) return of_node(visible.error());
        if (*visible) out.members.push_back(std::move(named->name));
        from = std::move(named->after);
    }
    // Sealed: where the page ended may be a name that the caller may not see.
    const auto sealed = seal.close(as_bytes_view(from), kSealPurpose);
    if (!sealed) return of_store(sealed.error());
    json::append_base64url(*sealed, out.next_token);
    return out;
}

}  // namespace idnode::events
