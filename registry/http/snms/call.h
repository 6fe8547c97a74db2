#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "registry/http/handler.h"
#include "registry/http/rest/parameters.h"
#include "registry/http/snms/fault.h"
#include "registry/http/snms/snms.h"
#include "registry/registration/accounts.h"
#include "registry/registration/actor.h"

/// A request on its way to its route, and the table of routes.
namespace idnode::http::snms {

using Method = boost::beast::http::verb;
using Status = boost::beast::http::status;

/// What all requests share.
struct Context {
    const registration::Registrar& registrar;
    registration::LoginLimit& logins;
    const resolver::EngineContext& node;
    const SnmsSettings settings;
};

struct SnmsCall {
    const Request& request;
    const Caller& caller;
    const Context& context;
    registration::Accounts accounts;
    std::string request_id{};
    bool in_english = false;
    std::string_view query{};     // as it came
    Parameters parameters{};      // of the query, decoded
    registration::Actor actor{};  // who is asking; nobody without a token

    const registration::Registrar& registrar() const { return context.registrar; }
    std::string_view field(std::string_view name) const {
        const auto value = request[boost::beast::string_view(name.data(), name.size())];
        return {value.data(), value.size()};
    }
    std::string_view parameter(std::string_view name) const {
        return parameters.first(name).value_or(std::string_view{});
    }
};

/// Who may use a route.
enum class Access : std::uint8_t {
    kToken,   // somebody with a token
    kLogin,   // who shows an account and its password
    kAnyone,  // with a token as whom it says, without as nobody
};

struct Route {
    Method method;
    std::string_view path;
    Access access;
    Response (*function)(SnmsCall& call);
    std::size_t body_bytes_max = 0;  // 0: as usual
};

std::span<const Route> token_routes();
std::span<const Route> detail_routes();
std::span<const Route> identifier_write_routes();
std::span<const Route> template_routes();
std::span<const Route> enterprise_routes();
std::span<const Route> prefix_routes();
std::span<const Route> file_routes();

}  // namespace idnode::http::snms
