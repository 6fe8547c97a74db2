#include "registry/events/content.h"

#include <boost/json/object.hpp>

#include "proto/base/hex.h"
#include "registry/json/parse.h"
#include "registry/json/write_value.h"

namespace idnode::events {

Result<std::string> content_id(std::string_view body, const model::Digests& digests) {
    auto value = json::parse(body);
    if (!value) return value.error();
    auto* const event = value->if_object();
    if (event == nullptr) return Error{Errc::kInvalid, "an event is an object"};
    event->stable_erase("eventID");
    event->stable_erase("errorDeclaration");
    std::string text;
    json::append_value(*value, text);
    return "ni:///sha-256;" + to_hex(digests.sha256(as_bytes_view(text))) + "?ver=CBV2.0";
}

}  // namespace idnode::events
