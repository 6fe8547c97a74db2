#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "registry/http/handler.h"
#include "registry/http/rest/parameters.h"
#include "registry/registration/accounts.h"
#include "registry/registration/actor.h"
#include "registry/registration/registrar.h"

/// The table of routes: what the code serves, and what the OpenAPI document must have.
namespace idnode::http {

using Method = boost::beast::http::verb;
using Status = boost::beast::http::status;

inline constexpr std::string_view kBatchPath = "/idn/v1/batches";

/// A request on its way to its route.
struct ApiCall {
    const Request& request;
    const Caller& caller;
    const registration::Registrar& registrar;
    registration::Accounts accounts;
    registration::Actor actor{};          // who is asking; nobody where the route is open
    std::vector<std::string> subjects{};  // what stands for `{…}` in the path, percent-decoded
    Parameters parameters{};              // of the query
};

struct ApiRoute {
    Method method;
    /// `{name}` stands for one segment; `{name...}`, at the end, for all that follow.
    std::string_view path;
    std::string_view operation;  // its name in the OpenAPI document
    bool open;                   // nobody needs to be somebody
    Response (*function)(ApiCall& call);
};

/// By resource; the first that fits counts.
std::vector<ApiRoute> api_routes();

std::span<const ApiRoute> account_routes();
std::span<const ApiRoute> enterprise_routes();
std::span<const ApiRoute> prefix_routes();
std::span<const ApiRoute> template_routes();
std::span<const ApiRoute> coding_routes();
std::span<const ApiRoute> grant_routes();
std::span<const ApiRoute> identifier_routes();
std::span<const ApiRoute> audit_routes();

/// What stands for the parts in braces; nothing where the path does not fit.
std::optional<std::vector<std::string_view>> match_path(std::string_view pattern,
                                                        std::string_view path);

}  // namespace idnode::http
