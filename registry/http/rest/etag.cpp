#include "registry/http/rest/etag.h"

#include <algorithm>

namespace idnode::http {

namespace {

constexpr std::string_view kWeak = "W/";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

/// Calls `fits` with each member of the list until it agrees. Ours hold no commas.
template <class Fits>
bool any_of_list(std::string_view list, Fits&& fits) {
    while (!list.empty()) {
        const std::string_view item = list.substr(0, list.find(','));
        if (fits(trimmed(item))) return true;
        list.remove_prefix(std::min(list.size(), item.size() + 1));
    }
    return false;
}

}  // namespace

std::string etag_of(model::TransactionId version, bool public_only) {
    return '"' + std::to_string(version) + (public_only ? "\"" : "-a\"");
}

bool names_etag(std::string_view list, std::string_view etag, bool weak) {
    return any_of_list(list, [&](std::string_view item) {
        if (weak && item.starts_with(kWeak)) item.remove_prefix(kWeak.size());
        return item == "*" || item == etag;
    });
}

bool names_version(std::string_view list, model::TransactionId version) {
    return names_etag(list, etag_of(version, true), false) ||
           names_etag(list, etag_of(version, false), false);
}

}  // namespace idnode::http
