#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/base/result.h"

namespace idnode::http {

/// `%XX` decoded once (§1.3). `plus_is_space`: as forms and queries have it; in a path a plus is a
/// plus. Nothing where a `%` is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
/// The other direction, for the octets that §1.3 names and for those a header cannot carry.
std::string percent_encode(std::string_view text);

/// The parameters of a request (§8.2), from its query or its body. Names are compared with ASCII
/// folded.
class Parameters {
  public:
    /// `a=1&b=2`, percent-encoded. kInvalid names what cannot be decoded. kLimit: too many.
    Result<void> add_form(std::string_view text);
    /// The members of an object: texts, numbers, booleans, or arrays of them.
    Result<void> add_json(const boost::json::value& object);

    bool has(std::string_view name) const { return first(name).has_value(); }
    std::optional<std::string_view> first(std::string_view name) const;
    std::vector<std::string_view> all(std::string_view name) const;
    /// Present without a value, or with `true` or `yes` (§8.2); `absent` where it is not there.
    bool flag(std::string_view name, bool absent = false) const;
    /// All of them, in their order: names, spelled as they came, and values.
    const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }

  private:
    Result<void> add(std::string name, std::string value);

    std::vector<std::pair<std::string, std::string>> entries_;
};

}  // namespace idnode::http
