#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proto/schemes/canonical.h"

/// Object identifiers, identifiers document §5.
namespace idnode::schemes {

/// Names of arcs below an OID, for IRI and ASN.1 notation. Those of the standards at the top of the
/// tree are always there; others come from a file. Compared without regard to ASCII case.
class OidLabels {
  public:
    OidLabels();
    /// Rows `parent,label,number` such as `1.2,cn,156`; empty lines and `#` comments are stepped
    /// over. kInvalid: the line.
    static Result<OidLabels> read(std::string_view rows);

    void add(std::string_view parent, std::string_view label, std::string_view number);
    /// The number of `label` below `parent`, which is dotted and empty for the root.
    std::optional<std::string_view> number_of(std::string_view parent,
                                              std::string_view label) const;

  private:
    std::map<std::pair<std::string, std::string>, std::string, std::less<>> numbers_;
};

/// Dotted (`1.2.156`), IRI (`/ISO/Member-Body/156`) or ASN.1 value notation
/// (`{iso(1) member-body(2) 156}`), without tag. `labels` may be nullptr: those of the standards.
Parsed<Canonical> parse_oid(std::string_view text, const OidLabels* labels);

/// `/1/2/156/3088`: the IRI with numbers only, which always reads back. Of a CID or dotted.
std::string oid_iri(std::string_view oid);
/// `3088.156.2.1.oid-res.org.`, §5.3. Of a CID or dotted.
std::string ors_name(std::string_view oid, std::string_view domain = "oid-res.org.");
/// The CID that has this ORS name. Nothing: another domain, or no OID.
std::optional<std::string> oid_of_ors_name(std::string_view name,
                                           std::string_view domain = "oid-res.org.");

/// Body of the key of a dotted OID, §1.3, and the CID of such a body.
void append_oid_key(std::string_view dotted, std::string& out);
std::optional<std::string> oid_of_key(std::string_view body);

}  // namespace idnode::schemes
