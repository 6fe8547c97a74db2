#pragma once

#include <boost/json/value.hpp>
#include <optional>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/json/place.h"

namespace idnode::json {

/// The site form (§8.6), by itself as `siteinfo.json` and `/api/site` have it. Nothing when the
/// octets are no site record or hold text that is not UTF-8.
std::optional<boost::json::value> write_site(BytesView site_record);

/// `servers` is required, everything else has a default. Legacy spellings with a capital first
/// letter are accepted.
Result<Bytes> read_site(const boost::json::value& value, const Place& place);

}  // namespace idnode::json
