#include "registry/registration/accounts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/base/hex.h"
#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "proto/idnode/v1/enterprise.pb.h"
#include "registry/registration/account_parts.h"
#include "registry/registration/objects.h"

namespace idnode::registration {

namespace {

using model::Table;

constexpr std::size_t kNameBytesMax = 50;
constexpr std::size_t kPasswordBytesMin = 8;
constexpr std::size_t kRemarksBytesMax = 1'024;
constexpr std::size_t kLoginSecretBytes = 16;
constexpr std::size_t kDigestLength = 64;
constexpr std::string_view kEmail = "email";
constexpr std::string_view kMobile = "mobile";

v1::Account without_secrets(v1::Account account) {
    account.clear_password_hash();
    account.clear_sealed_login_secret();
    return account;
}

bool is_of_node(v1::Role role) {
    return role == v1::ROLE_OPERATOR || role == v1::ROLE_REVIEWER;
}

Outcome<void> check_password(std::string_view field, std::string_view password) {
    if (password.size() < kPasswordBytesMin) {
        return invalid(std::string(field),
                       "at least " + std::to_string(kPasswordBytesMin) + " octets");
    }
    return check_text(field, password, kPasswordBytesMax);
}

bool is_control(char one) {
    return static_cast<unsigned char>(one) < 0x20 || one == 0x7F;
}

}  // namespace

std::string secret_purpose(std::string_view account) {
    return "login secret of " + std::string(account);
}

bool needs_enterprise(v1::Role role) {
    return role == v1::ROLE_APPLICATION || role == v1::ROLE_ENTERPRISE_ADMINISTRATOR;
}

Outcome<void> check_text(std::string_view field, std::string_view text, std::size_t bytes_max) {
    if (!is_utf8(text)) return invalid(std::string(field), "must be UTF-8");
    if (text.size() > bytes_max) {
        return invalid(std::string(field), "at most " + std::to_string(bytes_max) + " octets");
    }
    return {};
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char one) {
        return one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one;
    });
    return out;
}

/// An account that the actor may manage, as it is stored.
Outcome<v1::Account> Accounts::managed(const Actor& actor, std::string_view name) {
    if (auto may = require(actor, v1::SCOPE_ACCOUNTS); !may) return may.error();
    auto account = registration::find<v1::Account>(registrar_.store, Table::kAccounts, name);
    if (!account) return account.error();
    if (!*account || !actor.reaches((*account)->enterprise_id())) {
        return not_found("account '" + std::string(name) + "'");
    }
    return **std::move(account);
}

Outcome<void> Accounts::check_new(const v1::Account& account) const {
    if (account.name().empty()) return missing("account.name");
    if (auto fine = check_text("account.name", account.name(), kNameBytesMax); !fine) return fine;
    if (std::ranges::any_of(account.name(), is_control)) {
        return invalid("account.name", "must have no control characters");
    }
    for (const auto& [field, text] : {std::pair("account.email", &account.email()),
                                      std::pair("account.mobile", &account.mobile()),
                                      std::pair("account.openId", &account.open_id()),
                                      std::pair("account.displayName", &account.display_name())}) {
        if (auto fine = check_text(field, *text, kContactBytesMax); !fine) return fine;
    }
    if (auto fine = check_text("account.remarks", account.remarks(), kRemarksBytesMax); !fine) {
        return fine;
    }
    for (const std::string& certificate : account.certificates()) {
        if (certificate.size() != 64 ||
            certificate.find_first_not_of("0123456789abcdef") != std::string::npos) {
            return invalid("account.certificates",
                           "must be SHA-256 digests in lower-case hexadecimal");
        }
    }
    if (account.role() == v1::ROLE_UNSPECIFIED || !v1::Role_IsValid(account.role())) {
        return missing("account.role");
    }
    if (is_of_node(account.role()) && account.enterprise_id() != 0) {
        return invalid("account.enterpriseId", "this role is of the node, not of an enterprise");
    }
    return {};
}

