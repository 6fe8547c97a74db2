#pragma once

#include <optional>
#include <string>
#include <string_view>

/// The words of the Core Business Vocabulary (identifiers document §11), in their three spellings.
namespace idnode::events {

enum class Vocabulary : unsigned char {
    kBizStep,
    kDisposition,
    kTransactionType,
    kPartyType,  // of sources and destinations
    kErrorReason,
};

/// `shipping`, `https://ref.gs1.org/cbv/BizStep-shipping`, `cbv:BizStep-shipping` and
/// `urn:epcglobal:cbv:bizstep:shipping` all give `shipping`; other URIs give themselves. Nothing: a
/// word that the vocabulary does not have (§10.6). The result views `text` or a constant.
std::optional<std::string_view> short_word(Vocabulary vocabulary, std::string_view text);

/// The URI that a short word stands for; a URI stands for itself.
std::string full_word(Vocabulary vocabulary, std::string_view word);

/// Whether it begins with a scheme, or the prefix of a namespace, and nothing in it needs escaping.
bool is_uri(std::string_view text);

}  // namespace idnode::events
