#include "registry/events/query_walk.h"

#include <algorithm>
#include <utility>

#include "proto/base/bytes.h"
#include "registry/events/event_reader.h"

namespace idnode::events {

namespace {

using model::ObjectCursor;
using model::RecordStore;
using model::Table;

// Cursors that are merged; each keeps a snapshot and blocks of the store.
constexpr std::size_t kMergedMax = 64;
// Entries that are sorted in memory, for each page again.
constexpr std::size_t kGatheredMax = 100'000;
// The same of whole events: these cost more to read.
constexpr std::size_t kGatheredEventsMax = 10'000;
// Entries by which indexes are compared.
constexpr std::size_t kProbedMax = 64;

Error damaged_entry() {
    return {Errc::kDamaged,
            "an entry of an index of events is damaged; restore the store from a backup"};
}

WordKind word_kind(QueryField field) {
    switch (field) {
        case QueryField::kDisposition:
            return WordKind::kDisposition;
        case QueryField::kPersistentSet:
            return WordKind::kPersistentSet;
        case QueryField::kPersistentUnset:
            return WordKind::kPersistentUnset;
        case QueryField::kStage:
            return WordKind::kStage;
        case QueryField::kErrorReason:
            return WordKind::kErrorReason;
        case QueryField::kWarning:
            return WordKind::kWarning;
        case QueryField::kTransformation:
            return WordKind::kTransformation;
        default:
            return WordKind::kBizStep;
    }
}

std::vector<IndexRange> ranges_of_words(const QueryCondition& condition) {
    std::vector<IndexRange> out;
    for (const std::string& word : condition.words) {
        out.push_back(
            {Table::kEventsByWord, word_index_beginning(word_kind(condition.field), word)});
    }
    return out;
}

std::vector<IndexRange> ranges_of_references(const QueryCondition& condition, ReferenceKind kind) {
    std::vector<IndexRange> out;
    for (const std::string& id : condition.words) {
        out.push_back(
            {Table::kEventsByReference, reference_index_beginning(kind, condition.type, id)});
    }
    return out;
}

std::vector<IndexRange> ranges_of_places(const QueryCondition& condition, PlaceKind kind) {
    std::vector<IndexRange> out;
    for (const IdentifierPattern& pattern : condition.patterns) {
        IndexRange range{Table::kEventsByPlace, place_index_beginning(kind, pattern.cid),
                         pattern.is_beginning};
        if (pattern.is_beginning) {
            range.beginning.assign(1, static_cast<char>(kind));
            append_key_beginning(pattern.key, range.beginning);
        }
        out.push_back(std::move(range));
    }
    return out;
}

std::vector<IndexRange> ranges_of_identifiers(const QueryCondition& condition) {
    std::vector<IndexRange> out;
    for (const IdentifierPattern& pattern : condition.patterns) {
        IndexRange range{Table::kEventsByIdentifier, {}, pattern.is_beginning};
        if (pattern.is_beginning) {
            append_key_beginning(pattern.key, range.beginning);
        } else {
            range.beginning = identifier_index_beginning(pattern.cid);
        }
        out.push_back(std::move(range));
    }
    return out;
}

/// Every pair of type and action that exists and is asked for. Transformations have no action.
std::vector<IndexRange> ranges_of_types(const QueryCondition& condition) {
    std::vector<IndexRange> out;
    const auto has = [&](int number) {
        return std::ranges::find(condition.numbers, number) != condition.numbers.end();
    };
    for (int type = v1::EVENT_TYPE_OBJECT; type <= v1::EventType_MAX; ++type) {
        const bool acts = type != v1::EVENT_TYPE_TRANSFORMATION;
        for (int action = acts ? 1 : 0; action <= (acts ? v1::EventAction_MAX : 0); ++action) {
            if (!has(condition.field == QueryField::kType ? type : action)) continue;
            out.push_back(
                {Table::kEventsByType, type_index_beginning(static_cast<v1::EventType>(type),
                                                            static_cast<v1::EventAction>(action))});
        }
    }
    return out;
}

/// The entries of one range in the order of time.
class RangeCursor {
  public:
    RangeCursor(const RecordStore& store, const IndexRange& range, const Query& query)
        : cursor_(store.walk_objects(range.table)),
          beginning_(range.beginning),
          times_(query.event_time_ns),
          ascending_(query.ascending) {}

    /// Nothing: there are no more.
    const std::optional<QueryPosition>& head() const { return head_; }

    Result<void> start(const std::optional<QueryPosition>& after) {
        std::string from = beginning_;
        if (after) {
            append_time(after->time_ns, from);
            append_event_key(after->event, from);
        } else if (ascending_) {
            append_time(times_.from, from);
        } else if (times_.before == INT64_MAX) {
            from.append(kTimeBytes + 1, '\xFF');
        } else {
            append_time(times_.before, from);
        }
        auto there = ascending_ ? cursor_->seek(from) : cursor_->seek_before(from);
        auto settled = settle(std::move(there));
        while (settled && head_ && after && *head_ == *after) settled = advance();
        return settled;
    }
    Result<void> advance() { return settle(move()); }

