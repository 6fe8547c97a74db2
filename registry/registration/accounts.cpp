#include "registry/registration/accounts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/base/hex.h"
#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "proto/idnode/v1/enterprise.pb.h"
#include "registry/registration/objects.h"

namespace idnode::registration {

namespace {

using model::Table;

constexpr std::size_t kNameBytesMax = 50;
constexpr std::size_t kPasswordBytesMax = 255;
constexpr std::size_t kPasswordBytesMin = 8;
constexpr std::size_t kContactBytesMax = 255;
constexpr std::size_t kRemarksBytesMax = 1'024;
constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kLoginSecretBytes = 16;
constexpr std::size_t kTokensMax = 1'000;  // of one account
constexpr std::string_view kTokenStart = "idn_";
constexpr std::string_view kEmail = "email";
constexpr std::string_view kMobile = "mobile";

std::string secret_purpose(std::string_view account) {
    return "login secret of " + std::string(account);
}

std::string token_key(const model::Digests& digests, std::string_view token) {
    const auto digest = digests.sha256(as_bytes_view(token));
    return std::string(as_text(digest));
}

std::string owned_token_key(std::string_view account, std::uint64_t id) {
    return pair_key(account, number_key(id));
}

v1::Account without_secrets(v1::Account account) {
    account.clear_password_hash();
    account.clear_sealed_login_secret();
    return account;
}

bool is_of_node(v1::Role role) {
    return role == v1::ROLE_OPERATOR || role == v1::ROLE_REVIEWER;
}

Refusal wrong_login() {
    return {.code = Code::kWrongLogin,
            .message = "account or password is wrong",
            .remedy = "check both; after several wrong ones wait ten minutes"};
}

Refusal not_authenticated() {
    return {.code = Code::kNotAuthenticated,
            .message = "the token is unknown, expired or revoked",
            .remedy = "log in again"};
}

Outcome<void> check_text(std::string_view field, std::string_view text, std::size_t bytes_max) {
    if (!is_utf8(text)) return invalid(std::string(field), "must be UTF-8");
    if (text.size() > bytes_max) {
        return invalid(std::string(field), "at most " + std::to_string(bytes_max) + " octets");
    }
    return {};
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

bool same_text_in_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned differs = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        differs |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    }
    return differs == 0;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char one) {
        return one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one;
    });
    return out;
}

}  // namespace

// --- who is asking -----------------------------------------------------------------------------

Outcome<Actor> Accounts::actor_of(const v1::Account& account, std::string_view from) const {
    Actor out{.account = account.name(),
              .role = account.role(),
              .enterprise_id = account.enterprise_id(),
              .scopes = scopes_of(account.role()),
              .from = std::string(from)};
    out.limits.account_requests = account.quota().requests_per_second_max();
    out.limits.account_identifiers = account.quota().identifiers_per_second_max();
    if (account.enterprise_id() == 0) return out;
    const auto enterprise = registration::find<v1::Enterprise>(
        registrar_.store, Table::kEnterprises, number_key(account.enterprise_id()));
    if (!enterprise) return enterprise.error();
    const v1::Quota quota = *enterprise ? (*enterprise)->quota() : v1::Quota();
    const auto own_or = [](std::uint32_t own, std::uint32_t usual) {
        return own != 0 ? own : usual;
    };
    out.limits.enterprise_requests =
        own_or(quota.requests_per_second_max(), registrar_.terms.requests_per_second_max);
    out.limits.enterprise_identifiers =
        own_or(quota.identifiers_per_second_max(), registrar_.terms.identifiers_per_second_max);
    return out;
}

Outcome<v1::Account> Accounts::active(std::string_view name) {
    auto account = registration::find<v1::Account>(registrar_.store, Table::kAccounts, name);
    if (!account) return account.error();
    if (!*account || (*account)->state() != v1::ACCOUNT_STATE_ACTIVE) return wrong_login();
    return **std::move(account);
}

