#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "proto/schemes/canonical.h"
#include "proto/schemes/company_prefix.h"

/// EPC URNs, identifiers document §6.5.
namespace idnode::schemes {

/// `urn:epc:id:…`, `urn:epc:class:lgtin:…` and `urn:epc:idpat:…`, the last with `*` for every
/// serial: the class. Of types that are no keys of GS1 (gid, adi, usdod, bic, imovn) the URN is the
/// identifier.
Parsed<Canonical> parse_epc_urn(std::string_view urn);

/// The URN of a CID whose company prefix has that many digits. Nothing where no URN says the same:
/// other schemes, company prefixes outside 6 to 12 digits, a lot next to a serial. What comes out
/// reads back as `cid`.
std::optional<std::string> epc_urn(std::string_view cid, std::size_t company_digits);
/// As above, with the length that the table has.
std::optional<std::string> epc_urn(std::string_view cid, const GcpTable& table);

}  // namespace idnode::schemes
