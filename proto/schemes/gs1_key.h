#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "proto/schemes/canonical.h"
#include "proto/schemes/gs1_ai.h"
#include "proto/schemes/limits.h"

/// GS1 keys with their qualifiers, identifiers document §6.2: what Digital Link URIs, element
/// strings and EPC URNs all come down to.
namespace idnode::schemes::gs1 {

/// A value without its escapes, in place.
class Value {
  public:
    Value() = default;
    explicit Value(std::string_view text);

    std::string_view text() const { return {octets_.data(), size_}; }
    /// False: no room; nothing has more than limits::kGs1ValueBytesMax.
    bool append(char octet);

  private:
    std::array<char, limits::kGs1ValueBytesMax> octets_;
    std::size_t size_ = 0;
};
/// kPercent; kGs1Length.
Parsed<void> decode_value(std::string_view text, Value& out);

struct Element {
    std::string_view code;  // views a code of `key_rule`'s table or of the text
    Value value;
};

inline constexpr std::size_t kQualifiersMax = 3;

struct KeyRule {
    std::string_view code;
    std::array<std::string_view, kQualifiersMax> qualifiers;  // in their only order
    std::string_view instead;                                 // excludes all of them
    std::string_view required;                                // one that may not be missing
    Level level;                                              // of the key alone
    std::size_t class_digits;  // of the value: with more it names an instance; 0: always the same
    std::size_t company_at;    // where in the value the company prefix begins
};
/// nullptr: no key.
const KeyRule* key_rule(std::string_view code);
bool has_qualifier(const KeyRule& rule, std::string_view code);
/// Whether any key has it as a qualifier.
bool is_qualifier(std::string_view code);

/// A key and what was said about it.
struct KeyParts {
    Element key;
    std::array<Element, kQualifiersMax + 1> qualifiers;
    std::size_t count = 0;

    /// False: more than any key has.
    bool add(std::string_view code, const Value& value);
};

/// Element strings have no order; paths have.
enum class Order : bool { kFree, kFixed };

/// Checks values, qualifiers and their order, and writes the CID.
Parsed<Canonical> canonical(const KeyParts& parts, Order order, Use use);

/// One element of a CID's path after another.
class PathReader {
  public:
    explicit PathReader(std::string_view cid);
    /// False: no more. `value` is percent-encoded.
    bool next(std::string_view& code, std::string_view& value);

  private:
    std::string_view rest_;
};

}  // namespace idnode::schemes::gs1
