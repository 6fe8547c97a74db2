#include "registry/registration/coding_rules.h"

#include <chrono>
#include <string>

#include "proto/base/text.h"
#include "proto/idnode/v1/prefix.pb.h"
#include "proto/idnode/v1/template.pb.h"
#include "registry/registration/meters.h"
#include "registry/registration/objects.h"
#include "registry/registration/prefixes.h"
#include "registry/registration/suffixes.h"

namespace idnode::registration {

namespace {

using model::Table;

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kDescriptionBytesMax = 4'096;
constexpr std::uint32_t kSuffixesMax = 10'000;  // made at once
constexpr std::size_t kTemplatesRead = 1'000;   // at a time

std::optional<std::chrono::year_month_day> day_of(std::string_view text, model::TimeMs now) {
    if (text.empty()) {
        return std::chrono::floor<std::chrono::days>(
            std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(now)));
    }
    const auto days = parse_day(text);
    if (!days) return std::nullopt;
    return std::chrono::sys_days(std::chrono::days(*days));
}

}  // namespace

Outcome<v1::CodingRule> CodingRules::put(const Actor& actor, const v1::CodingRule& wanted,
                                         std::optional<model::TransactionId> expected) {
    if (auto may = require(actor, v1::SCOPE_TEMPLATES_WRITE); !may) return may.error();
    const auto prefix = Prefixes(registrar_).usable(actor, wanted.prefix(), true);
    if (!prefix) return prefix.error();
    if (wanted.name().empty()) return missing("name");
    if (!is_utf8(wanted.name()) || wanted.name().size() > kNameBytesMax ||
        wanted.name().find('\0') != std::string::npos) {
        return invalid("name", "must be UTF-8, at most 64 octets");
    }
    if (!is_utf8(wanted.description()) || wanted.description().size() > kDescriptionBytesMax) {
        return invalid("description", "must be UTF-8, at most 4096 octets");
    }
    if (auto fine = check_coding_rule(wanted); !fine) return fine.error();
    v1::CodingRule rule = wanted;
    rule.set_prefix(prefix->prefix());
    const std::string key = pair_key(prefix->prefix(), rule.name());
    const auto there =
        registration::find<v1::CodingRule>(registrar_.store, Table::kCodingRules, key);
    if (!there) return there.error();
    const auto now = to_timestamp(registrar_.clock.now());
    *rule.mutable_created() = *there ? (*there)->created() : now;
    *rule.mutable_changed() = now;
    model::Change change = change_by(actor);
    change.objects = {registration::put(Table::kCodingRules, key, rule, expected)};
    if (const auto done = commit(registrar_.store, change); !done) return done.error();
    return named(prefix->prefix(), rule.name());
}

Outcome<bool> CodingRules::is_used(std::string_view prefix, std::string_view name) const {
    const auto owner = registration::find<v1::Prefix>(registrar_.store, Table::kPrefixes, prefix);
    if (!owner) return owner.error();
    if (*owner && (*owner)->coding_rule() == name) return true;
    std::string after;
    for (;;) {
        const auto stored = registrar_.store.scan_objects(Table::kTemplates, pair_key(prefix, {}),
                                                          after, kTemplatesRead);
        if (!stored) return to_refusal(stored.error());
        for (const model::StoredObject& one : *stored) {
            v1::Template form;
            if (!from_octets(one.value, form)) return damaged_object();
            if (form.coding_rule() == name) return true;
        }
        if (stored->size() < kTemplatesRead) return false;
        after = stored->back().key;
    }
}

