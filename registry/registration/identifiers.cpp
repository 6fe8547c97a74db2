#include "registry/registration/identifiers.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <unordered_map>
#include <utility>

#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "proto/handle/value.h"
#include "proto/idnode/v1/enterprise.pb.h"
#include "registry/registration/coding_rules.h"
#include "registry/registration/grants.h"
#include "registry/registration/meters.h"
#include "registry/registration/objects.h"
#include "registry/registration/prefixes.h"
#include "registry/registration/templates.h"

namespace idnode::registration {

namespace {

using model::Table;

constexpr std::string_view kTemplateHandleType = "TEMPLATE_ID";
constexpr std::string_view kTemplateVersionType = "TEMPLATE";
constexpr std::string_view kCodesType = "SNMS_AUTH";
constexpr std::uint32_t kAdministrativeMin = 100;
constexpr std::size_t kListedRecordsMax = 20'000;  // looked at for one page of a list
constexpr std::size_t kTypeBytesMax = 128;
constexpr std::uint8_t kRestricted =
    handle::permission::kAdminRead | handle::permission::kAdminWrite;

/// Keys, administrators, signatures, and what is reserved: neither shown nor changed here.
bool is_administrative(std::uint32_t index) {
    return index >= kAdministrativeMin && index < kItemIndexMin && index != kTemplateHandleIndex &&
           index != kTemplateVersionIndex;
}

/// Text that JSON shows as it is.
bool is_text(std::string_view text) {
    return is_utf8(text) && text.find('\0') == std::string_view::npos;
}

std::string_view text_of(const handle::ValueView& value) {
    return as_text(value.data);
}

Refusal identifier_missing(std::string_view handle) {
    return {.code = Code::kNotFound,
            .message = "identifier '" + std::string(handle) + "' does not exist",
            .field = "handle"};
}

Refusal identifier_exists(std::string_view handle) {
    return {.code = Code::kIdentifierExists,
            .message = "identifier '" + std::string(handle) + "' exists already",
            .field = "handle"};
}

/// Of a draft that comes after another one with the same identifier.
Refusal refuse_repeated(const Draft& draft) {
    switch (draft.write) {
        case Write::kCreate:
            return identifier_exists(draft.handle);
        case Write::kDelete:
            return identifier_missing(draft.handle);
        default:
            return invalid("handle", "comes twice in one batch");
    }
}

Refusal left_out() {
    return {.code = Code::kWrongState,
            .message = "nothing was done: another item of the batch was refused"};
}

handle::ValueView value_at(std::uint32_t index, std::string_view type, std::string_view text,
                           bool is_public) {
    handle::ValueView out;
    out.index = static_cast<std::int32_t>(index);
    out.type = type;
    out.data = as_bytes_view(text);
    out.permissions = is_public ? handle::permission::kDefault : kRestricted;
    return out;
}

/// Without template: what the caller says, as long as it is nobody else's.
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

/// Whether a write fits what is there.
Outcome<void> check_existence(const Draft& draft, bool exists, model::TransactionId version) {
    if (draft.expected && *draft.expected != version) {
        return Refusal{.code = Code::kVersionMismatch,
                       .message = "identifier '" + std::string(draft.handle) +
                                  "' is not in the version that was expected",
                       .field = "handle",
                       .remedy = "read it again and repeat the change"};
    }
    if (draft.write == Write::kCreate && exists) return identifier_exists(draft.handle);
    const bool may_be_new = draft.write == Write::kCreate || draft.write == Write::kPut;
    if (!may_be_new && !exists) return identifier_missing(draft.handle);
    return {};
}

}  // namespace

struct Identifiers::Plan {
    model::Edit edit;
    model::Key key;
    bool exists = false;
    model::TransactionId version = 0;
    std::uint64_t enterprise_id = 0;
    std::int64_t octets_before = 0;
};

Outcome<const v1::Prefix*> Identifiers::prefix_for(const Actor& actor, std::string_view prefix,
                                                   bool for_change) {
    auto& known = for_change ? changeable_ : readable_;
    if (const auto at = known.find(prefix); at != known.end()) return &at->second;
    auto found = Prefixes(registrar_).usable(actor, prefix, for_change);
    if (!found) return found.error();
    return &known.emplace(std::string(prefix), *std::move(found)).first->second;
}

Outcome<const v1::Template*> Identifiers::template_for(std::string_view prefix,
                                                       std::string_view version) {
    const std::string key = pair_key(prefix, version);
    if (const auto at = templates_.find(key); at != templates_.end()) return &at->second;
    auto found = Templates(registrar_).named(prefix, version);
    if (!found) return found.error();
    return &templates_.emplace(key, *std::move(found)).first->second;
}

Outcome<void> Identifiers::check_retired(const model::Key& key) const {
    if (registrar_.terms.retire.count() == 0) return {};
    HistoryWalk walk(registrar_.store, key);
    const auto last = walk.next();
    if (!last) return last.error();
    if (!*last || (*last)->after) return {};
    const auto free_from =
        (*last)->entry.time + std::chrono::milliseconds(registrar_.terms.retire).count();
    if (registrar_.clock.now() >= free_from) return {};
    return Refusal{.code = Code::kWrongState,
                   .message = "this identifier was deleted and cannot be registered again yet",
                   .field = "handle"};
}

namespace {

/// The values that a write leads to, old and new side by side.
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

/// The version of the template that a record names; empty: none.
std::string stored_template(BytesView record_values) {
    if (record_values.empty()) return {};
    ByteReader in(record_values);
    handle::ValuesReader values(in);
    while (const auto value = values.next()) {
        if (value->index == static_cast<std::int32_t>(kTemplateVersionIndex)) {
            return std::string(text_of(*value));
        }
    }
    return {};
}

/// A patch as the replacement that it comes to. A view of `current`.
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
        out.values.push_back({index, value->type, text_of(*value)});
    }
    return out;
}

}  // namespace

