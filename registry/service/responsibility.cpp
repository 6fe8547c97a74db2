#include "registry/service/responsibility.h"

#include <algorithm>
#include <functional>
#include <span>

#include "proto/base/limits.h"
#include "proto/base/text.h"

namespace idnode::service {

namespace {

constexpr std::string_view kPrefixHandleStart = "0.NA/";
constexpr std::string_view kMarkerStart = "0.NA/0.NA/";

/// `start` and the folded text, in a buffer that keeps its capacity.
void write_folded(std::string_view start, std::string_view text, std::string& out) {
    out.assign(start);
    out.append(text);
    fold_in_place(std::span(out).subspan(start.size()));
}

}  // namespace

std::optional<model::SuffixCase> Responsibility::of(std::string_view handle,
                                                    const model::HandleParts& parts) {
    const bool is_name = !parts.has_slash;
    const std::string_view of_handle = is_name ? "0.NA" : parts.prefix;
    const model::PrefixTable& table = prefixes_.table();
    Recent& recent = this->recent(of_handle);
    if (recent.version == prefixes_.version() &&
        std::string_view(recent.prefix.data(), recent.bytes) == of_handle) {
        return recent.suffix_case;
    }
    write_folded(kPrefixHandleStart, of_handle, name_);
    if (const auto suffix_case = table.find(name_)) {
        if (of_handle.size() <= Recent::kBytesMax) {
            recent.version = prefixes_.version();
            recent.bytes = static_cast<std::uint8_t>(of_handle.size());
            recent.suffix_case = *suffix_case;
            std::ranges::copy(of_handle, recent.prefix.begin());
        }
        return suffix_case;
    }

    if (!is_name && !model::is_prefix_handle(handle)) return std::nullopt;
    const std::string_view prefix = is_name ? parts.prefix : parts.suffix;
    // By the letter a server answers for its own prefix handle only where its parent is homed. Its
    // operator and its clients expect the record that lies here; the registry above keeps its own.
    if (equal_folded(prefix, own_prefix_) || has_homed_ancestor(prefix)) {
        return model::SuffixCase::kFold;
    }
    return std::nullopt;
}

Responsibility::Recent& Responsibility::recent(std::string_view prefix) {
    return recent_[std::hash<std::string_view>{}(prefix) % recent_.size()];
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
