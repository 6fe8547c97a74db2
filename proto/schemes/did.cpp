#include "proto/schemes/did.h"

#include <algorithm>
#include <array>

#include "proto/base/text.h"
#include "proto/schemes/handle_name.h"
#include "proto/schemes/text.h"

namespace idnode::schemes {
namespace {

constexpr std::string_view kTag = "did:";
constexpr std::size_t kChainCharacters = 4;
constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::string_view kEncryptions = "ezs";  // Ed25519, SM2, secp256k1

struct Codec {
    char letter;
    const char* name;
    std::string_view alphabet;
    std::size_t min;
    std::size_t max;
};
constexpr std::array kCodecs{
    Codec{'f', "base58", kBase58, 22, 31},
    Codec{'s', "base64", kBase64, 32, 32},
    Codec{'t', "bech32", kBech32, 42, 42},
};

constexpr bool is_lower_or_digit(char octet) {
    return is_lower(octet) || is_digit(octet);
}

bool is_chain_code(std::string_view text) {
    return text.size() == kChainCharacters && std::ranges::all_of(text, is_lower_or_digit);
}

Parsed<void> check_bid_suffix(const Codec& codec, std::string_view suffix) {
    const auto is_foreign = [&codec](char octet) {
        return codec.alphabet.find(octet) == std::string_view::npos;
    };
    const auto foreign = std::ranges::find_if(suffix, is_foreign);
    if (foreign != suffix.end()) {
        return Problem{Fault::kBidSuffix, std::string(suffix),
                       std::string("'") + *foreign + "' is not a character of " + codec.name};
    }
    if (suffix.size() >= codec.min && suffix.size() <= codec.max) return {};
    const std::string count = codec.min == codec.max
                                  ? std::to_string(codec.min)
                                  : std::to_string(codec.min) + " to " + std::to_string(codec.max);
    return Problem{Fault::kBidSuffix, std::string(suffix),
                   std::string("a suffix in ") + codec.name + " has " + count + " characters"};
}

Parsed<void> check_bid(std::string_view id) {
    // Without suffix: a sub-chain's resolver.
    if (is_chain_code(id)) return {};
    const std::size_t colon = id.find(':');
    if (colon != std::string_view::npos) {
        if (!is_chain_code(id.substr(0, colon))) {
            return Problem{Fault::kBidChain, std::string(id.substr(0, colon)),
                           "a chain code has four lower-case letters or digits"};
        }
        id.remove_prefix(colon + 1);
    }
    if (id.empty() || kEncryptions.find(id[0]) == std::string_view::npos) {
        return Problem{Fault::kBidEncryption, std::string(id.substr(0, 1)),
                       "the encryption type is e, z or s"};
    }
    const char letter = id.size() > 1 ? id[1] : '\0';
    const auto codec = std::ranges::find(kCodecs, letter, &Codec::letter);
    if (codec == kCodecs.end()) {
        return Problem{Fault::kBidCodec, std::string(id.substr(1, 1)), "the codec is f, s or t"};
    }
    return check_bid_suffix(*codec, id.substr(2));
}

/// `country.industry.enterprise`, with the lengths of a Handle prefix (§2.1).
Parsed<void> check_cn(std::string_view id) {
    if (std::ranges::count(id, '.') != 2) {
        return Problem{Fault::kDidCn, std::string(id),
                       "did:cn has the form country.industry.enterprise"};
    }
    return check_industrial_prefix(id, 3);
}

/// W3C DID, §3.1: parts of letters, digits, `.`, `-`, `_` and escapes between colons, the last not
/// empty.
Parsed<void> check_id(std::string_view id) {
    for (std::size_t at = 0; at < id.size(); ++at) {
        const char octet = id[at];
        const bool may_stand = is_letter(octet) || is_digit(octet) || octet == '.' ||
                               octet == '-' || octet == '_' || octet == ':' ||
                               escaped_octet(id, at) >= 0;
        if (!may_stand) {
            return Problem{Fault::kDidSyntax, std::string(id.substr(at)),
                           "not a character of a DID"};
        }
    }
    if (!id.empty() && id.back() != ':') return {};
    return Problem{Fault::kDidSyntax, std::string(id), "a DID is did:method:identifier"};
}

}  // namespace

Parsed<Canonical> parse_did(std::string_view did) {
    const std::size_t end = std::min(did.find_first_of(";/?#"), did.size());
    const std::string_view bare = did.substr(0, end);
    std::string_view id = bare.substr(std::min(kTag.size(), bare.size()));
    const std::string_view method = take_until(id, ':');
    if (method.empty() || !std::ranges::all_of(method, is_lower_or_digit)) {
        return Problem{Fault::kDidMethod, std::string(method),
                       "a method has lower-case letters and digits"};
    }
    auto checked = check_id(id);
    if (checked && method == "cn") checked = check_cn(id);
    if (checked && method == "bid") checked = check_bid(id);
    if (!checked) return checked.error();
    Canonical out{.scheme = Scheme::kDid,
                  .level = method == "cn" ? Level::kParty : Level::kUnknown,
                  .cid = {},
                  .attributes = {}};
    out.cid.append(kTag).append(bare.substr(kTag.size()));
    if (end < did.size()) out.attributes.push_back({"url", std::string(did.substr(end))});
    return out;
}

}  // namespace idnode::schemes
