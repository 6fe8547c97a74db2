#pragma once

#include <string>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/handle/site.h"
#include "proto/handle/value.h"

/// Sets of values and sites in files, §2.2.
namespace idnode::handle {

/// Global and root value files: `i32` number of octets that follow, then `VALUES`. A number that
/// disagrees with the file is kBadValue.
Result<std::vector<Value>, WireError> decode_value_file(BytesView octets);
Bytes encode_value_file(std::span<const Value> values);

/// One entry of a local site file: the prefixes that this site serves.
struct LocalSite {
    std::vector<std::string> prefixes;
    Site site;

    bool operator==(const LocalSite&) const = default;
};

/// Local site files: `i32` size of the whole file (ignored when read), `i32` entry count, per entry
/// `STRS` prefixes and `BYTES` site record.
Result<std::vector<LocalSite>, WireError> decode_local_sites(BytesView octets);
Bytes encode_local_sites(std::span<const LocalSite> entries);

}  // namespace idnode::handle
