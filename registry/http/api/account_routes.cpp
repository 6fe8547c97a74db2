// Logins, accounts and their tokens.

#include "registry/http/api/api.h"
#include "registry/http/api/bodies.h"

namespace idnode::http {

namespace {

using registration::Actor;
using registration::Outcome;

/// With a password, or with the client certificate that the connection showed.
Outcome<Actor> who_logs_in(ApiCall& call, const v1::TokenRequest& login) {
    if (login.username().empty()) return registration::missing("username");
    const std::string from = address_of(call.caller);
    if (!login.password().empty()) {
        return call.accounts.by_password(login.username(), login.password(), from);
    }
    if (call.caller.certificate.empty()) return registration::missing("password");
    return call.accounts.by_certificate(login.username(), call.caller.certificate, from);
}

Response log_in(ApiCall& call) {
    v1::TokenRequest login;
    if (auto read = read_body(call, login); !read) return refuse(call, read.error());
    const auto actor = who_logs_in(call, login);
    if (!actor) return refuse(call, actor.error());
    login.clear_account();
    return answer_outcome(call, Status::ok, call.accounts.issue(*actor, login));
}

Response get_own(ApiCall& call) {
    return answer_outcome(call, Status::ok, call.accounts.find(call.actor, call.actor.account));
}

Response create_account(ApiCall& call) {
    v1::NewAccount wanted;
    if (auto read = read_body(call, wanted); !read) return refuse(call, read.error());
    return answer_outcome(call, Status::created, call.accounts.create(call.actor, wanted));
}

Response list_accounts(ApiCall& call) {
    return answer_outcome(call, Status::ok,
                          call.accounts.list(call.actor, number_of(parameter(call, "enterpriseId")),
                                             parameter(call, "cursor"), page_size(call)));
}

Response get_account(ApiCall& call) {
    return answer_outcome(call, Status::ok, call.accounts.find(call.actor, call.subjects[0]));
}

Response change_account(ApiCall& call) {
    v1::Account wanted;
    if (auto read = read_body(call, wanted); !read) return refuse(call, read.error());
    const auto expected = expected_version(call.request);
    if (!expected) return refuse(call, expected.error());
    wanted.set_name(call.subjects[0]);
    return answer_outcome(call, Status::ok, call.accounts.change(call.actor, wanted, *expected));
}

Response set_password(ApiCall& call) {
    v1::PasswordChange wanted;
    if (auto read = read_body(call, wanted); !read) return refuse(call, read.error());
    return answer_outcome(call, call.accounts.set_password(call.actor, call.subjects[0], wanted));
}

Response make_login_secret(ApiCall& call) {
    return answer_outcome(call, Status::created,
                          call.accounts.make_login_secret(call.actor, call.subjects[0]));
}

Response remove_login_secret(ApiCall& call) {
    return answer_outcome(call, call.accounts.remove_login_secret(call.actor, call.subjects[0]));
}

Response list_tokens(ApiCall& call) {
    return answer_outcome(call, Status::ok, call.accounts.tokens(call.actor, call.subjects[0]));
}

Response create_token(ApiCall& call) {
    v1::TokenRequest wanted;
    if (auto read = read_body(call, wanted); !read) return refuse(call, read.error());
    wanted.set_account(call.subjects[0]);
    return answer_outcome(call, Status::created, call.accounts.issue(call.actor, wanted));
}

Response revoke_token(ApiCall& call) {
    return answer_outcome(
        call, call.accounts.revoke(call.actor, call.subjects[0], number_of(call.subjects[1])));
}

}  // namespace

std::span<const ApiRoute> account_routes() {
    static constexpr std::array kRoutes{
        ApiRoute{Method::post, "/idn/v1/login", "logIn", true, &log_in},
        ApiRoute{Method::get, "/idn/v1/account", "getOwnAccount", false, &get_own},
        ApiRoute{Method::post, "/idn/v1/accounts", "createAccount", false, &create_account},
        ApiRoute{Method::get, "/idn/v1/accounts", "listAccounts", false, &list_accounts},
        ApiRoute{Method::get, "/idn/v1/accounts/{name}", "getAccount", false, &get_account},
        ApiRoute{Method::put, "/idn/v1/accounts/{name}", "changeAccount", false, &change_account},
        ApiRoute{Method::post, "/idn/v1/accounts/{name}/password", "setPassword", false,
                 &set_password},
        ApiRoute{Method::post, "/idn/v1/accounts/{name}/login-secret", "makeLoginSecret", false,
                 &make_login_secret},
        ApiRoute{Method::delete_, "/idn/v1/accounts/{name}/login-secret", "removeLoginSecret",
                 false, &remove_login_secret},
        ApiRoute{Method::get, "/idn/v1/accounts/{name}/tokens", "listTokens", false, &list_tokens},
        ApiRoute{Method::post, "/idn/v1/accounts/{name}/tokens", "createToken", false,
                 &create_token},
        ApiRoute{Method::delete_, "/idn/v1/accounts/{name}/tokens/{id}", "revokeToken", false,
                 &revoke_token},
    };
    return kRoutes;
}

}  // namespace idnode::http
