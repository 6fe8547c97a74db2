#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proto/schemes/canonical.h"

/// Ecode, identifiers document §4: version, number-system identifier (NSI), master data code (MD).
namespace idnode::schemes {

/// What the master data codes of one NSI are.
struct EcodeNsi {
    std::string name;
    std::size_t characters_min = 1;
    std::size_t characters_max = 0;  // 0: what the version allows
    bool digits_only = false;
    bool has_check_digit = false;  // at the end, as in §6.1
    std::string gs1_code;  // the master data code is the value of this key; empty: it is not
};

/// NSIs that are known. Filled from a file.
class EcodeTable {
  public:
    /// Rows `version,nsi,format,rule,name`: format `N13`, `N1..20`, `X..39` (N digits, X any
    /// characters of the version); rule `check`, a code of GS1 such as `01`, or nothing. Empty
    /// lines and `#` comments are stepped over. kInvalid: the line.
    static Result<EcodeTable> read(std::string_view rows);

    void add(char version, std::string_view nsi, EcodeNsi entry);
    const EcodeNsi* find(char version, std::string_view nsi) const;

  private:
    std::map<std::pair<char, std::string>, EcodeNsi, std::less<>> entries_;
};

/// An Ecode without tag. Unknown NSIs are refused on registration unless the options allow them.
Parsed<Canonical> parse_ecode(std::string_view text, const Options& options, Use use);

/// The parts of a CID. Views it.
struct EcodeParts {
    char version = '\0';
    std::string_view nsi;
    std::string_view master;
};
std::optional<EcodeParts> ecode_parts(std::string_view cid);

}  // namespace idnode::schemes
