#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "registry/http/handler.h"
#include "registry/http/rest/parameters.h"

namespace idnode::http {

using Method = boost::beast::http::verb;
using Status = boost::beast::http::status;

/// A request on its way to its route.
struct Call {
    const Request& request;
    const Caller& caller;
    std::string subject;    // what the pattern's `*` stands for, percent-decoded
    Parameters parameters;  // of the query
};

/// Finds the function for a request by method and path. Answers by itself what is the same for all
/// routes: OPTIONS (§8.8), unknown paths, wrong methods. HEAD goes where GET goes; the listener
/// leaves the body out. Routes are added before the first request.
class Router {
  public:
    using Function = std::function<Response(Call&)>;

    /// `pattern`: a path, or one that ends in `/*`, where `*` stands for the whole rest (slashes
    /// included, at least one octet). The first pattern that fits counts.
    void add(std::initializer_list<Method> methods, std::string pattern, Function function);

    Response route(const Request& request, const Caller& caller) const;

  private:
    Response dispatch(Call& call, std::string_view path) const;

    struct Route {
        std::vector<Method> methods;
        std::string pattern;
        Function function;
    };

    std::vector<Route> routes_;
};

}  // namespace idnode::http
