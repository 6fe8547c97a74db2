#include "registry/registration/record_values.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "proto/base/text.h"
#include "proto/handle/value.h"

namespace idnode::registration {

namespace {

constexpr std::string_view kTemplateHandleType = "TEMPLATE_ID";
constexpr std::string_view kTemplateVersionType = "TEMPLATE";
constexpr std::string_view kCodesType = "SNMS_AUTH";
constexpr std::uint32_t kAdministrativeMin = 100;
constexpr std::size_t kTypeBytesMax = 128;
constexpr std::uint8_t kRestricted =
    handle::permission::kAdminRead | handle::permission::kAdminWrite;

handle::ValueView value_at(std::uint32_t index, std::string_view type, std::string_view text,
                           bool is_public) {
    handle::ValueView out;
    out.index = static_cast<std::int32_t>(index);
    out.type = type;
    out.data = as_bytes_view(text);
    out.permissions = is_public ? handle::permission::kDefault : kRestricted;
    return out;
}

/// The values of a record in the making, in ascending order of index.
class NewValues {
  public:
    void add(const handle::ValueView& value) {
        if (count_ == 0) writer_.u32(0);
        handle::encode_value(value, writer_);
        ++count_;
    }
    void add_octets(const handle::ValueView& value) {
        if (count_ == 0) writer_.u32(0);
        writer_.raw(value.octets);
        ++count_;
    }
    Bytes finish() {
        if (count_ == 0) writer_.u32(0);
        writer_.patch_u32(0, count_);
        return std::move(octets_);
    }

  private:
    Bytes octets_;
    ByteWriter writer_{octets_};
    std::uint32_t count_ = 0;
};

}  // namespace

bool is_administrative(std::uint32_t index) {
    return index >= kAdministrativeMin && index < kItemIndexMin && index != kTemplateHandleIndex &&
           index != kTemplateVersionIndex;
}

Refusal identifier_missing(std::string_view handle) {
    return {.code = Code::kNotFound,
            .message = "identifier '" + std::string(handle) + "' does not exist",
            .field = "handle"};
}

Outcome<void> check_free_values(std::span<DraftValue> values) {
    for (const DraftValue& value : values) {
        const std::string index = std::to_string(value.index);
        if (value.index == 0 || value.index > std::numeric_limits<std::int32_t>::max()) {
            return invalid("values.index", "must be 1 to 2147483647 where there is no template");
        }
        if (value.index >= kAdministrativeMin && value.index < kItemIndexMin) {
            return Refusal{.code = Code::kItemUnknown,
                           .message = "value " + index + ": 100 to 1999 are reserved",
                           .field = "values",
                           .index = value.index};
        }
        if (value.type.empty() || !is_utf8(value.type) || value.type.size() > kTypeBytesMax) {
            return invalid("values.type", "must be UTF-8, 1 to 128 octets");
        }
        if (!is_utf8(value.text)) return invalid("values.value", "must be UTF-8");
    }
    std::ranges::sort(values, {}, &DraftValue::index);
    const auto twice = std::ranges::adjacent_find(values, {}, &DraftValue::index);
    if (twice == values.end()) return {};
    return Refusal{.code = Code::kItemRepeated,
                   .message = "value " + std::to_string(twice->index) + ": comes twice",
                   .field = "values",
                   .index = twice->index};
}

Outcome<Bytes> merged_values(const Draft& draft, const v1::Template* form,
                             const PastRecord& current) {
    const bool patch = draft.write == Write::kPatch;
    NewValues out;
    ByteReader in(current.values);
    std::optional<handle::ValuesReader> old;
    if (!current.values.empty()) old.emplace(in);
    auto before = old ? old->next() : std::nullopt;
    // Old values below `index` that stay: those of disabled items, too, which nobody can send.
    const auto stays = [&](const handle::ValueView& value) {
        const auto at = static_cast<std::uint32_t>(value.index);
        if (at == kCodesIndex) return patch && draft.permission_codes.empty();
        if (is_administrative(at)) return true;
        if (at == kTemplateHandleIndex || at == kTemplateVersionIndex) return false;
        const v1::Item* const item = form == nullptr ? nullptr : item_at(*form, at);
        return patch || (item != nullptr && item->state() == v1::ITEM_STATE_DISABLED &&
                         item->type() == value.type);
    };
    const auto keep_below = [&](std::uint32_t index) {
        while (before && static_cast<std::uint32_t>(before->index) < index) {
            if (stays(*before)) out.add_octets(*before);
            before = old->next();
        }
    };
    const auto step_over = [&](std::uint32_t index) {
        if (before && static_cast<std::uint32_t>(before->index) == index) before = old->next();
    };
    bool template_written = form == nullptr;
    const auto write_template = [&] {
        if (std::exchange(template_written, true)) return;
        keep_below(kTemplateHandleIndex);
        out.add(value_at(kTemplateHandleIndex, kTemplateHandleType, form->handle(), true));
        out.add(value_at(kTemplateVersionIndex, kTemplateVersionType, form->version_name(), true));
        step_over(kTemplateHandleIndex);
        step_over(kTemplateVersionIndex);
        if (draft.permission_codes.empty()) return;
        keep_below(kCodesIndex);
        step_over(kCodesIndex);
        out.add(value_at(kCodesIndex, kCodesType, draft.permission_codes, false));
    };
    for (const DraftValue& value : draft.values) {
        if (value.index > kTemplateVersionIndex) write_template();
        keep_below(value.index);
        step_over(value.index);
        if (patch && value.text.empty()) continue;
        const v1::Item* const item = form == nullptr ? nullptr : item_at(*form, value.index);
        const bool is_public = item == nullptr ||
                               item->visibility() == v1::VISIBILITY_UNSPECIFIED ||
                               item->visibility() == v1::VISIBILITY_PUBLIC;
        out.add(value_at(value.index, value.type, value.text, is_public));
    }
    write_template();
    keep_below(std::numeric_limits<std::uint32_t>::max());
    Bytes values = out.finish();
    const std::size_t bytes_max = model::record_values_bytes_max(draft.handle);
    if (values.size() > bytes_max) {
        return Refusal{.code = Code::kLimit,
                       .message = "values: take " + std::to_string(values.size()) +
                                  " octets, at most " + std::to_string(bytes_max),
                       .field = "values"};
    }
    return values;
}

std::string stored_template(BytesView record_values) {
    if (record_values.empty()) return {};
    ByteReader in(record_values);
    handle::ValuesReader values(in);
    while (const auto value = values.next()) {
        if (value->index == static_cast<std::int32_t>(kTemplateVersionIndex)) {
            return std::string(as_text(value->data));
        }
    }
    return {};
}

Draft whole(const Draft& patch, const PastRecord& current) {
    Draft out = patch;
    out.write = Write::kReplace;
    std::erase_if(out.values, [](const DraftValue& value) { return value.text.empty(); });
    const auto is_given = [&](const handle::ValueView& old) {
        return std::ranges::any_of(patch.values, [&](const DraftValue& value) {
            return value.index == 0 ? value.type == old.type
                                    : value.index == static_cast<std::uint32_t>(old.index);
        });
    };
    ByteReader in(current.values);
    handle::ValuesReader values(in);
    while (const auto value = values.next()) {
        const auto index = static_cast<std::uint32_t>(value->index);
        if (index < kItemIndexMin || is_given(*value)) continue;
        out.values.push_back({index, value->type, as_text(value->data)});
    }
    return out;
}

}  // namespace idnode::registration
