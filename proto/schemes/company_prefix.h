#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "proto/schemes/problem.h"

namespace idnode::schemes {

/// How many digits the company prefixes have that begin with given digits, identifiers document
/// §6.5. Filled from a file of GS1, or from what owners say at registration.
class GcpTable {
  public:
    /// Rows `digits,length`; empty lines and `#` comments are stepped over. kInvalid: the line.
    static Result<GcpTable> read(std::string_view rows);

    void add(std::string_view digits, std::size_t length);
    /// By the longest beginning that is known.
    std::optional<std::size_t> length_of(std::string_view digits) const;

  private:
    std::map<std::string, std::size_t, std::less<>> lengths_;
};

/// The digits of a CID of GS1 in which a company prefix stands, at most twelve: of a GTIN without
/// indicator and check digit. Owners are found by the longest beginning. Views `cid`. Nothing: not
/// of GS1, or a GTIN-8, which has none.
std::optional<std::string_view> gs1_company_digits(std::string_view cid);

}  // namespace idnode::schemes
