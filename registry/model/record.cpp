#include "registry/model/record.h"

#include <algorithm>
#include <span>
#include <utility>

#include "proto/base/limits.h"

namespace idnode::model {
namespace {

// What surrounds `VALUES` in the largest answer that carries a whole record: header, request digest
// with its algorithm octet (§3.3), length of the handle, length of the credential.
constexpr std::size_t kAnswerFrameBytes = limits::kHeaderBytes + (1 + 32) + 4 + 4;

Result<void> check_indexes(std::span<const handle::Value> ascending) {
    std::int32_t last = 0;
    for (const handle::Value& value : ascending) {
        const std::string index = std::to_string(value.index);
        if (value.index <= 0) return Error{Errc::kInvalid, "index " + index + ": must be positive"};
        if (value.index == last) return Error{Errc::kInvalid, "index " + index + ": comes twice"};
        last = value.index;
    }
    return {};
}

}  // namespace

std::size_t record_values_bytes_max(std::string_view handle) {
    const std::size_t frame = kAnswerFrameBytes + handle.size();
    return frame < limits::kMessageBytesMax ? limits::kMessageBytesMax - frame : 0;
}

Result<Bytes> encode_record_values(const Record& record) {
    if (record.values.size() > limits::kResponseValuesMax) {
        return Error{Errc::kLimit, std::to_string(record.values.size()) + " values: at most " +
                                       std::to_string(limits::kResponseValuesMax)};
    }
    const auto by_index = [](const handle::Value& a, const handle::Value& b) {
        return a.index < b.index;
    };
    std::vector<handle::Value> sorted;
    std::span<const handle::Value> values = record.values;
    if (!std::ranges::is_sorted(values, by_index)) {
        sorted = record.values;
        std::ranges::sort(sorted, by_index);
        values = sorted;
    }
    if (const auto checked = check_indexes(values); !checked) return checked.error();
    Bytes out = handle::encode_values(values);
    const std::size_t bytes_max = record_values_bytes_max(record.handle);
    if (out.size() > bytes_max) {
        return Error{Errc::kLimit, "the values take " + std::to_string(out.size()) +
                                       " octets: at most " + std::to_string(bytes_max) +
                                       " fit into one message"};
    }
    return out;
}

Result<Record> to_record(const RecordView& view) {
    auto values = handle::decode_values(view.values);
    if (!values) {
        return Error{Errc::kDamaged, "values of " + std::string(view.handle) + ": octet " +
                                         std::to_string(values.error().offset) + ", " +
                                         values.error().field};
    }
    return Record{.handle = std::string(view.handle), .values = std::move(*values)};
}

}  // namespace idnode::model