Outcome<void> CodingRules::remove(const Actor& actor, std::string_view prefix_name,
                                  std::string_view name) {
    if (auto may = require(actor, v1::SCOPE_TEMPLATES_WRITE); !may) return may.error();
    const auto prefix = Prefixes(registrar_).usable(actor, prefix_name, true);
    if (!prefix) return prefix.error();
    const auto rule = named(prefix->prefix(), name);
    if (!rule) return rule.error();
    const auto used = is_used(prefix->prefix(), name);
    if (!used) return used.error();
    if (*used) {
        return Refusal{
            .code = Code::kWrongState,
            .message = "the prefix or a template names coding rule '" + std::string(name) + "'",
            .remedy = "let them name another, or none"};
    }
    model::Change change = change_by(actor);
    change.objects = {drop(Table::kCodingRules, pair_key(prefix->prefix(), name))};
    if (const auto done = commit(registrar_.store, change); !done) return done.error();
    return {};
}

Outcome<v1::CodingRule> CodingRules::named(std::string_view prefix, std::string_view name) const {
    auto rule = registration::find<v1::CodingRule>(registrar_.store, Table::kCodingRules,
                                                   pair_key(prefix, name));
    if (!rule) return rule.error();
    if (!*rule) {
        return not_found("coding rule '" + std::string(name) + "' of prefix '" +
                         std::string(prefix) + "'");
    }
    return **std::move(rule);
}

Outcome<v1::CodingRule> CodingRules::find(const Actor& actor, std::string_view prefix_name,
                                          std::string_view name) {
    if (auto may = require(actor, v1::SCOPE_TEMPLATES_READ); !may) return may.error();
    const auto prefix = Prefixes(registrar_).usable(actor, prefix_name, false);
    if (!prefix) return prefix.error();
    return named(prefix->prefix(), name);
}

Outcome<v1::CodingRuleList> CodingRules::list(const Actor& actor, std::string_view prefix_name,
                                              std::string_view cursor, std::size_t count_max) {
    if (auto may = require(actor, v1::SCOPE_TEMPLATES_READ); !may) return may.error();
    const auto prefix = Prefixes(registrar_).usable(actor, prefix_name, false);
    if (!prefix) return prefix.error();
    const std::string beginning = pair_key(prefix->prefix(), {});
    const auto stored = registrar_.store.scan_objects(
        Table::kCodingRules, beginning,
        cursor.empty() ? std::string() : beginning + std::string(cursor), count_max);
    if (!stored) return to_refusal(stored.error());
    v1::CodingRuleList out;
    for (const model::StoredObject& one : *stored) {
        v1::CodingRule& rule = *out.add_rules();
        if (!from_octets(one.value, rule)) return damaged_object();
        rule.set_version(one.version);
    }
    if (stored->size() == count_max) {
        out.set_next_cursor(stored->back().key.substr(beginning.size()));
    }
    return out;
}

Outcome<v1::SuffixList> CodingRules::suffixes(const Actor& actor, std::string_view prefix,
                                              std::string_view name,
                                              const v1::SuffixRequest& wanted) {
    const auto rule = find(actor, prefix, name);
    if (!rule) return rule.error();
    v1::SuffixList out;
    if (!wanted.suffix().empty()) {
        if (auto fine = check_suffix(*rule, wanted.suffix()); !fine) return fine.error();
        out.add_suffixes(wanted.suffix());
        return out;
    }
    const auto day = day_of(wanted.date(), registrar_.clock.now());
    if (!day) return invalid("date", "must be a day such as 2025-06-02");
    if (wanted.count() > kSuffixesMax) return invalid("count", "at most 10000");
    SuffixParts parts{.given = {wanted.parts().begin(), wanted.parts().end()},
                      .date = *day,
                      .serial = wanted.serial_first()};
    for (std::uint32_t at = 0; at < std::max(wanted.count(), 1U); ++at) {
        auto made = make_suffix(*rule, parts);
        if (!made) return made.error();
        out.add_suffixes(*std::move(made));
        ++parts.serial;
    }
    return out;
}

Outcome<void> check_suffix(const v1::CodingRule& rule, std::string_view suffix) {
    const auto broken = broken_coding(rule, suffix);
    if (!broken) return {};
    return Refusal{.code = Code::kCodingRule,
                   .message = "the suffix breaks coding rule '" + rule.name() + "': " + *broken,
                   .field = "handle"};
}

}  // namespace idnode::registration
