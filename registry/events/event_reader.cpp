#include "registry/events/event_reader.h"

#include <string>
#include <utility>

#include "proto/base/bytes.h"
#include "registry/events/skimming_cursor.h"

namespace idnode::events {

namespace {

using model::Table;

Error damaged(std::string_view what) {
    return {Errc::kDamaged, std::string(what) + " is damaged; restore the store from a backup"};
}

template <class Message>
bool read_message(BytesView octets, Message& out) {
    return out.ParseFromArray(octets.data(), static_cast<int>(octets.size()));
}

/// Between the parts of a canonical key of GS1, identifiers document §1.3.
constexpr char kElementSeparator = '\x1D';

/// An entry with the declaration that takes it back, where one is known.
struct Entry {
    EntryEnd end;
    BytesView value;
};

/// Walks entries beginning with `beginning`, ascending, counter-entries folded into what they take
/// back.
class EntryWalk {
  public:
    using ReadEnd = std::optional<EntryEnd> (*)(std::string_view octets);
    EntryWalk(model::ObjectCursor& cursor, const KnownAt& known, std::string beginning,
              ReadEnd read_end)
        : cursor_(cursor), known_(known), beginning_(std::move(beginning)), read_end_(read_end) {}

    /// `visit` gets entries that were known, and says whether to go on.
    template <class Visit>
    Result<void> ascend(EventReader::Range range, const Visit& visit) {
        std::string from = beginning_;
        append_time(range.from_ns, from);
        auto there = cursor_.seek(from);
        std::optional<EntryEnd> pending;
        for (; there && *there; there = cursor_.next()) {
            const auto end = end_here();
            if (!end) return damaged("an entry of an index of events");
            if (!*end || (*end)->event_time_ns >= range.before_ns) break;
            if (!(*end)->declared) {
                if (!give(pending, visit)) return {};
                pending = (*end)->event <= known_.last ? *end : std::nullopt;
                value_.assign(cursor_.value().begin(), cursor_.value().end());
            } else if (pending && !pending->declared && *(*end)->declared <= known_.last) {
                pending->declared = (*end)->declared;
            }
        }
        if (!there) return there.error();
        give(pending, visit);
        return {};
    }

    /// The same, descending: counter-entries come before what they take back.
    template <class Visit>
    Result<void> descend(EventReader::Range range, const Visit& visit) {
        std::string before = beginning_;
        if (range.before_ns == INT64_MAX) {
            before.append(kTimeBytes + 1, '\xFF');
        } else {
            append_time(range.before_ns, before);
        }
        auto there = cursor_.seek_before(before);
        std::optional<EventKey> declared;
        for (; there && *there; there = cursor_.previous()) {
            auto end = end_here();
            if (!end) return damaged("an entry of an index of events");
            if (!*end || (*end)->event_time_ns < range.from_ns) break;
            if ((*end)->declared) {
                if (*(*end)->declared <= known_.last) declared = (*end)->declared;
                continue;
            }
            (*end)->declared = std::exchange(declared, {});
            if ((*end)->event > known_.last) continue;
            if (!visit(Entry{**end, cursor_.value()})) return {};
        }
        if (!there) return there.error();
        return {};
    }

  private:
    /// Of the entry under the cursor. Inner nothing: it belongs to something else; outer: damaged.
    std::optional<std::optional<EntryEnd>> end_here() const {
        const std::string_view key = cursor_.key();
        if (!key.starts_with(beginning_)) return std::optional<EntryEnd>{};
        const auto end = read_end_(key.substr(beginning_.size()));
        if (!end) return std::nullopt;
        return end;
    }
    template <class Visit>
    bool give(std::optional<EntryEnd>& pending, const Visit& visit) {
        if (!pending) return true;
        return visit(Entry{*std::exchange(pending, {}), value_});
    }

