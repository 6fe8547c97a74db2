#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/result.h"
#include "tools/csv.h"

namespace idnode::tools {

enum class ImportFormat : std::uint8_t { kDetect, kNdjson, kCsv, kRootInfo, kBinary };

/// A piece of an input file that holds whole records: what one thread parses at a time.
struct ImportBlock {
    std::uint64_t number = 0;  // across all files, ascending
    std::string file;
    std::uint64_t first_line = 1;
    std::string text;      // followed by padding that the JSON reader may look at
    std::size_t size = 0;  // of the records in `text`
    std::shared_ptr<const CsvColumns> columns;  // of a table; otherwise lines of JSON
    std::vector<std::string> labels;   // where each record stands, in place of line numbers
    std::uint32_t binary_records = 0;  // not 0: `text` is a frame (record_file.h) with so many
    std::uint64_t first_record = 1;    // of the file, where it is binary
    std::string broken;  // not empty: what is wrong with the only line, `text` is empty

    std::string_view records() const { return std::string_view(text).substr(0, size); }
};

/// Cuts one input into blocks.
class BlockReader {
  public:
    /// `in` must outlive the reader. `name` is for messages.
    BlockReader(std::istream& in, std::string name, ImportFormat format);

    /// The next block, nothing at the end. kInvalid: the input as a whole is not what it should be.
    Result<std::optional<ImportBlock>> next();
    std::uint64_t bytes_read() const { return bytes_read_; }

  private:
    Result<void> start();
    Result<ImportFormat> detect() const;
    Result<void> read_header();
    Result<void> read_binary_header();
    void fill(std::size_t size);
    std::size_t records_end() const;
    ImportBlock cut(std::size_t end);
    ImportBlock skip_long_line();
    Result<std::optional<ImportBlock>> next_root_info();
    Result<std::optional<ImportBlock>> next_binary();
    Result<void> check_end();
    Error damaged(const std::string& what) const;
    Error error(const std::string& what) const;

    std::istream& in_;
    std::string name_;
    ImportFormat format_;
    bool started_ = false;
    bool ended_ = false;
    std::string pending_;  // read, not yet given out
    std::uint64_t line_ = 1;
    std::uint64_t records_ = 0;  // given out, where the file is binary
    bool records_end_ = false;   // its end mark was read
    std::uint64_t bytes_read_ = 0;
    std::shared_ptr<const CsvColumns> columns_;
};

}  // namespace idnode::tools
