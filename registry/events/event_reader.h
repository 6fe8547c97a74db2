#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "registry/events/event_keys.h"
#include "registry/model/ports.h"

namespace idnode::events {

struct StoredEvent {
    EventKey key;
    v1::EventRecord record;
};

/// Which state of knowledge is read: events up to this key, declarations included.
struct KnownAt {
    EventKey last{.record_time_ms = INT64_MAX, .sequence = UINT64_MAX};
};

/// One entry of the index by identifier, its counter-entries taken into account.
struct Touch {
    EntryEnd end;  // `declared`: by the first declaration that was known
    v1::EventTouch what;
};

struct Link {
    EntryEnd end;
    v1::EventLink what;
};

/// The event of an entry of kEvents, wherever it lies.
Result<v1::EventRecord> read_event(const model::RecordStore& store, const EventKey& key,
                                   BytesView octets);

/// Reads stored events. Cheap to make, one for each request; keeps cursors and so one snapshot of
/// each table from its first use on. Blocks on the disk. Not thread-safe.
class EventReader {
  public:
    explicit EventReader(const model::RecordStore& store, KnownAt known = {})
        : store_(store), known_(known) {}

    /// Nothing: there is none with this key.
    Result<std::optional<v1::EventRecord>> find(const EventKey& key);
    /// The event with this id, not the declarations about it.
    Result<std::optional<StoredEvent>> find(std::string_view event_id);
    /// Declarations about it, oldest first.
    Result<std::vector<StoredEvent>> declarations(std::string_view event_id);

    /// Events that touch the identifier, ascending by time, in [from_ns, before_ns). What was
    /// declared wrong has `end.declared`. `visit` says whether to go on.
    struct Range {
        std::int64_t from_ns = INT64_MIN;
        std::int64_t before_ns = INT64_MAX;
    };
    Result<void> touches(std::string_view cid, Range range,
                         model::FunctionRef<bool(const Touch&)> visit);
    /// The same, descending.
    Result<void> touches_back(std::string_view cid, Range range,
                              model::FunctionRef<bool(const Touch&)> visit);

    /// Whether the index has anything about the identifier in a role from the first to the last of
    /// these, in the order of their octets; declared wrong or not.
    Result<bool> has_links(std::string_view cid, LinkRole first, LinkRole last);
    /// Links of the identifier in this role, ascending by time, without those of events that are
    /// declared wrong.
    Result<void> links(std::string_view cid, LinkRole role, Range range,
                       model::FunctionRef<bool(const Link&)> visit);
    /// Events of one transformation, as above.
    Result<void> transformation(std::string_view transformation_id,
                                model::FunctionRef<bool(const EntryEnd&)> visit);

    /// Identifiers that go on after this one, as serials after their lot: canonical keys in their
    /// order, each with its first event of the range that is not declared wrong.
    Result<void> below(std::string_view cid, Range range,
                       model::FunctionRef<bool(std::string_view key, const EntryEnd&)> visit);

  private:
    model::ObjectCursor& cursor(model::Table table);

    const model::RecordStore& store_;
    const KnownAt known_;
    std::vector<std::pair<model::Table, std::unique_ptr<model::ObjectCursor>>> cursors_;
};

}  // namespace idnode::events