/// Claims on what no other account may have. kExists names it.
Outcome<std::vector<model::ObjectEdit>> Accounts::claim_names(const v1::Account& account) const {
    struct Unique {
        Table table;
        std::string key;
        std::string_view field;
        bool given;
    };
    std::vector<model::ObjectEdit> edits;
    for (const Unique& one : {Unique{Table::kAccounts, account.name(), "account.name", true},
                              Unique{Table::kAccountByContact, pair_key(kEmail, account.email()),
                                     "account.email", !account.email().empty()},
                              Unique{Table::kAccountByContact, pair_key(kMobile, account.mobile()),
                                     "account.mobile", !account.mobile().empty()}}) {
        if (!one.given) continue;
        const auto there = read_stored(registrar_.store, one.table, one.key);
        if (!there) return there.error();
        if (*there) {
            return Refusal{.code = Code::kExists,
                           .message = std::string(one.field) + ": an account has this already",
                           .field = std::string(one.field)};
        }
        if (one.table == Table::kAccountByContact) {
            edits.push_back(claim(one.table, one.key, account.name()));
        }
    }
    return edits;
}

/// From a password or from its digest.
Outcome<void> Accounts::set_secrets(v1::Account& account, std::string_view password,
                                    const DigestPassword& digest) const {
    if (digest.digest.empty() && password.empty()) return {};
    if (digest.digest.empty()) {
        if (auto fine = check_password("password", password); !fine) return fine;
        auto hash = registrar_.passwords.hash(password);
        if (!hash) return to_refusal(hash.error());
        account.set_password_hash(*std::move(hash));
        return {};
    }
    const std::string given = lower(digest.digest);
    if (given.size() != kDigestLength || !parse_hex(given)) {
        return invalid("password", "must be a SHA-256 in hexadecimal");
    }
    const auto hash = registrar_.passwords.hash(given);
    if (!hash) return to_refusal(hash.error());
    account.set_password_hash(std::string(kDigestHash) + *hash);
    if (!digest.hashed_login) return {};
    const auto sealed = registrar_.seal.close(as_bytes_view(given), secret_purpose(account.name()));
    if (!sealed) return to_refusal(sealed.error());
    account.set_sealed_login_secret(std::string(as_text(*sealed)));
    account.set_hashed_login(true);
    return {};
}

Outcome<std::vector<model::ObjectEdit>> Accounts::edits_to_create(const v1::NewAccount& wanted,
                                                                  const DigestPassword& digest) {
    v1::Account account = without_secrets(wanted.account());
    account.set_hashed_login(false);
    if (auto fine = check_new(account); !fine) return fine.error();
    auto edits = claim_names(account);
    if (!edits) return edits.error();
    if (auto done = set_secrets(account, wanted.password(), digest); !done) return done.error();
    account.set_state(v1::ACCOUNT_STATE_ACTIVE);
    *account.mutable_created() = to_timestamp(registrar_.clock.now());
    *account.mutable_changed() = account.created();
    edits->push_back(
        point(Table::kAccountByEnterprise, number_key(account.enterprise_id()) + account.name()));
    edits->push_back(registration::put(Table::kAccounts, account.name(), account, 0));
    return edits;
}

Outcome<v1::Account> Accounts::add(const Actor& actor, const v1::NewAccount& wanted,
                                   const DigestPassword& digest) {
    const auto created = until_no_conflict([&]() -> Outcome<void> {
        auto edits = edits_to_create(wanted, digest);
        if (!edits) return edits.error();
        model::Change change = change_by(actor);
        change.objects = *std::move(edits);
        const auto committed = commit(registrar_.store, change);
        if (!committed) return committed.error();
        return {};
    });
    if (!created) return created.error();
    return find(actor, wanted.account().name());
}

Outcome<v1::Account> Accounts::create_unbound(const Actor& actor, v1::Account account,
                                              const DigestPassword& password) {
    for (const v1::Scope scope : {v1::SCOPE_ACCOUNTS, v1::SCOPE_OPERATE}) {
        if (auto may = require(actor, scope); !may) return may.error();
    }
    account.set_role(v1::ROLE_APPLICATION);
    account.set_enterprise_id(0);
    v1::NewAccount wanted;
    *wanted.mutable_account() = std::move(account);
    return add(actor, wanted, password);
}

