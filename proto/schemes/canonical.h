#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/schemes/problem.h"

/// Canonical identifiers, identifiers document §1: every spelling of one identifier maps to one
/// text, its CID, and to one binary key. Pure syntax; what different identifiers have to do with
/// each other is in alias.h.
namespace idnode::schemes {

/// First octet of a binary key, §1.3.
enum class Scheme : std::uint8_t {  // stored
    kHandle = 0x10,
    kIac = 0x20,
    kEcode = 0x30,
    kOid = 0x40,
    kGs1 = 0x50,
    kDid = 0x60,
    kUri = 0x70,
};

/// What an identifier is of, as far as its syntax tells.
enum class Level : std::uint8_t {
    kUnknown,
    kClass,
    kLot,
    kInstance,  // a thing, a logistic unit, an asset, a document
    kLocation,
    kParty,
    kShipment,  // a consignment or a shipment
    kRelation,  // between a provider and a recipient of services
};
/// Whether it may stand in a list of instances, and in one of classes (§16). What syntax does not
/// tell may be both.
constexpr bool can_be_instance(Level level) {
    return level != Level::kClass && level != Level::kLot;
}
constexpr bool can_be_class(Level level) {
    return level == Level::kClass || level == Level::kLot || level == Level::kUnknown;
}

/// Registration is stricter: what is merely odd is answered on look-up (§2.1, §6.4.3).
enum class Use : std::uint8_t { kLookUp, kRegister };

/// What a spelling says besides the identifier; no part of the key. The name is an application
/// identifier (`17`), `DI` for the data identifier in front of an ISO/IEC 15459 string, or `url`
/// for what follows a DID.
struct Attribute {
    std::string name;
    std::string value;
    bool operator==(const Attribute&) const = default;
};

struct Canonical {
    Scheme scheme = Scheme::kUri;
    Level level = Level::kUnknown;
    /// What logs, interfaces and events print: `gs1:/01/06901234567892/21/PUMP-0001`,
    /// `hdl:88.100.7/P-1`, `did:bid:…`, `https://…`.
    std::string cid;
    bool reordered = false;  // parts stood in another order (§6.4.3): tell the caller the CID
    std::vector<Attribute> attributes;
};

class EcodeTable;
class OidLabels;

/// URLs of this host whose path begins with `path` carry, after that, what may follow `tag`:
/// {"code.example.cn", "/e/", "ecode:"}, §1.4.3.
struct CarrierHost {
    std::string host;
    std::string path;
    std::string tag;
};

/// What a node is set up to understand. Borrowed: lives longer than the call.
struct Options {
    std::span<const std::string> proxy_hosts;  // of Handle proxies: `host` or `host:port`
    std::span<const CarrierHost> carriers;
    unsigned prefix_levels_max = 3;          // §2.1
    const EcodeTable* ecode_nsis = nullptr;  // §4
    bool ecode_allow_unknown_nsi = false;    // on registration
    const OidLabels* oid_labels = nullptr;   // §5.2; nothing: those of the standard alone
};

/// The identifier in a text that a person, a scanner or another system gives, in the order of
/// recognition of §1.4. A problem names the offending part.
Parsed<Canonical> parse(std::string_view text, const Options& options = {}, Use use = Use::kLookUp);

/// As `parse` for what stands in events: any spelling that is a URI, nothing that needs guessing.
/// `https:` (Digital Link, proxies), `urn:epc:`, `urn:oid:`, `hdl:`, `did:`, `gs1:`, `iac:`,
/// `ecode:`, `oid:`; any other URI is its own identifier. About a microsecond, one allocation.
Parsed<Canonical> parse_uri(std::string_view uri, const Options& options = {},
                            Use use = Use::kLookUp);

/// What digits alone may be, §1.4.7: GTIN, SSCC, GLN, Ecode, those whose check digit is right. To
/// be tried one after another on look-up.
std::vector<Canonical> candidates(std::string_view digits, const Options& options = {});

/// Which scheme a CID is of.
Scheme scheme_of(std::string_view cid);

/// Appends the binary key of a CID, §1.3. Allocates nothing once `out` has grown. `fold_suffix`:
/// the handle's prefix folds the case of its suffixes (§2.3). The text must be a CID; of any other
/// text it makes some key.
void append_key(std::string_view cid, bool fold_suffix, std::string& out);
std::string key_of(std::string_view cid, bool fold_suffix = true);
/// The CID that has this key; of a handle, in folded spelling. Nothing: no key.
std::optional<std::string> cid_of_key(std::string_view key);

}  // namespace idnode::schemes