/// What one draft does, by itself.
Outcome<Identifiers::Plan> Identifiers::plan(const Actor& actor, Draft& draft, LookUp look_up) {
    if (draft.handle.empty()) return missing("handle");
    const auto parts = model::split_handle(draft.handle);
    const auto prefix = prefix_for(actor, parts.prefix, true);
    if (!prefix) return prefix.error();
    const auto fine = model::check_registrable(draft.handle, registrar_.terms.prefix_levels_max);
    if (!fine) return invalid("handle", fine.error().detail);

    Plan out;
    out.edit.handle = std::string(draft.handle);
    out.edit.suffix_case = suffix_case_of(**prefix);
    out.edit.expected_version = 0;
    out.key = model::key_of(draft.handle, out.edit.suffix_case);
    out.enterprise_id = (*prefix)->enterprise_id();
    PastRecord current;
    const bool is_sure = look_up == LookUp::kAll || draft.write != Write::kCreate || draft.expected;
    if (is_sure) {
        if (auto read = look_up_current(draft, out, current); !read) return read.error();
    }
    if (draft.write == Write::kDelete) {
        out.edit.kind = model::Edit::Kind::kErase;
        return out;
    }
    if (!out.exists) {
        if (auto free = check_retired(out.key); !free) return free.error();
    }
    auto values = new_values(**prefix, draft, current, out.exists);
    if (!values) {
        // That it exists is said before what else is wrong.
        if (!is_sure) {
            if (auto read = look_up_current(draft, out, current); !read) return read.error();
        }
        return values.error();
    }
    out.edit.values = *std::move(values);
    return out;
}

/// What there is of it now, and whether the write fits that.
Outcome<void> Identifiers::look_up_current(const Draft& draft, Plan& out,
                                           PastRecord& current) const {
    const auto found =
        registrar_.store.read(out.key, model::ReadTier::kAny, [&](const model::RecordView& view) {
            out.exists = true;
            out.version = view.version;
            if (draft.write != Write::kCreate) current = to_past(view);
        });
    if (!found) return to_refusal(found.error());
    out.octets_before = static_cast<std::int64_t>(current.values.size());
    out.edit.expected_version = out.version;
    return check_existence(draft, out.exists, out.version);
}

