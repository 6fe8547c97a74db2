#pragma once

#include <boost/json/value.hpp>

#include "proto/idnode/v1/identifier.pb.h"
#include "registry/json/place.h"
#include "registry/registration/identifiers.h"

/// What requests say about identifiers, as drafts for the rules. Drafts are views into what they
/// were read from.
namespace idnode::http {

registration::Draft to_draft(registration::Write write, const v1::Identifier& identifier);
registration::Draft to_draft(const v1::BatchItem& item);

/// From JSON of the shape of `Identifier`, without building the message: for many at once.
/// kInvalid names the place.
Result<registration::Draft> read_identifier(const boost::json::value& value,
                                            registration::Write write,
                                            const json::Place& place = {});
/// From JSON of the shape of `BatchItem`.
Result<registration::Draft> read_item(const boost::json::value& value, const json::Place& place);

registration::Write write_of(v1::BatchAction action);
/// `create`, `put`, `replace`, `patch`, `delete`; nothing for another word.
std::optional<registration::Write> write_named(std::string_view name);

}  // namespace idnode::http