Outcome<std::vector<model::ObjectEdit>> Accounts::edits_to_bind(std::string_view name,
                                                                std::uint64_t enterprise_id) {
    auto account = registration::find<v1::Account>(registrar_.store, Table::kAccounts, name);
    if (!account) return account.error();
    if (!*account) return not_found("account '" + std::string(name) + "'");
    if (!needs_enterprise((*account)->role()) || (*account)->enterprise_id() != 0) {
        return Refusal{.code = Code::kWrongState,
                       .message = "account '" + std::string(name) + "' has its place already",
                       .field = "username"};
    }
    v1::Account bound = **std::move(account);
    bound.set_role(v1::ROLE_ENTERPRISE_ADMINISTRATOR);
    bound.set_enterprise_id(enterprise_id);
    *bound.mutable_changed() = to_timestamp(registrar_.clock.now());
    std::vector<model::ObjectEdit> edits;
    edits.push_back(drop(Table::kAccountByEnterprise, number_key(0) + bound.name()));
    edits.push_back(point(Table::kAccountByEnterprise, number_key(enterprise_id) + bound.name()));
    const model::TransactionId version = bound.version();
    edits.push_back(registration::put(Table::kAccounts, bound.name(), bound, version));
    return edits;
}

Outcome<v1::Account> Accounts::create(const Actor& actor, const v1::NewAccount& wanted) {
    if (auto may = require(actor, v1::SCOPE_ACCOUNTS); !may) return may.error();
    const v1::Account& account = wanted.account();
    if (!actor.reaches(account.enterprise_id()) ||
        (actor.role != v1::ROLE_OPERATOR && is_of_node(account.role()))) {
        return Refusal{.code = Code::kNotAllowed,
                       .message = "account.enterpriseId: must be the own enterprise",
                       .field = "account.enterpriseId"};
    }
    if (needs_enterprise(account.role()) && account.enterprise_id() == 0) {
        return missing("account.enterpriseId");
    }
    if (account.enterprise_id() != 0) {
        const auto there =
            read_stored(registrar_.store, Table::kEnterprises, number_key(account.enterprise_id()));
        if (!there) return there.error();
        if (!*there) return not_found("enterprise " + std::to_string(account.enterprise_id()));
    }
    return add(actor, wanted);
}

Outcome<v1::Account> Accounts::find(const Actor& actor, std::string_view name) {
    if (name == actor.account) {
        auto own = active(name);
        if (!own) return own.error();
        return without_secrets(*std::move(own));
    }
    auto account = managed(actor, name);
    if (!account) return account.error();
    return without_secrets(*std::move(account));
}

Outcome<v1::AccountList> Accounts::list(const Actor& actor, std::uint64_t enterprise_id,
                                        std::string_view cursor, std::size_t count_max) {
    if (auto may = require(actor, v1::SCOPE_ACCOUNTS); !may) return may.error();
    if (enterprise_id == 0) enterprise_id = actor.enterprise_id;
    if (!actor.reaches(enterprise_id)) {
        return not_found("enterprise " + std::to_string(enterprise_id));
    }
    const std::string prefix = number_key(enterprise_id);
    const auto entries = registrar_.store.scan_objects(
        Table::kAccountByEnterprise, prefix,
        cursor.empty() ? std::string() : prefix + std::string(cursor), count_max);
    if (!entries) return to_refusal(entries.error());
    v1::AccountList out;
    for (const model::StoredObject& entry : *entries) {
        const std::string name = entry.key.substr(prefix.size());
        auto account = registration::find<v1::Account>(registrar_.store, Table::kAccounts, name);
        if (!account) return account.error();
        if (*account) *out.add_accounts() = without_secrets(**std::move(account));
        if (entries->size() == count_max) out.set_next_cursor(name);
    }
    return out;
}

Outcome<void> Accounts::put(const Actor& actor, const v1::Account& account,
                            std::vector<model::ObjectEdit> more) {
    v1::Account changed = account;
    *changed.mutable_changed() = to_timestamp(registrar_.clock.now());
    model::Change change = change_by(actor);
    change.objects = std::move(more);
    change.objects.push_back(
        registration::put(Table::kAccounts, account.name(), changed, account.version()));
    const auto committed = commit(registrar_.store, change);
    if (!committed) return committed.error();
    return {};
}

