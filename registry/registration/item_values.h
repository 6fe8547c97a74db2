#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "proto/idnode/v1/template.pb.h"
#include "registry/registration/refusal.h"

/// Values of a record against its template.
namespace idnode::registration {

inline constexpr std::uint32_t kTemplateHandleIndex = 1'000;   // `TEMPLATE_ID`: its handle
inline constexpr std::uint32_t kTemplateVersionIndex = 1'001;  // `TEMPLATE`: its version
inline constexpr std::uint32_t kCodesIndex = 1'998;  // `SNMS_AUTH`: permission codes of values
inline constexpr std::uint32_t kItemIndexMin = 2'000;

/// The last index of an item's values: its only one, unless it is repeatable.
inline std::uint32_t last_index(const v1::Item& item) {
    return item.repeatable() ? item.index_last() : item.index();
}

/// One value as it came.
struct DraftValue {
    std::uint32_t index = 0;  // 0: found by its type
    std::string_view type;
    std::string_view text;
    bool is_text = true;  // false: the sender says that it is something else
};

/// Whether a template allows these values: every check of SNMS §4.3, 6 to 8, in its order. Fills in
/// indexes that were not given, and sorts by index. Values of a repeatable item that have no index
/// stand in its indexes in the order in which they come. `patch`: required items may be missing.
Outcome<void> check_values(const v1::Template& form, std::span<DraftValue> values, bool patch);

/// The item with this index, those of repeatable ones too; null: none.
const v1::Item* item_at(const v1::Template& form, std::uint32_t index);

}  // namespace idnode::registration
