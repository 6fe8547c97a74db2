#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/http/rest/parameters.h"

/// What changes of records bring along: values in a body and indexes in parameters (§8.2, §8.3).
namespace idnode::http {

/// The values that a PUT brings, as a `VALUES` section in their order: an array of them, an object
/// with `values`, or one value. kInvalid names place and rule; `handle` is what the path says, and
/// what the body must say if it says one.
Result<Bytes> read_record_body(std::string_view body, std::string_view handle);

/// The `index` parameters.
struct IndexList {
    bool various = false;  // whatever indexes the values in the body have
    std::vector<std::int32_t> indexes;
};
/// kInvalid: neither a number of 32 bits nor, where `may_be_various`, the word.
Result<IndexList> read_indexes(const Parameters& parameters, bool may_be_various);

/// Whether the values have exactly these indexes, in any order.
bool has_exactly(BytesView values, std::vector<std::int32_t> indexes);

}  // namespace idnode::http