Outcome<Actor> Accounts::by_token(std::string_view token, std::string_view from) {
    if (token.empty()) {
        return Refusal{.code = Code::kNotAuthenticated,
                       .message = "this needs a token",
                       .remedy = "log in, and send Authorization: Bearer TOKEN"};
    }
    const auto found = registration::find<v1::Token>(registrar_.store, Table::kTokens,
                                                     token_key(registrar_.digests, token));
    if (!found) return found.error();
    if (!*found || to_time((*found)->expires()) <= registrar_.clock.now()) {
        return not_authenticated();
    }
    const auto account = active((*found)->account());
    if (!account) {
        return account.error().code == Code::kWrongLogin ? not_authenticated() : account.error();
    }
    auto actor = actor_of(*account, from);
    if (!actor) return actor.error();
    actor->token_id = (*found)->id();
    if ((*found)->scopes_size() > 0) {
        Scopes given;
        for (const int scope : (*found)->scopes()) given.add(static_cast<v1::Scope>(scope));
        actor->scopes = actor->scopes.and_in(given);
    }
    return actor;
}

Outcome<Actor> Accounts::by_password(std::string_view name, std::string_view password,
                                     std::string_view from) {
    const std::string account_name(name);
    const std::string source(from);
    const model::TimeMs now = registrar_.clock.now();
    if (!logins_.allows(account_name, source, now)) return wrong_login();
    const auto account = active(name);
    if (!account && account.error().code != Code::kWrongLogin) return account.error();
    // An unknown account costs the same time as a wrong password.
    static const std::string kNobody =
        "scrypt$32768$8$1$00000000000000000000000000000000$" + std::string(64, '0');
    const bool has_password = account && !account->password_hash().empty();
    const bool right =
        registrar_.passwords.is_password(password.substr(0, kPasswordBytesMax + 1),
                                         has_password ? account->password_hash() : kNobody);
    if (right && has_password) return actor_of(*account, from);
    logins_.count_wrong(account_name, source, now);
    return wrong_login();
}

Outcome<Actor> Accounts::by_certificate(std::string_view name, BytesView certificate,
                                        std::string_view from) {
    const auto account = active(name);
    if (!account) return account.error();
    const std::string digest = to_hex(registrar_.digests.sha256(certificate));
    const auto& known = account->certificates();
    const bool named =
        !certificate.empty() && std::ranges::any_of(known, [&](const std::string& one) {
            return same_text_in_constant_time(one, digest);
        });
    if (!named) return wrong_login();
    return actor_of(*account, from);
}

Outcome<Actor> Accounts::by_hashed_secret(std::string_view name, std::string_view proof,
                                          std::span<const std::string> dates,
                                          std::string_view from) {
    const std::string account_name(name);
    const std::string source(from);
    const model::TimeMs now = registrar_.clock.now();
    if (!logins_.allows(account_name, source, now)) return wrong_login();
    const auto account = active(name);
    if (!account && account.error().code != Code::kWrongLogin) return account.error();
    bool right = false;
    if (account && account->hashed_login()) {
        const auto secret = registrar_.seal.open(as_bytes_view(account->sealed_login_secret()),
                                                 secret_purpose(name));
        if (!secret) return to_refusal(secret.error());
        const std::string given = lower(proof);
        for (const std::string& date : dates) {
            const std::string text = to_hex(registrar_.digests.sha256(*secret)) + date;
            const std::string expected = to_hex(registrar_.digests.sha256(as_bytes_view(text)));
            right = same_text_in_constant_time(expected, given) || right;
        }
    }
    if (right) return actor_of(*account, from);
    logins_.count_wrong(account_name, source, now);
    return wrong_login();
}

// --- tokens ------------------------------------------------------------------------------------

