#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/result.h"

namespace idnode {

/// Rows of comma-separated values as RFC 4180 has them: fields may be quoted, a quote inside is
/// doubled, a quoted field may hold line ends; rows end with LF or CRLF.
class CsvRows {
  public:
    CsvRows(std::string_view text, std::uint64_t first_line) : text_(text), line_(first_line) {}

    struct Row {
        std::uint64_t line = 0;           // where it begins
        std::vector<std::string> fields;  // reused from row to row
    };
    /// The next row that is not empty, into `row`; false at the end. kInvalid: quotes are wrong;
    /// the next call goes on with the next line, and `row.line` is right.
    Result<bool> next(Row& row);

  private:
    Result<void> read_fields(std::vector<std::string>& fields);
    Result<void> read_quoted(std::string& field);
    void skip_line();
    bool at_row_end() const;
    void take_row_end();

    std::string_view text_;
    std::size_t at_ = 0;
    std::uint64_t line_;
};

/// Where rows end in text that comes piece by piece.
class CsvRowEnds {
  public:
    /// The octets of `text`, which goes on where the last one ended, up to and with the end of the
    /// row; nothing: the row goes on.
    std::optional<std::size_t> find(std::string_view text);

  private:
    bool in_quotes_ = false;
};

/// A field as it stands in a row: in quotes where it must be.
void append_csv_field(std::string_view field, std::string& row);

}  // namespace idnode
