#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/idnode/v1/event.pb.h"
#include "registry/model/objects.h"

/// Where events and their index entries lie. All tables of events are written here alone.
///
/// Numbers are big-endian, times with the sign bit turned, so that octet order is number order. An
/// identifier stands as its canonical key, NUL as NUL 0xFF, and ends with NUL 0x01: identifiers
/// whose key begins alike, as the serials of a lot, are one range.
namespace idnode::events {

/// The name of a stored event, in the order in which events became known here.
struct EventKey {
    std::int64_t record_time_ms = 0;  // since 1970 UTC
    std::uint64_t sequence = 0;

    auto operator<=>(const EventKey&) const = default;
};
inline constexpr std::size_t kEventKeyBytes = 16;
inline constexpr std::size_t kTimeBytes = 8;

void append_event_key(const EventKey& key, std::string& out);
std::string to_key(const EventKey& key);
/// Nothing: not the octets of one.
std::optional<EventKey> read_event_key(std::string_view octets);
void append_time(std::int64_t time_ns, std::string& out);
/// `octets`: at least `kTimeBytes`.
std::int64_t read_time(std::string_view octets);
/// The identifier's canonical key, escaped, without its end: for ranges.
void append_identifier_beginning(std::string_view cid, std::string& out);
void append_identifier(std::string_view cid, std::string& out);
/// Of the key of an entry that begins with an identifier: where what follows it begins.
std::size_t end_of_identifier(std::string_view entry);
/// The canonical key of an identifier, escaped and with its end.
std::string read_identifier(std::string_view escaped);
/// As `append_identifier_beginning`, of a canonical key or the beginning of one.
void append_key_beginning(std::string_view key, std::string& out);

/// What an entry of an index ends with. `declared`: the entry says that this event is declared
/// wrong, by the event with that key; it stands right behind the entry that it takes back.
struct EntryEnd {
    std::int64_t event_time_ns = 0;
    EventKey event;
    std::optional<EventKey> declared;
};
/// The end of an entry of the index by identifier, or of any other without ordinals: from the time
/// on. Nothing: damaged.
std::optional<EntryEnd> read_entry_end(std::string_view octets);

/// kEventLinks: identifier, role, time, event key, u32 ordinal. What an identifier is in a link.
enum class LinkRole : std::uint8_t {  // stored
    kChild = 'c',                     // value: the parent
    kEmptied = 'e',                   // a parent whose children all left; value: no counterpart
    kInput = 'i',                     // value: the transformation
    kOutput = 'o',                    // value: the transformation
    kParent = 'p',                    // value: one child
};
void append_link_beginning(std::string_view cid, LinkRole role, std::string& out);
/// As above, of an entry with an ordinal.
std::optional<EntryEnd> read_link_end(std::string_view octets);

/// kEventsByWord.
enum class WordKind : char {  // stored
    kBizStep = 's',
    kDisposition = 'd',
    kPersistentSet = 'p',
    kPersistentUnset = 'u',
    kStage = 'g',
    kErrorReason = 'r',
    kWarning = 'w',
    kTransformation = 't',
};
/// kEventsByPlace.
enum class PlaceKind : char { kReadPoint = 'r', kBizLocation = 'b' };  // stored
/// kEventsByReference.
enum class ReferenceKind : char {
    kTransaction = 't',
    kSource = 's',
    kDestination = 'd'
};  // stored

std::string time_index_beginning();
std::string type_index_beginning(v1::EventType type, v1::EventAction action);
std::string word_index_beginning(WordKind kind, std::string_view word);
std::string place_index_beginning(PlaceKind kind, std::string_view cid);
std::string reference_index_beginning(ReferenceKind kind, std::string_view type,
                                      std::string_view id);
std::string identifier_index_beginning(std::string_view cid);
/// kEventErrors: declarations about this event.
std::string error_beginning(std::string_view event_id);

/// Everything that is stored of an event: the record and all index entries, the claim of its id
/// included. `declares`: the event that it declares wrong; then its id is claimed already, and the
/// entries of that event in the indexes by identifier and of links get their counter-entries.
void append_event(const EventKey& key, const v1::EventRecord& record,
                  std::optional<EventKey> declares, std::vector<model::ObjectEdit>& out);

/// Every identifier that the event touches, each once, with its roles (bits of `v1::EventRole`).
struct Touched {
    std::string_view cid;
    std::uint32_t roles = 0;
};
std::vector<Touched> touched_by(const v1::EventRecord& record);

}  // namespace idnode::events
