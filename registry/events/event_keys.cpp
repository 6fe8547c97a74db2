#include "registry/events/event_keys.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "proto/base/bytes.h"
#include "proto/schemes/canonical.h"

namespace idnode::events {

namespace {

using model::Table;

constexpr char kNul = '\0';
constexpr std::size_t kOrdinalBytes = 4;
// Larger events would make the index by identifier slow to walk.
constexpr std::size_t kBesideBytesMax = 2'048;

template <class Number>
void append_number(Number number, std::string& out) {
    for (std::size_t shift = sizeof number; shift-- > 0;) {
        out += static_cast<char>(number >> (8 * shift) & 0xFFU);
    }
}

std::uint64_t read_number(std::string_view octets) {
    std::uint64_t out = 0;
    for (const char c : octets.substr(0, sizeof out))
        out = out << 8U | static_cast<unsigned char>(c);
    return out;
}

constexpr std::uint64_t kSignBit = 1ULL << 63U;

void append_signed(std::int64_t number, std::string& out) {
    append_number(static_cast<std::uint64_t>(number) ^ kSignBit, out);
}

std::int64_t read_signed(std::string_view octets) {
    return static_cast<std::int64_t>(read_number(octets) ^ kSignBit);
}

Bytes octets_of(const google::protobuf::MessageLite& message) {
    Bytes out(message.ByteSizeLong());
    message.SerializeToArray(out.data(), static_cast<int>(out.size()));
    return out;
}

std::optional<EntryEnd> read_end(std::string_view octets, std::size_t ordinal_bytes) {
    const std::size_t plain = kTimeBytes + kEventKeyBytes + ordinal_bytes;
    if (octets.size() != plain && octets.size() != plain + kEventKeyBytes) return std::nullopt;
    EntryEnd out{.event_time_ns = read_time(octets),
                 .event = *read_event_key(octets.substr(kTimeBytes, kEventKeyBytes)),
                 .declared = {}};
    if (octets.size() > plain) out.declared = read_event_key(octets.substr(plain));
    return out;
}

/// Bits of `v1::EventTells`.
std::uint32_t told_by(const v1::EventRecord& record) {
    std::uint32_t out = 0;
    if (!record.disposition().empty()) out |= v1::EVENT_TELLS_DISPOSITION;
    if (record.persistent_set_size() + record.persistent_unset_size() > 0) {
        out |= v1::EVENT_TELLS_PERSISTENT;
    }
    if (!record.read_point().empty()) out |= v1::EVENT_TELLS_READ_POINT;
    if (!record.biz_location().empty()) out |= v1::EVENT_TELLS_BIZ_LOCATION;
    if (record.lots_size() > 0) out |= v1::EVENT_TELLS_LOT;
    for (const v1::EventReference& one : record.destinations()) {
        if (one.type() == "owning_party") out |= v1::EVENT_TELLS_OWNER;
        if (one.type() == "possessing_party") out |= v1::EVENT_TELLS_POSSESSOR;
    }
    return out;
}

/// Gathers the entries of one event.
class Writer {
  public:
    Writer(const EventKey& key, const v1::EventRecord& record, std::optional<EventKey> declares,
           std::vector<model::ObjectEdit>& out)
        : key_(key), record_(record), declares_(declares), touched_(touched_by(record)), out_(out) {
        append_time(record.event_time_ns(), end_);
        append_event_key(key, end_);
        if (!declares) return;
        append_time(record.event_time_ns(), wrong_end_);
        append_event_key(*declares, wrong_end_);
    }

    void write() {
        body();
        if (declares_) {
            put(Table::kEventErrors, error_beginning(record_.event_id()) + to_key(key_),
                to_bytes(to_key(*declares_)));
        } else {
            out_.push_back({Table::kEventIds, record_.event_id(), to_bytes(to_key(key_)), 0});
        }
        index(Table::kEventsByTime, time_index_beginning());
        index(Table::kEventsByType, type_index_beginning(record_.type(), record_.action()));
        words();
        places();
        references();
        identifiers();
        links();
    }

