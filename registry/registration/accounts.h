#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/idnode/v1/account.pb.h"
#include "registry/registration/actor.h"
#include "registry/registration/login_limit.h"
#include "registry/registration/registrar.h"

namespace idnode::registration {

/// A password in the form that SNMS keeps: its SHA-256 in lower-case hexadecimal. Who knows this
/// can log in as if they knew the password.
std::string password_digest(const model::Digests& digests, std::string_view password);
/// What proves such a digest on one day (`yyyy-MM-dd`): the SHA-256, in lower-case hexadecimal, of
/// the digest followed by the date.
std::string hashed_login_proof(const model::Digests& digests, std::string_view digest,
                               std::string_view date);

/// The password of a new account when only its digest is known.
struct DigestPassword {
    std::string digest;         // in hexadecimal; empty: the account has none
    bool hashed_login = false;  // whether it serves the hashed login, too
};

/// People and systems, their passwords and tokens. Answers never hold secrets of an account.
class Accounts {
  public:
    /// `logins` is shared by all requests of the node.
    Accounts(const Registrar& registrar, LoginLimit& logins)
        : registrar_(registrar), logins_(logins) {}

    // --- who is asking -------------------------------------------------------------------------

    /// Somebody with a token of ours. `from`: the peer's address.
    Outcome<Actor> by_token(std::string_view token, std::string_view from);
    /// Somebody with a name and password, at most so often (kTooMany says for how long not).
    Outcome<Actor> by_password(std::string_view name, std::string_view password,
                               std::string_view from);
    /// Somebody whose client certificate (DER) an account names; `name`: that account.
    Outcome<Actor> by_certificate(std::string_view name, BytesView certificate,
                                  std::string_view from);
    /// The hashed login of the SNMS interface: `proof`, in either case, is the `hashed_login_proof`
    /// of the account's login secret for one of `dates`. Only for accounts where it is on.
    Outcome<Actor> by_hashed_secret(std::string_view name, std::string_view proof,
                                    std::span<const std::string> dates, std::string_view from);

    /// The account in whose name the node does by itself what it was told before, as to send events
    /// to a subscriber: nothing is proved. kWrongLogin: it is not active any more.
    Outcome<Actor> acting_for(std::string_view name);

    // --- tokens --------------------------------------------------------------------------------

    /// For the actor itself, or for another account (scope ACCOUNTS) where the request names one.
    Outcome<v1::NewToken> issue(const Actor& actor, const v1::TokenRequest& request);
    Outcome<v1::TokenList> tokens(const Actor& actor, std::string_view account);
    Outcome<void> revoke(const Actor& actor, std::string_view account, std::uint64_t token_id);

    // --- accounts ------------------------------------------------------------------------------

    Outcome<v1::Account> create(const Actor& actor, const v1::NewAccount& wanted);
    /// What the account says apart from secrets, name and enterprise. `expected`: its version.
    Outcome<v1::Account> change(const Actor& actor, const v1::Account& wanted,
                                std::optional<model::TransactionId> expected);
    Outcome<v1::Account> find(const Actor& actor, std::string_view name);
    Outcome<v1::AccountList> list(const Actor& actor, std::uint64_t enterprise_id,
                                  std::string_view cursor, std::size_t count_max);
    Outcome<void> set_password(const Actor& actor, std::string_view name,
                               const v1::PasswordChange& change);
    /// A fresh secret for the hashed login, which is on from now on; or off.
    Outcome<v1::LoginSecret> make_login_secret(const Actor& actor, std::string_view name);
    Outcome<void> remove_login_secret(const Actor& actor, std::string_view name);

    /// An account that belongs to no enterprise yet and may do nothing before it does; for
    /// operators.
    Outcome<v1::Account> create_unbound(const Actor& actor, v1::Account account,
                                        const DigestPassword& password);

    /// What creates an account, for changes that do more: an enterprise together with its user.
    Outcome<std::vector<model::ObjectEdit>> edits_to_create(const v1::NewAccount& wanted,
                                                            const DigestPassword& digest = {});
    /// What makes an account that belongs to no enterprise the administrator of one.
    Outcome<std::vector<model::ObjectEdit>> edits_to_bind(std::string_view name,
                                                          std::uint64_t enterprise_id);

  private:
    Outcome<v1::Account> managed(const Actor& actor, std::string_view name);
    Outcome<v1::Account> active(std::string_view name);
    Outcome<Actor> actor_of(const v1::Account& account, std::string_view from) const;
    Outcome<void> check_new(const v1::Account& account) const;
    Outcome<v1::Account> add(const Actor& actor, const v1::NewAccount& wanted,
                             const DigestPassword& digest = {});
    Outcome<std::vector<model::ObjectEdit>> claim_names(const v1::Account& account) const;
    Outcome<void> set_secrets(v1::Account& account, std::string_view password,
                              const DigestPassword& digest) const;
    template <class IsRight>
    Outcome<Actor> log_in(std::string_view name, std::string_view from, IsRight is_right);
    bool is_right_password(std::string_view password, const v1::Account* account) const;
    Outcome<std::vector<model::ObjectEdit>> make_room(std::string_view name) const;
    Outcome<void> put(const Actor& actor, const v1::Account& account,
                      std::vector<model::ObjectEdit> more = {});

    const Registrar& registrar_;
    LoginLimit& logins_;
};

}  // namespace idnode::registration
