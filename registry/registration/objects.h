#pragma once

#include <google/protobuf/message_lite.h>
#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "registry/model/ports.h"
#include "registry/registration/actor.h"
#include "registry/registration/refusal.h"

/// The schemas' messages in the store.
namespace idnode::registration {

/// Numbers in keys: big-endian, so that their order is the number's.
std::string number_key(std::uint64_t number);
/// The number at the beginning of a key; 0 when it is too short.
std::uint64_t number_of_key(std::string_view key);
/// A cursor that is a number. False: it is none.
bool read_cursor(std::string_view cursor, std::uint64_t& number);
/// `first`, NUL, `second`.
std::string pair_key(std::string_view first, std::string_view second);

google::protobuf::Timestamp to_timestamp(model::TimeMs time);
model::TimeMs to_time(const google::protobuf::Timestamp& timestamp);

Bytes to_octets(const google::protobuf::MessageLite& message);
/// False: the octets are no such message.
bool from_octets(BytesView octets, google::protobuf::MessageLite& message);

/// What a message is stored as: without what answers alone have.
template <class Message>
model::ObjectEdit put(model::Table table, std::string key, Message message,
                      std::optional<model::TransactionId> expected = {}) {
    message.clear_version();
    return {table, std::move(key), to_octets(message), expected};
}
/// An entry of an index: it points to something, or is only there.
inline model::ObjectEdit point(model::Table table, std::string key, std::string_view to = {}) {
    return {table, std::move(key), to_bytes(to), {}};
}
/// As above, for what must be unique: a conflict when it is there.
inline model::ObjectEdit claim(model::Table table, std::string key, std::string_view to) {
    return {table, std::move(key), to_bytes(to), 0};
}
inline model::ObjectEdit drop(model::Table table, std::string key) {
    return {table, std::move(key), {}, {}};
}

/// kDamaged: the stored octets are no such message.
Outcome<std::optional<model::StoredObject>> read_stored(const model::RecordStore& store,
                                                        model::Table table, std::string_view key);
Refusal damaged_object();

/// An object with its version; nothing: there is none.
template <class Message>
Outcome<std::optional<Message>> find(const model::RecordStore& store, model::Table table,
                                     std::string_view key) {
    const auto stored = read_stored(store, table, key);
    if (!stored) return stored.error();
    if (!*stored) return std::optional<Message>{};
    Message out;
    if (!from_octets((*stored)->value, out)) return damaged_object();
    out.set_version((*stored)->version);
    return std::optional<Message>(std::move(out));
}

/// The text that an index holds; nothing: there is no entry.
Outcome<std::optional<std::string>> find_pointer(const model::RecordStore& store,
                                                 model::Table table, std::string_view key);

/// The next number of a series, and the edit that takes it. Two who take the same one conflict.
struct Numbered {
    std::uint64_t number = 0;
    model::ObjectEdit edit;
};
Outcome<Numbered> next_number(const model::RecordStore& store, std::string_view series);

/// One change in the actor's name.
model::Change change_by(const Actor& actor);
/// kVersionMismatch: an expected version did not hold.
Outcome<model::Committed> commit(model::RecordStore& store, const model::Change& change);

/// Carries out `attempt` again when somebody else was faster, a few times. It reads, decides and
/// commits.
template <class Attempt>
auto until_no_conflict(Attempt&& attempt) -> decltype(attempt()) {
    constexpr int kAttempts = 8;
    for (int tries = 1;; ++tries) {
        auto outcome = attempt();
        if (outcome || outcome.error().code != Code::kVersionMismatch || tries == kAttempts) {
            return outcome;
        }
    }
}

}  // namespace idnode::registration
