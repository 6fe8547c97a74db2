// Binary keys, identifiers document §1.3:
//
//   1        n
//   +--------+------+
//   | scheme | body |    hdl: prefix/suffix, folded · iac, ecode: the text after the tag
//   +--------+------+    oid: [length][big-endian octets] of each arc · did, uri: the text
//                        gs1: code and value, elements joined by GS, values without escapes
#include <array>

#include "proto/base/text.h"
#include "proto/schemes/canonical.h"
#include "proto/schemes/gs1_key.h"
#include "proto/schemes/oid.h"
#include "proto/schemes/text.h"

namespace idnode::schemes {
namespace {

constexpr char kElementSeparator = '\x1D';

struct Tag {
    std::string_view text;
    Scheme scheme;
};
constexpr std::array kTags{
    Tag{"gs1:", Scheme::kGs1}, Tag{"hdl:", Scheme::kHandle},  Tag{"oid:", Scheme::kOid},
    Tag{"iac:", Scheme::kIac}, Tag{"ecode:", Scheme::kEcode},
};

std::string_view tag_of(Scheme scheme) {
    for (const Tag& tag : kTags) {
        if (tag.scheme == scheme) return tag.text;
    }
    return {};
}

void append_handle_body(std::string_view handle, bool fold_suffix, std::string& out) {
    // Prefixes, and handles of the global registry, are the same in either case.
    const bool folds_all = fold_suffix || handle.starts_with("0.");
    const std::size_t slash = std::min(handle.find('/'), handle.size());
    const std::size_t folded = folds_all ? handle.size() : slash;
    const std::size_t at = out.size();
    out += handle;
    for (std::size_t i = at; i < at + folded; ++i) out[i] = fold_ascii(out[i]);
}

void append_gs1_body(std::string_view cid, std::string& out) {
    gs1::PathReader path(cid);
    std::string_view code;
    std::string_view value;
    for (bool is_first = true; path.next(code, value); is_first = false) {
        if (!is_first) out += kElementSeparator;
        out += code;
        append_decoded(value, out);
    }
}

std::optional<std::string> gs1_cid(std::string_view body) {
    std::string out(tag_of(Scheme::kGs1));
    while (!body.empty()) {
        const std::string_view element = take_until(body, kElementSeparator);
        const std::size_t digits = gs1::code_digits(element);
        if (digits == 0 || digits > element.size()) return std::nullopt;
        out.append(1, '/').append(element.substr(0, digits)).append(1, '/');
        append_encoded(element.substr(digits), out);
    }
    return out;
}

}  // namespace

Scheme scheme_of(std::string_view cid) {
    for (const Tag& tag : kTags) {
        if (cid.starts_with(tag.text)) return tag.scheme;
    }
    return cid.starts_with("did:") ? Scheme::kDid : Scheme::kUri;
}

void append_key(std::string_view cid, bool fold_suffix, std::string& out) {
    const Scheme scheme = scheme_of(cid);
    const std::string_view body = cid.substr(tag_of(scheme).size());
    out += static_cast<char>(scheme);
    switch (scheme) {
        case Scheme::kHandle:
            return append_handle_body(body, fold_suffix, out);
        case Scheme::kOid:
            return append_oid_key(body, out);
        case Scheme::kGs1:
            return append_gs1_body(cid, out);
        case Scheme::kIac:
        case Scheme::kEcode:
        case Scheme::kDid:
        case Scheme::kUri:
            out += body;
            return;
    }
}

std::string key_of(std::string_view cid, bool fold_suffix) {
    std::string out;
    append_key(cid, fold_suffix, out);
    return out;
}

std::optional<std::string> cid_of_key(std::string_view key) {
    if (key.size() < 2) return std::nullopt;
    const auto scheme = static_cast<Scheme>(static_cast<unsigned char>(key.front()));
    const std::string_view body = key.substr(1);
    switch (scheme) {
        case Scheme::kGs1:
            return gs1_cid(body);
        case Scheme::kOid:
            return oid_of_key(body);
        case Scheme::kHandle:
        case Scheme::kIac:
        case Scheme::kEcode:
        case Scheme::kDid:
        case Scheme::kUri:
            return std::string(tag_of(scheme)).append(body);
    }
    return std::nullopt;
}

}  // namespace idnode::schemes
