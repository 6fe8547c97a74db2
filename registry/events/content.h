#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "proto/base/result.h"
#include "proto/schemes/canonical.h"
#include "registry/events/context.h"
#include "registry/model/ports.h"

/// What an event says, whatever its spelling: the event hash of CBV 2.0, section 8.9. Two captures
/// of one event meet by it, and whether an event says the same as another is asked by it.
namespace idnode::events {

/// What is hashed: members in the order of the standard, sorted where order means nothing, words
/// and GS1 keys as URIs, times in UTC with milliseconds. `eventID`, `recordTime`, `errorDeclaration`
/// and `certificationInfo` have no part in it. Texts that look like numbers stay as they are: lots
/// 7 and 007 differ.
std::string content_text(const boost::json::object& event, const Namespaces& namespaces,
                         const schemes::Options& options);

/// `ni:///sha-256;…?ver=CBV2.0`
std::string content_id(const boost::json::object& event, const Namespaces& namespaces,
                       const schemes::Options& options, const model::Digests& digests);
/// Of a stored body. kInvalid: it is none.
Result<std::string> content_id(std::string_view body, const schemes::Options& options,
                               const model::Digests& digests);

}  // namespace idnode::events