/// The template that a write names; null: none. One that was withdrawn counts for the records that
/// have it.
Outcome<const v1::Template*> Identifiers::form_for(const v1::Prefix& prefix,
                                                   const std::string& version,
                                                   const std::string& version_before) {
    if (version.empty()) return nullptr;
    const auto form = template_for(prefix.prefix(), version);
    if (!form) return form;
    const v1::TemplateState state = (*form)->state();
    if (state == v1::TEMPLATE_STATE_PUBLISHED) return form;
    if (state == v1::TEMPLATE_STATE_WITHDRAWN && version == version_before) return form;
    return Refusal{.code = Code::kTemplateUnknown,
                   .message = "template '" + version + "' is not published",
                   .field = "templateVersion"};
}

/// The rule of the template, or else of the prefix.
Outcome<void> Identifiers::check_coding(const v1::Prefix& prefix, const v1::Template* form,
                                        std::string_view handle) {
    const bool has_own = form != nullptr && !form->coding_rule().empty();
    const std::string& name = has_own ? form->coding_rule() : prefix.coding_rule();
    if (name.empty()) return {};
    const std::string key = pair_key(prefix.prefix(), name);
    auto at = coding_rules_.find(key);
    if (at == coding_rules_.end()) {
        auto rule = CodingRules(registrar_).named(prefix.prefix(), name);
        if (!rule) return rule.error();
        at = coding_rules_.emplace(key, *std::move(rule)).first;
    }
    return check_suffix(at->second, model::split_handle(handle).suffix);
}

/// That what references of a certain prefix name is registered here, with the template they want.
Outcome<void> Identifiers::check_references(const v1::Template& form,
                                            std::span<const DraftValue> values,
                                            std::string_view handle) {
    for (const DraftValue& value : values) {
        const v1::Item* const item = item_at(form, value.index);
        if (item == nullptr || item->item_type() != v1::ITEM_TYPE_REFERENCE ||
            item->reference_prefix().empty() || value.text.empty() || value.text == handle) {
            continue;
        }
        const auto prefix = registration::find<v1::Prefix>(registrar_.store, Table::kPrefixes,
                                                           fold_ascii(item->reference_prefix()));
        if (!prefix) return prefix.error();
        std::optional<std::string> named;
        const auto found = registrar_.store.read(
            model::key_of(value.text, *prefix ? suffix_case_of(**prefix) : model::SuffixCase{}),
            model::ReadTier::kAny,
            [&](const model::RecordView& view) { named = stored_template(view.values); });
        if (!found) return to_refusal(found.error());
        const std::string& wanted = item->reference_template();
        if (named && (wanted.empty() || *named == wanted)) continue;
        return Refusal{.code = Code::kItemInvalid,
                       .message = "value " + std::to_string(value.index) + ": " + item->type() +
                                  ": must be a registered identifier" +
                                  (wanted.empty() ? "" : " with template '" + wanted + "'"),
                       .field = "values",
                       .index = value.index};
    }
    return {};
}

Outcome<Bytes> Identifiers::new_values(const v1::Prefix& prefix, Draft& draft,
                                       const PastRecord& current, bool exists) {
    const std::string version_before = stored_template(current.values);
    std::string version(draft.template_version);
    if (version.empty() && draft.write == Write::kPatch) version = version_before;
    const auto form = form_for(prefix, version, version_before);
    if (!form) return form.error();
    if (!exists) {
        if (auto fine = check_coding(prefix, *form, draft.handle); !fine) return fine.error();
    }
    // Under another template all values are looked at again.
    std::optional<Draft> all;
    if (draft.write == Write::kPatch && version != version_before) all = whole(draft, current);
    Draft& draft_now = all ? *all : draft;
    const auto checked =
        *form != nullptr ? check_values(**form, draft_now.values, draft_now.write == Write::kPatch)
                         : check_free_values(draft_now.values);
    if (!checked) return checked.error();
    if (*form != nullptr) {
        if (auto fine = check_references(**form, draft_now.values, draft.handle); !fine) {
            return fine.error();
        }
    }
    return merged_values(draft_now, *form, current);
}

Outcome<void> Identifiers::may_write(const Actor& actor, std::string_view handle) {
    if (auto may = require(actor, v1::SCOPE_IDENTIFIERS_WRITE); !may) return may;
    const auto prefix = prefix_for(actor, model::split_handle(handle).prefix, true);
    return prefix ? Outcome<void>() : prefix.error();
}

Outcome<Written> Identifiers::write(const Actor& actor, Draft draft) {
    auto all = write(actor, {&draft, 1}, Together::kAllOrNothing);
    if (!all) return all.error();
    return std::move(all->front());
}

