#include "registry/http/snms/item_texts.h"

#include "proto/base/text.h"
#include "registry/model/identifier.h"
#include "registry/registration/item_values.h"
#include "registry/registration/objects.h"
#include "registry/registration/templates.h"

namespace idnode::http::snms {

namespace {

using registration::Code;

constexpr std::uint32_t kLengthMax = 65'535;

/// What the values of an item must be.
std::string rule_of(const v1::Item& item) {
    switch (item.item_type()) {
        case v1::ITEM_TYPE_NUMBER:
            return "须为符合模板范围的数值";
        case v1::ITEM_TYPE_BOOLEAN:
            return "须为true或false";
        case v1::ITEM_TYPE_DATE:
            return "须为ISO 8601日期";
        case v1::ITEM_TYPE_ENUMERATION:
            return "须为模板中的可选值";
        case v1::ITEM_TYPE_REFERENCE:
            return "须为标识";
        case v1::ITEM_TYPE_JSON:
            return "须为JSON";
        default:
            break;
    }
    const std::uint32_t most = item.length_max() == 0 ? kLengthMax : item.length_max();
    std::string out =
        "长度须为" + std::to_string(item.length_min()) + "至" + std::to_string(most) + "个字符";
    if (!item.pattern().empty()) out += "并符合模板格式";
    return out;
}

}  // namespace

const v1::Template* ItemTexts::template_of(const registration::Draft& draft) {
    const std::string prefix = fold_ascii(model::split_handle(draft.handle).prefix);
    const std::string key = registration::pair_key(prefix, draft.template_version);
    auto at = templates_.find(key);
    if (at == templates_.end()) {
        auto found = registration::Templates(registrar_).named(prefix, draft.template_version);
        at = templates_.emplace(key, std::nullopt).first;
        if (found) at->second = *std::move(found);
    }
    return at->second ? &*at->second : nullptr;
}

Fault ItemTexts::fault_of(const registration::Refusal& refusal, const registration::Draft& draft) {
    Fault out = snms::fault_of(refusal);
    const bool names_item = refusal.code == Code::kItemInvalid ||
                            refusal.code == Code::kItemTypeMismatch ||
                            refusal.code == Code::kItemMissing;
    const v1::Template* const form = names_item ? template_of(draft) : nullptr;
    const v1::Item* const item =
        form == nullptr ? nullptr : registration::item_at(*form, refusal.index);
    if (item == nullptr) return out;
    const std::string which = "索引" + std::to_string(refusal.index);
    if (refusal.field == "format") {
        out.chinese = which + "的data.format只能是string";
    } else if (refusal.code == Code::kItemInvalid) {
        out.chinese = which + "(" + item->type() + ")的值" + rule_of(*item);
    } else if (refusal.code == Code::kItemTypeMismatch) {
        out.chinese = which + "的type必须为" + item->type();
    } else {
        out.chinese = which + "(" + item->type() + ")为必填项";
    }
    return out;
}

}  // namespace idnode::http::snms
