#include "registry/events/authorities.h"

#include <algorithm>

#include "registry/registration/objects.h"

namespace idnode::events {

using model::Table;
using registration::Actor;
using registration::Outcome;

namespace {

constexpr std::string_view kScheme = "gs1:";
constexpr std::size_t kDigitsMin = 4;
constexpr std::size_t kDigitsMax = 12;

bool is_company_prefix(std::string_view beginning) {
    if (!beginning.starts_with(kScheme)) return false;
    const std::string_view digits = beginning.substr(kScheme.size());
    return digits.size() >= kDigitsMin && digits.size() <= kDigitsMax &&
           std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Outcome<void> Authorities::put(const Actor& actor, const Authority& wanted) {
    if (auto may = require(actor, v1::SCOPE_OPERATE); !may) return may;
    if (!is_company_prefix(wanted.beginning)) {
        return registration::invalid("beginning", "must be gs1: and 4 to 12 digits");
    }
    const auto enterprise = registration::read_stored(
        registrar_.store, Table::kEnterprises, registration::number_key(wanted.enterprise_id));
    if (!enterprise) return enterprise.error();
    if (!*enterprise) {
        return registration::not_found("enterprise " + std::to_string(wanted.enterprise_id));
    }
    if (registrar_.terms.is_mirror) return registration::to_refusal(Error{Errc::kRefused, {}});
    model::Change change = registration::change_by(actor);
    change.objects = {registration::point(Table::kAuthorities, wanted.beginning,
                                          registration::number_key(wanted.enterprise_id))};
    const auto done = registration::commit(registrar_.store, change);
    if (!done) return done.error();
    return {};
}

Outcome<void> Authorities::remove(const Actor& actor, std::string_view beginning) {
    if (auto may = require(actor, v1::SCOPE_OPERATE); !may) return may;
    if (auto found = find(actor, beginning); !found) return found.error();
    if (registrar_.terms.is_mirror) return registration::to_refusal(Error{Errc::kRefused, {}});
    model::Change change = registration::change_by(actor);
    change.objects = {registration::drop(Table::kAuthorities, std::string(beginning))};
    const auto done = registration::commit(registrar_.store, change);
    if (!done) return done.error();
    return {};
}

Outcome<Authorities::Authority> Authorities::find(const Actor& actor, std::string_view beginning) {
    if (auto may = require(actor, v1::SCOPE_OPERATE); !may) return may.error();
    const auto owner = registration::find_pointer(registrar_.store, Table::kAuthorities, beginning);
    if (!owner) return owner.error();
    if (!*owner) return registration::not_found("authority '" + std::string(beginning) + "'");
    return Authority{std::string(beginning), registration::number_of_key(**owner)};
}

Outcome<std::vector<Authorities::Authority>> Authorities::list(const Actor& actor,
                                                               std::string_view after,
                                                               std::size_t count_max) {
    if (auto may = require(actor, v1::SCOPE_OPERATE); !may) return may.error();
    const auto stored = registrar_.store.scan_objects(Table::kAuthorities, {}, after, count_max);
    if (!stored) return registration::to_refusal(stored.error());
    std::vector<Authority> out;
    for (const model::StoredObject& one : *stored) {
        out.push_back({one.key, registration::number_of_key(as_text(one.value))});
    }
    return out;
}

Outcome<Authorities::Company> Authorities::company_of(std::string_view digits) const {
    for (std::size_t size = std::min(digits.size(), kDigitsMax); size >= kDigitsMin; --size) {
        const auto owner =
            registration::find_pointer(registrar_.store, Table::kAuthorities,
                                       std::string(kScheme).append(digits.substr(0, size)));
        if (!owner) return owner.error();
        if (*owner) return Company{size, registration::number_of_key(**owner)};
    }
    return Company{};
}

Outcome<std::uint64_t> Authorities::of_company(std::string_view digits) const {
    const auto company = company_of(digits);
    if (!company) return company.error();
    return company->owner;
}

Outcome<std::size_t> Authorities::company_digits(std::string_view digits) const {
    const auto company = company_of(digits);
    if (!company) return company.error();
    return company->digits;
}

}  // namespace idnode::events
