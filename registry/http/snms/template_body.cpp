#include "registry/http/snms/template_body.h"

#include <algorithm>
#include <limits>
#include <set>

#include "proto/base/text.h"
#include "registry/json/encoding.h"
#include "registry/json/fields.h"
#include "registry/registration/item_values.h"
#include "registry/registration/template_rules.h"

namespace idnode::http::snms {

namespace {

namespace bj = boost::json;

constexpr std::size_t kIndustryMax = 8;
constexpr std::size_t kDescriptionMax = 1'024;
constexpr std::size_t kNameMax = 85;  // three octets each: what the rules take
constexpr std::size_t kTypeMax = 128;
constexpr std::int64_t kLengthMax = 65'535;
constexpr std::uint64_t kItemsOfTemplate = 1'000;  // the most that one can have
constexpr std::int64_t kIndexMax = std::numeric_limits<std::int32_t>::max();

// --- written -------------------------------------------------------------------------------------

void text_member(std::string_view name, std::string_view text, std::string& out) {
    out.append("\"").append(name).append("\":");
    json::append_json_string(text, out);
    out += ',';
}

std::uint32_t length_max_of(const v1::Item& item) {
    return item.length_max() == 0 ? static_cast<std::uint32_t>(kLengthMax) : item.length_max();
}

void append_item(const v1::Template& form, int at, TemplateForm shape, std::string& out) {
    const v1::Item& item = form.items(at);
    const bool is_v5 = shape == TemplateForm::kV5;
    out += '{';
    text_member("name", item.name(), out);
    text_member("idType", item.type(), out);
    if (is_v5) out.append("\"idIndex\":").append(std::to_string(item.index())).append(",");
    // Items are never removed, so the number stays.
    const std::uint64_t id = form.id() * kItemsOfTemplate + static_cast<std::uint64_t>(at);
    out.append("\"metadataId\":").append(std::to_string(id));
    out.append(R"(,"metadata":{"type":"string","minLength":)");
    out.append(std::to_string(item.length_min())).append(",\"maxLength\":");
    out.append(std::to_string(length_max_of(item)));
    out.append("},\"required\":").append(item.required() ? "true" : "false");
    if (is_v5)
        out.append(",\"state\":").append(item.state() == v1::ITEM_STATE_DISABLED ? "0" : "1");
    out += '}';
}

// --- read ----------------------------------------------------------------------------------------

/// §3.2: an object, or an array whose first element it is.
Outcome<Members> metadata_of(const Members& item) {
    const auto* value = item.find("metadata");
    if (value == nullptr) return missing_parameter(item.name_of("metadata"));
    const auto* object = value->if_object();
    if (const auto* array = value->if_array(); array != nullptr && !array->empty()) {
        object = array->front().if_object();
    }
    if (object != nullptr) return Members(*object, item.name_of("metadata"));
    return wrong_type(item.name_of("metadata"), "必须是对象", "must be an object");
}

Outcome<void> read_metadata(const Members& item, v1::Item& out) {
    const auto metadata = metadata_of(item);
    if (!metadata) return metadata.error();
    const auto type = metadata->optional_text("type", kTypeMax);
    if (!type) return type.error();
    if (!type->empty() && !equal_folded(*type, "string")) {
        return broken_rule(metadata->name_of("type"), "只能是string", "must be string");
    }
    const auto least = metadata->integer("minLength", 0, kLengthMax);
    if (!least) return least.error();
    const auto most = metadata->integer("maxLength", 1, kLengthMax);
    if (!most) return most.error();
    if (*most < *least) {
        return broken_rule(metadata->name_of("maxLength"), "不能小于minLength",
                           "must not be below minLength");
    }
    out.set_length_min(static_cast<std::uint32_t>(*least));
    out.set_length_max(static_cast<std::uint32_t>(*most));
    return {};
}

/// What belongs to items whoever they are; index and type are there already.
Outcome<void> read_item_rest(const Members& members, v1::Item& item) {
    auto name = members.text("name", kNameMax);
    if (!name) return name.error();
    item.set_name(*std::move(name));
    const auto required = members.boolean("required", false);
    if (!required) return required.error();
    item.set_required(*required);
    const auto state = members.optional_integer("state", 0, 1);
    if (!state) return state.error();
    if (*state) item.set_state(**state == 0 ? v1::ITEM_STATE_DISABLED : v1::ITEM_STATE_ENABLED);
    return read_metadata(members, item);
}

/// 0: there is none.
Outcome<std::uint32_t> read_index(const Members& members) {
    const auto index = members.optional_integer("idIndex", 0, kIndexMax);
    if (!index) return index.error();
    if (!*index) return 0U;
    if (**index >= registration::kItemIndexMin) return static_cast<std::uint32_t>(**index);
    return broken_rule(members.name_of("idIndex"), "不能小于2000，1000、1001、1999为保留索引",
                       "must be 2000 or more");
}

Outcome<v1::Item> read_item(const Members& members, TemplateForm shape) {
    v1::Item out;
    auto type = members.text("idType", kTypeMax);
    if (!type) return type.error();
    out.set_type(*std::move(type));
    if (shape == TemplateForm::kV5) {
        const auto index = read_index(members);
        if (!index) return index.error();
        out.set_index(*index);
    }
    if (auto read = read_item_rest(members, out); !read) return std::move(read).error();
    return out;
}

Fault comes_twice(const std::string& member) {
    return broken_rule(member, "重复", "comes twice");
}

/// Names, types and indexes are unique in a template.
class Unique {
  public:
    Outcome<void> add(const Members& place, const v1::Item& item) {
        if (!names_.insert(item.name()).second) return comes_twice(place.name_of("name"));
        if (!types_.insert(item.type()).second) return comes_twice(place.name_of("idType"));
        if (item.index() != 0 && !indexes_.insert(item.index()).second) {
            return comes_twice(place.name_of("idIndex"));
        }
        return {};
    }

