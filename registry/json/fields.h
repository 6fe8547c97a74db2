#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "proto/base/result.h"
#include "registry/json/place.h"

/// Members of JSON objects, read with the error that names the member and the rule.
namespace idnode::json {

Result<const boost::json::object*> read_object(const boost::json::value& value, const Place& place);
Result<const boost::json::array*> read_array(const boost::json::value& value, const Place& place);
Result<std::string_view> read_string(const boost::json::value& value, const Place& place);
Result<bool> read_bool(const boost::json::value& value, const Place& place);

struct IntegerRange {
    std::int64_t min;
    std::int64_t max;
};
/// Four octets of the wire, which the reference reads as two's complement.
inline constexpr IntegerRange kInt32Range{-2'147'483'648LL, 2'147'483'647LL};
Result<std::int64_t> read_integer(const boost::json::value& value, const Place& place,
                                  IntegerRange range);

/// kInvalid when the member is missing.
Result<const boost::json::value*> require(const boost::json::object& object, std::string_view name,
                                          const Place& place);
/// kInvalid when the object has a member that is not in `known`: a mistyped name must not lose
/// data.
Result<void> check_members(const boost::json::object& object, const Place& place,
                           std::initializer_list<std::string_view> known);

inline std::string_view view(const boost::json::string& text) {
    return {text.data(), text.size()};
}

}  // namespace idnode::json