    model::ObjectCursor& cursor_;
    const KnownAt& known_;
    const std::string beginning_;
    const ReadEnd read_end_;
    Bytes value_;
};

/// Reads entries into one that is reused.
template <class Decoded>
struct Decoder {
    Decoded entry;
    bool is_damaged = false;

    bool read(const Entry& stored) {
        entry.end = stored.end;
        is_damaged = !read_message(stored.value, entry.what);
        return !is_damaged;
    }
};

}  // namespace

model::ObjectCursor& EventReader::cursor(Table table) {
    for (const auto& [of, cursor] : cursors_) {
        if (of == table) return *cursor;
    }
    auto cursor = std::make_unique<SkimmingCursor>(store_.walk_objects(table));
    return *cursors_.emplace_back(table, std::move(cursor)).second;
}

Result<v1::EventRecord> read_event(const model::RecordStore& store, const EventKey& key,
                                   BytesView octets) {
    v1::EventRecord out;
    if (!read_message(octets, out)) return damaged("an event");
    if (out.lies_with().empty()) return out;
    std::string place = identifier_index_beginning(out.lies_with());
    append_time(out.event_time_ns(), place);
    append_event_key(key, place);
    const auto stored = store.read_object(Table::kEventsByIdentifier, place);
    if (!stored) return stored.error();
    v1::EventTouch touch;
    if (!*stored || !read_message((*stored)->value, touch) ||
        !out.ParseFromString(touch.record())) {
        return damaged("an event, or an entry of the index by identifier");
    }
    return out;
}

Result<std::optional<v1::EventRecord>> EventReader::find(const EventKey& key) {
    if (key > known_.last) return std::optional<v1::EventRecord>{};
    // Events are never changed: a single read costs less than a cursor, and sees the same.
    const auto stored = store_.read_object(Table::kEvents, to_key(key));
    if (!stored) return stored.error();
    if (!*stored) return std::optional<v1::EventRecord>{};
    auto out = read_event(store_, key, (*stored)->value);
    if (!out) return std::move(out).error();
    return std::optional(*std::move(out));
}

Result<std::optional<StoredEvent>> EventReader::find(std::string_view event_id) {
    const auto claim = store_.read_object(Table::kEventIds, event_id);
    if (!claim) return claim.error();
    if (!*claim) return std::optional<StoredEvent>{};
    const auto key = read_event_key(as_text((*claim)->value));
    if (!key) return damaged("the index of event ids");
    auto record = find(*key);
    if (!record) return record.error();
    if (!*record) return std::optional<StoredEvent>{};
    return std::optional(StoredEvent{*key, **std::move(record)});
}

Result<std::vector<StoredEvent>> EventReader::declarations(std::string_view event_id) {
    std::vector<EventKey> keys;
    const std::string beginning = error_beginning(event_id);
    model::ObjectCursor& errors = cursor(Table::kEventErrors);
    auto there = errors.seek(beginning);
    for (; there && *there && errors.key().starts_with(beginning); there = errors.next()) {
        const auto key = read_event_key(errors.key().substr(beginning.size()));
        if (!key) return damaged("the index of error declarations");
        keys.push_back(*key);
    }
    if (!there) return there.error();
    std::vector<StoredEvent> out;
    for (const EventKey& key : keys) {
        auto record = find(key);
        if (!record) return record.error();
        if (*record) out.push_back({key, **std::move(record)});
    }
    return out;
}

Result<void> EventReader::touches(std::string_view cid, Range range,
                                  model::FunctionRef<bool(const Touch&)> visit) {
    EntryWalk walk(cursor(Table::kEventsByIdentifier), known_, identifier_index_beginning(cid),
                   read_entry_end);
    Decoder<Touch> decoder;
    auto walked = walk.ascend(
        range, [&](const Entry& entry) { return decoder.read(entry) && visit(decoder.entry); });
    return decoder.is_damaged ? damaged("an entry of the index by identifier") : walked;
}

Result<void> EventReader::touches_back(std::string_view cid, Range range,
                                       model::FunctionRef<bool(const Touch&)> visit) {
    EntryWalk walk(cursor(Table::kEventsByIdentifier), known_, identifier_index_beginning(cid),
                   read_entry_end);
    Decoder<Touch> decoder;
    auto walked = walk.descend(
        range, [&](const Entry& entry) { return decoder.read(entry) && visit(decoder.entry); });
    return decoder.is_damaged ? damaged("an entry of the index by identifier") : walked;
}

Result<bool> EventReader::has_links(std::string_view cid, LinkRole first, LinkRole last) {
    std::string beginning;
    append_link_beginning(cid, first, beginning);
    model::ObjectCursor& links = cursor(Table::kEventLinks);
    const auto there = links.seek(beginning);
    if (!there) return there.error();
    if (!*there) return false;
    const std::size_t role_at = beginning.size() - 1;
    const std::string_view key = links.key();
    return key.size() > role_at &&
           key.starts_with(std::string_view(beginning).substr(0, role_at)) &&
           key[role_at] <= static_cast<char>(last);
}

Result<void> EventReader::links(std::string_view cid, LinkRole role, Range range,
                                model::FunctionRef<bool(const Link&)> visit) {
    std::string beginning;
    append_link_beginning(cid, role, beginning);
    EntryWalk walk(cursor(Table::kEventLinks), known_, std::move(beginning), read_link_end);
    Decoder<Link> decoder;
    auto walked = walk.ascend(range, [&](const Entry& entry) {
        if (entry.end.declared) return true;
        return decoder.read(entry) && visit(decoder.entry);
    });
    return decoder.is_damaged ? damaged("an entry of the index of links") : walked;
}

Result<void> EventReader::below(
    std::string_view cid, Range range,
    model::FunctionRef<bool(std::string_view key, const EntryEnd&)> visit) {
    std::string beginning;
    append_identifier_beginning(cid, beginning);
    beginning += kElementSeparator;
    model::ObjectCursor& entries = cursor(Table::kEventsByIdentifier);
    std::string identifier;         // as it stands in the index, with its end
    std::optional<EntryEnd> first;  // of this identifier; perhaps taken back by what follows
    bool is_given = false;
    const auto give = [&] {
        if (!first || is_given) return true;
        is_given = true;
        return visit(read_identifier(identifier), *first);
    };
    auto there = entries.seek(beginning);
    for (; there && *there && entries.key().starts_with(beginning); there = entries.next()) {
        const std::string_view key = entries.key();
        const std::size_t end_at = end_of_identifier(key);
        const auto end = read_entry_end(key.substr(end_at));
        if (!end) return damaged("an entry of the index by identifier");
        if (key.substr(0, end_at) != identifier) {
            if (!give()) return {};
            identifier = key.substr(0, end_at);
            first.reset();
            is_given = false;
        }
        if (is_given) continue;
        if (end->declared) {
            if (first && end->event == first->event && *end->declared <= known_.last) first.reset();
            continue;
        }
        if (first && !give()) return {};
        const bool is_meant = end->event <= known_.last && end->event_time_ns >= range.from_ns &&
                              end->event_time_ns < range.before_ns;
        if (is_given || !is_meant) continue;
        v1::EventTouch touch;
        if (!read_message(entries.value(), touch)) {
            return damaged("an entry of the index by identifier");
        }
        if (!touch.declares_error()) first = end;
    }
    if (!there) return there.error();
    give();
    return {};
}

Result<void> EventReader::transformation(std::string_view transformation_id,
                                         model::FunctionRef<bool(const EntryEnd&)> visit) {
    EntryWalk walk(cursor(Table::kEventsByWord), known_,
                   word_index_beginning(WordKind::kTransformation, transformation_id),
                   read_entry_end);
    return walk.ascend(
        {}, [&](const Entry& entry) { return entry.end.declared ? true : visit(entry.end); });
}

}  // namespace idnode::events
