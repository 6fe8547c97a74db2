#include "registry/http/api/api.h"

#include <algorithm>
#include <array>
#include <exception>

#include "proto/base/text.h"
#include "registry/http/api/bodies.h"
#include "registry/http/api/openapi.h"
#include "registry/http/api/routes.h"
#include "registry/http/api/stream.h"
#include "registry/http/target.h"
#include "registry/registration/rates.h"
#include "resolver/engine/peer_text.h"

namespace idnode::http {

namespace {

using Field = boost::beast::http::field;
using registration::Code;
using registration::Outcome;
using registration::Refusal;

// As SNMS allows its batches.
constexpr std::size_t kBatchBytesMax = 64U << 20U;

/// What the listener does not let in.
Refusal refusal_of(Status status, std::string_view text) {
    Refusal out{.code = Code::kInvalid, .message = std::string(text)};
    switch (status) {
        case Status::payload_too_large:
        case Status::request_header_fields_too_large:
            out.code = Code::kLimit;
            out.remedy = "send less in one request: batches, or a stream";
            break;
        case Status::request_timeout:
            out.code = Code::kLimit;
            out.remedy = "send it again, without pauses";
            break;
        case Status::service_unavailable:
            out.code = Code::kBusy;
            out.remedy = "try again in a moment";
            break;
        default:
            break;
    }
    return out;
}

class ApiHandler final : public Handler {
  public:
    ApiHandler(const registration::Registrar& registrar, registration::LoginLimit& logins)
        : registrar_(registrar), logins_(logins), routes_(api_routes()) {}

    Response handle(const Request& request, const Caller& caller) override {
        // Libraries report by exceptions what only a lack of memory can make them.
        try {
            return route(request, caller);
        } catch (const std::exception&) {
            return refuse(request, Refusal{.code = Code::kInternal,
                                           .message = "the request could not be carried out"});
        }
    }

    std::optional<Response> turn_away(const RequestHeader& header, Status status,
                                      std::string_view text) const override {
        Request request;
        request.base() = header;
        Response out = refuse(request, refusal_of(status, text));
        out.result(status);
        return out;
    }
    bool takes_upload(const RequestHeader& header) const override {
        return header.method() == Method::post && target_of(header).path == kStreamPath;
    }
    UploadStart begin_upload(const RequestHeader& header, const Caller& caller) override {
        Parameters query;
        const auto actor = admit_upload(header, caller, query);
        if (actor) return begin_stream(header, registrar_, *actor, query);
        Request request;
        request.base() = header;
        return {refuse(request, actor.error()), nullptr};
    }
    std::size_t body_bytes_max(const RequestHeader& header, std::size_t usual) const override {
        return target_of(header).path == kBatchPath ? std::max(usual, kBatchBytesMax) : usual;
    }

  private:
    Outcome<registration::Actor> admit_upload(const RequestHeader& header, const Caller& caller,
                                              Parameters& query) {
        if (auto read = query.add_form(target_of(header).query); !read) {
            return registration::invalid("query", read.error().detail);
        }
        if (!is_private(caller, registrar_.terms)) return needs_tls();
        auto actor = registration::Accounts(registrar_, logins_)
                         .by_token(bearer_token(header), address_of(caller));
        if (!actor) return actor;
        const auto rate = admit_request(registrar_, *actor);
        if (!rate) return rate.error();
        return actor;
    }

    Response route(const Request& request, const Caller& caller) {
        ApiCall call{request, caller, registrar_, {registrar_, logins_}};
        const auto [path, query] = target_of(request);
        if (auto read = call.parameters.add_form(query); !read) {
            return refuse(request, registration::invalid("query", read.error().detail));
        }
        const Method method = request.method() == Method::head ? Method::get : request.method();
        std::string allowed;
        for (const ApiRoute& route : routes_) {
            const auto subjects = match_path(route.path, path);
            if (!subjects) continue;
            if (route.method == method) return carry_out(call, route, *subjects);
            allowed += (allowed.empty() ? "" : ", ") +
                       std::string(boost::beast::http::to_string(route.method));
        }
        if (allowed.empty()) {
            return refuse(request, registration::not_found("resource with this path"));
        }
        Response out = refuse(request, Refusal{.code = Code::kInvalid,
                                               .message = "this resource has no such method"});
        out.result(Status::method_not_allowed);
        out.set(Field::allow, allowed);
        return out;
    }

    static Response carry_out(ApiCall& call, const ApiRoute& route,
                              const std::vector<std::string_view>& subjects) {
        for (const std::string_view subject : subjects) {
            auto decoded = percent_decode(subject);
            if (!decoded || !is_utf8(*decoded)) {
                return refuse(call, registration::invalid("path", "must be percent-encoded UTF-8"));
            }
            call.subjects.push_back(*std::move(decoded));
        }
        if (!is_private(call.caller, call.registrar.terms) && route.path != kDescriptionPath) {
            return refuse(call, needs_tls());
        }
        if (!route.open) {
            auto actor =
                call.accounts.by_token(bearer_token(call.request), address_of(call.caller));
            if (!actor) return refuse(call, actor.error());
            call.actor = *std::move(actor);
        }
        const auto rate = admit_request(call.registrar, call.actor);
        if (!rate) return refuse(call, rate.error());
        Response out = route.function(call);
        if (*rate) show_rate(**rate, out);
        return out;
    }

    const registration::Registrar& registrar_;
    registration::LoginLimit& logins_;
    const std::vector<ApiRoute> routes_;
};

}  // namespace

std::unique_ptr<Handler> make_api_handler(const registration::Registrar& registrar,
                                          registration::LoginLimit& logins) {
    return std::make_unique<ApiHandler>(registrar, logins);
}

std::string address_of(const Caller& caller) {
    return resolver::to_text(caller.peer.address);
}

void show_rate(const registration::RateLimits::Rate& rate, Response& out) {
    out.set("RateLimit-Limit", std::to_string(rate.limit));
    out.set("RateLimit-Remaining", std::to_string(rate.remaining));
    out.set("RateLimit-Reset", "1");
}

Refusal needs_tls() {
    return {.code = Code::kNotAuthenticated,
            .message = "passwords and tokens are taken over HTTPS only",
            .remedy = "use https, and revoke the token: others may have read it"};
}

bool is_private(const Caller& caller, const registration::Terms& terms) {
    const std::string address = address_of(caller);
    return caller.secure || terms.allow_plain || address == "::1" || address.starts_with("127.");
}

std::string_view bearer_token(const RequestHeader& header) {
    const auto field = header[Field::authorization];
    std::string_view text(field.data(), field.size());
    constexpr std::string_view kScheme = "bearer ";
    if (!starts_with_folded(text, kScheme)) return {};
    text.remove_prefix(kScheme.size());
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

}  // namespace idnode::http