  private:
    void put(Table table, std::string key, Bytes value) {
        out_.push_back({table, std::move(key), std::move(value), {}});
    }
    void index(Table table, std::string beginning) { put(table, std::move(beginning) + end_, {}); }

    /// Small events lie with one of the things that they are about, so that a timeline is read in
    /// one go; a pointer stands in their place.
    void body() {
        record_octets_ = octets_of(record_);
        const auto home = std::ranges::find_if(touched_, [](const Touched& one) {
            return (one.roles & (v1::EVENT_ROLE_CLASS | v1::EVENT_ROLE_LOT)) == 0;
        });
        if (home == touched_.end() || record_octets_.size() > kBesideBytesMax) {
            put(Table::kEvents, to_key(key_), std::move(record_octets_));
            return;
        }
        home_ = home->cid;
        v1::EventRecord pointer;
        pointer.set_lies_with(std::string(home_));
        pointer.set_event_time_ns(record_.event_time_ns());
        put(Table::kEvents, to_key(key_), octets_of(pointer));
    }

    void word(WordKind kind, std::string_view word) {
        if (!word.empty()) index(Table::kEventsByWord, word_index_beginning(kind, word));
    }
    void words() {
        word(WordKind::kBizStep, record_.biz_step());
        word(WordKind::kDisposition, record_.disposition());
        for (const auto& one : record_.persistent_set()) word(WordKind::kPersistentSet, one);
        for (const auto& one : record_.persistent_unset()) word(WordKind::kPersistentUnset, one);
        word(WordKind::kStage, record_.stage());
        if (record_.has_error()) word(WordKind::kErrorReason, record_.error().reason());
        for (const auto& one : record_.warnings()) word(WordKind::kWarning, one);
        transformation_id();
    }
    /// Traces follow it, so that what is declared wrong has its counter-entry.
    void transformation_id() {
        if (record_.transformation_id().empty()) return;
        const std::string beginning =
            word_index_beginning(WordKind::kTransformation, record_.transformation_id());
        index(Table::kEventsByWord, beginning);
        if (declares_) put(Table::kEventsByWord, beginning + wrong_end_ + to_key(key_), {});
    }
    void place(PlaceKind kind, const std::string& cid) {
        if (!cid.empty()) index(Table::kEventsByPlace, place_index_beginning(kind, cid));
    }
    void places() {
        place(PlaceKind::kReadPoint, record_.read_point());
        place(PlaceKind::kBizLocation, record_.biz_location());
    }
    template <class List>
    void reference(ReferenceKind kind, const List& list) {
        for (const v1::EventReference& one : list) {
            index(Table::kEventsByReference, reference_index_beginning(kind, one.type(), one.id()));
        }
    }
    void references() {
        reference(ReferenceKind::kTransaction, record_.transactions());
        reference(ReferenceKind::kSource, record_.sources());
        reference(ReferenceKind::kDestination, record_.destinations());
    }

    void identifiers() {
        v1::EventTouch touch;
        touch.set_type(record_.type());
        touch.set_action(record_.action());
        touch.set_declares_error(record_.has_error());
        touch.set_enterprise_id(record_.enterprise_id());
        touch.set_visibility(record_.label().visibility());
        touch.set_level(record_.label().level());
        touch.set_biz_step(record_.biz_step());
        touch.set_stage(record_.stage());
        touch.set_tells(told_by(record_));
        for (const Touched& one : touched_) {
            touch.set_roles(one.roles);
            if (one.cid == home_) touch.set_record(record_octets_.data(), record_octets_.size());
            const std::string beginning = identifier_index_beginning(one.cid);
            put(Table::kEventsByIdentifier, beginning + end_, octets_of(touch));
            touch.clear_record();
            if (!declares_) continue;
            put(Table::kEventsByIdentifier, beginning + wrong_end_ + to_key(key_), {});
        }
    }

    /// What is declared wrong links nothing: of it only the counter-entries are written.
    void link(std::string_view cid, LinkRole role, const v1::EventLink& link) {
        std::string key;
        append_link_beginning(cid, role, key);
        key += declares_ ? wrong_end_ : end_;
        append_number(ordinal_++, key);
        if (declares_) append_event_key(key_, key);
        put(Table::kEventLinks, std::move(key), declares_ ? Bytes{} : octets_of(link));
    }

