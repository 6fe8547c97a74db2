#include "registry/registration/enterprises.h"

#include <utility>
#include <vector>

#include "proto/base/text.h"
#include "registry/model/identifier.h"
#include "registry/registration/objects.h"

namespace idnode::registration {

namespace {

using model::Table;

constexpr std::size_t kTextBytesMax = 1'024;
constexpr std::size_t kNumberBytesMax = 32;
constexpr std::size_t kNameBytesMax = 3 * 255;  // 255 Chinese characters
constexpr std::size_t kAttachmentsBytesMax = 256 * 1'024;

std::string_view name_of_state(v1::EnterpriseState state) {
    switch (state) {
        case v1::ENTERPRISE_STATE_APPLIED:
            return "waiting for review";
        case v1::ENTERPRISE_STATE_APPROVED:
            return "approved";
        case v1::ENTERPRISE_STATE_REJECTED:
            return "rejected";
        case v1::ENTERPRISE_STATE_SUSPENDED:
            return "suspended";
        case v1::ENTERPRISE_STATE_RETIRED:
            return "retired";
        default:
            return "in no known state";
    }
}

Refusal wrong_state(const v1::Enterprise& enterprise) {
    return {.code = Code::kWrongState,
            .message = "enterprise " + std::to_string(enterprise.id()) + " is " +
                       std::string(name_of_state(enterprise.state())),
            .field = "state"};
}

std::string certificate_key(const v1::Certificate& certificate) {
    return pair_key(std::to_string(certificate.kind()), certificate.number());
}

struct Text {
    std::string_view field;
    const std::string& text;
    std::size_t bytes_max;
};

Outcome<void> check_texts(std::initializer_list<Text> texts) {
    for (const Text& one : texts) {
        if (!is_utf8(one.text)) return invalid(std::string(one.field), "must be UTF-8");
        if (one.text.size() > one.bytes_max) {
            return invalid(std::string(one.field),
                           "at most " + std::to_string(one.bytes_max) + " octets");
        }
    }
    return {};
}

}  // namespace

bool is_credit_code(std::string_view text) {
    // Without I, O, S, V, Z, which look like digits or each other.
    constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    constexpr std::size_t kLength = 18;
    constexpr std::size_t kModulus = 31;
    constexpr std::size_t kBase = 3;
    if (text.size() != kLength) return false;
    std::size_t sum = 0;
    std::size_t weight = 1;
    for (const char one : text.substr(0, kLength - 1)) {
        const std::size_t value = kAlphabet.find(one);
        if (value == std::string_view::npos) return false;
        sum += value * weight;
        weight = weight * kBase % kModulus;
    }
    return text.back() == kAlphabet[(kModulus - sum % kModulus) % kModulus];
}

Outcome<void> Enterprises::check(const v1::EnterpriseProfile& profile) const {
    if (profile.name().empty()) return missing("profile.name");
    const v1::Certificate& certificate = profile.certificate();
    if (certificate.number().empty()) return missing("profile.certificate.number");
    const auto texts =
        check_texts({{"profile.name", profile.name(), kNameBytesMax},
                     {"profile.certificate.number", certificate.number(), kNumberBytesMax},
                     {"profile.address.text", profile.address().text(), kNameBytesMax},
                     {"profile.address.province", profile.address().province(), kNumberBytesMax},
                     {"profile.address.city", profile.address().city(), kNumberBytesMax},
                     {"profile.address.county", profile.address().county(), kNumberBytesMax},
                     {"profile.contact.name", profile.contact().name(), kNameBytesMax},
                     {"profile.contact.email", profile.contact().email(), 255},
                     {"profile.contact.phone", profile.contact().phone(), 255},
                     {"profile.legalName", profile.legal_name(), kNameBytesMax},
                     {"profile.website", profile.website(), 255},
                     {"profile.description", profile.description(), 4 * kTextBytesMax}});
    if (!texts) return texts;
    switch (certificate.kind()) {
        case v1::CERTIFICATE_KIND_CREDIT_CODE:
            if (!is_credit_code(certificate.number())) {
                return invalid("profile.certificate.number",
                               "is no unified social credit code: 18 characters, the last of which "
                               "checks the others (GB 32100)");
            }
            break;
        case v1::CERTIFICATE_KIND_OTHER:
            break;
        default:
            return missing("profile.certificate.kind");
    }
    if (!profile.requested_prefix().empty()) {
        const auto fine =
            model::check_prefix(profile.requested_prefix(), registrar_.terms.prefix_levels_max);
        if (!fine) return invalid("profile.requestedPrefix", fine.error().detail);
    }
    std::size_t attached = 0;
    for (const auto& [name, octets] : profile.attachments())
        attached += name.size() + octets.size();
    if (attached > kAttachmentsBytesMax) {
        return Refusal{.code = Code::kLimit,
                       .message = "profile.attachments: at most " +
                                  std::to_string(kAttachmentsBytesMax) + " octets together",
                       .field = "profile.attachments"};
    }
    return {};
}

Outcome<std::vector<model::ObjectEdit>> Enterprises::edits_to_apply(v1::Enterprise& enterprise) {
    const v1::EnterpriseProfile& profile = enterprise.profile();
    if (auto fine = check(profile); !fine) return fine.error();
    const std::string code = certificate_key(profile.certificate());
    const auto there = read_stored(registrar_.store, Table::kEnterpriseByCode, code);
    if (!there) return there.error();
    if (*there) {
        return Refusal{.code = Code::kExists,
                       .message = "profile.certificate: an enterprise with this number exists",
                       .field = "profile.certificate.number"};
    }
    const auto number = next_number(registrar_.store, "enterprise");
    if (!number) return number.error();
    enterprise.set_id(number->number);
    enterprise.set_state(v1::ENTERPRISE_STATE_APPLIED);
    *enterprise.mutable_created() = to_timestamp(registrar_.clock.now());
    *enterprise.mutable_changed() = enterprise.created();
    const std::string key = number_key(enterprise.id());
    std::vector<model::ObjectEdit> edits;
    edits.push_back(registration::put(Table::kEnterprises, key, enterprise, 0));
    edits.push_back(claim(Table::kEnterpriseByCode, code, key));
    edits.push_back(number->edit);
    return edits;
}

Outcome<v1::Enterprise> Enterprises::apply(const Actor& actor,
                                           const v1::EnterpriseProfile& profile) {
    if (auto may = require(actor, v1::SCOPE_ENTERPRISES_WRITE); !may) return may.error();
    if (actor.enterprise_id != 0) {
        return Refusal{.code = Code::kNotAllowed,
                       .message = "an account of an enterprise cannot file another one"};
    }
    v1::Enterprise enterprise;
    *enterprise.mutable_profile() = profile;
    const auto done = until_no_conflict([&]() -> Outcome<model::Committed> {
        auto edits = edits_to_apply(enterprise);
        if (!edits) return edits.error();
        model::Change change = change_by(actor);
        change.objects = *std::move(edits);
        return commit(registrar_.store, change);
    });
    if (!done) return done.error();
    return read(actor, enterprise.id());
}

Outcome<v1::Enterprise> Enterprises::read(const Actor& actor, std::uint64_t id) {
    if (!actor.reaches(id)) return not_found("enterprise " + std::to_string(id));
    auto found =
        registration::find<v1::Enterprise>(registrar_.store, Table::kEnterprises, number_key(id));
    if (!found) return found.error();
    if (!*found) return not_found("enterprise " + std::to_string(id));
    return **std::move(found);
}

Outcome<v1::Enterprise> Enterprises::put(const Actor& actor, v1::Enterprise enterprise,
                                         std::vector<model::ObjectEdit> more) {
    *enterprise.mutable_changed() = to_timestamp(registrar_.clock.now());
    model::Change change = change_by(actor);
    change.objects = std::move(more);
    change.objects.push_back(registration::put(Table::kEnterprises, number_key(enterprise.id()),
                                               enterprise, enterprise.version()));
    const auto committed = commit(registrar_.store, change);
    if (!committed) return committed.error();
    return read(actor, enterprise.id());
}

Outcome<v1::Enterprise> Enterprises::change(const Actor& actor, std::uint64_t id,
                                            const v1::EnterpriseProfile& profile,
                                            std::optional<model::TransactionId> expected) {
    if (auto may = require(actor, v1::SCOPE_ENTERPRISES_WRITE); !may) return may.error();
    auto enterprise = read(actor, id);
    if (!enterprise) return enterprise.error();
    if (expected && *expected != enterprise->version()) {
        return to_refusal(Error{Errc::kConflict, {}});
    }
    if (enterprise->state() == v1::ENTERPRISE_STATE_RETIRED) return wrong_state(*enterprise);
    if (auto fine = check(profile); !fine) return fine.error();
    std::vector<model::ObjectEdit> more;
    const std::string before = certificate_key(enterprise->profile().certificate());
    const std::string after = certificate_key(profile.certificate());
    if (before != after) {
        // What was reviewed cannot become somebody else.
        if (enterprise->state() == v1::ENTERPRISE_STATE_APPROVED ||
            enterprise->state() == v1::ENTERPRISE_STATE_SUSPENDED) {
            return invalid("profile.certificate", "cannot be changed after the review");
        }
        const auto there = read_stored(registrar_.store, Table::kEnterpriseByCode, after);
        if (!there) return there.error();
        if (*there) {
            return Refusal{.code = Code::kExists,
                           .message = "profile.certificate: an enterprise with this number exists",
                           .field = "profile.certificate.number"};
        }
        more.push_back(drop(Table::kEnterpriseByCode, before));
        more.push_back(claim(Table::kEnterpriseByCode, after, number_key(id)));
    }
    *enterprise->mutable_profile() = profile;
    if (enterprise->state() == v1::ENTERPRISE_STATE_REJECTED) {
        enterprise->set_state(v1::ENTERPRISE_STATE_APPLIED);
    }
    return put(actor, *std::move(enterprise), std::move(more));
}

Outcome<v1::Enterprise> Enterprises::review(const Actor& actor, std::uint64_t id,
                                            const v1::ReviewDecision& decision) {
    if (auto may = require(actor, v1::SCOPE_REVIEW); !may) return may.error();
    auto enterprise = read(actor, id);
    if (!enterprise) return enterprise.error();
    if (enterprise->state() != v1::ENTERPRISE_STATE_APPLIED) return wrong_state(*enterprise);
    if (auto fine = check_texts({{"note", decision.note(), kTextBytesMax}}); !fine) {
        return fine.error();
    }
    v1::Review& review = *enterprise->add_reviews();
    review.set_approved(decision.approve());
    review.set_note(decision.note());
    review.set_reviewer(actor.account);
    *review.mutable_time() = to_timestamp(registrar_.clock.now());
    enterprise->set_state(decision.approve() ? v1::ENTERPRISE_STATE_APPROVED
                                             : v1::ENTERPRISE_STATE_REJECTED);
    return put(actor, *std::move(enterprise));
}

Outcome<v1::Enterprise> Enterprises::change_state(const Actor& actor, std::uint64_t id,
                                                  v1::EnterpriseState from, v1::EnterpriseState to,
                                                  std::string_view reason) {
    if (auto may = require(actor, v1::SCOPE_OPERATE); !may) return may.error();
    auto enterprise = read(actor, id);
    if (!enterprise) return enterprise.error();
    if (enterprise->state() != from) return wrong_state(*enterprise);
    enterprise->set_state(to);
    enterprise->set_state_reason(std::string(reason));
    if (auto fine = check_texts({{"reason", enterprise->state_reason(), kTextBytesMax}}); !fine) {
        return fine.error();
    }
    return put(actor, *std::move(enterprise));
}

Outcome<v1::Enterprise> Enterprises::suspend(const Actor& actor, std::uint64_t id,
                                             std::string_view reason) {
    return change_state(actor, id, v1::ENTERPRISE_STATE_APPROVED, v1::ENTERPRISE_STATE_SUSPENDED,
                        reason);
}

Outcome<v1::Enterprise> Enterprises::resume(const Actor& actor, std::uint64_t id) {
    return change_state(actor, id, v1::ENTERPRISE_STATE_SUSPENDED, v1::ENTERPRISE_STATE_APPROVED,
                        {});
}

Outcome<v1::Enterprise> Enterprises::retire(const Actor& actor, std::uint64_t id,
                                            std::string_view reason) {
    if (auto may = require(actor, v1::SCOPE_OPERATE); !may) return may.error();
    auto enterprise = read(actor, id);
    if (!enterprise) return enterprise.error();
    if (enterprise->state() == v1::ENTERPRISE_STATE_RETIRED) return wrong_state(*enterprise);
    enterprise->set_state(v1::ENTERPRISE_STATE_RETIRED);
    enterprise->set_state_reason(std::string(reason));
    if (auto fine = check_texts({{"reason", enterprise->state_reason(), kTextBytesMax}}); !fine) {
        return fine.error();
    }
    return put(actor, *std::move(enterprise));
}

Outcome<v1::Enterprise> Enterprises::set_quota(const Actor& actor, std::uint64_t id,
                                               const v1::Quota& quota) {
    if (auto may = require(actor, v1::SCOPE_OPERATE); !may) return may.error();
    auto enterprise = read(actor, id);
    if (!enterprise) return enterprise.error();
    *enterprise->mutable_quota() = quota;
    return put(actor, *std::move(enterprise));
}

Outcome<v1::Enterprise> Enterprises::find(const Actor& actor, std::uint64_t id) {
    if (auto may = require(actor, v1::SCOPE_ENTERPRISES_READ); !may) return may.error();
    return read(actor, id);
}

Outcome<v1::EnterpriseList> Enterprises::list(const Actor& actor, std::string_view cursor,
                                              std::size_t count_max) {
    if (auto may = require(actor, v1::SCOPE_ENTERPRISES_READ); !may) return may.error();
    v1::EnterpriseList out;
    if (actor.enterprise_id != 0) {
        auto own = read(actor, actor.enterprise_id);
        if (!own) return own.error();
        if (cursor.empty()) *out.add_enterprises() = *std::move(own);
        return out;
    }
    std::uint64_t after = 0;
    if (!cursor.empty() && !read_cursor(cursor, after)) {
        return invalid("cursor", "is none that this list gave");
    }
    const auto stored = registrar_.store.scan_objects(
        Table::kEnterprises, {}, cursor.empty() ? std::string() : number_key(after), count_max);
    if (!stored) return to_refusal(stored.error());
    for (const model::StoredObject& one : *stored) {
        v1::Enterprise& enterprise = *out.add_enterprises();
        if (!from_octets(one.value, enterprise)) return damaged_object();
        enterprise.set_version(one.version);
    }
    if (stored->size() == count_max) {
        out.set_next_cursor(std::to_string(number_of_key(stored->back().key)));
    }
    return out;
}

}  // namespace idnode::registration
