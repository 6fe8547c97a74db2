#include "registry/registration/patterns.h"

#include <re2/re2.h>

#include <map>
#include <memory>

namespace idnode::registration {

namespace {

constexpr std::size_t kPatternBytesMax = 512;
// Of one expression, compiled and with the states that it has been in.
constexpr int kPatternMemoryMax = 1 << 20;
constexpr std::size_t kPatternsKept = 32;  // by each thread

std::unique_ptr<re2::RE2> compile(const std::string& pattern) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_never_capture(true);
    options.set_max_mem(kPatternMemoryMax);
    return std::make_unique<re2::RE2>(pattern, options);
}

}  // namespace

std::optional<std::string> pattern_fault(const std::string& pattern) {
    if (pattern.size() > kPatternBytesMax) return "at most 512 octets";
    const auto compiled = compile(pattern);
    if (compiled->ok()) return std::nullopt;
    return "is no regular expression of RE2: " + compiled->error();
}

bool matches_pattern(const std::string& pattern, std::string_view text) {
    if (pattern.empty()) return true;
    thread_local std::map<std::string, std::unique_ptr<re2::RE2>, std::less<>> kept;
    auto at = kept.find(pattern);
    if (at == kept.end()) {
        if (kept.size() == kPatternsKept) kept.clear();
        at = kept.emplace(pattern, compile(pattern)).first;
    }
    return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *at->second);
}

}  // namespace idnode::registration