Outcome<v1::Account> Accounts::change(const Actor& actor, const v1::Account& wanted,
                                      std::optional<model::TransactionId> expected) {
    auto stored = managed(actor, wanted.name());
    if (!stored) return stored.error();
    if (expected && *expected != stored->version()) {
        return to_refusal(Error{Errc::kConflict, {}});
    }
    if (wanted.role() != stored->role() || wanted.enterprise_id() != stored->enterprise_id()) {
        return invalid("account.role", "role and enterprise of an account cannot be changed");
    }
    if (auto fine = check_new(wanted); !fine) return fine.error();
    std::vector<model::ObjectEdit> more;
    struct Contact {
        std::string_view kind;
        const std::string& before;
        const std::string& after;
    };
    for (const Contact& contact : {Contact{kEmail, stored->email(), wanted.email()},
                                   Contact{kMobile, stored->mobile(), wanted.mobile()}}) {
        if (contact.before == contact.after) continue;
        if (!contact.before.empty()) {
            more.push_back(drop(Table::kAccountByContact, pair_key(contact.kind, contact.before)));
        }
        if (!contact.after.empty()) {
            const auto taken = find_pointer(registrar_.store, Table::kAccountByContact,
                                            pair_key(contact.kind, contact.after));
            if (!taken) return taken.error();
            if (*taken) {
                const std::string field = "account." + std::string(contact.kind);
                return Refusal{.code = Code::kExists,
                               .message = field + ": an account has this already",
                               .field = field};
            }
            more.push_back(claim(Table::kAccountByContact, pair_key(contact.kind, contact.after),
                                 wanted.name()));
        }
    }
    v1::Account changed = *stored;
    changed.set_email(wanted.email());
    changed.set_mobile(wanted.mobile());
    changed.set_remarks(wanted.remarks());
    changed.set_display_name(wanted.display_name());
    changed.set_open_id(wanted.open_id());
    *changed.mutable_certificates() = wanted.certificates();
    if (wanted.state() != v1::ACCOUNT_STATE_UNSPECIFIED) changed.set_state(wanted.state());
    if (actor.role == v1::ROLE_OPERATOR) *changed.mutable_quota() = wanted.quota();
    if (auto done = put(actor, changed, std::move(more)); !done) return done.error();
    return find(actor, wanted.name());
}

Outcome<void> Accounts::set_password(const Actor& actor, std::string_view name,
                                     const v1::PasswordChange& change) {
    const bool own = name == actor.account;
    auto account = own ? active(name) : managed(actor, name);
    if (!account) return account.error();
    if (own && !account->password_hash().empty()) {
        const auto right = by_password(name, change.old_password(), actor.from);
        if (!right) return right.error();
    }
    if (auto fine = check_password("newPassword", change.new_password()); !fine) return fine;
    auto hash = registrar_.passwords.hash(change.new_password());
    if (!hash) return to_refusal(hash.error());
    account->set_password_hash(*std::move(hash));
    return put(actor, *account);
}

Outcome<v1::LoginSecret> Accounts::make_login_secret(const Actor& actor, std::string_view name) {
    auto account = managed(actor, name);
    if (!account) return account.error();
    std::array<std::byte, kLoginSecretBytes> random{};
    registrar_.entropy.fill(random);
    v1::LoginSecret out;
    out.set_secret(to_hex(random));
    const std::string digest = password_digest(registrar_.digests, out.secret());
    const auto sealed = registrar_.seal.close(as_bytes_view(digest), secret_purpose(name));
    if (!sealed) return to_refusal(sealed.error());
    account->set_sealed_login_secret(std::string(as_text(*sealed)));
    account->set_hashed_login(true);
    if (auto done = put(actor, *account); !done) return done.error();
    return out;
}

Outcome<void> Accounts::remove_login_secret(const Actor& actor, std::string_view name) {
    auto account = managed(actor, name);
    if (!account) return account.error();
    account->clear_sealed_login_secret();
    account->set_hashed_login(false);
    return put(actor, *account);
}

}  // namespace idnode::registration
