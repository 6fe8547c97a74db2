#include "registry/json/write_value.h"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <string_view>

#include "registry/json/encoding.h"
#include "registry/json/fields.h"

namespace idnode::json {

namespace {

template <class Number>
void append_chars(Number number, std::string& out) {
    std::array<char, 32> text{};
    const auto written = std::to_chars(text.data(), text.data() + text.size(), number);
    out.append(text.data(), written.ptr);
}

void append_object(const boost::json::object& object, std::string& out) {
    out += '{';
    for (const auto& member : object) {
        if (out.back() != '{') out += ',';
        append_json_string({member.key().data(), member.key().size()}, out);
        out += ':';
        append_value(member.value(), out);
    }
    out += '}';
}

void append_array(const boost::json::array& array, std::string& out) {
    out += '[';
    for (const boost::json::value& one : array) {
        if (out.back() != '[') out += ',';
        append_value(one, out);
    }
    out += ']';
}

}  // namespace

void append_number(double number, std::string& out) {
    append_chars(number, out);
}

void append_value(const boost::json::value& value, std::string& out) {
    switch (value.kind()) {
        case boost::json::kind::null:
            out += "null";
            return;
        case boost::json::kind::bool_:
            out += value.get_bool() ? "true" : "false";
            return;
        case boost::json::kind::int64:
            return append_chars(value.get_int64(), out);
        case boost::json::kind::uint64:
            return append_chars(value.get_uint64(), out);
        case boost::json::kind::double_:
            return append_number(value.get_double(), out);
        case boost::json::kind::string:
            return append_json_string(view(value.get_string()), out);
        case boost::json::kind::array:
            return append_array(value.get_array(), out);
        case boost::json::kind::object:
            return append_object(value.get_object(), out);
    }
}

}  // namespace idnode::json
