#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "registry/events/access.h"
#include "registry/events/lifecycle.h"
#include "registry/http/handler.h"
#include "registry/http/rest/parameters.h"

/// The routes of lifecycle records, by what they are about.
namespace idnode::http {

/// A request on its way to its route.
struct EpcisCall {
    const Request& request;
    const Caller& caller;
    const events::Lifecycle& lifecycle;
    std::optional<registration::Actor> actor;  // nobody: only where the route is open
    std::vector<std::string> subjects{};       // what stands for `{…}` in the path, decoded
    Parameters parameters{};                   // of the query
    std::string_view query{};                  // as it came, for links
};

struct EpcisRoute {
    boost::beast::http::verb method;
    /// `{name}` stands for one segment; `{name...}`, at the end, for all that follow.
    std::string_view path;
    bool open;  // whoever has not said who they are sees what is public
    Response (*function)(EpcisCall& call);
    /// Given: the answer is made piece by piece where `is_streamed` says so (null: always), and
    /// `function` gives it otherwise.
    DownloadStart (*stream)(EpcisCall& call) = nullptr;
    bool (*is_streamed)(const Request& request) = nullptr;
};

std::span<const EpcisRoute> capture_routes();
std::span<const EpcisRoute> register_routes();
std::span<const EpcisRoute> query_routes();
std::span<const EpcisRoute> subscription_routes();
std::span<const EpcisRoute> trace_routes();
std::span<const EpcisRoute> product_routes();
std::span<const EpcisRoute> access_routes();

}  // namespace idnode::http
