#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace idnode::json {

/// Appends the value as JSON without white space. Numbers are as short as they can be and read back
/// as the same: `12.5`, not `1.25E1`.
void append_value(const boost::json::value& value, std::string& out);
void append_number(double number, std::string& out);

}  // namespace idnode::json
