// Identifiers as they are read, by those who own them and those who were granted it.

#include <algorithm>
#include <optional>
#include <utility>

#include "proto/base/text.h"
#include "proto/handle/value.h"
#include "registry/registration/grants.h"
#include "registry/registration/identifiers.h"
#include "registry/registration/objects.h"
#include "registry/registration/prefixes.h"
#include "registry/registration/record_values.h"

namespace idnode::registration {

namespace {

using model::Table;

constexpr std::size_t kListedRecordsMax = 20'000;  // looked at for one page of a list

/// Text that JSON shows as it is.
bool is_text(std::string_view text) {
    return is_utf8(text) && text.find('\0') == std::string_view::npos;
}

}  // namespace

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
        if (index == kTemplateVersionIndex) {
            out.set_template_version(std::string(as_text(value->data)));
        }
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
        (is_text(as_text(value->data)) ? *item.mutable_value() : *item.mutable_data()) =
            std::string(as_text(value->data));
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
    // What the template says now; of one that is gone nothing but the public values is left. What
    // is restricted though its item is public was restricted by an administrator, not for partners.
    return shown_identifier(record, [&](const handle::ValueView& value) {
        if (value.is_public()) return true;
        const v1::Item* const item = form && *form != nullptr
                                         ? item_at(**form, static_cast<std::uint32_t>(value.index))
                                         : nullptr;
        return item != nullptr && item->type() == value.type &&
               item->visibility() == v1::VISIBILITY_PARTNER;
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
