#pragma once

#include <string>

#include "proto/base/result.h"
#include "proto/handle/site.h"
#include "registry/model/ports.h"

namespace idnode::tools {

/// Brings the site value in the prefix handle of the own prefix up to date, which `idnode init`
/// wrote and which clients reach this node by: ports, address, key or serial may have changed.
/// Leaves alone what an operator put there instead (another index, several servers, not primary),
/// and changes nothing on a mirror. Whether anything was changed.
Result<bool> renew_own_site(model::RecordStore& store, const std::string& prefix,
                            const handle::Site& site);

}  // namespace idnode::tools
