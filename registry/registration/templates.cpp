#include "registry/registration/templates.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "proto/base/hex.h"
#include "proto/base/text.h"
#include "registry/model/identifier.h"
#include "registry/registration/objects.h"
#include "registry/registration/prefixes.h"

namespace idnode::registration {

namespace {

using model::Table;

constexpr std::size_t kVersionBytesMax = 128;
constexpr std::size_t kItemTypeBytesMax = 128;
constexpr std::size_t kItemNameBytesMax = 255;
constexpr std::size_t kDescriptionBytesMax = 4'096;
constexpr int kItemsMax = 1'000;
constexpr std::uint32_t kItemIndexMax = 2'147'483'647;
constexpr std::uint32_t kTextLengthMax = 65'535;

/// Characters of well-formed UTF-8.
std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char one) { return (static_cast<unsigned char>(one) & 0xC0U) != 0x80U; }));
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
    if (item.index() < kItemIndexMin || item.index() > kItemIndexMax) {
        return invalid(field + ".index", "must be 2000 to 2147483647");
    }
    if (item.repeatable() && item.index_last() < item.index()) {
        return invalid(field + ".indexLast", "must not be below index");
    }
    if (item.length_max() > kTextLengthMax ||
        (item.length_max() != 0 && item.length_min() > item.length_max())) {
        return invalid(field + ".lengthMax", "must be lengthMin to 65535");
    }
    if (item.item_type() == v1::ITEM_TYPE_ENUMERATION && item.choices().empty()) {
        return missing(field + ".choices");
    }
    return {};
}

std::uint32_t last_index(const v1::Item& item) {
    return item.repeatable() ? item.index_last() : item.index();
}

/// Indexes for items without one, and everything about the items.
Outcome<void> complete_items(v1::Template& form) {
    if (form.items().empty()) return missing("items");
    if (form.items_size() > kItemsMax) {
        return invalid("items", "at most " + std::to_string(kItemsMax));
    }
    std::uint32_t next = kItemIndexMin;
    for (const v1::Item& item : form.items()) {
        if (item.index() != 0) next = std::max(next, last_index(item) + 1);
    }
    std::set<std::string> types;
    std::set<std::string> names;
    for (int at = 0; at < form.items_size(); ++at) {
        v1::Item& item = *form.mutable_items(at);
        const std::string field = "items[" + std::to_string(at) + "]";
        if (item.index() == 0) item.set_index(next++);
        if (item.item_type() == v1::ITEM_TYPE_UNSPECIFIED) item.set_item_type(v1::ITEM_TYPE_STRING);
        if (auto fine = check_item(item, field); !fine) return fine;
        if (!types.insert(item.type()).second) return invalid(field + ".type", "comes twice");
        if (!names.insert(item.name()).second) return invalid(field + ".name", "comes twice");
    }
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

Refusal unknown_template(std::string_view prefix, std::string_view version_name) {
    return {.code = Code::kTemplateUnknown,
            .message = "prefix '" + std::string(prefix) + "' has no template '" +
                       std::string(version_name) + "'",
            .field = "templateVersion",
            .remedy = "create and publish it first"};
}

Refusal value_refusal(Code code, std::uint32_t index, std::string message) {
    return {.code = code,
            .message = "value " + std::to_string(index) + ": " + message,
            .field = "values",
            .index = index};
}

}  // namespace

Outcome<v1::Template> Templates::create(const Actor& actor, const v1::Template& wanted) {
    if (auto may = require(actor, v1::SCOPE_TEMPLATES_WRITE); !may) return may.error();
    const auto prefix = Prefixes(registrar_).usable(actor, wanted.prefix(), true);
    if (!prefix) return prefix.error();
    if (wanted.version_name().empty()) return missing("templateVersion");
    if (!is_utf8(wanted.version_name()) || wanted.version_name().size() > kVersionBytesMax ||
        wanted.version_name().find('\0') != std::string::npos) {
        return invalid("templateVersion", "must be UTF-8, at most 128 octets");
    }
    if (!is_utf8(wanted.description()) || wanted.description().size() > kDescriptionBytesMax) {
        return invalid("description", "must be UTF-8, at most 4096 octets");
    }
    v1::Template form = wanted;
    form.set_prefix(prefix->prefix());
    if (auto fine = complete_items(form); !fine) return fine.error();
    if (form.state() != v1::TEMPLATE_STATE_DRAFT) form.set_state(v1::TEMPLATE_STATE_PUBLISHED);
    form.set_revision(1);
    *form.mutable_created() = to_timestamp(registrar_.clock.now());
    *form.mutable_changed() = form.created();
    std::array<std::byte, 8> random{};
    registrar_.entropy.fill(random);
    form.set_handle(form.prefix() + "/META_" + to_hex(random));
    const std::string key = pair_key(form.prefix(), form.version_name());
    const auto there = read_stored(registrar_.store, Table::kTemplates, key);
    if (!there) return there.error();
    if (*there) {
        return Refusal{.code = Code::kExists,
                       .message = "templateVersion: '" + form.version_name() + "' exists already",
                       .field = "templateVersion"};
    }
    const auto done = until_no_conflict([&]() -> Outcome<model::Committed> {
        const auto number = next_number(registrar_.store, "template");
        if (!number) return number.error();
        form.set_id(number->number);
        model::Change change = change_by(actor);
        change.objects = {registration::put(Table::kTemplates, key, form, 0),
                          point(Table::kTemplateByHandle, form.handle(), key), number->edit};
        return commit(registrar_.store, change);
    });
    if (!done) return done.error();
    return find(actor, form.prefix(), form.version_name());
}

