#include "registry/http/rest/rest.h"

#include <exception>

#include "registry/http/rest/answers.h"
#include "registry/http/rest/resources.h"
#include "registry/json/parse.h"

namespace idnode::http {

namespace {

class RestHandler final : public Handler {
  public:
    RestHandler(const resolver::EngineContext& node, const RestSettings& settings)
        : context_(node, settings) {
        add_handle_routes(router_, context_);
        add_list_routes(router_, context_);
        add_node_routes(router_, context_);
        add_session_routes(router_, context_);
    }

    Response handle(const Request& request, const Caller& caller) override {
        Response response = answer(request, caller);
        add_common_fields(request, response);
        return response;
    }

  private:
    Response answer(const Request& request, const Caller& caller) {
        if (request.body().size() > context_.settings.body_bytes_max) {
            return refusal(
                Status::payload_too_large, handle::ResponseCode::kProtocolError,
                "body: at most " + std::to_string(context_.settings.body_bytes_max) + " octets");
        }
        // Libraries report by exceptions what only a lack of memory can make them.
        try {
            return router_.route(request, caller);
        } catch (const std::exception&) {
            return refusal(Status::internal_server_error, handle::ResponseCode::kError,
                           "the request could not be carried out");
        }
    }

    RestContext context_;
    Router router_;
};

}  // namespace

std::unique_ptr<Handler> make_rest_handler(const resolver::EngineContext& context,
                                           RestSettings settings) {
    return std::make_unique<RestHandler>(context, settings);
}

Result<void> add_body_parameters(Call& call) {
    const std::string& body = call.request.body();
    if (call.request.method() != Method::post || body.empty()) return {};
    if (has_media_type(call.request, "application/x-www-form-urlencoded")) {
        return call.parameters.add_form(body);
    }
    if (has_media_type(call.request, "application/json")) {
        const auto parsed = json::parse(body);
        if (!parsed) return parsed.error();
        return call.parameters.add_json(*parsed);
    }
    return Error{Errc::kInvalid,
                 "Content-Type: must be application/x-www-form-urlencoded or application/json"};
}

}  // namespace idnode::http
