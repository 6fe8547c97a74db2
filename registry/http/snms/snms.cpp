#include "registry/http/snms/snms.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>

#include "proto/base/hex.h"
#include "proto/base/text.h"
#include "registry/http/api/api.h"
#include "registry/http/snms/answers.h"
#include "registry/http/snms/call.h"
#include "registry/http/target.h"
#include "registry/registration/rates.h"

namespace idnode::http {

namespace snms {
namespace {

using Field = boost::beast::http::field;
using registration::Code;
using registration::Refusal;

constexpr std::array<std::string_view, 4> kBeginnings{"/identity/", "/identityv2/", "/snms/api/",
                                                      "/api/identityv2/"};

Fault busy() {
    return fault_of(
        Refusal{.code = Code::kInternal, .message = "the request could not be carried out"});
}

/// What the connection refuses before anybody looks at the request.
Fault turned_away(Status status, std::string_view text) {
    switch (status) {
        case Status::payload_too_large:
            return {.code = Code::kLimit, .chinese = "请求体过大", .english = std::string(text)};
        case Status::service_unavailable:
            return {.status = kInternalError,
                    .code = Code::kBusy,
                    .chinese = "系统繁忙",
                    .english = std::string(text)};
        default:
            return {.code = Code::kInvalid,
                    .chinese = "请求不符合HTTP协议",
                    .english = std::string(text)};
    }
}

Fault needs_tls() {
    return {.status = kBusinessFailure,
            .code = Code::kNotAllowed,
            .chinese = "账号和令牌只能通过HTTPS传输",
            .english = "passwords and tokens are taken over HTTPS only"};
}

/// §2.3: with or without the word, in any case.
std::string_view token_of(const SnmsCall& call) {
    const std::string_view token = bearer_token(call.request);
    std::string_view text = token.empty() ? call.field("Authorization") : token;
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return equal_folded(text, "bearer") ? std::string_view{} : text;
}

std::vector<Route> all_routes() {
    std::vector<Route> out;
    for (const auto& part :
         {token_routes(), detail_routes(), identifier_write_routes(), template_routes(),
          enterprise_routes(), prefix_routes(), file_routes()}) {
        out.insert(out.end(), part.begin(), part.end());
    }
    return out;
}

class SnmsHandler final : public Handler {
  public:
    SnmsHandler(const registration::Registrar& registrar, registration::LoginLimit& logins,
                const resolver::EngineContext& node, SnmsSettings settings)
        : context_{registrar, logins, node, std::move(settings)}, routes_(all_routes()) {
        std::array<std::byte, 4> random{};
        registrar.entropy.fill(random);
        run_ = to_hex(random);
    }

    Response handle(const Request& request, const Caller& caller) override {
        SnmsCall call = make_call(request, caller);
        Response out;
        // Libraries report by exceptions what only a lack of memory can make them.
        try {
            out = route(call);
        } catch (const std::exception&) {
            out = snms::refuse(call, busy());
        }
        out.set("X-Request-Id", call.request_id);
        return out;
    }

    std::optional<Response> turn_away(const RequestHeader& header, Status status,
                                      std::string_view text) const override {
        Request request;
        request.base() = header;
        const Caller nobody{};
        const SnmsCall call = make_call(request, nobody);
        Response out = snms::refuse(call, turned_away(status, text), status);
        if (status == Status::service_unavailable) out.set(Field::retry_after, "1");
        out.set("X-Request-Id", call.request_id);
        return out;
    }

    std::size_t body_bytes_max(const RequestHeader& header, std::size_t usual) const override {
        const std::string_view path = within_base(target_of(header).path);
        const auto route = std::ranges::find_if(routes_, [&](const Route& one) {
            return one.path == path && one.method == header.method();
        });
        if (route == routes_.end() || route->body_bytes_max == 0) return usual;
        // Memory for large bodies is for who at least says who they are.
        const bool has_token = header.count(Field::authorization) > 0;
        return has_token ? route->body_bytes_max : std::min(usual, route->body_bytes_max);
    }

  private:
    SnmsCall make_call(const Request& request, const Caller& caller) const {
        SnmsCall out{request, caller, context_, {context_.registrar, context_.logins}};
        out.request_id = run_ + "-" + std::to_string(requests_.fetch_add(1) + 1);
        out.in_english = starts_with_folded(out.field("Accept-Language"), "en");
        return out;
    }

    /// What follows the base path, without a slash at its end; nothing where none fits.
    std::string_view within_base(std::string_view path) const {
        if (path.ends_with('/')) path.remove_suffix(1);
        for (std::string_view base : context_.settings.base_paths) {
            if (base.ends_with('/')) base.remove_suffix(1);
            if (!path.starts_with(base)) continue;
            const std::string_view rest = path.substr(base.size());
            const bool fits = std::ranges::any_of(
                kBeginnings, [&](std::string_view one) { return rest.starts_with(one); });
            if (fits) return rest;
        }
        return {};
    }

    Response route(SnmsCall& call) const {
        const Target target = target_of(call.request);
        call.query = target.query;
        if (!call.parameters.add_form(target.query)) {
            return snms::refuse(call, broken_rule("query", "编码不正确", "cannot be decoded"));
        }
        const Method method =
            call.request.method() == Method::head ? Method::get : call.request.method();
        const std::string_view path = within_base(target.path);
        std::string allowed;
        for (const Route& route : routes_) {
            if (route.path != path) continue;
            if (route.method == method) return carry_out(call, route);
            allowed += (allowed.empty() ? "" : ", ") +
                       std::string(boost::beast::http::to_string(route.method));
        }
        if (allowed.empty()) {
            return snms::refuse(call, no_such("接口", "path"), Status::not_found);
        }
        Response out = snms::refuse(call, broken_rule("method", "不支持", "is not supported here"),
                                    Status::method_not_allowed);
        out.set(Field::allow, allowed);
        return out;
    }

    static Response carry_out(SnmsCall& call, const Route& route) {
        const std::string_view token = token_of(call);
        const bool has_secret = route.access == Access::kLogin || !token.empty();
        if (has_secret && !is_private(call.caller, call.registrar().terms)) {
            return snms::refuse(call, needs_tls());
        }
        if (route.access == Access::kToken || (route.access == Access::kAnyone && has_secret)) {
            auto actor = call.accounts.by_token(token, address_of(call.caller));
            if (!actor) return snms::refuse(call, actor.error());
            call.actor = *std::move(actor);
        }
        const auto rate = admit_request(call.registrar(), call.actor);
        if (!rate) return snms::refuse(call, rate.error());
        Response out = route.function(call);
        if (*rate) show_rate(**rate, out);
        return out;
    }

    const Context context_;
    const std::vector<Route> routes_;
    std::string run_;  // of this start, so that request ids are never the same
    mutable std::atomic<std::uint64_t> requests_ = 0;
};

}  // namespace
}  // namespace snms

std::vector<std::string> snms_beginnings(const SnmsSettings& settings) {
    std::vector<std::string> out;
    for (std::string_view base : settings.base_paths) {
        if (base.ends_with('/')) base.remove_suffix(1);
        for (const std::string_view one : snms::kBeginnings) {
            out.push_back(std::string(base).append(one));
        }
    }
    return out;
}

std::unique_ptr<Handler> make_snms_handler(const registration::Registrar& registrar,
                                           registration::LoginLimit& logins,
                                           const resolver::EngineContext& node,
                                           SnmsSettings settings) {
    return std::make_unique<snms::SnmsHandler>(registrar, logins, node, std::move(settings));
}

}  // namespace idnode::http