  private:
    Result<bool> move() { return ascending_ ? cursor_->next() : cursor_->previous(); }

    /// Steps over counter-entries: the event itself is visited, and its declaration too.
    Result<void> settle(Result<bool> there) {
        head_.reset();
        for (; there && *there; there = move()) {
            const std::string_view key = cursor_->key();
            if (!key.starts_with(beginning_)) return {};
            const auto end = read_entry_end(key.substr(beginning_.size()));
            if (!end) return damaged_entry();
            if (!times_.has(end->event_time_ns)) return {};
            if (end->declared) continue;
            head_ = {end->event_time_ns, end->event};
            return {};
        }
        if (!there) return there.error();
        return {};
    }

    std::unique_ptr<ObjectCursor> cursor_;
    const std::string beginning_;
    const TimeRange times_;
    const bool ascending_;
    std::optional<QueryPosition> head_;
};

/// Several ranges as one.
class MergedWalk final : public QueryWalk {
  public:
    static Result<std::unique_ptr<QueryWalk>> start(const RecordStore& store,
                                                    const std::vector<IndexRange>& ranges,
                                                    const Query& query,
                                                    const std::optional<QueryPosition>& after) {
        auto out = std::make_unique<MergedWalk>(query.ascending);
        for (const IndexRange& range : ranges) {
            RangeCursor& cursor = out->cursors_.emplace_back(store, range, query);
            if (auto started = cursor.start(after); !started) return started.error();
        }
        return out;
    }
    explicit MergedWalk(bool ascending) : ascending_(ascending) {}

    Result<std::optional<QueryPosition>> next() override {
        std::optional<QueryPosition> first;
        for (const RangeCursor& cursor : cursors_) {
            if (!cursor.head()) continue;
            const bool is_earlier =
                !first || (ascending_ ? *cursor.head() < *first : *cursor.head() > *first);
            if (is_earlier) first = cursor.head();
        }
        for (RangeCursor& cursor : cursors_) {
            if (!first || cursor.head() != first) continue;
            if (auto moved = cursor.advance(); !moved) return moved.error();
        }
        return first;
    }

  private:
    const bool ascending_;
    std::vector<RangeCursor> cursors_;
};

/// All events in the order in which they became known.
class RecordOrderWalk final : public QueryWalk {
  public:
    RecordOrderWalk(const RecordStore& store, const Query& query,
                    const std::optional<QueryPosition>& after)
        : cursor_(store.walk_objects(Table::kEvents)),
          times_(query.record_time_ms),
          ascending_(query.ascending),
          after_(after) {}

    Result<std::optional<QueryPosition>> next() override {
        auto there = std::exchange(started_, true) ? move() : start();
        if (!there) return there.error();
        if (!*there) return std::optional<QueryPosition>{};
        const auto key = read_event_key(cursor_->key());
        if (!key) return damaged_entry();
        if (!times_.has(key->record_time_ms)) return std::optional<QueryPosition>{};
        return std::optional(QueryPosition{.time_ns = 0, .event = *key});
    }

  private:
    Result<bool> move() { return ascending_ ? cursor_->next() : cursor_->previous(); }
    Result<bool> start() {
        if (!ascending_) {
            if (after_) return cursor_->seek_before(to_key(after_->event));
            if (times_.before == INT64_MAX) return cursor_->seek_before({});
            return cursor_->seek_before(to_key({.record_time_ms = times_.before}));
        }
        EventKey from{.record_time_ms = times_.from};
        if (after_) {
            from = after_->event;
            ++from.sequence;
        }
        return cursor_->seek(to_key(from));
    }

    std::unique_ptr<ObjectCursor> cursor_;
    const TimeRange times_;
    const bool ascending_;
    const std::optional<QueryPosition> after_;
    bool started_ = false;
};

class GatheredWalk final : public QueryWalk {
  public:
    /// In any order, perhaps repeated.
    GatheredWalk(std::vector<QueryPosition> positions, const Query& query,
                 const std::optional<QueryPosition>& after)
        : positions_(std::move(positions)) {
        std::ranges::sort(positions_);
        positions_.erase(std::ranges::unique(positions_).begin(), positions_.end());
        if (!query.ascending) std::ranges::reverse(positions_);
        if (!after) return;
        const auto begin = std::ranges::find_if(positions_, [&](const QueryPosition& one) {
            return query.ascending ? one > *after : one < *after;
        });
        at_ = static_cast<std::size_t>(begin - positions_.begin());
    }
    Result<std::optional<QueryPosition>> next() override {
        if (at_ == positions_.size()) return std::optional<QueryPosition>{};
        return std::optional(positions_[at_++]);
    }

