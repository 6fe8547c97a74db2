#pragma once

#include <boost/beast/http/status.hpp>
#include <string>
#include <string_view>

#include "registry/http/handler.h"
#include "registry/model/ports.h"

namespace idnode::http {

/// What the listener answers of its own accord: JSON with a response code of §4.2 as REST clients
/// look for it, and the text. The connection is to be closed unless the caller knows better.
Response refusal_response(boost::beast::http::status status, std::string_view text);

/// Adds the fields that belong to the connection: Server, Date, Content-Length.
void complete(Response& response, model::TimeMs now);

/// The status line and the fields, up to the body.
std::string header_text(const Response& response);

}  // namespace idnode::http
