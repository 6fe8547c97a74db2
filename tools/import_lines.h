#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "registry/json/bulk_reader.h"
#include "registry/model/identifier.h"
#include "tools/import_blocks.h"
#include "tools/import_prefixes.h"

namespace idnode::tools {

/// What became of a block: its records as they are stored, and the lines that cannot be.
struct ParsedBlock {
    struct Item {
        std::size_t handle_at = 0;
        std::size_t handle_size = 0;
        std::size_t values_at = 0;
        std::size_t values_size = 0;
        model::SuffixCase suffix_case = model::SuffixCase::kFold;
        std::uint64_t line = 0;  // of the file; see `place_in`
        std::size_t record = 0;  // of the block
    };
    struct BadLine {
        std::string where;  // `file:line` or `file: handles.NAME`
        std::string what;
    };

    std::vector<Item> items;
    std::string handles;  // one after the other
    Bytes values;
    std::vector<BadLine> bad;

    void clear();
    void add(std::string_view handle, BytesView octets, model::SuffixCase suffix_case);
    /// Where the last one stands.
    void place_last(std::uint64_t line, std::size_t record);
    std::string_view handle(const Item& item) const {
        return std::string_view(handles).substr(item.handle_at, item.handle_size);
    }
    BytesView value_octets(const Item& item) const {
        return BytesView(values).subspan(item.values_at, item.values_size);
    }
};

/// `file:line`, or `file: handles.NAME` where lines say nothing.
std::string place_in(const ImportBlock& block, std::uint64_t line, std::size_t record);

/// Parses and checks blocks. One per thread.
class LineParser {
  public:
    LineParser(ImportPrefixes& prefixes, unsigned max_levels)
        : prefixes_(prefixes), max_levels_(max_levels) {}

    /// After the first bad line the rest of a block is not looked at unless `keep_going`.
    void parse(const ImportBlock& block, bool keep_going, ParsedBlock& out);

  private:
    void parse_json(const ImportBlock& block, bool keep_going, ParsedBlock& out);
    void parse_csv(const ImportBlock& block, bool keep_going, ParsedBlock& out);
    Result<void> take(std::string_view handle, BytesView values, ParsedBlock& out);
    Result<void> take_json(std::string_view line, ParsedBlock& out);
    Result<void> take_row(const CsvColumns& columns, const std::vector<std::string>& fields,
                          ParsedBlock& out);
    Result<model::SuffixCase> admit(std::string_view handle);

    ImportPrefixes& prefixes_;
    const unsigned max_levels_;
    json::BulkReader reader_;
    std::string last_prefix_;  // most neighbours have the same
    model::SuffixCase last_suffix_case_ = model::SuffixCase::kFold;
};

}  // namespace idnode::tools