  private:
    std::vector<QueryPosition> positions_;
    std::size_t at_ = 0;
};

QueryPosition position_of(const Query& query, std::int64_t time_ns, const EventKey& event) {
    return {.time_ns = query.by_record_time ? 0 : time_ns, .event = event};
}

/// The end of an entry: after the identifier, where the range is open.
std::optional<EntryEnd> end_of(const IndexRange& range, std::string_view key) {
    std::string_view rest = key.substr(range.beginning.size());
    if (range.is_open) {
        constexpr std::string_view kIdentifierEnd("\0\1", 2);
        const std::size_t end = rest.find(kIdentifierEnd);
        if (end == std::string_view::npos) return std::nullopt;
        rest.remove_prefix(end + kIdentifierEnd.size());
    }
    return read_entry_end(rest);
}

/// Visits the entries of a range, in no order that matters, until `visit` says no.
template <class Visit>
Result<void> each_entry(ObjectCursor& cursor, const IndexRange& range, const Query& query,
                        const Visit& visit) {
    std::string from = range.beginning;
    if (!range.is_open) append_time(query.event_time_ns.from, from);
    auto there = cursor.seek(from);
    for (; there && *there && cursor.key().starts_with(range.beginning); there = cursor.next()) {
        const auto end = end_of(range, cursor.key());
        if (!end) return damaged_entry();
        if (!range.is_open && end->event_time_ns >= query.event_time_ns.before) break;
        if (!visit(*end)) return {};
    }
    if (!there) return there.error();
    return {};
}

/// Nothing: more than may be sorted.
using Gathered = std::optional<std::vector<QueryPosition>>;

Result<Gathered> gather(const RecordStore& store, const std::vector<IndexRange>& ranges,
                        const Query& query) {
    std::vector<QueryPosition> out;
    std::size_t visited = 0;
    const auto cursor = store.walk_objects(ranges.front().table);
    for (const IndexRange& range : ranges) {
        const auto walked = each_entry(*cursor, range, query, [&](const EntryEnd& end) {
            if (++visited > kGatheredMax) return false;
            const bool counts = !end.declared && query.event_time_ns.has(end.event_time_ns) &&
                                query.record_time_ms.has(end.event.record_time_ms);
            if (counts) out.push_back(position_of(query, end.event_time_ns, end.event));
            return true;
        });
        if (!walked) return walked.error();
        if (visited > kGatheredMax) return Gathered{};
    }
    return Gathered(std::move(out));
}

/// Events of a range of record times, which has no index by event time.
Result<Gathered> gather_recorded(const RecordStore& store, const Query& query) {
    std::vector<QueryPosition> out;
    const auto cursor = store.walk_objects(Table::kEvents);
    auto there = cursor->seek(to_key({.record_time_ms = query.record_time_ms.from}));
    for (std::size_t visited = 0; there && *there; there = cursor->next()) {
        const auto key = read_event_key(cursor->key());
        v1::EventRecord record;
        const BytesView value = cursor->value();
        if (!key || !record.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
            return damaged_entry();
        }
        if (key->record_time_ms >= query.record_time_ms.before) break;
        if (++visited > kGatheredEventsMax) return Gathered{};
        if (!query.event_time_ns.has(record.event_time_ns())) continue;
        out.push_back(position_of(query, record.event_time_ns(), *key));
    }
    if (!there) return there.error();
    return Gathered(std::move(out));
}

/// The events with these ids, and the declarations about them.
Result<std::vector<QueryPosition>> positions_of_ids(const RecordStore& store, const Query& query,
                                                    const std::vector<std::string>& ids) {
    std::vector<QueryPosition> out;
    EventReader reader(store);
    for (const std::string& id : ids) {
        auto event = reader.find(id);
        if (!event) return event.error();
        if (!*event) continue;
        auto declarations = reader.declarations(id);
        if (!declarations) return declarations.error();
        declarations->push_back(**std::move(event));
        for (const StoredEvent& one : *declarations) {
            out.push_back(position_of(query, one.record.event_time_ns(), one.key));
        }
    }
    return out;
}

/// How many entries the ranges have, up to `kProbedMax`.
Result<std::size_t> probe(const RecordStore& store, const std::vector<IndexRange>& ranges,
                          const Query& query) {
    std::size_t entries = 0;
    if (ranges.empty()) return entries;
    const auto cursor = store.walk_objects(ranges.front().table);
    for (const IndexRange& range : ranges) {
        const auto walked = each_entry(*cursor, range, query,
                                       [&](const EntryEnd&) { return ++entries < kProbedMax; });
        if (!walked) return walked.error();
        if (entries >= kProbedMax) break;
    }
    return entries;
}

// Where the indexes seem alike: what usually narrows most comes first.
int rank_of(QueryField field) {
    switch (field) {
        case QueryField::kIdentifier:
        case QueryField::kClass:
            return 0;
        case QueryField::kTransaction:
        case QueryField::kTransformation:
            return 1;
        case QueryField::kErrorReason:
        case QueryField::kWarning:
            return 2;
        case QueryField::kSource:
        case QueryField::kDestination:
        case QueryField::kReadPoint:
        case QueryField::kBizLocation:
            return 3;
        case QueryField::kType:
        case QueryField::kAction:
            return 5;
        default:
            return 4;
    }
}

struct Candidate {
    std::vector<IndexRange> ranges;
    bool is_open = false;
    std::size_t entries = 0;
    int rank = 0;

