#pragma once

#include <string>
#include <vector>

#include "proto/base/bytes.h"
#include "tools/record_file.h"

namespace idnode::tools {

/// Values of some records from all over a file of JSON lines or a binary export: an import learns
/// from them what its records have in common. Of other files, of streams and of what cannot be read
/// nothing: the import itself will say what is wrong.
std::vector<Bytes> sample_records(const std::string& file, std::size_t count);

/// The prefixes that a binary export names; of other files, and of one that cannot be read, none.
std::vector<record_file::Prefix> named_prefixes(const std::string& file);

}  // namespace idnode::tools
