#include "registry/http/rest/router.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "registry/http/rest/answers.h"

namespace idnode::http {

namespace {

constexpr std::string_view kRest = "/*";

/// A request target in its two parts, as they came.
struct Target {
    std::string_view path;
    std::string_view query;
};

Target split_target(std::string_view target) {
    // The absolute form, which clients use towards proxies.
    if (!target.starts_with('/')) {
        const std::size_t scheme = target.find("://");
        const std::size_t path =
            scheme == std::string_view::npos ? scheme : target.find('/', scheme + 3);
        target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
    }
    target = target.substr(0, target.find('#'));
    const std::size_t question = target.find('?');
    if (question == std::string_view::npos) return {target, {}};
    return {target.substr(0, question), target.substr(question + 1)};
}

/// What `*` stands for; empty for a pattern without it; nothing where the path does not fit.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
    if (!pattern.ends_with(kRest)) {
        if (path.size() == pattern.size() + 1 && path.ends_with('/')) path.remove_suffix(1);
        return path == pattern ? std::optional(std::string_view{}) : std::nullopt;
    }
    pattern.remove_suffix(1);
    if (path.size() <= pattern.size() || !path.starts_with(pattern)) return std::nullopt;
    return path.substr(pattern.size());
}

std::string allowed(const std::vector<Method>& methods) {
    std::string out;
    for (const Method method : methods) {
        out += std::string(boost::beast::http::to_string(method)) + ", ";
        if (method == Method::get) out += "HEAD, ";
    }
    return out + "OPTIONS";
}

}  // namespace

void Router::add(std::initializer_list<Method> methods, std::string pattern, Function function) {
    routes_.push_back({methods, std::move(pattern), std::move(function)});
}

Response Router::route(const Request& request, const Caller& caller) const {
    const auto [path, query] = split_target({request.target().data(), request.target().size()});
    Call call{request, caller, {}, {}};
    if (auto read = call.parameters.add_form(query); !read) {
        return bad_request(read.error().detail);
    }
    Response response = dispatch(call, path);
    present(response, call.parameters);
    return response;
}

Response Router::dispatch(Call& call, std::string_view path) const {
    const Request& request = call.request;
    const Method wanted = request.method() == Method::head ? Method::get : request.method();
    std::vector<Method> methods;
    for (const Route& route : routes_) {
        const auto subject = match(route.pattern, path);
        if (!subject) continue;
        methods.insert(methods.end(), route.methods.begin(), route.methods.end());
        if (std::ranges::find(route.methods, wanted) == route.methods.end()) continue;
        auto decoded = percent_decode(*subject);
        if (!decoded) {
            return bad_request("path: a % must be followed by two hexadecimal digits");
        }
        call.subject = *std::move(decoded);
        return route.function(call);
    }
    if (methods.empty()) {
        return refusal(Status::not_found, handle::ResponseCode::kProtocolError,
                       "there is no such resource");
    }
    Response response =
        request.method() == Method::options
            ? Response(Status::no_content, 11)
            : refusal(Status::method_not_allowed, handle::ResponseCode::kProtocolError,
                      "this resource has no such method");
    response.set(boost::beast::http::field::allow, allowed(methods));
    return response;
}

}  // namespace idnode::http
