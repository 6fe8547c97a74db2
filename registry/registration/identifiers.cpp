#include "registry/registration/identifiers.h"

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "proto/base/text.h"
#include "proto/idnode/v1/enterprise.pb.h"
#include "registry/registration/coding_rules.h"
#include "registry/registration/meters.h"
#include "registry/registration/objects.h"
#include "registry/registration/prefixes.h"
#include "registry/registration/record_values.h"
#include "registry/registration/templates.h"

namespace idnode::registration {

namespace {

using model::Table;

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

}  // namespace idnode::registration
