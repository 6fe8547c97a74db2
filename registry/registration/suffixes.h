#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "proto/idnode/v1/coding.pb.h"
#include "registry/registration/refusal.h"

/// Suffixes by a coding rule: read from left to right, without going back.
namespace idnode::registration {

/// Whether a rule can be read so: a part of variable length ends the suffix, or a literal follows
/// it that begins with a character which the part cannot have.
Outcome<void> check_coding_rule(const v1::CodingRule& rule);

/// What of the rule a suffix breaks: the part and why. Nothing: it is right.
std::optional<std::string> broken_coding(const v1::CodingRule& rule, std::string_view suffix);

struct SuffixParts {
    std::map<std::string, std::string, std::less<>> given;  // by the part's name
    std::chrono::year_month_day date;
    std::uint64_t serial = 0;
};
/// A suffix that the rule allows. kMissing, kInvalid: a part is not given, or wrong.
Outcome<std::string> make_suffix(const v1::CodingRule& rule, const SuffixParts& parts);

/// The highest serial number that a rule has room for; nothing: it has no serial.
std::optional<std::uint64_t> serial_max(const v1::CodingRule& rule);

}  // namespace idnode::registration
