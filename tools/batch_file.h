#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/limits.h"
#include "proto/base/result.h"
#include "proto/handle/value.h"

/// The batch files of the reference's tools: operations in text, one after the other. A blank line
/// ends an operation of several lines.
///
///     AUTHENTICATE PUBKEY:300:0.NA/88.100      or SECKEY:301:0.NA/88.100
///     /path/of/private.key|passphrase          or the secret key
///
///     CREATE 88.100/x                          ADD, MODIFY alike
///     100 HS_ADMIN 86400 1110 ADMIN 300:111111111111:0.NA/88.100
///     200 HS_VLIST 86400 1110 LIST 300:88.100/a;301:88.100/b;
///     300 HS_PUBKEY 86400 1110 FILE /path/of/public.key
///     1 URL 86400 1110 UTF8 https://example.org
///
///     REMOVE 1,2:88.100/x
///     DELETE 88.100/x
///     HOME 192.0.2.1:2641:TCP                  UNHOME alike; prefix handles follow
///     0.NA/88.100
namespace idnode::tools {

namespace limits {
inline constexpr std::size_t kBatchLineBytesMax = idnode::limits::kMessageBytesMax;
/// Of one operation.
inline constexpr std::size_t kBatchLinesMax = 4'096;
inline constexpr std::size_t kBatchOperationBytesMax = 2 * idnode::limits::kMessageBytesMax;
}  // namespace limits

enum class BatchKind : std::uint8_t {
    kAuthenticate,
    kSessionSetup,
    kCreate,
    kDelete,
    kAdd,
    kRemove,
    kModify,
    kHome,
    kUnhome,
};
/// `CREATE`.
std::string_view name_of(BatchKind kind);

struct BatchValue {
    handle::Value value;
    std::string file;  // whose octets are the data; empty: the value has them
};

struct BatchOperation {
    BatchKind kind = BatchKind::kCreate;
    std::uint64_t line = 0;  // where it begins, from 1
    std::string handle;      // of the record; kAuthenticate: of the identity
    std::vector<BatchValue> values;
    std::vector<std::int32_t> indexes;  // kRemove

    bool with_key = false;  // kAuthenticate: by private key
    std::uint32_t identity_index = 0;
    std::string key_file;
    std::string secret;  // the secret key, or the passphrase of the key file

    std::optional<bool> use_session;  // kSessionSetup

    std::string host;  // kHome, kUnhome: another server; empty: the one of the other operations
    std::uint16_t port = 0;
    std::vector<std::string> prefixes;  // kHome, kUnhome
};

/// A part of the file that is no operation. The next one is looked for after the next blank line.
struct BatchFault {
    std::uint64_t line = 0;
    std::string what;
};

/// Reads one operation after the other; holds one at a time.
class BatchReader {
  public:
    /// `in` must outlive the reader.
    explicit BatchReader(std::istream& in) : in_(in) {}

    /// Nothing at the end.
    Result<std::optional<BatchOperation>, BatchFault> next();

  private:
    /// The next line without its end; nothing at the end of the file. One that is too long is cut,
    /// and `line_is_too_long_`.
    std::optional<std::string> read_line();
    /// The lines of an operation up to a blank one.
    Result<std::vector<std::string>, BatchFault> read_body();
    void skip_body();
    BatchFault fault(std::string what) const { return {line_, std::move(what)}; }

    Result<void, BatchFault> read_operation(std::string_view argument, BatchOperation& out);
    Result<void, BatchFault> read_authentication(std::string_view argument, BatchOperation& out);
    Result<void, BatchFault> read_session(BatchOperation& out);
    Result<void, BatchFault> read_values(BatchOperation& out);
    Result<void, BatchFault> read_homing(std::string_view argument, BatchOperation& out);

    std::istream& in_;
    std::uint64_t line_ = 0;
    bool line_is_too_long_ = false;
    bool in_body_ = false;  // the lines up to the next blank one belong to the last operation
};

/// One line of values, such as `1 URL 86400 1110 UTF8 https://example.org`.
Result<BatchValue> parse_batch_value(std::string_view line);

}  // namespace idnode::tools
