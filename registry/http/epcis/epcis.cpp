#include "registry/http/epcis/epcis.h"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "proto/base/text.h"
#include "registry/http/api/api.h"
#include "registry/http/api/routes.h"
#include "registry/http/epcis/capture_stream.h"
#include "registry/http/epcis/problem.h"
#include "registry/http/epcis/routes.h"
#include "registry/http/target.h"
#include "registry/registration/accounts.h"
#include "registry/registration/rates.h"

namespace idnode::http {

namespace {

using boost::beast::http::field;
using boost::beast::http::status;
using boost::beast::http::verb;
using registration::Outcome;

constexpr std::array<std::string_view, 15> kBeginnings{
    "/capture",       "/events",         "/epcs",         "/bizSteps",        "/bizLocations",
    "/readPoints",    "/dispositions",   "/eventTypes",   "/queries",         "/idn/v1/trace",
    "/idn/v1/recall", "/idn/v1/history?", "/idn/v1/stage", "/idn/v1/passport", "/idn/v1/events"};

std::vector<EpcisRoute> all_routes() {
    std::vector<EpcisRoute> out;
    for (const auto part :
         {capture_routes(), register_routes(), query_routes(), subscription_routes(),
          trace_routes(), product_routes(), access_routes()}) {
        out.insert(out.end(), part.begin(), part.end());
    }
    return out;
}

/// Versions of what is spoken here, on every answer.
void say_versions(Response& out) {
    out.set("GS1-EPCIS-Version", "2.0.0");
    out.set("GS1-EPCIS-Min", "2.0.0");
    out.set("GS1-EPCIS-Max", "2.0.0");
    out.set("GS1-CBV-Version", "2.0.0");
    out.set("GS1-CBV-Min", "2.0.0");
    out.set("GS1-CBV-Max", "2.0.0");
}

class EpcisHandler final : public Handler {
  public:
    EpcisHandler(const events::Lifecycle& lifecycle, registration::LoginLimit& logins)
        : lifecycle_(lifecycle), logins_(logins), routes_(all_routes()) {}

    Response handle(const Request& request, const Caller& caller) override {
        return guarded(request, caller,
                       [](const EpcisRoute& route, EpcisCall& call) {
                           return DownloadStart{route.function(call), nullptr};
                       })
            .response;
    }

    bool gives_download(const Request& request) const override {
        const EpcisRoute* route = route_for(request).route;
        return route != nullptr && route->stream != nullptr &&
               (route->is_streamed == nullptr || route->is_streamed(request));
    }
    DownloadStart begin_download(const Request& request, const Caller& caller) override {
        return guarded(request, caller,
                       [](const EpcisRoute& route, EpcisCall& call) { return route.stream(call); });
    }

    bool takes_upload(const RequestHeader& header) const override {
        return is_capture_stream(header);
    }
    UploadStart begin_upload(const RequestHeader& header, const Caller& caller) override {
        Parameters query;
        UploadStart out;
        if (auto read = query.add_form(target_of(header).query); !read) {
            out.response = problem({.status = status::bad_request,
                                    .type = "QueryParameterException",
                                    .detail = read.error().detail});
        } else if (const auto admitted = admit(header, caller, false); !admitted) {
            out.response = problem(admitted.error());
        } else {
            out = begin_capture_stream(header, lifecycle_, **admitted, query);
        }
        say_versions(out.response);
        return out;
    }

    std::optional<Response> turn_away(const RequestHeader& /*header*/, status status,
                                      std::string_view text) const override {
        return problem({.status = status,
                        .type = status == status::payload_too_large
                                    ? "CaptureLimitExceededException"
                                    : "ImplementationException",
                        .detail = std::string(text)});
    }
    std::size_t body_bytes_max(const RequestHeader& header, std::size_t usual) const override {
        return target_of(header).path == "/capture"
                   ? std::max(usual, lifecycle_.terms.capture_bytes_max)
                   : usual;
    }

