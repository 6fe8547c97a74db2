#include "registry/http/api/routes.h"

#include "registry/http/api/openapi.h"

namespace idnode::http {

std::vector<ApiRoute> api_routes() {
    std::vector<ApiRoute> out;
    for (const auto& part : {account_routes(), enterprise_routes(), prefix_routes(),
                             template_routes(), coding_routes(), grant_routes(),
                             identifier_routes(), audit_routes(), description_routes()}) {
        out.insert(out.end(), part.begin(), part.end());
    }
    return out;
}

std::optional<std::vector<std::string_view>> match_path(std::string_view pattern,
                                                        std::string_view path) {
    std::vector<std::string_view> out;
    while (!pattern.empty()) {
        const std::size_t open = pattern.find('{');
        const std::string_view fixed = pattern.substr(0, open);
        if (!path.starts_with(fixed)) return std::nullopt;
        path.remove_prefix(fixed.size());
        if (open == std::string_view::npos) {
            pattern = {};
            break;
        }
        const std::size_t close = pattern.find('}', open);
        const bool takes_all = pattern.substr(0, close).ends_with("...");
        const std::string_view subject =
            path.substr(0, takes_all ? std::string_view::npos : path.find('/'));
        if (subject.empty()) return std::nullopt;
        out.push_back(subject);
        path.remove_prefix(subject.size());
        pattern.remove_prefix(close + 1);
    }
    if (!path.empty()) return std::nullopt;
    return out;
}

}  // namespace idnode::http
