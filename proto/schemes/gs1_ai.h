#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "proto/schemes/problem.h"

/// GS1 application identifiers: what their values may be, identifiers document §6.1 and §6.2.
namespace idnode::schemes::gs1 {

enum class Charset : std::uint8_t { kNone, kDigits, kCset39, kCset82, kCset64 };

/// One stretch of a value.
struct Component {
    Charset charset = Charset::kNone;
    std::uint8_t min = 0;
    std::uint8_t max = 0;
};

/// What must hold within a value, besides its format.
enum class Rule : std::uint8_t {
    kNone,
    kCheckDigit,     // ends the first component
    kGrai,           // filler 0, then thirteen digits, the last a check digit
    kCompanyPrefix,  // begins with one
    kModel,          // begins with a company prefix, ends with a pair of check characters
    kPieces,         // GTIN, piece, total
    kNoLeadingZero,
    kDate,  // YYMMDD, DD may be 00
};

struct Ai {
    std::string_view code;  // `n` stands for a digit of the code
    std::string_view title;
    std::array<Component, 5> components;
    Rule rule = Rule::kNone;

    /// Of the value, all components together.
    std::size_t min() const;
    std::size_t max() const;
};

/// How many digits the code at the beginning of `text` has: its first two say; 0: no code.
std::size_t code_digits(std::string_view text);
/// nullptr: unknown.
const Ai* find_ai(std::string_view code);
/// The length of values that end without separator, 0: those that need one (§6.2).
std::size_t predefined_length(std::string_view code);

/// Whether length and characters are those of the format.
bool fits(const Ai& ai, std::string_view value);
/// Format and rule. `code` is the application identifier as it was given.
Parsed<void> check_value(const Ai& ai, std::string_view code, std::string_view value);

/// Of digits without their check digit, §6.1.
char check_digit(std::string_view digits);
/// Of a GMN without its pair, §6.2.
std::array<char, 2> check_pair(std::string_view characters);
/// Begins with four digits at least, as company prefixes do.
bool begins_with_company_prefix(std::string_view value);

}  // namespace idnode::schemes::gs1
