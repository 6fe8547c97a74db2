#include "registry/service/responsibility.h"

#include "proto/base/limits.h"
#include "proto/base/text.h"

namespace idnode::service {

namespace {

constexpr std::string_view kPrefixHandleStart = "0.NA/";
constexpr std::string_view kMarkerStart = "0.NA/0.NA/";

/// `start` and the folded text, in a buffer that keeps its capacity.
void write_folded(std::string_view start, std::string_view text, std::string& out) {
    out.assign(start);
    for (const char octet : text) out.push_back(fold_ascii(octet));
}

}  // namespace

std::optional<model::SuffixCase> Responsibility::of(std::string_view handle) {
    const model::HandleParts parts = model::split_handle(handle);
    const bool is_name = !parts.has_slash;
    write_folded(kPrefixHandleStart, is_name ? "0.NA" : parts.prefix, name_);
    if (const auto suffix_case = prefixes_.table().find(name_)) return suffix_case;

    if (!is_name && !model::is_prefix_handle(handle)) return std::nullopt;
    const std::string_view prefix = is_name ? parts.prefix : parts.suffix;
    // By the letter a server answers for its own prefix handle only where its parent is homed. Its
    // operator and its clients expect the record that lies here; the registry above keeps its own.
    if (equal_folded(prefix, own_prefix_) || has_homed_ancestor(prefix)) {
        return model::SuffixCase::kFold;
    }
    return std::nullopt;
}

bool Responsibility::has_homed_ancestor(std::string_view prefix) {
    auto ancestor = model::parent_prefix(prefix);
    for (std::size_t depth = 0; ancestor && depth < limits::kDelegationDepthMax; ++depth) {
        write_folded(kMarkerStart, *ancestor, name_);
        if (prefixes_.table().contains(name_)) return true;
        ancestor = model::parent_prefix(*ancestor);
    }
    return false;
}

bool Responsibility::is_homed(std::string_view prefix_handle) {
    write_folded({}, prefix_handle, name_);
    return prefixes_.table().contains(name_);
}

}  // namespace idnode::service