  private:
    struct Found {
        const EpcisRoute* route = nullptr;
        std::vector<std::string_view> subjects;
        std::string allowed;  // methods, where only the method does not fit
    };
    Found route_for(const Request& request) const {
        const std::string_view path = target_of(request).path;
        const verb method = request.method() == verb::head ? verb::get : request.method();
        Found out;
        for (const EpcisRoute& route : routes_) {
            auto subjects = match_path(route.path, path);
            if (!subjects) continue;
            if (route.method == method) return {&route, *std::move(subjects), {}};
            out.allowed += (out.allowed.empty() ? "" : ", ") +
                           std::string(boost::beast::http::to_string(route.method));
        }
        return out;
    }

    template <class CarryOut>
    DownloadStart guarded(const Request& request, const Caller& caller, const CarryOut& carry_out) {
        // Libraries report by exceptions what only a lack of memory can make them.
        try {
            DownloadStart out = answered(request, caller, carry_out);
            say_versions(out.response);
            return out;
        } catch (const std::exception&) {
            return {problem({.status = status::internal_server_error,
                             .type = "ImplementationException",
                             .detail = "the request could not be carried out"}),
                    nullptr};
        }
    }

    template <class CarryOut>
    DownloadStart answered(const Request& request, const Caller& caller,
                           const CarryOut& carry_out) {
        const Found found = route_for(request);
        if (found.route == nullptr) return {no_route(found), nullptr};
        EpcisCall call{.request = request,
                       .caller = caller,
                       .lifecycle = lifecycle_,
                       .actor = {},
                       .query = target_of(request).query};
        if (auto read = call.parameters.add_form(call.query); !read) {
            return {problem({.status = status::bad_request,
                             .type = "QueryParameterException",
                             .detail = read.error().detail}),
                    nullptr};
        }
        for (const std::string_view subject : found.subjects) {
            auto decoded = percent_decode(subject);
            if (!decoded || !is_utf8(*decoded)) {
                return {problem(registration::invalid("path", "must be percent-encoded UTF-8")),
                        nullptr};
            }
            call.subjects.push_back(*std::move(decoded));
        }
        auto admitted = admit(request, caller, found.route->open);
        if (!admitted) return {problem(admitted.error()), nullptr};
        call.actor = *std::move(admitted);
        return carry_out(*found.route, call);
    }

    static Response no_route(const Found& found) {
        if (found.allowed.empty()) {
            return problem({.status = status::not_found,
                            .type = "NoSuchResourceException",
                            .detail = "there is no resource with this path"});
        }
        Response out = problem({.status = status::method_not_allowed,
                                .type = "ImplementationException",
                                .detail = "this resource has no such method"});
        out.set(field::allow, found.allowed);
        return out;
    }

    /// Who is asking. Nobody, where `open` and no token was sent.
    Outcome<std::optional<registration::Actor>> admit(const RequestHeader& header,
                                                      const Caller& caller, bool open) {
        const bool names_nobody = header.find(field::authorization) == header.end();
        if (open && names_nobody) return std::optional<registration::Actor>{};
        const registration::Registrar& registrar = lifecycle_.registrar;
        if (!is_private(caller, registrar.terms)) return needs_tls();
        auto actor = registration::Accounts(registrar, logins_)
                         .by_token(bearer_token(header), address_of(caller));
        if (!actor) return actor.error();
        const auto rate = admit_request(registrar, *actor);
        if (!rate) return rate.error();
        return std::optional(*std::move(actor));
    }

    const events::Lifecycle& lifecycle_;
    registration::LoginLimit& logins_;
    const std::vector<EpcisRoute> routes_;
};

}  // namespace

std::unique_ptr<Handler> make_epcis_handler(const events::Lifecycle& lifecycle,
                                            registration::LoginLimit& logins) {
    return std::make_unique<EpcisHandler>(lifecycle, logins);
}

std::span<const std::string_view> epcis_beginnings() {
    return kBeginnings;
}

}  // namespace idnode::http
