#include "tools/import_prefixes.h"

#include <utility>

#include "proto/base/text.h"

namespace idnode::tools {

ImportPrefixes::ImportPrefixes(Rules rules, std::shared_ptr<const model::PrefixTable> homed)
    : rules_(std::move(rules)), own_(fold_ascii(rules_.own_prefix)), homed_(std::move(homed)) {}

bool ImportPrefixes::is_own(std::string_view folded_prefix) const {
    return folded_prefix == own_ ||
           (folded_prefix.size() > own_.size() && folded_prefix.starts_with(own_) &&
            folded_prefix[own_.size()] == '.');
}

/// Under the lock. Entries are never removed, so the pointer stays good.
const ImportPrefixes::Prefix* ImportPrefixes::find_or_add(std::string_view prefix) {
    const std::string folded = fold_ascii(prefix);
    if (const auto at = prefixes_.find(folded); at != prefixes_.end()) return &at->second;
    if (!is_own(folded) && !rules_.home_foreign) return nullptr;
    Prefix made;
    made.prefix_handle = model::prefix_handle_of(folded);
    const auto homed = homed_->find(made.prefix_handle);
    made.suffix_case = homed.value_or(rules_.suffix_case);
    made.is_new = !homed.has_value();
    made.is_global = model::is_global(folded + '/');
    return &prefixes_.emplace(folded, std::move(made)).first->second;
}

Result<model::SuffixCase> ImportPrefixes::admit(std::string_view handle) {
    const std::scoped_lock lock(mutex_);
    const model::HandleParts parts = model::split_handle(handle);
    if (model::is_prefix_handle(handle) && is_own(fold_ascii(parts.suffix))) {
        brought_.emplace(fold_ascii(handle), true);
        return model::SuffixCase::kFold;
    }
    const Prefix* const prefix = find_or_add(parts.prefix);
    if (prefix == nullptr) {
        return Error{Errc::kRefused, "prefix " + std::string(parts.prefix) +
                                         " is not under this node's prefix " + rules_.own_prefix +
                                         ": --home serves it here all the same"};
    }
    if (model::is_prefix_handle(handle)) brought_.emplace(fold_ascii(handle), true);
    return prefix->suffix_case;
}

std::map<std::string, model::SuffixCase> ImportPrefixes::to_home() const {
    const std::scoped_lock lock(mutex_);
    std::map<std::string, model::SuffixCase> out;
    for (const auto& [name, prefix] : prefixes_) {
        if (prefix.is_new) out.emplace(prefix.prefix_handle, prefix.suffix_case);
    }
    return out;
}

bool ImportPrefixes::has_brought(const std::string& prefix_handle) const {
    const std::scoped_lock lock(mutex_);
    return brought_.contains(prefix_handle);
}

std::vector<std::string> ImportPrefixes::without_record() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> out;
    for (const auto& [name, prefix] : prefixes_) {
        if (!prefix.is_global && !brought_.contains(prefix.prefix_handle)) {
            out.push_back(prefix.prefix_handle);
        }
    }
    return out;
}

}  // namespace idnode::tools
