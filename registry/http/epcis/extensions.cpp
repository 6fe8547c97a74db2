#include "registry/http/epcis/extensions.h"

#include <algorithm>
#include <array>

#include "proto/base/text.h"
#include "registry/events/event_faults.h"
#include "registry/events/vocabulary.h"
#include "registry/http/epcis/problem.h"

namespace idnode::http {

namespace {

using boost::beast::http::field;
using boost::beast::http::status;

constexpr std::string_view kExtensions = "GS1-Extensions";
constexpr std::array<std::string_view, 2> kJsonTypes{"application/json", "application/ld+json"};

std::string_view text_of(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    text.remove_prefix(begin);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

/// Calls `visit` with each element of a list with commas.
template <class Visit>
void for_each_element(std::string_view list, const Visit& visit) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        const std::string_view one = trimmed(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
        if (!one.empty()) visit(one);
    }
}

bool is_json(std::string_view media_type) {
    return std::ranges::any_of(
        kJsonTypes, [media_type](std::string_view type) { return equal_folded(media_type, type); });
}

}  // namespace

registration::Outcome<events::Namespaces> declared_extensions(const RequestHeader& header) {
    events::Namespaces out;
    bool is_fine = true;
    const auto range = header.equal_range(kExtensions);
    for (auto at = range.first; at != range.second; ++at) {
        for_each_element(text_of(at->value()), [&](std::string_view one) {
            const std::size_t equals = one.find('=');
            const std::string_view uri =
                equals == std::string_view::npos ? "" : one.substr(equals + 1);
            if (equals == 0 || !events::is_uri(uri)) {
                is_fine = false;
            } else {
                out.declare(one.substr(0, equals), uri);
            }
        });
    }
    if (is_fine && out.declared().size() <= events::kNamespacesMax) return out;
    return events::refuse(events::faults::kContext, json::Place().member(kExtensions),
                          "must declare prefixes of namespaces as prefix=uri");
}

std::optional<Response> check_media_types(const RequestHeader& header) {
    const std::string_view content = text_of(header[field::content_type]);
    const std::string_view type = trimmed(content.substr(0, content.find(';')));
    if (!type.empty() && !is_json(type)) {
        return problem({.status = status::unsupported_media_type,
                        .type = "UnsupportedMediaTypeException",
                        .detail = "send application/json or application/ld+json"});
    }
    const std::string_view accept = text_of(header[field::accept]);
    if (trimmed(accept).empty()) return std::nullopt;
    bool is_acceptable = false;
    for_each_element(accept, [&](std::string_view one) {
        const std::string_view range = trimmed(one.substr(0, one.find(';')));
        is_acceptable = is_acceptable || range == "*/*" || range == "application/*" ||
                        is_json(range) || equal_folded(range, "application/problem+json");
    });
    if (is_acceptable) return std::nullopt;
    return problem({.status = status::not_acceptable,
                    .type = "NotAcceptableException",
                    .detail = "answers are application/json or application/ld+json"});
}

}  // namespace idnode::http
