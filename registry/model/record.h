#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/value.h"

namespace idnode::model {

/// Position of one change in a partition's change log; 1 is the first, 0 means none.
using TransactionId = std::uint64_t;

/// A record as the store hands it out: views into the store's memory, valid only as long as the
/// store's function says.
struct RecordView {
    std::string_view handle;    // as spelled at registration
    TransactionId version = 0;  // the change that wrote it
    bool all_public = false;    // every value is publicly readable
    BytesView values;           // `VALUES` in wire form: count, then each value, ascending index
    std::string_view key{};     // under which it lies
};

/// A record in the making, or read to be changed.
struct Record {
    std::string handle;  // as spelled
    std::vector<handle::Value> values;

    bool operator==(const Record&) const = default;
};

/// How many octets the `VALUES` of a record may have so that every answer that carries the whole
/// record fits into one protocol message.
std::size_t record_values_bytes_max(std::string_view handle);

/// Values in ascending order of index, as they are stored; the indexes must be positive and
/// distinct (kInvalid names the index), at most 2,048 of them, and the encoded record must fit into
/// one protocol message (kLimit).
Result<Bytes> encode_record_values(const Record& record);
/// kDamaged: the octets are no `VALUES` section.
Result<Record> to_record(const RecordView& view);

}  // namespace idnode::model
