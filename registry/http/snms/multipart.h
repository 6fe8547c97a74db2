#pragma once

#include <optional>
#include <string_view>

namespace idnode::http::snms {

/// The content of one field of a `multipart/form-data` body (RFC 7578); a view into it. Nothing:
/// there is no such field, or the body is none.
std::optional<std::string_view> multipart_field(std::string_view content_type,
                                                std::string_view body, std::string_view name);

}  // namespace idnode::http::snms
