#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "registry/json/bulk_reader.h"
#include "registry/model/identifier.h"
#include "tools/import_blocks.h"
#include "tools/import_prefixes.h"

namespace idnode::tools {

/// A line that cannot be imported.
struct BadLine {
    std::string where;  // `file:line`, `file: handles.NAME` or `file: record N`
    std::string what;
};

/// `file:line`, or `file: handles.NAME` where lines say nothing.
std::string place_in(const ImportBlock& block, std::uint64_t line, std::size_t record);

/// A record as it is stored. The views are valid during the call that gives it.
struct ParsedRecord {
    std::string_view handle;
    BytesView values;
    model::SuffixCase suffix_case = model::SuffixCase::kFold;
    std::uint64_t line = 0;  // of the file; see `place_in`
    std::size_t record = 0;  // of the block
};

/// Takes the records of a block one by one, without a copy in between.
class RecordSink {
  public:
    virtual ~RecordSink() = default;
    /// An error ends the block.
    virtual Result<void> take(const ParsedRecord& record) = 0;
};

/// Parses and checks blocks. One per thread.
class LineParser {
  public:
    LineParser(ImportPrefixes& prefixes, unsigned max_levels)
        : prefixes_(prefixes), max_levels_(max_levels) {}

    /// After the first bad line the rest of a block is not looked at unless `keep_going`. Fails
    /// only where `sink` does, or a binary block is damaged.
    Result<void> parse(const ImportBlock& block, bool keep_going, RecordSink& sink,
                       std::vector<BadLine>& bad);

  private:
    Result<void> parse_json(const ImportBlock& block, bool keep_going, RecordSink& sink,
                            std::vector<BadLine>& bad);
    Result<void> parse_binary(const ImportBlock& block, bool keep_going, RecordSink& sink,
                              std::vector<BadLine>& bad);
    Result<void> parse_csv(const ImportBlock& block, bool keep_going, RecordSink& sink,
                           std::vector<BadLine>& bad);
    Result<ParsedRecord> read_json(std::string_view line);
    Result<ParsedRecord> read_row(const CsvColumns& columns,
                                  const std::vector<std::string>& fields);
    Result<ParsedRecord> check(std::string_view handle, BytesView values);
    Result<model::SuffixCase> admit(std::string_view handle);

    /// A prefix that came before and was found good.
    struct Known {
        std::string prefix;
        model::SuffixCase suffix_case = model::SuffixCase::kFold;
    };
    static constexpr std::size_t kKnownPrefixes = 256;
    static std::size_t place_of(std::string_view prefix) {
        return std::hash<std::string_view>{}(prefix) % kKnownPrefixes;
    }

    ImportPrefixes& prefixes_;
    const unsigned max_levels_;
    json::BulkReader reader_;
    std::string row_handle_;
    Bytes row_values_;
    Bytes frame_;
    std::array<Known, kKnownPrefixes> known_;
};

}  // namespace idnode::tools
