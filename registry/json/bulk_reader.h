#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

namespace idnode::json {

/// Reads record lines straight into the octets that are stored. It does the common forms itself and
/// leaves every line with anything unusual, wrong lines included, to `parse_record`: so the two
/// never disagree, and errors read alike. Buffers are reused. One reader per thread.
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

    /// How many lines took the short way.
    std::uint64_t fast_lines() const { return fast_lines_; }

  private:
    class Fast;

    Result<Line> read_slowly(std::string_view line);

    std::unique_ptr<Fast> fast_;
    std::string handle_;
    Bytes values_;
    std::uint64_t fast_lines_ = 0;
};

}  // namespace idnode::json