    bool operator<(const Candidate& other) const {
        if (entries != other.entries) return entries < other.entries;
        if (is_open != other.is_open) return !is_open;
        return rank < other.rank;
    }
};

/// The ranges of all indexes that could serve, the best first.
Result<std::vector<Candidate>> candidates(const RecordStore& store, const Query& query) {
    std::vector<Candidate> out;
    for (const QueryCondition& condition : query.conditions) {
        auto ranges = ranges_of(condition);
        if (!ranges) continue;
        Candidate one{.ranges = *std::move(ranges), .rank = rank_of(condition.field)};
        one.is_open = std::ranges::any_of(one.ranges, &IndexRange::is_open);
        out.push_back(std::move(one));
    }
    if (out.size() < 2) return out;
    for (Candidate& one : out) {
        const auto entries = probe(store, one.ranges, query);
        if (!entries) return entries.error();
        one.entries = *entries;
    }
    std::ranges::sort(out, [](const auto& a, const auto& b) { return a < b; });
    return out;
}

/// Whether the ranges together can be read in the order of the query.
bool is_ordered(const Candidate& one, const Query& query) {
    return !query.by_record_time && !one.is_open && one.ranges.size() <= kMergedMax;
}

}  // namespace

std::optional<std::vector<IndexRange>> ranges_of(const QueryCondition& condition) {
    switch (condition.field) {
        case QueryField::kType:
        case QueryField::kAction:
            return ranges_of_types(condition);
        case QueryField::kWarning:
            if (condition.words.empty()) return std::nullopt;
            return ranges_of_words(condition);
        case QueryField::kBizStep:
        case QueryField::kDisposition:
        case QueryField::kPersistentSet:
        case QueryField::kPersistentUnset:
        case QueryField::kStage:
        case QueryField::kTransformation:
        case QueryField::kErrorReason:
            return ranges_of_words(condition);
        case QueryField::kReadPoint:
            return ranges_of_places(condition, PlaceKind::kReadPoint);
        case QueryField::kBizLocation:
            return ranges_of_places(condition, PlaceKind::kBizLocation);
        case QueryField::kIdentifier:
        case QueryField::kClass:
            return ranges_of_identifiers(condition);
        case QueryField::kTransaction:
            return ranges_of_references(condition, ReferenceKind::kTransaction);
        case QueryField::kSource:
            return ranges_of_references(condition, ReferenceKind::kSource);
        case QueryField::kDestination:
            return ranges_of_references(condition, ReferenceKind::kDestination);
        case QueryField::kEventId:
        case QueryField::kErrorExists:
        case QueryField::kCorrectiveEvent:
        case QueryField::kQuantity:
            return std::nullopt;
    }
    return std::nullopt;
}

Result<std::unique_ptr<QueryWalk>> walk_events(const RecordStore& store, const Query& query,
                                               std::optional<QueryPosition> after) {
    const auto gathered = [&](std::vector<QueryPosition> positions) {
        return std::make_unique<GatheredWalk>(std::move(positions), query, after);
    };
    for (const QueryCondition& condition : query.conditions) {
        if (condition.field != QueryField::kEventId) continue;
        auto positions = positions_of_ids(store, query, condition.words);
        if (!positions) return positions.error();
        return gathered(*std::move(positions));
    }
    auto found = candidates(store, query);
    if (!found) return found.error();
    for (const Candidate& one : *found) {
        if (is_ordered(one, query)) return MergedWalk::start(store, one.ranges, query, after);
        if (one.ranges.empty()) return gathered({});
        auto positions = gather(store, one.ranges, query);
        if (!positions) return positions.error();
        if (*positions) return gathered(**std::move(positions));
    }
    if (query.by_record_time) return std::make_unique<RecordOrderWalk>(store, query, after);
    if (query.record_time_ms.from != INT64_MIN) {
        auto positions = gather_recorded(store, query);
        if (!positions) return positions.error();
        if (*positions) return gathered(**std::move(positions));
    }
    return MergedWalk::start(store, {{Table::kEventsByTime, time_index_beginning()}}, query, after);
}

}  // namespace idnode::events
