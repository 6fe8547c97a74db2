#include "registry/registration/templates.h"

#include <array>
#include <string>
#include <utility>

#include "proto/base/hex.h"
#include "proto/handle/value.h"
#include "registry/model/identifier.h"
#include "registry/registration/coding_rules.h"
#include "registry/registration/objects.h"
#include "registry/registration/prefixes.h"
#include "registry/registration/template_rules.h"

namespace idnode::registration {

namespace {

using model::Table;

// About as many as a minute is enough for.
constexpr std::size_t kRecordsLookedThroughMax = 20'000'000;

Refusal unknown_template(std::string_view prefix, std::string_view version_name) {
    return {.code = Code::kTemplateUnknown,
            .message = "prefix '" + std::string(prefix) + "' has no template '" +
                       std::string(version_name) + "'",
            .field = "templateVersion",
            .remedy = "create and publish it first"};
}

Refusal wrong_state(std::string message, std::string remedy) {
    return {.code = Code::kWrongState,
            .message = std::move(message),
            .field = "templateVersion",
            .remedy = std::move(remedy)};
}

Outcome<void> check_expected(const v1::Template& form,
                             std::optional<model::TransactionId> expected) {
    if (!expected || *expected == form.version()) return {};
    return Refusal{
        .code = Code::kVersionMismatch,
        .message = "template '" + form.version_name() + "' is not in the version that was expected",
        .remedy = "read it again and repeat the change"};
}

bool names_template(const model::RecordView& record, std::string_view version_name) {
    ByteReader in(record.values);
    handle::ValuesReader values(in);
    while (const auto value = values.next()) {
        if (static_cast<std::uint32_t>(value->index) < kTemplateVersionIndex) continue;
        return static_cast<std::uint32_t>(value->index) == kTemplateVersionIndex &&
               as_text(value->data) == version_name;
    }
    return false;
}

}  // namespace

Outcome<void> Templates::complete(v1::Template& form) const {
    if (auto fine = check_template(form, registrar_.terms); !fine) return fine;
    if (!form.coding_rule().empty()) {
        const auto rule = CodingRules(registrar_).named(form.prefix(), form.coding_rule());
        if (!rule) return rule.error();
    }
    return complete_items(form);
}

Outcome<v1::Template> Templates::create(const Actor& actor, const v1::Template& wanted) {
    if (auto may = require(actor, v1::SCOPE_TEMPLATES_WRITE); !may) return may.error();
    const auto prefix = Prefixes(registrar_).usable(actor, wanted.prefix(), true);
    if (!prefix) return prefix.error();
    v1::Template form = wanted;
    form.set_prefix(prefix->prefix());
    form.clear_hidden();
    if (auto fine = complete(form); !fine) return fine.error();
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

Outcome<v1::Template> Templates::change(const Actor& actor, std::string_view prefix_name,
                                        std::string_view version_name, const Turn& turn) {
    if (auto may = require(actor, v1::SCOPE_TEMPLATES_WRITE); !may) return may.error();
    const auto prefix = Prefixes(registrar_).usable(actor, prefix_name, true);
    if (!prefix) return prefix.error();
    const auto done = until_no_conflict([&]() -> Outcome<model::Committed> {
        auto form = read(prefix->prefix(), version_name);
        if (!form) return form.error();
        if (auto turned = turn(*form); !turned) return turned.error();
        *form->mutable_changed() = to_timestamp(registrar_.clock.now());
        model::Change change = change_by(actor);
        change.objects = {registration::put(
            Table::kTemplates, pair_key(prefix->prefix(), version_name), *form, form->version())};
        return commit(registrar_.store, change);
    });
    if (!done) return done.error();
    return read(prefix->prefix(), version_name);
}

Outcome<v1::Template> Templates::edit(const Actor& actor, const v1::Template& wanted,
                                      std::optional<model::TransactionId> expected) {
    const auto turn = [&](v1::Template& form) -> Outcome<void> {
        if (auto fine = check_expected(form, expected); !fine) return fine;
        form.set_revision(form.revision() + 1);
        if (auto merged = merge_template(form, wanted); !merged) return merged;
        return complete(form);
    };
    return change(actor, wanted.prefix(), wanted.version_name(), turn);
}

Outcome<v1::Template> Templates::replace_draft(const Actor& actor, const v1::Template& wanted,
                                               std::optional<model::TransactionId> expected) {
    const auto turn = [&](v1::Template& form) -> Outcome<void> {
        if (auto fine = check_expected(form, expected); !fine) return fine;
        if (form.state() != v1::TEMPLATE_STATE_DRAFT) {
            return wrong_state("template '" + form.version_name() + "' was published",
                               "change it item by item, or create one with another version");
        }
        form.set_revision(form.revision() + 1);
        form.set_description(wanted.description());
        *form.mutable_industry() = wanted.industry();
        form.set_carrier(wanted.carrier());
        form.set_coding_rule(wanted.coding_rule());
        *form.mutable_items() = wanted.items();
        return complete(form);
    };
    return change(actor, wanted.prefix(), wanted.version_name(), turn);
}

Outcome<v1::Template> Templates::publish(const Actor& actor, std::string_view prefix,
                                         std::string_view version_name) {
    return change(actor, prefix, version_name, [](v1::Template& form) -> Outcome<void> {
        form.set_state(v1::TEMPLATE_STATE_PUBLISHED);
        return {};
    });
}

Outcome<v1::Template> Templates::withdraw(const Actor& actor, std::string_view prefix,
                                          std::string_view version_name) {
    return change(actor, prefix, version_name, [](v1::Template& form) -> Outcome<void> {
        if (form.state() == v1::TEMPLATE_STATE_DRAFT) {
            return wrong_state("template '" + form.version_name() + "' is a draft",
                               "delete it, or publish it");
        }
        form.set_state(v1::TEMPLATE_STATE_WITHDRAWN);
        return {};
    });
}

/// Whether a record under the prefix names the template. There is no index to ask, which every
/// registration would have to write: templates are seldom deleted.
Outcome<bool> Templates::is_named(const v1::Prefix& prefix, std::string_view version_name) const {
    const auto records =
        registrar_.store.scan(model::key_of(prefix.prefix() + "/", suffix_case_of(prefix)));
    for (std::size_t seen = 0; seen < kRecordsLookedThroughMax; ++seen) {
        const auto record = records->next();
        if (!record) return to_refusal(record.error());
        if (!*record) return false;
        if (names_template(**record, version_name)) return true;
    }
    return wrong_state("prefix '" + prefix.prefix() + "' has too many records to look through",
                       "withdraw the template instead");
}

Outcome<void> Templates::remove(const Actor& actor, std::string_view prefix_name,
                                std::string_view version_name, Deletion deletion) {
    if (auto may = require(actor, v1::SCOPE_TEMPLATES_WRITE); !may) return may.error();
    if (deletion == Deletion::kForced) {
        if (auto may = require(actor, v1::SCOPE_OPERATE); !may) return may.error();
    }
    const auto prefix = Prefixes(registrar_).usable(actor, prefix_name, true);
    if (!prefix) return prefix.error();
    const auto done = until_no_conflict([&]() -> Outcome<model::Committed> {
        auto form = read(prefix->prefix(), version_name);
        if (!form) return form.error();
        const auto used = form->state() == v1::TEMPLATE_STATE_DRAFT
                              ? Outcome<bool>(false)
                              : is_named(*prefix, version_name);
        if (!used && deletion != Deletion::kForced) return used.error();
        const bool stays = !used || *used;
        if (stays && deletion != Deletion::kForced) {
            return wrong_state(
                "identifiers are registered with template '" + std::string(version_name) + "'",
                "withdraw it instead: then no more are");
        }
        const std::string key = pair_key(prefix->prefix(), version_name);
        model::Change change = change_by(actor);
        if (stays) {
            const model::TransactionId version = form->version();
            form->set_hidden(true);
            change.objects = {registration::put(Table::kTemplates, key, *std::move(form), version)};
        } else {
            change.objects = {drop(Table::kTemplates, key),
                              drop(Table::kTemplateByHandle, form->handle())};
            change.objects.front().expected_version = form->version();
        }
        return commit(registrar_.store, change);
    });
    if (!done) return done.error();
    return {};
}

Outcome<v1::Template> Templates::named(std::string_view prefix,
                                       std::string_view version_name) const {
    auto form = registration::find<v1::Template>(registrar_.store, Table::kTemplates,
                                                 pair_key(prefix, version_name));
    if (!form) return form.error();
    if (!*form || (*form)->hidden()) return unknown_template(prefix, version_name);
    return **std::move(form);
}

/// As `named`, for those who ask for the template itself.
Outcome<v1::Template> Templates::read(std::string_view prefix,
                                      std::string_view version_name) const {
    auto form = named(prefix, version_name);
    if (form || form.error().code != Code::kTemplateUnknown) return form;
    return not_found("template '" + std::string(version_name) + "' of prefix '" +
                     std::string(prefix) + "'");
}

Outcome<v1::Template> Templates::find(const Actor& actor, std::string_view prefix,
                                      std::string_view version_name) {
    if (auto may = require(actor, v1::SCOPE_TEMPLATES_READ); !may) return may.error();
    const auto owned = Prefixes(registrar_).usable(actor, prefix, false);
    if (!owned) return owned.error();
    return read(owned->prefix(), version_name);
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

}  // namespace idnode::registration
