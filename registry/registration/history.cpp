#include "registry/registration/history.h"

#include <limits>
#include <utility>

#include "proto/base/reader.h"

namespace idnode::registration {

PastRecord to_past(const model::RecordView& view) {
    return {std::string(view.handle), view.version, view.all_public,
            Bytes(view.values.begin(), view.values.end())};
}

Outcome<std::optional<HistoryWalk::Step>> HistoryWalk::next() {
    if (!std::exchange(begun_, true)) {
        if (auto found = begin(); !found) return found.error();
    }
    if (next_ == 0) return std::optional<Step>{};
    auto entry = entry_of(next_);
    if (!entry) return entry.error();
    if (!*entry) return std::optional<Step>{};
    Step out{**std::move(entry), std::move(state_)};
    if (auto stepped = step_back(out.entry); !stepped) return stepped.error();
    return std::optional<Step>(std::move(out));
}

Outcome<bool> HistoryWalk::skip_to(model::TransactionId id) {
    begun_ = true;
    next_ = 0;
    const auto entry = entry_of(id);
    if (!entry) return entry.error();
    if (!*entry) return false;
    if (auto stepped = step_back(**entry); !stepped) return stepped.error();
    return true;
}

Outcome<void> HistoryWalk::begin() {
    const auto found = store_.read(key_, model::ReadTier::kAny, [&](const model::RecordView& view) {
        state_ = to_past(view);
        next_ = view.version;
    });
    if (!found) return to_refusal(found.error());
    if (*found == model::Lookup::kFound) return {};
    const auto deletion = deletion_before(std::numeric_limits<model::TransactionId>::max());
    if (!deletion) return deletion.error();
    next_ = *deletion;
    return {};
}

/// What was there before the entry, and who made that.
Outcome<void> HistoryWalk::step_back(const model::LogEntry& entry) {
    state_.reset();
    const auto before = store_.before_image(entry);
    if (!before) return to_refusal(before.error());
    if (*before) {
        state_ = to_past(**before);
        next_ = (*before)->version;
        return {};
    }
    const auto deletion = deletion_before(entry.id);
    if (!deletion) return deletion.error();
    next_ = *deletion;
    return {};
}

Outcome<std::optional<model::LogEntry>> HistoryWalk::entry_of(model::TransactionId id) const {
    if (id == 0) return std::optional<model::LogEntry>{};
    auto entries = store_.read_log(0, id - 1, 1);
    if (!entries) return to_refusal(entries.error());
    if (entries->empty() || entries->front().id != id || entries->front().key != key_ ||
        model::concerns_object(entries->front().action)) {
        return std::optional<model::LogEntry>{};
    }
    return std::optional(std::move(entries->front()));
}

Outcome<model::TransactionId> HistoryWalk::deletion_before(model::TransactionId id) const {
    const auto erasures = store_.read_object(model::Table::kErasures, key_);
    if (!erasures) return to_refusal(erasures.error());
    model::TransactionId last = 0;
    if (!*erasures) return last;
    ByteReader in((*erasures)->value);
    while (in.left() >= sizeof id) {
        const model::TransactionId one = in.u64("transaction");
        if (one < id) last = one;
    }
    return last;
}

}  // namespace idnode::registration
