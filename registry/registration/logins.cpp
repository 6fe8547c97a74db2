// Who is asking, and the tokens by which they prove it again.

#include <algorithm>
#include <array>
#include <utility>

#include "proto/base/hex.h"
#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "proto/idnode/v1/enterprise.pb.h"
#include "registry/registration/account_parts.h"
#include "registry/registration/accounts.h"
#include "registry/registration/objects.h"

namespace idnode::registration {

namespace {

using model::Table;

constexpr std::size_t kTokenBytes = 32;
constexpr std::string_view kTokenStart = "idn_";
// Of one account. Systems log in before every call, up to sixty times an hour, and tokens live a
// day.
constexpr std::size_t kTokensMax = 2'000;

std::string token_key(const model::Digests& digests, std::string_view token) {
    const auto digest = digests.sha256(as_bytes_view(token));
    return std::string(as_text(digest));
}

std::string owned_token_key(std::string_view account, std::uint64_t id) {
    return pair_key(account, number_key(id));
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

bool same_text_in_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned differs = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        differs |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    }
    return differs == 0;
}

}  // namespace

std::string password_digest(const model::Digests& digests, std::string_view password) {
    return to_hex(digests.sha256(as_bytes_view(password)));
}

std::string hashed_login_proof(const model::Digests& digests, std::string_view digest,
                               std::string_view date) {
    return password_digest(digests, std::string(digest).append(date));
}

// --- who is asking -----------------------------------------------------------------------------

Outcome<Actor> Accounts::actor_of(const v1::Account& account, std::string_view from) const {
    Actor out{.account = account.name(),
              .role = account.role(),
              .enterprise_id = account.enterprise_id(),
              .scopes = scopes_of(account.role()),
              .from = std::string(from)};
    out.limits.account_requests = account.quota().requests_per_second_max();
    out.limits.account_identifiers = account.quota().identifiers_per_second_max();
    if (needs_enterprise(account.role()) && account.enterprise_id() == 0) out.scopes = {};
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

Outcome<Actor> Accounts::acting_for(std::string_view name) {
    const auto account = active(name);
    if (!account) return account.error();
    return actor_of(*account, {});
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

/// An account that is not there costs the same time as a wrong password.
bool Accounts::is_right_password(std::string_view password, const v1::Account* account) const {
    static const std::string kNobody =
        "scrypt$32768$8$1$00000000000000000000000000000000$" + std::string(64, '0');
    const bool has_password = account != nullptr && !account->password_hash().empty();
    std::string_view hash = has_password ? account->password_hash() : kNobody;
    std::string given(password.substr(0, kPasswordBytesMax + 1));
    if (hash.starts_with(kDigestHash)) {
        hash.remove_prefix(kDigestHash.size());
        given = password_digest(registrar_.digests, given);
    }
    return registrar_.passwords.is_password(given, hash) && has_password;
}

/// One login among those that are counted. `is_right` is asked about the account, which is null
/// where there is none.
template <class IsRight>
Outcome<Actor> Accounts::log_in(std::string_view name, std::string_view from, IsRight is_right) {
    const std::string account_name(name);
    const std::string source(from);
    const model::TimeMs now = registrar_.clock.now();
    if (!logins_.allows(account_name, source, now)) return wrong_login();
    const auto account = active(name);
    if (!account && account.error().code != Code::kWrongLogin) return account.error();
    const Outcome<bool> right = is_right(account ? &*account : nullptr);
    if (!right) return right.error();
    if (*right) return actor_of(*account, from);
    logins_.count_wrong(account_name, source, now);
    return wrong_login();
}

Outcome<Actor> Accounts::by_password(std::string_view name, std::string_view password,
                                     std::string_view from) {
    return log_in(name, from, [&](const v1::Account* account) -> Outcome<bool> {
        return is_right_password(password, account);
    });
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
    return log_in(name, from, [&](const v1::Account* account) -> Outcome<bool> {
        if (account == nullptr || !account->hashed_login()) return false;
        const auto digest = registrar_.seal.open(as_bytes_view(account->sealed_login_secret()),
                                                 secret_purpose(name));
        if (!digest) return to_refusal(digest.error());
        const std::string given = lower(proof);
        bool right = false;
        for (const std::string& date : dates) {
            const std::string expected =
                hashed_login_proof(registrar_.digests, as_text(*digest), date);
            right = same_text_in_constant_time(expected, given) || right;
        }
        return right;
    });
}

// --- tokens ------------------------------------------------------------------------------------

/// What removes tokens that are over, when an account has as many as it may have.
Outcome<std::vector<model::ObjectEdit>> Accounts::make_room(std::string_view name) const {
    const auto held =
        registrar_.store.scan_objects(Table::kTokenByAccount, pair_key(name, ""), {}, kTokensMax);
    if (!held) return to_refusal(held.error());
    std::vector<model::ObjectEdit> out;
    if (held->size() < kTokensMax) return out;
    for (const model::StoredObject& pointer : *held) {
        const std::string key(as_text(pointer.value));
        const auto token = registration::find<v1::Token>(registrar_.store, Table::kTokens, key);
        if (!token) return token.error();
        if (*token && to_time((*token)->expires()) > registrar_.clock.now()) continue;
        if (*token) out.push_back(drop(Table::kTokens, key));
        out.push_back(drop(Table::kTokenByAccount, pointer.key));
    }
    if (!out.empty()) return out;
    return Refusal{.code = Code::kLimit,
                   .message = "the account has " + std::to_string(kTokensMax) + " tokens",
                   .remedy = "revoke those that are not used any more"};
}

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
    const auto room = make_room(name);
    if (!room) return room.error();

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
        change.objects = *room;
        change.objects.push_back(registration::put(Table::kTokens, key, token, 0));
        change.objects.push_back(
            point(Table::kTokenByAccount, owned_token_key(name, token.id()), key));
        change.objects.push_back(number->edit);
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

}  // namespace idnode::registration
