// Identifiers of all schemes, in every spelling. Invariants:
//  * no octets make a parser crash or read beyond them;
//  * what is registered is also found, under the same CID;
//  * a CID parses to itself, by both doors, and its key leads back to it;
//  * a Digital Link, a URN or an element string that is written reads back as its CID;
//  * an alias is a CID, and what can be asked of a CID can be asked of any text.
#include "proto/base/assert.h"
#include "proto/base/bytes.h"
#include "proto/base/nfc.h"
#include "proto/base/text.h"
#include "proto/schemes/alias.h"
#include "proto/schemes/company_prefix.h"
#include "proto/schemes/ecode.h"
#include "proto/schemes/epc_urn.h"
#include "proto/schemes/gs1_element_string.h"
#include "proto/schemes/gs1_family.h"
#include "proto/schemes/gs1_link.h"
#include "proto/schemes/oid.h"

namespace {

using namespace idnode;
using namespace idnode::schemes;

constexpr std::size_t kCompanyDigits = 7;

void parses_to_itself(std::string_view cid) {
    for (const auto& found : {parse(cid), parse_uri(cid)}) {
        IDNODE_ASSERT(found.has_value());
        IDNODE_ASSERT(found->cid == cid);
        IDNODE_ASSERT(found->scheme == scheme_of(cid));
    }
    const auto again = cid_of_key(key_of(cid, false));
    IDNODE_ASSERT(again.has_value());
    // Of a handle the prefix is folded all the same.
    IDNODE_ASSERT(scheme_of(cid) == Scheme::kHandle ? equal_folded(*again, cid) : *again == cid);
}

/// Of a CID everything that it leads to; of any other text nothing that crashes.
std::vector<std::string> leads_to(std::string_view cid) {
    std::vector<std::string> out;
    const auto add = [&out](std::optional<std::string> text) {
        if (text) out.push_back(*std::move(text));
    };
    for (const Alias& alias : derived_aliases(cid)) out.push_back(alias.cid);
    add(class_of(cid));
    add(lot_of(cid));
    add(without_lot(cid));
    static_cast<void>(gs1_company_digits(cid));
    static_cast<void>(ecode_parts(cid));
    static_cast<void>(key_of(cid));
    return out;
}

void reads_back(const std::string& written, std::string_view cid) {
    const auto found = parse(written);
    IDNODE_ASSERT(found.has_value());
    IDNODE_ASSERT(found->cid == cid);
}

void check_spellings(std::string_view cid) {
    if (scheme_of(cid) == Scheme::kGs1) {
        reads_back(digital_link(cid).value(), cid);
        reads_back("]d2" + element_string(cid, ElementForm::kScanned), cid);
        if (const auto urn = epc_urn(cid, kCompanyDigits)) reads_back(*urn, cid);
    }
    if (scheme_of(cid) == Scheme::kOid) {
        reads_back(oid_iri(cid), cid);
        IDNODE_ASSERT(oid_of_ors_name(ors_name(cid)) == cid);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
    const std::string proxies[] = {"node.example.cn"};
    Options options;
    options.proxy_hosts = proxies;
    const auto found = parse(text, options);
    const auto registered = parse(text, options, Use::kRegister);
    if (registered) IDNODE_ASSERT(found.has_value() && found->cid == registered->cid);
    if (found) {
        parses_to_itself(found->cid);
        check_spellings(found->cid);
        for (const std::string& cid : leads_to(found->cid)) parses_to_itself(cid);
    } else {
        IDNODE_ASSERT(!text_of(found.error()).empty());
    }
    static_cast<void>(parse_uri(text, options));
    static_cast<void>(candidates(text));
    static_cast<void>(leads_to(text));
    static_cast<void>(epc_urn(text, kCompanyDigits));
    static_cast<void>(element_string(text));
    static_cast<void>(cid_of_key(text));
    if (is_utf8(text)) static_cast<void>(is_nfc(text));
    static_cast<void>(GcpTable::read(text));
    static_cast<void>(OidLabels::read(text));
    static_cast<void>(EcodeTable::read(text));
    return 0;
}