    v1::EventLink link_to(std::string_view other, bool is_class, bool other_is_class) const {
        v1::EventLink out;
        out.set_type(record_.type());
        out.set_action(record_.action());
        out.set_other(other.data(), other.size());
        out.set_biz_step(record_.biz_step());
        out.set_enterprise_id(record_.enterprise_id());
        out.set_visibility(record_.label().visibility());
        out.set_level(record_.label().level());
        out.set_transformation_id(record_.transformation_id());
        out.set_is_class(is_class);
        out.set_other_is_class(other_is_class);
        return out;
    }

    void child(const std::string& cid, bool is_class) {
        link(cid, LinkRole::kChild, link_to(record_.parent(), is_class, false));
        link(record_.parent(), LinkRole::kParent, link_to(cid, false, is_class));
    }
    void transformed(const std::string& cid, LinkRole role, bool is_class) {
        link(cid, role, link_to({}, is_class, false));
    }

    void links() {
        switch (record_.type()) {
            case v1::EVENT_TYPE_AGGREGATION:
            case v1::EVENT_TYPE_ASSOCIATION:
                contained();
                break;
            case v1::EVENT_TYPE_TRANSFORMATION:
                transformation();
                break;
            default:
                break;
        }
    }
    void contained() {
        if (record_.parent().empty()) return;
        const bool has_children = record_.children_size() + record_.child_quantities_size() > 0;
        if (!has_children && record_.action() == v1::EVENT_ACTION_DELETE) {
            link(record_.parent(), LinkRole::kEmptied, link_to({}, false, false));
        }
        for (const auto& one : record_.children()) child(one, false);
        for (const auto& one : record_.child_quantities()) child(one.epc_class(), true);
    }
    void transformation() {
        for (const auto& one : record_.inputs()) transformed(one, LinkRole::kInput, false);
        for (const auto& one : record_.input_quantities()) {
            transformed(one.epc_class(), LinkRole::kInput, true);
        }
        for (const auto& one : record_.outputs()) transformed(one, LinkRole::kOutput, false);
        for (const auto& one : record_.output_quantities()) {
            transformed(one.epc_class(), LinkRole::kOutput, true);
        }
    }

