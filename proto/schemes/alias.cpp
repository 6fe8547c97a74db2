#include "proto/schemes/alias.h"

#include <algorithm>
#include <optional>

#include "proto/schemes/ecode.h"
#include "proto/schemes/gs1_family.h"
#include "proto/schemes/text.h"

namespace idnode::schemes {
namespace {

constexpr std::string_view kVaa = "iac:VAA";
constexpr std::string_view kHandle = "hdl:";
constexpr std::string_view kPrefixHandle = "hdl:0.NA/";
constexpr std::string_view kDidCn = "did:cn:";

std::optional<std::string> as_cid(const Parsed<Canonical>& parsed) {
    if (!parsed) return std::nullopt;
    return parsed->cid;
}

/// `iac:VAA08810012345678/X` -> `hdl:88.100.12345678/X`: the zero before the country goes.
std::optional<std::string> handle_of_vaa(std::string_view cid) {
    constexpr std::size_t kDigits = 14;
    if (!cid.starts_with(kVaa)) return std::nullopt;
    const std::string_view code = cid.substr(kVaa.size());
    const bool has_local = code.size() > kDigits + 1 && code[kDigits] == '/';
    if (!has_local || code.front() != '0') return std::nullopt;
    std::string out(kHandle);
    out.append(code.substr(1, 2)).append(1, '.').append(code.substr(3, 3)).append(1, '.');
    out.append(code.substr(6));
    return out;
}

/// Only where the parts have the lengths of VAA: no zeros are made up (§3.3).
std::optional<std::string> vaa_of_handle(std::string_view cid) {
    if (!cid.starts_with(kHandle)) return std::nullopt;
    std::string_view local = cid.substr(kHandle.size());
    const std::string_view prefix = take_until(local, '/');
    std::string_view rest = prefix;
    const std::string_view country = take_until(rest, '.');
    const std::string_view industry = take_until(rest, '.');
    const std::string_view enterprise = rest;
    const bool is_same_shape = country.size() == 2 && industry.size() == 3 &&
                               enterprise.size() == 8 && all_digits(country) &&
                               all_digits(industry) && all_digits(enterprise) && !local.empty();
    if (!is_same_shape) return std::nullopt;
    std::string text = "iac:VAA0";
    text.append(country).append(industry).append(enterprise).append(1, '/').append(local);
    return as_cid(parse_uri(text));  // folds
}

std::optional<std::string> prefix_of_did(std::string_view cid) {
    if (!cid.starts_with(kDidCn)) return std::nullopt;
    return std::string(kPrefixHandle).append(cid.substr(kDidCn.size()));
}

std::optional<std::string> did_of_prefix(std::string_view cid) {
    // Country parts of the industrial registries, §2.1: other registries have no did:cn.
    const bool is_industrial = cid.starts_with("hdl:0.NA/88.") || cid.starts_with("hdl:0.NA/86.");
    if (!is_industrial) return std::nullopt;
    return as_cid(parse_uri(std::string(kDidCn).append(cid.substr(kPrefixHandle.size()))));
}

std::optional<std::string> key_in_ecode(std::string_view cid, const Options& options) {
    const auto parts = ecode_parts(cid);
    if (!parts || options.ecode_nsis == nullptr) return std::nullopt;
    const EcodeNsi* nsi = options.ecode_nsis->find(parts->version, parts->nsi);
    if (nsi == nullptr || nsi->gs1_code.empty()) return std::nullopt;
    std::string text = "gs1:/" + nsi->gs1_code + "/";
    append_encoded(parts->master, text);
    return as_cid(parse_uri(text));
}

}  // namespace

std::vector<Alias> derived_aliases(std::string_view cid, const Options& options) {
    std::vector<Alias> out;
    const auto add = [&out](AliasKind kind, std::optional<std::string> alias) {
        if (alias) out.push_back({kind, *std::move(alias)});
    };
    add(AliasKind::kVaaHandle, handle_of_vaa(cid));
    add(AliasKind::kVaaHandle, vaa_of_handle(cid));
    add(AliasKind::kDidPrefix, prefix_of_did(cid));
    add(AliasKind::kDidPrefix, did_of_prefix(cid));
    add(AliasKind::kWithoutLot, without_lot(cid));
    add(AliasKind::kEcodeMaster, key_in_ecode(cid, options));
    return out;
}

}  // namespace idnode::schemes
