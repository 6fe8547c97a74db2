#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/result.h"
#include "registry/model/record.h"

namespace idnode::tools {

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

/// What the columns of a table of records mean: `handle`, any number of `index:TYPE`, and
/// optionally `ttl` and `permissions`, which hold for all values of a row. An empty cell is no
/// value.
class CsvColumns {
  public:
    /// kInvalid: no `handle` column, a name of no known form, a column twice, or a type whose data
    /// are no text.
    static Result<CsvColumns> from_header(const std::vector<std::string>& fields);

    Result<model::Record> record(const std::vector<std::string>& fields) const;

  private:
    struct ValueColumn {
        std::size_t field = 0;
        std::int32_t index = 0;
        std::string type;
    };
    Result<void> add(std::size_t field, const std::string& name);
    Result<void> add_value(std::size_t field, const std::string& name);
    Result<void> read_row_settings(const std::vector<std::string>& fields,
                                   handle::Value& defaults) const;

    std::size_t count_ = 0;
    std::optional<std::size_t> handle_;
    std::optional<std::size_t> ttl_;
    std::optional<std::size_t> permissions_;
    std::vector<ValueColumn> values_;
};

}  // namespace idnode::tools
