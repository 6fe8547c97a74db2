#include "storage/plan.h"

#include <algorithm>
#include <utility>

#include "proto/base/assert.h"
#include "proto/base/limits.h"
#include "proto/base/writer.h"
#include "storage/codec.h"

namespace idnode::storage {
namespace {

constexpr model::TimeMs kMsPerSecond = 1000;

std::uint32_t seconds_of(model::TimeMs time) {
    return static_cast<std::uint32_t>(time / kMsPerSecond);
}

/// `current`: 0 when nothing is there.
Result<void> check_expected(const model::Edit& edit, model::TransactionId current) {
    if (!edit.expected_version || *edit.expected_version == current) return {};
    const std::string handle = "'" + edit.handle + "'";
    if (current == 0) return Error{Errc::kConflict, handle + " does not exist any more"};
    if (*edit.expected_version == 0) return Error{Errc::kConflict, handle + " exists already"};
    return Error{Errc::kConflict, handle + " was changed by transaction " +
                                      std::to_string(current) + "; expected was version " +
                                      std::to_string(*edit.expected_version)};
}

/// Keys of indexes have one or two identifiers and more in them.
constexpr std::size_t kObjectKeyBytesMax = 3 * limits::kHandleBytesMax;

Result<void> check_object(const model::ObjectEdit& edit) {
    if (edit.table == model::Table::kErasures) {
        return Error{Errc::kInvalid, "erasures are written by the store alone"};
    }
    if (edit.key.empty() || edit.key.size() > kObjectKeyBytesMax) {
        return Error{Errc::kLimit, "the key of an object has " + std::to_string(edit.key.size()) +
                                       " octets: 1 to " + std::to_string(kObjectKeyBytesMax)};
    }
    return {};
}

/// What another node decided: timestamps and spelling count like everything else.
RenewedValues as_given(const model::Edit& edit, const model::RecordView& old) {
    const bool same = edit.handle == old.handle && std::ranges::equal(edit.values, old.values);
    return {edit.values, !same};
}

}  // namespace

Result<void> check_handle(std::string_view handle) {
    if (handle.empty()) return Error{Errc::kInvalid, "a handle is empty"};
    if (handle.size() > limits::kHandleBytesMax) {
        return Error{Errc::kInvalid, "a handle has " + std::to_string(handle.size()) +
                                         " octets, above the limit of " +
                                         std::to_string(limits::kHandleBytesMax)};
    }
    return {};
}

Result<std::string> homed_name(std::string_view prefix_handle) {
    const model::Key key = model::key_of(prefix_handle);
    const std::string_view name = model::key_text(key);
    if (model::is_prefix_handle(name)) return std::string(name);
    return Error{Errc::kInvalid, "'" + std::string(prefix_handle) +
                                     "' cannot be homed: only prefix handles such as "
                                     "0.NA/88.100 and markers such as 0.NA/0.NA/88.100 can"};
}

Result<model::Committed> Plan::add(const model::Change& change, model::TimeMs now) {
    const std::size_t effects_before = effects_.size();
    const model::TransactionId last_before = last_;
    for (const model::Edit& edit : change.edits) {
        auto added = add_edit(change, edit, now);
        if (added) continue;
        undo_to(effects_before, last_before);
        return std::move(added).error();
    }
    for (const model::ObjectEdit& edit : change.objects) {
        auto added = add_object(change, edit, now);
        if (added) continue;
        undo_to(effects_before, last_before);
        return std::move(added).error();
    }
    if (change.mirror_state) {
        effects_.push_back(
            {Family::kMeta, std::string(kMetaMirror), *change.mirror_state, nullptr});
    }
    if (last_ == last_before) return model::Committed{};
    return model::Committed{last_before + 1, last_, static_cast<std::size_t>(last_ - last_before)};
}

Result<void> Plan::add_edit(const model::Change& change, const model::Edit& edit,
                            model::TimeMs now) {
    if (auto checked = check_handle(edit.handle); !checked) return checked;
    switch (edit.kind) {
        case model::Edit::Kind::kPut:
            return put(change, edit, now);
        case model::Edit::Kind::kErase:
            return erase(change, edit, now);
        case model::Edit::Kind::kHome:
            return home(change, edit, now);
        case model::Edit::Kind::kUnhome:
            return unhome(change, edit, now);
    }
    return Error{Errc::kInternal, "an edit of unknown kind"};
}

Result<void> Plan::put(const model::Change& change, const model::Edit& edit, model::TimeMs now) {
    const auto summary = check_values(edit.handle, edit.values);
    if (!summary) return summary.error();
    model::Key key = model::key_of(edit.handle, edit.suffix_case);
    const auto stored = find(Family::kRecords, key);
    if (!stored) return stored.error();

    // An update keeps the spelling of the registration, unless another node has decided it.
    RecordParts parts{key, edit.handle, 0, summary->all_public, {}};
    model::RecordView old;
    if (*stored) {
        const auto decoded = decode_record(key, **stored);
        if (!decoded) return decoded.error();
        old = *decoded;
        if (!change.replicated) parts.handle = old.handle;
    }
    if (auto expected = check_expected(edit, old.version); !expected) return expected;

    const RenewedValues renewed = change.replicated
                                      ? as_given(edit, old)
                                      : renew_timestamps(edit.values, old.values, seconds_of(now));
    if (*stored && !renewed.changed) return {};
    parts.version = last_ + 1;
    parts.values = renewed.values;
    Bytes value;
    encode_record(parts, value);
    log(change, edit, now, *stored ? model::Action::kUpdate : model::Action::kCreate, *stored);
    emit(Family::kRecords, std::move(key), std::move(value));
    return {};
}

Result<void> Plan::erase(const model::Change& change, const model::Edit& edit, model::TimeMs now) {
    model::Key key = model::key_of(edit.handle, edit.suffix_case);
    const auto stored = find(Family::kRecords, key);
    if (!stored) return stored.error();
    if (!*stored) return check_expected(edit, 0);
    const auto old = decode_record(key, **stored);
    if (!old) return old.error();
    if (auto expected = check_expected(edit, old->version); !expected) return expected;
    log(change, edit, now, model::Action::kDelete, *stored);
    if (auto remembered = remember_erasure(key); !remembered) return remembered;
    emit(Family::kRecords, std::move(key), std::nullopt);
    return {};
}

/// What is gone has no version that would lead into the log.
Result<void> Plan::remember_erasure(std::string_view record_key) {
    std::string key = object_key(model::Table::kErasures, record_key);
    const auto stored = find(Family::kObjects, key);
    if (!stored) return stored.error();
    Bytes transactions;
    if (*stored) {
        auto earlier = decode_object(key, **stored);
        if (!earlier) return earlier.error();
        transactions = std::move(earlier->value);
    }
    ByteWriter(transactions).u64(last_);
    constexpr std::size_t kBytesMax = kErasuresKept * sizeof last_;
    if (transactions.size() > kBytesMax) {
        transactions.erase(transactions.begin(),
                           transactions.end() - static_cast<std::ptrdiff_t>(kBytesMax));
    }
    Bytes value;
    encode_object(last_, transactions, value);
    emit(Family::kObjects, std::move(key), std::move(value));
    return {};
}

Result<void> Plan::add_object(const model::Change& change, const model::ObjectEdit& edit,
                              model::TimeMs now) {
    std::string key = object_key(edit.table, edit.key);
    if (auto checked = check_object(edit); !checked) return checked;
    const Family family = family_of(edit.table);
    const bool unseen = model::is_event(edit.table) && !edit.expected_version;
    const auto stored = unseen ? Result<std::optional<BytesView>>(std::nullopt) : find(family, key);
    if (!stored) return stored.error();
    model::StoredObject old;
    if (*stored) {
        auto decoded = decode_object(key, **stored);
        if (!decoded) return decoded.error();
        old = *std::move(decoded);
    }
    const model::TransactionId current =
        *stored ? std::max<model::TransactionId>(old.version, 1) : 0;
    if (edit.expected_version && *edit.expected_version != current) {
        return Error{Errc::kConflict, current == 0 ? "the object does not exist any more"
                                                   : "the object was changed meanwhile"};
    }
    if (!edit.value && !*stored && !unseen) return {};
    if (edit.value && *stored && same_octets(*edit.value, old.value)) return {};
    if (model::is_logged(edit.table)) {
        ++last_;
        Bytes entry;
        encode_log_entry(
            {.action = edit.value ? model::Action::kPutObject : model::Action::kRemoveObject,
             .time = now,
             .who = change.who,
             .handle = edit.key,
             .before = stored->value_or(BytesView{}),
             .from = change.from,
             .table = edit.table},
            entry);
        effects_.push_back({Family::kLog, log_key(last_), std::move(entry), nullptr});
    }
    std::optional<Bytes> value;
    if (edit.value)
        encode_object(std::max<model::TransactionId>(last_, 1), *edit.value, value.emplace());
    emit(family, std::move(key), std::move(value));
    return {};
}

Result<void> Plan::home(const model::Change& change, const model::Edit& edit, model::TimeMs now) {
    auto name = homed_name(edit.handle);
    if (!name) return name.error();
    const auto stored = find(Family::kPrefixes, *name);
    if (!stored) return stored.error();
    PrefixEntry old;
    if (*stored) {
        const auto decoded = decode_prefix_entry(*name, **stored);
        if (!decoded) return decoded.error();
        old = *decoded;
    }
    if (auto expected = check_expected(edit, old.version); !expected) return expected;
    if (*stored && old.suffix_case == edit.suffix_case) return {};
    Bytes value;
    encode_prefix_entry({edit.suffix_case, last_ + 1}, value);
    log(change, edit, now, model::Action::kHomePrefix, *stored);
    emit(Family::kPrefixes, *std::move(name), std::move(value));
    return {};
}

Result<void> Plan::unhome(const model::Change& change, const model::Edit& edit, model::TimeMs now) {
    auto name = homed_name(edit.handle);
    if (!name) return name.error();
    const auto stored = find(Family::kPrefixes, *name);
    if (!stored) return stored.error();
    if (!*stored) return check_expected(edit, 0);
    const auto old = decode_prefix_entry(*name, **stored);
    if (!old) return old.error();
    if (auto expected = check_expected(edit, old->version); !expected) return expected;
    log(change, edit, now, model::Action::kUnhomePrefix, *stored);
    emit(Family::kPrefixes, *std::move(name), std::nullopt);
    return {};
}

Result<std::optional<BytesView>> Plan::find(Family family, std::string_view key) {
    const auto at = latest(family).find(key);
    if (at == latest(family).end()) return state_.find(family, key);
    if (!at->second->value) return std::optional<BytesView>{};
    return std::optional<BytesView>(*at->second->value);
}

void Plan::log(const model::Change& change, const model::Edit& edit, model::TimeMs now,
               model::Action action, std::optional<BytesView> before) {
    ++last_;
    Bytes entry;
    encode_log_entry({action, edit.suffix_case, now, change.who, edit.handle,
                      before.value_or(BytesView{}), change.from},
                     entry);
    effects_.push_back({Family::kLog, log_key(last_), std::move(entry), nullptr});
}

void Plan::emit(Family family, std::string key, std::optional<Bytes> value) {
    Effect& effect = effects_.emplace_back(family, std::move(key), std::move(value), nullptr);
    const auto [at, is_first] = latest(family).try_emplace(effect.key, &effect);
    if (is_first) return;
    effect.earlier = std::exchange(at->second, &effect);
}

void Plan::undo_to(std::size_t effects, model::TransactionId last) {
    while (effects_.size() > effects) {
        const Effect& effect = effects_.back();
        if (effect.family != Family::kLog) {
            Latest& map = latest(effect.family);
            const auto at = map.find(effect.key);
            IDNODE_ASSERT(at != map.end());
            if (effect.earlier != nullptr) {
                at->second = effect.earlier;
            } else {
                map.erase(at);
            }
        }
        effects_.pop_back();
    }
    last_ = last;
}

void apply_to_table(const Plan& plan, model::PrefixTable& table) {
    for (const Effect& effect : plan.effects()) {
        if (effect.family != Family::kPrefixes) continue;
        if (!effect.value) {
            table.remove(effect.key);
            continue;
        }
        const auto entry = decode_prefix_entry(effect.key, *effect.value);
        IDNODE_ASSERT(entry.has_value());
        table.add(effect.key, entry->suffix_case);
    }
}

}  // namespace idnode::storage