Outcome<WrittenAll> Identifiers::write(const Actor& actor, std::span<Draft> drafts,
                                       Together together, const Remember& remember) {
    if (auto may = require(actor, v1::SCOPE_IDENTIFIERS_WRITE); !may) return may.error();
    if (registrar_.terms.is_mirror) return to_refusal(Error{Errc::kRefused, {}});
    // Most creations are of what does not exist, and the commit makes sure of it: they are looked
    // up only after it said that one does, to tell which.
    LookUp look_up = LookUp::kChanged;
    return until_no_conflict([&] {
        return write_once(actor, drafts, together, remember, std::exchange(look_up, LookUp::kAll));
    });
}

Outcome<WrittenAll> Identifiers::write_once(const Actor& actor, std::span<Draft> drafts,
                                            Together together, const Remember& remember,
                                            LookUp look_up) {
    WrittenAll out;
    out.reserve(drafts.size());
    std::vector<Plan> plans;
    plans.reserve(drafts.size());
    std::vector<std::size_t> planned;  // which draft each plan is of
    std::unordered_map<std::string_view, std::size_t> seen;
    bool refused = false;
    for (std::size_t at = 0; at < drafts.size(); ++at) {
        auto one = plan(actor, drafts[at], look_up);
        if (one && seen.contains(one->key)) {
            one = refuse_repeated(drafts[at]);
        }
        if (!one) {
            refused = true;
            out.emplace_back(std::move(one).error());
            continue;
        }
        out.emplace_back(Written{one->version, !one->exists});
        plans.push_back(*std::move(one));  // never beyond what was reserved
        seen.emplace(plans.back().key, at);
        planned.push_back(at);
    }
    if (refused && together == Together::kAllOrNothing) {
        for (const std::size_t at : planned) {
            if (drafts.size() > 1) out[at] = left_out();
        }
        planned.clear();
        plans.clear();
    }
    const auto metered = metered_by_enterprise(plans);
    if (auto fine = check_quota(metered); !fine) return fine.error();
    model::Change change = change_by(actor);
    change.edits.reserve(plans.size());
    for (Plan& one : plans) change.edits.push_back(std::move(one.edit));
    if (remember) change.objects = remember(out);
    if (change.edits.empty() && change.objects.empty()) return out;
    const auto committed = commit(registrar_.store, change);
    if (!committed) return committed.error();
    for (const auto& [enterprise, more] : metered) {
        registrar_.meters.add(registrar_, enterprise, more);
    }
    if (committed->changed == plans.size()) {
        for (std::size_t i = 0; i < planned.size(); ++i) {
            out[planned[i]]->version = committed->first + i;
        }
        return out;
    }
    // Some said what was there already: the versions are where the records are.
    for (std::size_t i = 0; i < planned.size(); ++i) {
        const auto read = registrar_.store.read(
            plans[i].key, model::ReadTier::kAny,
            [&](const model::RecordView& view) { out[planned[i]]->version = view.version; });
        if (!read) return to_refusal(read.error());
    }
    return out;
}

std::map<std::uint64_t, Metered> Identifiers::metered_by_enterprise(std::span<const Plan> plans) {
    std::map<std::uint64_t, Metered> out;
    for (const Plan& plan : plans) {
        Metered& sum = out[plan.enterprise_id];
        if (plan.edit.kind == model::Edit::Kind::kErase) {
            ++sum.deletions;
        } else {
            ++(plan.exists ? sum.changes : sum.registrations);
        }
        sum.stored_octets +=
            static_cast<std::int64_t>(plan.edit.values.size()) - plan.octets_before;
    }
    return out;
}

Outcome<void> Identifiers::check_quota(const std::map<std::uint64_t, Metered>& metered) const {
    for (const auto& [enterprise_id, more] : metered) {
        if (more.registrations == 0) continue;
        const auto enterprise = registration::find<v1::Enterprise>(
            registrar_.store, Table::kEnterprises, number_key(enterprise_id));
        if (!enterprise) return enterprise.error();
        const std::uint64_t own = *enterprise ? (*enterprise)->quota().identifiers_max() : 0;
        const std::uint64_t max = own != 0 ? own : registrar_.terms.identifiers_max;
        if (max == 0) continue;
        const auto now = registrar_.meters.identifiers_of(registrar_, enterprise_id);
        if (!now) return now.error();
        if (*now + more.registrations <= max) continue;
        return Refusal{.code = Code::kQuota,
                       .message = "the enterprise has " + std::to_string(*now) +
                                  " identifiers of " + std::to_string(max) + " that it may have",
                       .remedy = "ask the operator of the node for more"};
    }
    return {};
}

