#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Regular expressions of templates and coding rules, in the syntax of RE2: matching takes time
/// proportional to the text whatever the expression is.
namespace idnode::registration {

/// Why an expression cannot be used; nothing: it can, or is empty.
std::optional<std::string> pattern_fault(const std::string& pattern);

/// Whether the whole text matches; an empty expression matches everything. Thread-safe; each thread
/// keeps the expressions that it used last.
bool matches_pattern(const std::string& pattern, std::string_view text);

}  // namespace idnode::registration
