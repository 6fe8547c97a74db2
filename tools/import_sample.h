#pragma once

#include <string>
#include <vector>

#include "proto/base/bytes.h"

namespace idnode::tools {

/// Values of some records from all over a file of JSON lines or a binary export: an import learns
/// from them what its records have in common. Of other files, of streams and of what cannot be read
/// nothing: the import itself will say what is wrong.
std::vector<Bytes> sample_records(const std::string& file, std::size_t count);

}  // namespace idnode::tools
