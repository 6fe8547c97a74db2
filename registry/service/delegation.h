#pragma once

#include <cstdint>
#include <string_view>

#include "proto/base/result.h"
#include "proto/base/writer.h"
#include "registry/model/ports.h"

namespace idnode::service {

/// §4.3 step 4: where a prefix that has no record here may be registered. Appends the public
/// delegation values (`HS_SITE.PREFIX`, `HS_NA_DELEGATE`, `HS_SERV.PREFIX`) of the nearest ancestor
/// that has any, as a `VALUES` section. kNotFound: none has, nothing was written. kNotInMemory: as
/// for reads. `key` is a buffer of the caller's.
Result<model::Lookup> write_delegation(const model::RecordStore& store, std::string_view prefix,
                                       model::ReadTier tier, model::Key& key, ByteWriter& out);

}  // namespace idnode::service