Outcome<v1::NewToken> Accounts::issue(const Actor& actor, const v1::TokenRequest& request) {
    const std::string& name = request.account().empty() ? actor.account : request.account();
    const auto account = name == actor.account ? active(name) : managed(actor, name);
    if (!account) return account.error();
    const auto lifetime = request.lifetime_s() == 0 ? registrar_.terms.token_lifetime
                                                    : std::chrono::seconds(request.lifetime_s());
    if (lifetime > registrar_.terms.token_lifetime_max) {
        return invalid("lifetimeS",
                       "at most " + std::to_string(registrar_.terms.token_lifetime_max.count()));
    }
    // What a token cannot do itself it cannot hand on either.
    const Scopes reach = name == actor.account ? actor.scopes : scopes_of(account->role());
    const auto held =
        registrar_.store.scan_objects(Table::kTokenByAccount, pair_key(name, ""), {}, kTokensMax);
    if (!held) return to_refusal(held.error());
    if (held->size() >= kTokensMax) {
        return Refusal{.code = Code::kLimit,
                       .message = "the account has " + std::to_string(kTokensMax) + " tokens",
                       .remedy = "revoke those that are not used any more"};
    }

    v1::NewToken out;
    v1::Token& token = *out.mutable_details();
    for (const int scope : request.scopes()) {
        if (!reach.has(static_cast<v1::Scope>(scope))) {
            return invalid("scopes", v1::Scope_Name(scope) + " is more than the account may do");
        }
        token.add_scopes(static_cast<v1::Scope>(scope));
    }
    if (token.scopes_size() == 0 && reach != scopes_of(account->role())) {
        for (int scope = v1::Scope_MIN; scope <= v1::Scope_MAX; ++scope) {
            if (reach.has(static_cast<v1::Scope>(scope))) {
                token.add_scopes(static_cast<v1::Scope>(scope));
            }
        }
    }
    if (auto fine = check_text("label", request.label(), kContactBytesMax); !fine) {
        return fine.error();
    }
    const model::TimeMs now = registrar_.clock.now();
    token.set_account(name);
    token.set_label(request.label());
    *token.mutable_created() = to_timestamp(now);
    *token.mutable_expires() = to_timestamp(now + std::chrono::milliseconds(lifetime).count());

    std::array<std::byte, kTokenBytes> random{};
    registrar_.entropy.fill(random);
    out.set_token(std::string(kTokenStart) + to_hex(random));
    const std::string key = token_key(registrar_.digests, out.token());
    return until_no_conflict([&]() -> Outcome<v1::NewToken> {
        const auto number = next_number(registrar_.store, "token");
        if (!number) return number.error();
        token.set_id(number->number);
        model::Change change = change_by(actor);
        change.objects = {registration::put(Table::kTokens, key, token, 0),
                          point(Table::kTokenByAccount, owned_token_key(name, token.id()), key),
                          number->edit};
        const auto committed = commit(registrar_.store, change);
        if (!committed) return committed.error();
        return out;
    });
}

Outcome<v1::TokenList> Accounts::tokens(const Actor& actor, std::string_view name) {
    if (name != actor.account) {
        if (const auto account = managed(actor, name); !account) return account.error();
    }
    const auto held =
        registrar_.store.scan_objects(Table::kTokenByAccount, pair_key(name, ""), {}, kTokensMax);
    if (!held) return to_refusal(held.error());
    v1::TokenList out;
    for (const model::StoredObject& pointer : *held) {
        auto token =
            registration::find<v1::Token>(registrar_.store, Table::kTokens, as_text(pointer.value));
        if (!token) return token.error();
        if (*token) *out.add_tokens() = **std::move(token);
    }
    return out;
}

