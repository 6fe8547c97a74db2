#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/base/result.h"
#include "proto/handle/value.h"
#include "registry/model/record.h"

/// Values as people type them on a command line.
namespace idnode::tools {

/// `INDEX TYPE TEXT`. What TEXT is depends on the type: `INDEX:HANDLE [RIGHTS]` for HS_ADMIN,
/// references separated by spaces for HS_VLIST, otherwise text. `@FILE` takes the data from a file
/// for every type, as they are (`@@` is a text that begins with `@`). HS_SECKEY comes from a file
/// only, and is for administrators only. kInvalid: the rule that is broken.
Result<handle::Value> parse_value_text(std::string_view text);

/// Rights of an administrator: `all`, twelve digits in the order of the HTTP interface, or names
/// separated by commas (`add-value,modify-value`).
Result<std::uint16_t> parse_rights(std::string_view text);

/// Four digits: administrators may read and write, everybody may read and write.
Result<std::uint8_t> parse_permissions(std::string_view text);

/// A file's octets as the data of a value. kLimit: no message can hold them.
Result<Bytes> read_data_file(std::string_view name);

/// The values of a file in the JSON form of a record, `-` is standard input. `handle` must be the
/// record's own, if it names one.
Result<std::vector<handle::Value>> read_record_values(const std::string& file,
                                                      std::string_view handle);

}  // namespace idnode::tools
