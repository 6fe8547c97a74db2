#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "registry/events/event_reader.h"
#include "registry/http/epcis/routes.h"

/// What questions about one identifier have in common.
namespace idnode::http {

/// What every one of them says.
struct About {
    std::string cid;
    std::int64_t as_of_ns = INT64_MAX;
    events::KnownAt known{};
};
/// From `id`, `asOf` and `asKnownAt`. Who says who they are must be allowed to read events.
registration::Outcome<About> read_about(const EpcisCall& call);

/// A moment; nothing: it is not given.
registration::Outcome<std::optional<std::int64_t>> read_time(const EpcisCall& call,
                                                             std::string_view name);
/// Any spelling of an identifier.
registration::Outcome<std::string> read_identifier(const EpcisCall& call, std::string_view text,
                                                   std::string_view field);

/// Whether anybody may know that the identifier exists: it is registered here.
bool is_registered(const EpcisCall& call, std::string_view cid);

/// The same for what was never heard of and for what may not be seen at all.
Response nothing_known(std::string_view cid);

}  // namespace idnode::http
