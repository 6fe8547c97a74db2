#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "registry/http/snms/call.h"
#include "registry/http/snms/fault.h"

/// Bodies, read as tolerantly as §1.1 says: JSON whatever its type field says, with or without byte
/// order mark, unknown members ignored, null for what is absent, numbers as texts and the other way
/// round.
namespace idnode::http::snms {

/// The body as JSON. The value keeps its own memory.
Outcome<boost::json::value> read_json(const SnmsCall& call);
/// As above where it must be an object.
Outcome<boost::json::object> read_json_object(const SnmsCall& call);

/// Whether the body is missing, as with proxies that drop that of a DELETE; its members may be
/// parameters then.
bool has_no_body(const SnmsCall& call);

/// Texts as they are, numbers in digits; nothing for another type.
std::optional<std::string> as_string(const boost::json::value& value);
/// Integers, and texts and fractions that are one.
std::optional<std::int64_t> as_integer(const boost::json::value& value);

/// The members of an object, each read by its name. What is wrong names the member with its place,
/// `items[2].idType`.
class Members {
  public:
    explicit Members(const boost::json::object& object, std::string place = {})
        : object_(object), place_(std::move(place)) {}

    /// Null: absent, or null.
    const boost::json::value* find(std::string_view name) const;
    bool has(std::string_view name) const { return find(name) != nullptr; }
    std::string name_of(std::string_view member) const;

    /// Must be there, and not empty.
    Outcome<std::string> text(std::string_view name, std::size_t characters_max) const;
    /// Empty where it is absent.
    Outcome<std::string> optional_text(std::string_view name, std::size_t characters_max) const;
    Outcome<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max) const;
    Outcome<std::optional<std::int64_t>> optional_integer(std::string_view name, std::int64_t min,
                                                          std::int64_t max) const;
    Outcome<bool> boolean(std::string_view name, bool absent) const;
    Outcome<const boost::json::array*> array(std::string_view name) const;
    Outcome<Members> object(std::string_view name) const;
    /// An item of an array of this object.
    Outcome<Members> item(std::string_view name, const boost::json::array& array,
                          std::size_t at) const;

  private:
    const boost::json::object& object_;
    std::string place_;
};

}  // namespace idnode::http::snms