v1::Identifier shown_identifier(const model::RecordView& record, bool all_values) {
    return shown_identifier(record, [all_values](const handle::ValueView& value) {
        return all_values || value.is_public();
    });
}

v1::Identifier shown_identifier(const model::RecordView& record,
                                model::FunctionRef<bool(const handle::ValueView&)> is_visible) {
    v1::Identifier out;
    out.set_handle(std::string(record.handle));
    out.set_version(record.version);
    std::uint32_t changed = 0;
    ByteReader in(record.values);
    handle::ValuesReader values(in);
    while (const auto value = values.next()) {
        changed = std::max(changed, value->timestamp);
        const auto index = static_cast<std::uint32_t>(value->index);
        if (index == kTemplateVersionIndex) out.set_template_version(std::string(text_of(*value)));
        if (is_administrative(index) || index == kTemplateHandleIndex ||
            index == kTemplateVersionIndex) {
            continue;
        }
        if (!is_visible(*value)) {
            out.set_redacted(out.redacted() + 1);
            continue;
        }
        v1::ItemValue& item = *out.add_values();
        item.set_index(index);
        item.set_type(is_utf8(value->type) ? std::string(value->type) : std::string());
        (is_text(text_of(*value)) ? *item.mutable_value() : *item.mutable_data()) =
            std::string(text_of(*value));
    }
    constexpr model::TimeMs kMsPerSecond = 1'000;
    *out.mutable_changed() = to_timestamp(model::TimeMs{changed} * kMsPerSecond);
    return out;
}

Outcome<Identifiers::Reading> Identifiers::reading_of(const Actor& actor, std::string_view name) {
    const auto own = prefix_for(actor, name, false);
    if (own) return Reading{**own};
    if (own.error().code != Code::kForeignPrefix) return own.error();
    auto grants = Grants(registrar_).for_prefix(actor, name);
    if (!grants) return grants.error();
    if (grants->empty()) return own.error();
    const auto prefix =
        registration::find<v1::Prefix>(registrar_.store, Table::kPrefixes, fold_ascii(name));
    if (!prefix) return prefix.error();
    if (!*prefix) return own.error();
    return Reading{**prefix, *std::move(grants)};
}

std::optional<v1::Identifier> Identifiers::shown(const Reading& reading,
                                                 const model::RecordView& record) {
    if (!reading.grants) return shown_identifier(record, true);
    const std::string version = stored_template(record.values);
    const model::SuffixCase suffix_case = suffix_case_of(reading.prefix);
    if (!covers(*reading.grants, model::key_of(record.handle, suffix_case), suffix_case, version)) {
        return std::nullopt;
    }
    const auto form = version.empty() ? Outcome<const v1::Template*>(nullptr)
                                      : template_for(reading.prefix.prefix(), version);
    // What the template says now; of one that is gone nothing but the public values is left.
    return shown_identifier(record, [&](const handle::ValueView& value) {
        if (value.is_public()) return true;
        const v1::Item* const item = form && *form != nullptr
                                         ? item_at(**form, static_cast<std::uint32_t>(value.index))
                                         : nullptr;
        return item != nullptr && item->visibility() != v1::VISIBILITY_PRIVATE;
    });
}

Outcome<v1::Identifier> Identifiers::find(const Actor& actor, std::string_view handle) {
    if (auto may = require(actor, v1::SCOPE_IDENTIFIERS_READ); !may) return may.error();
    const auto reading = reading_of(actor, model::split_handle(handle).prefix);
    if (!reading) return reading.error();
    std::optional<PastRecord> record;
    const auto found = registrar_.store.read(
        model::key_of(handle, suffix_case_of(reading->prefix)), model::ReadTier::kAny,
        [&](const model::RecordView& view) { record = to_past(view); });
    if (!found) return to_refusal(found.error());
    auto out = record ? shown(*reading, record->view()) : std::nullopt;
    if (!out) return identifier_missing(handle);
    return *std::move(out);
}

