// Logins (§2.1, §2.2) and new accounts (§2.5).

#include <array>
#include <chrono>
#include <ctime>

#include "registry/http/api/api.h"
#include "registry/http/snms/answers.h"
#include "registry/http/snms/json_body.h"
#include "registry/json/encoding.h"

namespace idnode::http::snms {

namespace {

using registration::Actor;
using registration::Code;

constexpr std::size_t kUsernameMax = 50;
constexpr std::size_t kPasswordMax = 64;
constexpr std::size_t kLoginBytesMax = 16'384;  // from strangers

struct Credentials {
    std::string username;
    std::string password;
};

Outcome<Credentials> read_credentials(const SnmsCall& call) {
    const auto body = read_json_object(call);
    if (!body) return body.error();
    const Members members(*body);
    auto username = members.text("username", kUsernameMax);
    if (!username) return username.error();
    auto password = members.text("password", kPasswordMax);
    if (!password) return password.error();
    return Credentials{*std::move(username), *std::move(password)};
}

Response give_token(SnmsCall& call, const registration::Outcome<Actor>& actor) {
    if (!actor) return refuse(call, actor.error());
    const auto token = call.accounts.issue(*actor, {});
    if (!token) return refuse(call, token.error());
    std::string data = R"({"token":)";
    json::append_json_string(token->token(), data);
    return succeed(data.append("}"));
}

Response log_in(SnmsCall& call) {
    const auto given = read_credentials(call);
    if (!given) return refuse(call, given.error());
    return give_token(
        call, call.accounts.by_password(given->username, given->password, address_of(call.caller)));
}

std::string date_text(const std::tm& parts) {
    std::array<char, 16> out{};
    return {out.data(), std::strftime(out.data(), out.size(), "%Y-%m-%d", &parts)};
}

/// §2.2: yesterday, today and tomorrow, here and at UTC+08:00. Nothing says in which zone clients
/// take their date.
std::vector<std::string> dates_around(model::TimeMs now) {
    constexpr std::time_t kDayS = 86'400;
    constexpr std::time_t kChinaS = 8 * 3'600;
    std::vector<std::string> out;
    for (const std::time_t days : {-1, 0, 1}) {
        const std::time_t here = static_cast<std::time_t>(now / 1'000) + days * kDayS;
        const std::time_t in_china = here + kChinaS;
        std::tm parts{};
        ::localtime_r(&here, &parts);
        out.push_back(date_text(parts));
        ::gmtime_r(&in_china, &parts);
        out.push_back(date_text(parts));
    }
    return out;
}

Fault too_many_logins(std::size_t most) {
    const std::string number = std::to_string(most);
    constexpr std::uint32_t kRetryAfterS = 60;
    return {.code = Code::kTooMany,
            .chinese = "每个账号每小时最多登录" + number + "次",
            .english = "an account may log in " + number + " times in an hour",
            .retry_after_s = kRetryAfterS};
}

Response log_in_hashed(SnmsCall& call) {
    const auto given = read_credentials(call);
    if (!given) return refuse(call, given.error());
    const model::TimeMs now = call.registrar().clock.now();
    const auto actor = call.accounts.by_hashed_secret(given->username, given->password,
                                                      dates_around(now), address_of(call.caller));
    if (!actor) return refuse(call, actor.error());
    // What proves the secret is valid all day: who overheard it cannot use it without end.
    const std::size_t most = call.context.settings.hashed_logins_per_hour;
    if (!call.context.logins.takes_login(actor->account, most, now)) {
        return refuse(call, too_many_logins(most));
    }
    return give_token(call, actor);
}

}  // namespace

std::span<const Route> token_routes() {
    static constexpr std::array kRoutes{
        Route{Method::post, "/identity/token", Access::kLogin, &log_in, kLoginBytesMax},
        Route{Method::post, "/identity/token/v1", Access::kLogin, &log_in_hashed, kLoginBytesMax},
    };
    return kRoutes;
}

}  // namespace idnode::http::snms
