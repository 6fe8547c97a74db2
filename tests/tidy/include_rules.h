#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/source_tree.h"

namespace idnode::tidy {

/// Which library an include in angle brackets (or a generated header) belongs to: `std` for the
/// language's and the system's own headers, otherwise its name (`rocksdb`, `asio`, `openssl`, …).
/// A header that no rule knows is its own library, so that a new dependency never slips in.
std::string_view library_of(std::string_view header);

/// One sentence per broken rule: `file:line: what is wrong`. Empty: the file keeps to the table.
std::vector<std::string> check_includes(const SourceFile& file);

/// Whether the tree has a rule for this file; one without is a folder missing in the table.
bool has_rule(const SourceFile& file);

}  // namespace idnode::tidy
