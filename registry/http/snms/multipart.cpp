#include "registry/http/snms/multipart.h"

#include <algorithm>
#include <string>

#include "proto/base/text.h"

namespace idnode::http::snms {

namespace {

constexpr std::size_t kBoundaryMax = 70;  // RFC 2046
constexpr std::size_t kPartsMax = 32;
constexpr std::string_view kLineEnd = "\r\n";

/// What a parameter of a field such as `form-data; name="file"` says; empty: it has none.
std::string_view parameter_of(std::string_view field, std::string_view name) {
    for (std::size_t at = field.find(';'); at != std::string_view::npos; at = field.find(';', at)) {
        std::string_view rest = field.substr(++at);
        while (rest.starts_with(' ')) rest.remove_prefix(1);
        if (!starts_with_folded(rest, name) || rest.substr(name.size(), 1) != "=") continue;
        rest.remove_prefix(name.size() + 1);
        if (rest.starts_with('"')) return rest.substr(1, rest.find('"', 1) - 1);
        return rest.substr(0, rest.find_first_of("; \r\n"));
    }
    return {};
}

/// Whether the header of a part is that of the field `name`.
bool is_field(std::string_view header, std::string_view name) {
    constexpr std::string_view kDisposition = "content-disposition:";
    while (!header.empty()) {
        const std::string_view line = header.substr(0, header.find(kLineEnd));
        header.remove_prefix(std::min(header.size(), line.size() + kLineEnd.size()));
        if (starts_with_folded(line, kDisposition)) return parameter_of(line, "name") == name;
    }
    return false;
}

}  // namespace

std::optional<std::string_view> multipart_field(std::string_view content_type,
                                                std::string_view body, std::string_view name) {
    if (!starts_with_folded(content_type, "multipart/form-data")) return std::nullopt;
    const std::string_view boundary = parameter_of(content_type, "boundary");
    if (boundary.empty() || boundary.size() > kBoundaryMax) return std::nullopt;
    const std::string first = "--" + std::string(boundary);
    const std::string next = std::string(kLineEnd) + first;
    std::size_t at = body.find(first);
    if (at == std::string_view::npos) return std::nullopt;
    body.remove_prefix(at + first.size());
    for (std::size_t part = 0; part < kPartsMax && body.starts_with(kLineEnd); ++part) {
        const std::size_t end = body.find(next);
        if (end == std::string_view::npos) return std::nullopt;  // the body broke off
        const std::string_view whole = body.substr(kLineEnd.size(), end - kLineEnd.size());
        const std::size_t header_end = whole.find("\r\n\r\n");
        if (header_end == std::string_view::npos) return std::nullopt;
        if (is_field(whole.substr(0, header_end), name)) return whole.substr(header_end + 4);
        body.remove_prefix(end + next.size());
    }
    return std::nullopt;
}

}  // namespace idnode::http::snms
