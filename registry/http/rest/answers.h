#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/handle/header.h"
#include "registry/http/rest/router.h"

/// The JSON of answers (§8.3) and what is put around it (§8.2).
namespace idnode::http {

/// An object in the making, member by member.
class JsonObject {
  public:
    JsonObject& number(std::string_view name, std::int64_t value);
    JsonObject& boolean(std::string_view name, bool value);
    /// Octets that are no UTF-8 become `?`.
    JsonObject& text(std::string_view name, std::string_view value);
    /// A handle in the form of record_json.h: any octets.
    JsonObject& name(std::string_view name, std::string_view handle);
    /// `json` is complete JSON.
    JsonObject& raw(std::string_view name, std::string_view json);
    /// The members of another complete object.
    JsonObject& members_of(std::string_view object);

    std::string finish() { return text_ + "}"; }

  private:
    void begin(std::string_view name);

    std::string text_ = "{";
};

/// Whether a body is of this media type, parameters and case aside.
bool has_media_type(const Request& request, std::string_view type);

Response json_response(Status status, std::string json);
/// `{"responseCode":…,"message":…}`.
Response refusal(Status status, handle::ResponseCode code, std::string_view message);
/// 400 with response code 4: what came cannot be understood.
Response bad_request(std::string_view message);

/// The table of §8.3, for everything but a GET that found no values. `secure`: the request came by
/// TLS; without it nobody can be asked who they are.
Status status_of(handle::ResponseCode code, bool secure);

/// `pretty` and `callback` (§8.2): JSON indented, and as a script that calls a function.
void present(Response& response, const Parameters& parameters);
/// §8.8 and what else every answer carries.
void add_common_fields(const Request& request, Response& response);

/// JSON with a line for each member and item.
std::string indented(std::string_view json);
/// The name with everything that cannot be in an identifier as `_`.
std::string callback_name(std::string_view name);

}  // namespace idnode::http