  private:
    std::set<std::string> names_;
    std::set<std::string> types_;
    std::set<std::uint32_t> indexes_;
};

Outcome<void> read_industry(const Members& members, const registration::Terms& terms,
                            v1::Industry& out) {
    auto category = members.text("industryCategory", kIndustryMax);
    if (!category) return category.error();
    auto division = members.text("industrySpecific", kIndustryMax);
    if (!division) return division.error();
    auto group = members.text("industryTrade", kIndustryMax);
    if (!group) return group.error();
    auto class_code = members.text("industrySubclass", kIndustryMax);
    if (!class_code) return class_code.error();
    out.set_category(*std::move(category));
    out.set_division(*std::move(division));
    out.set_group(*std::move(group));
    out.set_class_code(*std::move(class_code));
    if (registration::check_industry(out, terms)) return {};
    return broken_rule("industryCategory/industrySpecific/industryTrade/industrySubclass",
                       "必须是GB/T 4754的门类、大类、中类、小类代码，且逐级包含",
                       "must be of GB/T 4754: a letter, then 2, 3 and 4 digits, each beginning as "
                       "the one before");
}

/// Everything but the items.
Outcome<v1::Template> read_head(const Members& members, const registration::Terms& terms) {
    v1::Template out;
    auto prefix = members.text("prefix", kPrefixMax);
    if (!prefix) return prefix.error();
    out.set_prefix(*std::move(prefix));
    auto version = members.text("version", kTemplateVersionMax);
    if (!version) return version.error();
    out.set_version_name(*std::move(version));
    if (auto read = read_industry(members, terms, *out.mutable_industry()); !read) {
        return std::move(read).error();
    }
    const auto type = members.integer("type", 1, 2);
    if (!type) return type.error();
    out.set_carrier(static_cast<std::uint32_t>(*type));
    auto description = members.optional_text("description", kDescriptionMax);
    if (!description) return description.error();
    out.set_description(*std::move(description));
    return out;
}

/// An item of an edit: the one with its index as it is now, changed; or a new one.
Outcome<v1::Item> read_edited_item(const Members& members, const v1::Template& before) {
    const auto index = read_index(members);
    if (!index) return index.error();
    const v1::Item* const there = *index == 0 ? nullptr : registration::item_at(before, *index);
    if (there == nullptr) return read_item(members, TemplateForm::kV5);
    auto type = members.text("idType", kTypeMax);
    if (!type) return type.error();
    if (there->type() != *type) {
        return broken_rule(members.name_of("idType"),
                           "与索引" + std::to_string(*index) + "已有的" + there->type() + "不一致",
                           "is not that of index " + std::to_string(*index));
    }
    v1::Item out = *there;
    if (auto read = read_item_rest(members, out); !read) return std::move(read).error();
    return out;
}

/// New items must not take names and types of others.
Outcome<void> check_collision(const Members& place, const v1::Item& item,
                              const v1::Template& before) {
    for (const v1::Item& other : before.items()) {
        if (other.index() == item.index()) continue;
        if (other.type() == item.type()) return comes_twice(place.name_of("idType"));
        if (other.name() == item.name()) return comes_twice(place.name_of("name"));
    }
    return {};
}

}  // namespace

std::string template_json(const v1::Template& form, TemplateForm shape) {
    std::string out = "{\"id\":" + std::to_string(form.id()) + ",";
    text_member("prefix", form.prefix(), out);
    text_member("name", "", out);
    text_member("version", form.version_name(), out);
    text_member("industryCategory", form.industry().category(), out);
    text_member("industrySpecific", form.industry().division(), out);
    text_member("industryTrade", form.industry().group(), out);
    text_member("industrySubclass", form.industry().class_code(), out);
    out.append("\"type\":").append(std::to_string(form.carrier())).append(",");
    text_member("description", form.description(), out);
    if (shape == TemplateForm::kV5) text_member("handle", form.handle(), out);
    out += "\"items\":[";
    for (int at = 0; at < form.items_size(); ++at) {
        if (at > 0) out += ',';
        append_item(form, at, shape, out);
    }
    return out += "]}";
}

bool is_lossy(const v1::Template& form) {
    return std::ranges::any_of(form.items(), [](const v1::Item& item) {
        return (item.item_type() != v1::ITEM_TYPE_STRING &&
                item.item_type() != v1::ITEM_TYPE_LONG_TEXT) ||
               item.repeatable() || !item.pattern().empty();
    });
}

Outcome<v1::Template> read_template(const Members& members, TemplateForm shape,
                                    const registration::Terms& terms) {
    auto out = read_head(members, terms);
    if (!out) return out;
    const auto items = members.array("items");
    if (!items) return items.error();
    if ((*items)->empty()) return missing_parameter("items");
    Unique unique;
    for (std::size_t at = 0; at < (*items)->size(); ++at) {
        const auto place = members.item("items", **items, at);
        if (!place) return place.error();
        auto item = read_item(*place, shape);
        if (!item) return item.error();
        if (auto fine = unique.add(*place, *item); !fine) return std::move(fine).error();
        *out->add_items() = *std::move(item);
    }
    return out;
}

Outcome<v1::Template> read_template_edit(const Members& members, const v1::Template& before,
                                         const registration::Terms& terms) {
    auto out = read_head(members, terms);
    if (!out) return out;
    const auto items = members.array("items");
    if (!items) return items.error();
    Unique unique;
    for (std::size_t at = 0; at < (*items)->size(); ++at) {
        const auto place = members.item("items", **items, at);
        if (!place) return place.error();
        auto item = read_edited_item(*place, before);
        if (!item) return item.error();
        if (auto fine = unique.add(*place, *item); !fine) return std::move(fine).error();
        if (auto fine = check_collision(*place, *item, before); !fine) {
            return std::move(fine).error();
        }
        *out->add_items() = *std::move(item);
    }
    return out;
}

}  // namespace idnode::http::snms
