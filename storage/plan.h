#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/model/change.h"
#include "registry/model/ports.h"
#include "registry/model/prefixes.h"
#include "storage/keys.h"

namespace idnode::storage {

/// How many erasures of one record its history remembers; the oldest are forgotten.
inline constexpr std::size_t kErasuresKept = 32;

/// What is stored now. The engines differ in this and in how effects are written; what a change
/// does is decided once, here.
class StoredState {
  public:
    virtual ~StoredState() = default;
    /// The octets under `key`, or nothing. The view is valid until the next call.
    virtual Result<std::optional<BytesView>> find(Family family, std::string_view key) = 0;
};

/// One key that is written, or removed.
struct Effect {
    Family family = Family::kRecords;
    std::string key;
    std::optional<Bytes> value;       // nothing: the key is removed
    const Effect* earlier = nullptr;  // of the same key in the same plan
};

/// Turns changes into effects: expected versions, edits that change nothing, timestamps, before
/// images, transaction ids. Later changes and edits see the earlier ones. Does no I/O but reads.
class Plan {
  public:
    Plan(StoredState& state, model::TransactionId last) : state_(state), last_(last) {}

    /// All edits of the change or, on an error, none.
    Result<model::Committed> add(const model::Change& change, model::TimeMs now);

    /// In the order in which they must be written.
    const std::deque<Effect>& effects() const { return effects_; }
    model::TransactionId last() const { return last_; }
    /// Whether a prefix was homed or unhomed.
    bool changes_prefixes() const { return !latest(Family::kPrefixes).empty(); }

  private:
    using Latest = std::unordered_map<std::string_view, const Effect*>;

    Result<void> add_edit(const model::Change& change, const model::Edit& edit, model::TimeMs now);
    Result<void> put(const model::Change& change, const model::Edit& edit, model::TimeMs now);
    Result<void> erase(const model::Change& change, const model::Edit& edit, model::TimeMs now);
    Result<void> home(const model::Change& change, const model::Edit& edit, model::TimeMs now);
    Result<void> unhome(const model::Change& change, const model::Edit& edit, model::TimeMs now);

    Result<void> add_object(const model::Change& change, const model::ObjectEdit& edit,
                            model::TimeMs now);
    Result<void> remember_erasure(std::string_view record_key);

    Result<std::optional<BytesView>> find(Family family, std::string_view key);
    void log(const model::Change& change, const model::Edit& edit, model::TimeMs now,
             model::Action action, std::optional<BytesView> before);
    void emit(Family family, std::string key, std::optional<Bytes> value);
    void undo_to(std::size_t effects, model::TransactionId last);

    Latest& latest(Family family) { return latest_[static_cast<std::size_t>(family)]; }
    const Latest& latest(Family family) const { return latest_[static_cast<std::size_t>(family)]; }

    StoredState& state_;
    model::TransactionId last_;
    std::deque<Effect> effects_;               // addresses stay when it grows
    std::array<Latest, kFamilyCount> latest_;  // the newest effect of each key
};

/// kInvalid for a handle that is empty or longer than any client accepts.
Result<void> check_handle(std::string_view handle);
/// The name under which a prefix handle or marker is homed: folded, and with `0.NA/` before the
/// bare name of a prefix. kInvalid for other handles.
Result<std::string> homed_name(std::string_view prefix_handle);

/// The table after the plan's effects.
void apply_to_table(const Plan& plan, model::PrefixTable& table);

}  // namespace idnode::storage