Outcome<v1::Identifier> Identifiers::find_as_of(const Actor& actor, std::string_view handle,
                                                model::TimeMs time) {
    if (auto may = require(actor, v1::SCOPE_IDENTIFIERS_READ); !may) return may.error();
    const auto prefix = prefix_for(actor, model::split_handle(handle).prefix, false);
    if (!prefix) return prefix.error();
    HistoryWalk walk(registrar_.store, model::key_of(handle, suffix_case_of(**prefix)));
    for (;;) {
        const auto step = walk.next();
        if (!step) return step.error();
        if (!*step) return identifier_missing(handle);
        if ((*step)->entry.time > time) continue;
        if (!(*step)->after) return identifier_missing(handle);
        return shown_identifier((*step)->after->view(), true);
    }
}

Outcome<v1::IdentifierList> Identifiers::list(const Actor& actor, std::string_view prefix_name,
                                              std::string_view suffix_beginning,
                                              std::string_view cursor, std::size_t count_max) {
    if (auto may = require(actor, v1::SCOPE_IDENTIFIERS_READ); !may) return may.error();
    const auto reading = reading_of(actor, prefix_name);
    if (!reading) return reading.error();
    const model::SuffixCase suffix_case = suffix_case_of(reading->prefix);
    const std::string beginning = reading->prefix.prefix() + "/" + std::string(suffix_beginning);
    const auto records =
        registrar_.store.scan(model::key_of(beginning, suffix_case),
                              cursor.empty() ? model::Key() : model::key_of(cursor, suffix_case));
    v1::IdentifierList out;
    for (std::size_t seen = 0; seen < kListedRecordsMax; ++seen) {
        const auto record = records->next();
        if (!record) return to_refusal(record.error());
        if (!*record) return out;
        if (auto one = shown(*reading, **record)) *out.add_identifiers() = *std::move(one);
        if (static_cast<std::size_t>(out.identifiers_size()) < count_max &&
            seen + 1 < kListedRecordsMax) {
            continue;
        }
        out.set_next_cursor(std::string((*record)->handle));
        return out;
    }
    return out;
}

Outcome<v1::History> Identifiers::history(const Actor& actor, std::string_view handle,
                                          std::string_view cursor, std::size_t count_max) {
    if (auto may = require(actor, v1::SCOPE_IDENTIFIERS_READ); !may) return may.error();
    const auto prefix = prefix_for(actor, model::split_handle(handle).prefix, false);
    if (!prefix) return prefix.error();
    HistoryWalk walk(registrar_.store, model::key_of(handle, suffix_case_of(**prefix)));
    if (!cursor.empty()) {
        std::uint64_t from = 0;
        const auto found = read_cursor(cursor, from) ? walk.skip_to(from) : Outcome<bool>(false);
        if (!found) return found.error();
        if (!*found) return invalid("cursor", "is none that this list gave");
    }
    v1::History out;
    while (static_cast<std::size_t>(out.entries_size()) < count_max) {
        const auto step = walk.next();
        if (!step) return step.error();
        if (!*step) {
            if (out.entries().empty() && cursor.empty()) return identifier_missing(handle);
            return out;
        }
        const model::LogEntry& entry = (*step)->entry;
        v1::HistoryEntry& shown_entry = *out.add_entries();
        shown_entry.set_transaction(entry.id);
        *shown_entry.mutable_time() = to_timestamp(entry.time);
        shown_entry.set_who(entry.who);
        shown_entry.set_from(entry.from);
        shown_entry.set_action(entry.action == model::Action::kDelete   ? "delete"
                               : entry.action == model::Action::kCreate ? "create"
                                                                        : "update");
        if ((*step)->after) {
            *shown_entry.mutable_state() = shown_identifier((*step)->after->view(), true);
        } else {
            shown_entry.mutable_state()->set_handle(entry.handle);
            shown_entry.mutable_state()->set_deleted(true);
        }
    }
    if (!out.entries().empty()) {
        out.set_next_cursor(std::to_string(out.entries(out.entries_size() - 1).transaction()));
    }
    return out;
}

}  // namespace idnode::registration
