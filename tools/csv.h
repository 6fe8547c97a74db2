#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/csv_rows.h"
#include "proto/base/result.h"
#include "registry/model/record.h"

namespace idnode::tools {

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
