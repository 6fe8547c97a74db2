#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "registry/registration/identifiers.h"

/// The rows of a stream: lines of JSON, or of comma-separated values.
namespace idnode::http {

/// Whether a media type is `text/csv`, whatever its parameters.
bool is_csv(std::string_view media_type);

class RowReader {
  public:
    virtual ~RowReader() = default;
    /// The octets of `text`, which goes on where the last one ended, up to and with the end of the
    /// row; nothing: the row goes on.
    virtual std::optional<std::size_t> row_end(std::string_view text) = 0;
    /// Whether this row comes before those that are counted, or is wrong so that none can follow.
    virtual Result<bool> take_header(std::string_view row) = 0;
    /// A draft, of views that are valid until `forget`; nothing: the row is empty.
    virtual Result<std::optional<registration::Draft>> read(std::string_view row) = 0;
    virtual void forget() = 0;
};

/// JSON of the shape of `Identifier`, one a line.
std::unique_ptr<RowReader> make_json_rows(registration::Write write);

/// Rows of RFC 4180, each body with a header: `handle`, `templateVersion`, and columns of values,
/// `TYPE` or `INDEX:TYPE`, or `TYPE[]` for a repeatable item whose values are the lines of the
/// cell. An empty cell is no value.
std::unique_ptr<RowReader> make_csv_rows(registration::Write write);

}  // namespace idnode::http
