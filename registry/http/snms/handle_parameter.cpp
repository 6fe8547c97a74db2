#include "registry/http/snms/handle_parameter.h"

#include <algorithm>

#include "proto/base/text.h"

namespace idnode::http::snms {

std::pair<std::string, std::string> handle_spellings(const SnmsCall& call) {
    constexpr std::string_view kName = "handle=";
    std::string_view query = call.query;
    while (!query.empty()) {
        const std::string_view item = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), item.size() + 1));
        if (!starts_with_folded(item, kName)) continue;
        const std::string_view value = item.substr(kName.size());
        // `add_form` took the query: it can be decoded.
        return {percent_decode(value, true).value_or(""), percent_decode(value).value_or("")};
    }
    return {};
}

}  // namespace idnode::http::snms