Outcome<void> Accounts::revoke(const Actor& actor, std::string_view name, std::uint64_t token_id) {
    const bool own = name == actor.account;
    if (!own) {
        if (const auto account = managed(actor, name); !account) return account.error();
    }
    const std::string place = owned_token_key(name, token_id);
    const auto key = find_pointer(registrar_.store, Table::kTokenByAccount, place);
    if (!key) return key.error();
    if (!*key) return not_found("token " + std::to_string(token_id));
    model::Change change = change_by(actor);
    change.objects = {drop(Table::kTokens, **key), drop(Table::kTokenByAccount, place)};
    const auto committed = commit(registrar_.store, change);
    if (!committed) return committed.error();
    return {};
}

// --- accounts ----------------------------------------------------------------------------------

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
    const bool needs_enterprise = account.role() == v1::ROLE_APPLICATION ||
                                  account.role() == v1::ROLE_ENTERPRISE_ADMINISTRATOR;
    if (needs_enterprise && account.enterprise_id() == 0) return missing("account.enterpriseId");
    if (is_of_node(account.role()) && account.enterprise_id() != 0) {
        return invalid("account.enterpriseId", "this role is of the node, not of an enterprise");
    }
    return {};
}

Outcome<std::vector<model::ObjectEdit>> Accounts::edits_to_create(const v1::NewAccount& wanted) {
    v1::Account account = without_secrets(wanted.account());
    account.set_hashed_login(false);
    if (auto fine = check_new(account); !fine) return fine.error();
    const auto taken = [&](Table table, const std::string& key) -> Outcome<bool> {
        const auto there = read_stored(registrar_.store, table, key);
        if (!there) return there.error();
        return there->has_value();
    };
    std::vector<model::ObjectEdit> edits;
    struct Unique {
        Table table;
        std::string key;
        std::string_view field;
        bool given;
    };
    for (const Unique& one : {Unique{Table::kAccounts, account.name(), "account.name", true},
                              Unique{Table::kAccountByContact, pair_key(kEmail, account.email()),
                                     "account.email", !account.email().empty()},
                              Unique{Table::kAccountByContact, pair_key(kMobile, account.mobile()),
                                     "account.mobile", !account.mobile().empty()}}) {
        if (!one.given) continue;
        const auto there = taken(one.table, one.key);
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
    if (!wanted.password().empty()) {
        if (auto fine = check_password("password", wanted.password()); !fine) return fine.error();
        auto hash = registrar_.passwords.hash(wanted.password());
        if (!hash) return to_refusal(hash.error());
        account.set_password_hash(*std::move(hash));
    }
    account.set_state(v1::ACCOUNT_STATE_ACTIVE);
    *account.mutable_created() = to_timestamp(registrar_.clock.now());
    *account.mutable_changed() = account.created();
    edits.push_back(
        point(Table::kAccountByEnterprise, number_key(account.enterprise_id()) + account.name()));
    edits.push_back(registration::put(Table::kAccounts, account.name(), account, 0));
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
    if (account.enterprise_id() != 0) {
        const auto there =
            read_stored(registrar_.store, Table::kEnterprises, number_key(account.enterprise_id()));
        if (!there) return there.error();
        if (!*there) return not_found("enterprise " + std::to_string(account.enterprise_id()));
    }
    const auto created = until_no_conflict([&]() -> Outcome<void> {
        auto edits = edits_to_create(wanted);
        if (!edits) return edits.error();
        model::Change change = change_by(actor);
        change.objects = *std::move(edits);
        const auto committed = commit(registrar_.store, change);
        if (!committed) return committed.error();
        return {};
    });
    if (!created) return created.error();
    return find(actor, account.name());
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
            more.push_back(claim(Table::kAccountByContact, pair_key(contact.kind, contact.after),
                                 wanted.name()));
        }
    }
    v1::Account changed = *stored;
    changed.set_email(wanted.email());
    changed.set_mobile(wanted.mobile());
    changed.set_remarks(wanted.remarks());
    changed.set_display_name(wanted.display_name());
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
    const auto sealed = registrar_.seal.close(as_bytes_view(out.secret()), secret_purpose(name));
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
