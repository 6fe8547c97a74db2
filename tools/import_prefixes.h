#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "registry/model/identifier.h"
#include "registry/model/prefixes.h"

namespace idnode::tools {

/// Which prefixes an import may bring: the node's own and those under it, others only where the
/// operator said so. Remembers what is to be homed at the end. Thread-safe.
class ImportPrefixes {
  public:
    struct Rules {
        std::string own_prefix;
        model::SuffixCase suffix_case = model::SuffixCase::kFold;  // of prefixes homed now
        bool home_foreign = false;
    };
    ImportPrefixes(Rules rules, std::shared_ptr<const model::PrefixTable> homed);

    /// The case rule for the suffixes of a record that may be loaded. kRefused: the detail names
    /// the prefix and the remedy.
    Result<model::SuffixCase> admit(std::string_view handle);

    /// Prefix handles to home, folded.
    std::map<std::string, model::SuffixCase> to_home() const;
    /// Whether this prefix handle, folded, came as a record.
    bool has_brought(const std::string& prefix_handle) const;
    /// Prefix handles that no record of the import brought, though it brought records of their
    /// prefixes: whichever the store has not either must be made.
    std::vector<std::string> without_record() const;

  private:
    struct Prefix {
        std::string prefix_handle;  // folded
        model::SuffixCase suffix_case = model::SuffixCase::kFold;
        bool is_new = false;
        bool is_global = false;
    };
    bool is_own(std::string_view folded_prefix) const;
    const Prefix* find_or_add(std::string_view prefix);

    const Rules rules_;
    const std::string own_;  // folded
    const std::shared_ptr<const model::PrefixTable> homed_;
    mutable std::mutex mutex_;
    std::map<std::string, Prefix, std::less<>> prefixes_;  // by folded prefix
    std::map<std::string, bool, std::less<>> brought_;     // prefix handles that came as records
};

}  // namespace idnode::tools