    const EventKey key_;
    const v1::EventRecord& record_;
    const std::optional<EventKey> declares_;
    const std::vector<Touched> touched_;
    std::vector<model::ObjectEdit>& out_;
    Bytes record_octets_;    // as it is stored
    std::string_view home_;  // with which identifier the event lies; empty: with none
    std::string end_;        // of this event's entries
    std::string wrong_end_;  // of those of the event that it declares wrong
    std::uint32_t ordinal_ = 0;
};

}  // namespace

void append_event_key(const EventKey& key, std::string& out) {
    append_signed(key.record_time_ms, out);
    append_number(key.sequence, out);
}

std::string to_key(const EventKey& key) {
    std::string out;
    out.reserve(kEventKeyBytes);
    append_event_key(key, out);
    return out;
}

std::optional<EventKey> read_event_key(std::string_view octets) {
    if (octets.size() != kEventKeyBytes) return std::nullopt;
    return EventKey{.record_time_ms = read_signed(octets),
                    .sequence = read_number(octets.substr(8))};
}

void append_time(std::int64_t time_ns, std::string& out) {
    append_signed(time_ns, out);
}

std::int64_t read_time(std::string_view octets) {
    return read_signed(octets);
}

void append_identifier_beginning(std::string_view cid, std::string& out) {
    const std::size_t begin = out.size();
    schemes::append_key(cid, true, out);
    if (out.find(kNul, begin) == std::string::npos) return;
    const std::string key = out.substr(begin);
    out.resize(begin);
    append_key_beginning(key, out);
}

void append_key_beginning(std::string_view key, std::string& out) {
    for (const char c : key) {
        out += c;
        if (c == kNul) out += '\xFF';
    }
}

void append_identifier(std::string_view cid, std::string& out) {
    append_identifier_beginning(cid, out);
    out += kNul;
    out += '\x01';
}

std::size_t end_of_identifier(std::string_view entry) {
    constexpr std::string_view kEnd("\0\x01", 2);
    const std::size_t at = entry.find(kEnd);
    return at == std::string_view::npos ? entry.size() : at + kEnd.size();
}

std::string read_identifier(std::string_view escaped) {
    std::string out;
    out.reserve(escaped.size());
    for (std::size_t at = 0; at + 2 < escaped.size(); ++at) {
        out += escaped[at];
        if (escaped[at] == kNul) ++at;  // 0xFF behind it
    }
    return out;
}

std::optional<EntryEnd> read_entry_end(std::string_view octets) {
    return read_end(octets, 0);
}

std::optional<EntryEnd> read_link_end(std::string_view octets) {
    return read_end(octets, kOrdinalBytes);
}

void append_link_beginning(std::string_view cid, LinkRole role, std::string& out) {
    append_identifier(cid, out);
    out += static_cast<char>(role);
}

std::string time_index_beginning() {
    return {};
}

std::string type_index_beginning(v1::EventType type, v1::EventAction action) {
    return {static_cast<char>(type), static_cast<char>(action)};
}

std::string word_index_beginning(WordKind kind, std::string_view word) {
    std::string out(1, static_cast<char>(kind));
    out.append(word);
    out += kNul;
    return out;
}

std::string place_index_beginning(PlaceKind kind, std::string_view cid) {
    std::string out(1, static_cast<char>(kind));
    append_identifier(cid, out);
    return out;
}

std::string reference_index_beginning(ReferenceKind kind, std::string_view type,
                                      std::string_view id) {
    std::string out(1, static_cast<char>(kind));
    out.append(type);
    out += kNul;
    out.append(id);
    out += kNul;
    return out;
}

std::string identifier_index_beginning(std::string_view cid) {
    std::string out;
    append_identifier(cid, out);
    return out;
}

std::string error_beginning(std::string_view event_id) {
    std::string out(event_id);
    out += kNul;
    return out;
}

void append_event(const EventKey& key, const v1::EventRecord& record,
                  std::optional<EventKey> declares, std::vector<model::ObjectEdit>& out) {
    Writer(key, record, declares, out).write();
}

std::vector<Touched> touched_by(const v1::EventRecord& record) {
    std::vector<Touched> out;
    const auto add = [&out](std::string_view cid, std::uint32_t role) {
        if (!cid.empty()) out.push_back({cid, role});
    };
    const auto add_quantities = [&add](const auto& list, std::uint32_t role) {
        for (const v1::EventQuantity& one : list) add(one.epc_class(), role | v1::EVENT_ROLE_CLASS);
    };
    add(record.parent(), v1::EVENT_ROLE_PARENT);
    for (const auto& one : record.epcs()) add(one, v1::EVENT_ROLE_EPC);
    for (const auto& one : record.children()) add(one, v1::EVENT_ROLE_CHILD);
    for (const auto& one : record.inputs()) add(one, v1::EVENT_ROLE_INPUT);
    for (const auto& one : record.outputs()) add(one, v1::EVENT_ROLE_OUTPUT);
    add_quantities(record.quantities(), v1::EVENT_ROLE_EPC);
    add_quantities(record.child_quantities(), v1::EVENT_ROLE_CHILD);
    add_quantities(record.input_quantities(), v1::EVENT_ROLE_INPUT);
    add_quantities(record.output_quantities(), v1::EVENT_ROLE_OUTPUT);
    for (const auto& one : record.lots()) add(one, v1::EVENT_ROLE_LOT);
    std::ranges::sort(out, {}, &Touched::cid);
    std::size_t kept = 0;
    for (std::size_t at = 0; at < out.size(); ++at) {
        if (kept > 0 && out[kept - 1].cid == out[at].cid) {
            out[kept - 1].roles |= out[at].roles;
        } else {
            out[kept++] = out[at];
        }
    }
    out.resize(kept);
    return out;
}

}  // namespace idnode::events