Outcome<v1::Template> Templates::named(std::string_view prefix,
                                       std::string_view version_name) const {
    auto form = registration::find<v1::Template>(registrar_.store, Table::kTemplates,
                                                 pair_key(prefix, version_name));
    if (!form) return form.error();
    if (!*form || (*form)->hidden()) return unknown_template(prefix, version_name);
    return **std::move(form);
}

Outcome<v1::Template> Templates::find(const Actor& actor, std::string_view prefix,
                                      std::string_view version_name) {
    if (auto may = require(actor, v1::SCOPE_TEMPLATES_READ); !may) return may.error();
    const auto owned = Prefixes(registrar_).usable(actor, prefix, false);
    if (!owned) return owned.error();
    return named(owned->prefix(), version_name);
}

Outcome<v1::TemplateList> Templates::list(const Actor& actor, std::string_view prefix,
                                          std::string_view cursor, std::size_t count_max) {
    if (auto may = require(actor, v1::SCOPE_TEMPLATES_READ); !may) return may.error();
    const auto owned = Prefixes(registrar_).usable(actor, prefix, false);
    if (!owned) return owned.error();
    const std::string beginning = pair_key(owned->prefix(), {});
    const auto stored = registrar_.store.scan_objects(
        Table::kTemplates, beginning,
        cursor.empty() ? std::string() : beginning + std::string(cursor), count_max);
    if (!stored) return to_refusal(stored.error());
    v1::TemplateList out;
    for (const model::StoredObject& one : *stored) {
        v1::Template form;
        if (!from_octets(one.value, form)) return damaged_object();
        form.set_version(one.version);
        if (!form.hidden()) *out.add_templates() = std::move(form);
    }
    if (stored->size() == count_max) {
        out.set_next_cursor(stored->back().key.substr(beginning.size()));
    }
    return out;
}

const v1::Item* item_at(const v1::Template& form, std::uint32_t index) {
    for (const v1::Item& item : form.items()) {
        if (index >= item.index() && index <= last_index(item)) return &item;
    }
    return nullptr;
}

std::optional<std::string> broken_rule(const v1::Item& item, std::string_view text) {
    if (!is_utf8(text)) return "must be UTF-8";
    const std::size_t length = count_characters(text);
    if (length < item.length_min()) {
        return "at least " + std::to_string(item.length_min()) + " characters";
    }
    const std::uint32_t length_max = item.length_max() == 0 ? kTextLengthMax : item.length_max();
    if (length > length_max) return "at most " + std::to_string(length_max) + " characters";
    switch (item.item_type()) {
        case v1::ITEM_TYPE_BOOLEAN:
            if (text != "true" && text != "false") return "must be true or false";
            break;
        case v1::ITEM_TYPE_ENUMERATION:
            if (std::ranges::find(item.choices(), text) == item.choices().end()) {
                return "is none of the item's choices";
            }
            break;
        default:
            break;
    }
    return std::nullopt;
}

Outcome<void> check_values(const v1::Template& form, std::span<DraftValue> values, bool patch) {
    for (DraftValue& value : values) {
        if (value.index == 0) {
            const auto at = std::ranges::find_if(
                form.items(), [&](const v1::Item& item) { return item.type() == value.type; });
            if (at == form.items().end()) {
                return Refusal{
                    .code = Code::kItemUnknown,
                    .message = "the template has no item '" + std::string(value.type) + "'",
                    .field = "values"};
            }
            value.index = at->index();
        }
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
            return value_refusal(Code::kItemDisabled, value.index, "the item is disabled");
        }
        if (patch && value.text.empty()) {  // it is removed
            if (!item->required()) continue;
            return value_refusal(Code::kItemMissing, value.index, item->type() + ": is required");
        }
        if (const auto rule = broken_rule(*item, value.text)) {
            return value_refusal(Code::kItemInvalid, value.index, item->type() + ": " + *rule);
        }
    }
    std::ranges::sort(values, {}, &DraftValue::index);
    if (!patch) {
        for (const v1::Item& item : form.items()) {
            if (!item.required() || item.state() == v1::ITEM_STATE_DISABLED) continue;
            const auto at = std::ranges::lower_bound(values, item.index(), {}, &DraftValue::index);
            if (at == values.end() || at->index > last_index(item) || at->text.empty()) {
                return value_refusal(Code::kItemMissing, item.index(),
                                     item.type() + ": is required");
            }
        }
    }
    const auto twice = std::ranges::adjacent_find(values, {}, &DraftValue::index);
    if (twice == values.end()) return {};
    return value_refusal(Code::kItemRepeated, twice->index, "comes twice");
}

}  // namespace idnode::registration
