#include "registry/registration/template_rules.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "proto/base/text.h"
#include "registry/registration/item_rules.h"

namespace idnode::registration {

namespace {

constexpr std::size_t kVersionBytesMax = 128;
constexpr std::size_t kItemTypeBytesMax = 128;
constexpr std::size_t kItemNameBytesMax = 255;
constexpr std::size_t kDescriptionBytesMax = 4'096;
constexpr std::size_t kIndustryBytesMax = 8;
constexpr std::uint32_t kCarrierMax = 2;
constexpr int kItemsMax = 1'000;
constexpr std::uint32_t kItemIndexMax = 2'147'483'647;
constexpr std::uint32_t kRepeatedUsual = 100;

std::string item_field(int at) {
    return "items[" + std::to_string(at) + "]";
}

Outcome<void> check_item(const v1::Item& item, const std::string& field) {
    if (item.type().empty()) return missing(field + ".type");
    if (item.name().empty()) return missing(field + ".name");
    if (!is_utf8(item.type()) || item.type().size() > kItemTypeBytesMax) {
        return invalid(field + ".type", "must be UTF-8, at most 128 octets");
    }
    if (!is_utf8(item.name()) || item.name().size() > kItemNameBytesMax) {
        return invalid(field + ".name", "must be UTF-8, at most 255 octets");
    }
    if (!is_utf8(item.description()) || item.description().size() > kDescriptionBytesMax) {
        return invalid(field + ".description", "must be UTF-8, at most 4096 octets");
    }
    if (item.index() < kItemIndexMin || item.index() > kItemIndexMax) {
        return invalid(field + ".index", "must be 2000 to 2147483647");
    }
    if (last_index(item) < item.index() || last_index(item) > kItemIndexMax) {
        return invalid(field + ".indexLast", "must be index to 2147483647");
    }
    return check_item_rules(item, field);
}

/// The indexes that items have, as first and last ones in ascending order.
using TakenIndexes = std::set<std::pair<std::uint32_t, std::uint32_t>>;

/// The first index from which `room` are free.
std::uint32_t lowest_free(const TakenIndexes& taken, std::uint32_t room) {
    std::uint32_t at = kItemIndexMin;
    for (const auto& [first, last] : taken) {
        if (first >= at + room) break;
        at = std::max(at, last + 1);
    }
    return at;
}

void give_indexes(v1::Template& form) {
    TakenIndexes taken;
    for (v1::Item& item : *form.mutable_items()) {
        if (item.index() == 0) continue;
        if (item.repeatable() && item.index_last() == 0) {
            item.set_index_last(item.index() + kRepeatedUsual - 1);
        }
        taken.emplace(item.index(), std::min(last_index(item), kItemIndexMax));
    }
    for (v1::Item& item : *form.mutable_items()) {
        if (item.index() != 0) continue;
        const std::uint32_t room = item.repeatable() ? kRepeatedUsual : 1;
        item.set_index(lowest_free(taken, room));
        if (item.repeatable()) item.set_index_last(item.index() + room - 1);
        taken.emplace(item.index(), last_index(item));
    }
}

Outcome<void> check_overlap(const v1::Template& form) {
    std::vector<const v1::Item*> by_index;
    for (const v1::Item& item : form.items()) by_index.push_back(&item);
    std::ranges::sort(by_index, {}, &v1::Item::index);
    const auto overlaps = [](const v1::Item* a, const v1::Item* b) {
        return last_index(*a) >= b->index();
    };
    const auto at = std::ranges::adjacent_find(by_index, overlaps);
    if (at == by_index.end()) return {};
    return invalid("items", "index " + std::to_string((*std::next(at))->index()) + " comes twice");
}

v1::Item* item_with(v1::Template& form, std::uint32_t index) {
    for (v1::Item& item : *form.mutable_items()) {
        if (index >= item.index() && index <= last_index(item)) return &item;
    }
    return nullptr;
}

/// `wanted` in the place of `item`.
Outcome<void> change_item(v1::Item& item, v1::Item wanted, bool published,
                          const std::string& field) {
    if (wanted.name().empty()) wanted.set_name(item.name());
    if (wanted.description().empty()) wanted.set_description(item.description());
    if (wanted.item_type() == v1::ITEM_TYPE_UNSPECIFIED) wanted.set_item_type(item.item_type());
    if (wanted.visibility() == v1::VISIBILITY_UNSPECIFIED) {
        wanted.set_visibility(item.visibility());
    }
    if (wanted.state() == v1::ITEM_STATE_UNSPECIFIED) wanted.set_state(item.state());
    if (wanted.repeatable() && wanted.index_last() == 0) wanted.set_index_last(item.index_last());
    if (published && wanted.item_type() != item.item_type()) {
        return invalid(field + ".itemType",
                       "cannot change once the template was published; disable "
                       "the item and add another");
    }
    if (published && last_index(item) > std::max(last_index(wanted), wanted.index())) {
        return invalid(field + ".indexLast", "cannot become smaller: values may stand there");
    }
    item = std::move(wanted);
    return {};
}

Outcome<void> merge_item(v1::Template& form, const v1::Item& wanted, const std::string& field) {
    v1::Item* const there = wanted.index() == 0 ? nullptr : item_with(form, wanted.index());
    if (there == nullptr) {
        *form.add_items() = wanted;
        return {};
    }
    if (there->type() != wanted.type() || there->index() != wanted.index()) {
        return invalid(field + ".type", "index " + std::to_string(wanted.index()) +
                                            " is that of item '" + there->type() + "'");
    }
    return change_item(*there, wanted, form.state() != v1::TEMPLATE_STATE_DRAFT, field);
}

struct IndustryLevel {
    std::string_view name;
    const std::string& code;
    std::size_t digits;  // 0: one letter
};

bool is_industry_code(const IndustryLevel& level, std::string_view before) {
    if (level.digits == 0) {
        return level.code.size() == 1 && level.code[0] >= 'A' && level.code[0] <= 'Z';
    }
    const bool extends = level.digits == 2 || level.code.starts_with(before);
    return extends && level.code.size() == level.digits &&
           level.code.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

Outcome<void> check_industry(const v1::Industry& industry, const Terms& terms) {
    const std::array levels{
        IndustryLevel{"category", industry.category(), 0},
        IndustryLevel{"division", industry.division(), 2},
        IndustryLevel{"group", industry.group(), 3},
        IndustryLevel{"class", industry.class_code(), 4},
    };
    std::string_view before;
    bool ended = false;
    for (const IndustryLevel& level : levels) {
        const std::string field = "industry." + std::string(level.name);
        if (!is_utf8(level.code) || level.code.size() > kIndustryBytesMax) {
            return invalid(field, "must be UTF-8, at most 8 octets");
        }
        if (terms.any_industry_codes) continue;
        ended = ended || level.code.empty();
        if (ended ? !level.code.empty() : !is_industry_code(level, before)) {
            return invalid(field,
                           "must be of GB/T 4754: a letter, then 2, 3 and 4 digits, each "
                           "beginning as the one before");
        }
        before = level.code;
    }
    return {};
}

Outcome<void> check_template(const v1::Template& form, const Terms& terms) {
    if (form.version_name().empty()) return missing("templateVersion");
    if (!is_utf8(form.version_name()) || form.version_name().size() > kVersionBytesMax ||
        form.version_name().find('\0') != std::string::npos) {
        return invalid("templateVersion", "must be UTF-8, at most 128 octets");
    }
    if (!is_utf8(form.description()) || form.description().size() > kDescriptionBytesMax) {
        return invalid("description", "must be UTF-8, at most 4096 octets");
    }
    if (form.carrier() > kCarrierMax) {
        return invalid("carrier", "must be 1, an active identifier carrier, or 2, another");
    }
    return check_industry(form.industry(), terms);
}

Outcome<void> complete_items(v1::Template& form) {
    if (form.items().empty()) return missing("items");
    if (form.items_size() > kItemsMax) {
        return invalid("items", "at most " + std::to_string(kItemsMax));
    }
    for (int at = 0; at < form.items_size(); ++at) {
        const bool ends_only = form.items(at).index() == 0 && form.items(at).index_last() != 0;
        if (ends_only) return missing(item_field(at) + ".index");
    }
    give_indexes(form);
    std::set<std::string_view> types;
    std::set<std::string_view> names;
    for (int at = 0; at < form.items_size(); ++at) {
        v1::Item& item = *form.mutable_items(at);
        const std::string field = item_field(at);
        if (item.item_type() == v1::ITEM_TYPE_UNSPECIFIED) item.set_item_type(v1::ITEM_TYPE_STRING);
        if (auto fine = check_item(item, field); !fine) return fine;
        if (!types.insert(item.type()).second) return invalid(field + ".type", "comes twice");
        if (!names.insert(item.name()).second) return invalid(field + ".name", "comes twice");
    }
    return check_overlap(form);
}

Outcome<void> merge_template(v1::Template& form, const v1::Template& wanted) {
    if (!wanted.description().empty()) form.set_description(wanted.description());
    if (wanted.has_industry()) *form.mutable_industry() = wanted.industry();
    if (wanted.carrier() != 0) form.set_carrier(wanted.carrier());
    if (!wanted.coding_rule().empty()) form.set_coding_rule(wanted.coding_rule());
    std::set<std::uint32_t> changed;
    for (int at = 0; at < wanted.items_size(); ++at) {
        const v1::Item& item = wanted.items(at);
        if (item.index() != 0 && !changed.insert(item.index()).second) {
            return invalid(item_field(at) + ".index", "comes twice");
        }
        if (auto merged = merge_item(form, item, item_field(at)); !merged) return merged;
    }
    return {};
}

}  // namespace idnode::registration
