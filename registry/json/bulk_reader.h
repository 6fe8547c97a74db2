#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/json/straight_reader.h"

namespace idnode::json {

/// Reads record lines into the octets that are stored. Lines as an export has them are read
/// straight, other common forms by simdjson; every line with anything unusual, wrong lines
/// included, is left to `parse_record`: so they never disagree, and errors read alike. Buffers are
/// reused. One reader per thread.
class BulkReader {
  public:
    /// So many octets after a line must be readable, whatever they hold.
    static constexpr std::size_t kPaddingBytes = 64;

    struct Line {
        std::string_view handle;  // as spelled
        BytesView values;         // what `encode_record_values` would give
    };

    BulkReader();
    ~BulkReader();
    BulkReader(const BulkReader&) = delete;
    BulkReader& operator=(const BulkReader&) = delete;

    /// The line's record, valid until the next call. kInvalid, kLimit: not a record that can be
    /// stored; the detail names member and rule.
    Result<Line> read(std::string_view line);

    /// How many lines did not take the long way, and how many of them were read straight.
    std::uint64_t fast_lines() const { return fast_lines_; }
    std::uint64_t straight_lines() const { return straight_lines_; }

  private:
    class Fast;

    Result<Line> read_slowly(std::string_view line);

    StraightReader straight_;
    std::unique_ptr<Fast> fast_;
    std::string handle_;
    Bytes values_;
    std::uint64_t fast_lines_ = 0;
    std::uint64_t straight_lines_ = 0;
};

}  // namespace idnode::json
