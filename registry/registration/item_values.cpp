#include "registry/registration/item_values.h"

#include <algorithm>
#include <string>

#include "registry/registration/item_rules.h"

namespace idnode::registration {

namespace {

Refusal value_refusal(Code code, std::uint32_t index, std::string message) {
    return {.code = code,
            .message = "value " + std::to_string(index) + ": " + message,
            .field = "values",
            .index = index};
}

/// Values without an index that have the type of one item: the free ones of its indexes, in order.
Outcome<void> give_index(const v1::Template& form, std::span<const DraftValue> values,
                         DraftValue& value, bool patch) {
    const auto item = std::ranges::find(form.items(), value.type, &v1::Item::type);
    if (item == form.items().end()) {
        return Refusal{.code = Code::kItemUnknown,
                       .message = "the template has no item '" + std::string(value.type) + "'",
                       .field = "values"};
    }
    if (patch && item->repeatable()) {
        return value_refusal(Code::kItemUnknown, 0,
                             item->type() + ": which of its values is meant? Give the index, " +
                                 std::to_string(item->index()) + " to " +
                                 std::to_string(last_index(*item)));
    }
    std::uint32_t index = item->index();
    const auto is_taken = [&] {
        return std::ranges::find(values, index, &DraftValue::index) != values.end();
    };
    while (item->repeatable() && index <= last_index(*item) && is_taken()) ++index;
    if (index > last_index(*item)) {
        return value_refusal(Code::kItemRepeated, item->index(),
                             item->type() + ": at most " +
                                 std::to_string(last_index(*item) - item->index() + 1) + " values");
    }
    value.index = index;
    return {};
}

Outcome<void> check_value(const v1::Template& form, DraftValue& value, bool patch) {
    const v1::Item* const item = item_at(form, value.index);
    if (item == nullptr) {
        return value_refusal(Code::kItemUnknown, value.index, "is not in the template");
    }
    if (value.type.empty()) value.type = item->type();
    if (value.type != item->type()) {
        return value_refusal(Code::kItemTypeMismatch, value.index,
                             "the item's type is '" + item->type() + "'");
    }
    if (item->state() == v1::ITEM_STATE_DISABLED) {
        return value_refusal(Code::kItemDisabled, value.index,
                             item->type() + ": the item is disabled");
    }
    if (!value.is_text) {
        Refusal out = value_refusal(Code::kItemInvalid, value.index, "its format must be string");
        out.field = "format";
        return out;
    }
    if (patch && value.text.empty()) {  // it is removed
        if (!item->required()) return {};
        return value_refusal(Code::kItemMissing, value.index, item->type() + ": is required");
    }
    if (const auto rule = broken_rule(*item, value.text)) {
        return value_refusal(Code::kItemInvalid, value.index, item->type() + ": " + *rule);
    }
    return {};
}

/// `values` are sorted.
bool has_value(const v1::Item& item, std::span<const DraftValue> values) {
    auto at = std::ranges::lower_bound(values, item.index(), {}, &DraftValue::index);
    for (; at != values.end() && at->index <= last_index(item); ++at) {
        if (!at->text.empty()) return true;
    }
    return false;
}

}  // namespace

const v1::Item* item_at(const v1::Template& form, std::uint32_t index) {
    for (const v1::Item& item : form.items()) {
        if (index >= item.index() && index <= last_index(item)) return &item;
    }
    return nullptr;
}

Outcome<void> check_values(const v1::Template& form, std::span<DraftValue> values, bool patch) {
    for (DraftValue& value : values) {
        if (value.index == 0) {
            if (auto given = give_index(form, values, value, patch); !given) return given;
        }
        if (auto fine = check_value(form, value, patch); !fine) return fine;
    }
    std::ranges::sort(values, {}, &DraftValue::index);
    if (!patch) {
        for (const v1::Item& item : form.items()) {
            if (!item.required() || item.state() == v1::ITEM_STATE_DISABLED) continue;
            if (has_value(item, values)) continue;
            return value_refusal(Code::kItemMissing, item.index(), item.type() + ": is required");
        }
    }
    const auto twice = std::ranges::adjacent_find(values, {}, &DraftValue::index);
    if (twice == values.end()) return {};
    return value_refusal(Code::kItemRepeated, twice->index, "comes twice");
}

}  // namespace idnode::registration
