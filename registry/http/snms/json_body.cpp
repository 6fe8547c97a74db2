#include "registry/http/snms/json_body.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <cmath>

#include "proto/base/text.h"
#include "registry/json/fields.h"
#include "registry/json/parse.h"

namespace idnode::http::snms {

namespace {

namespace bj = boost::json;
using registration::Code;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSpaces = " \t\r\n";
// Integers up to here are the same as numbers with a fraction.
constexpr double kExactMax = 9'007'199'254'740'992.0;

Fault not_json(std::string_view why) {
    return {.code = Code::kInvalid,
            .chinese = std::string("请求体不是合法的JSON: ").append(why),
            .english = std::string("the body is not JSON: ").append(why)};
}

}  // namespace

Outcome<bj::value> read_json(const SnmsCall& call) {
    std::string_view text = call.request.body();
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
    if (!text.starts_with('{') && !text.starts_with('[')) {
        return not_json(text.empty() ? "empty" : "must begin with { or [");
    }
    bj::parse_options options;
    options.max_depth = json::kDepthMax;
    boost::system::error_code failed;
    auto out = bj::parse(bj::string_view(text.data(), text.size()), failed,
                         bj::make_shared_resource<bj::monotonic_resource>(), options);
    if (failed) return not_json(failed.message());
    return out;
}

Outcome<bj::object> read_json_object(const SnmsCall& call) {
    auto value = read_json(call);
    if (!value) return value.error();
    if (!value->is_object()) {
        return wrong_type("body", "必须是JSON对象", "must be a JSON object");
    }
    return std::move(value->get_object());
}

bool has_no_body(const SnmsCall& call) {
    return call.request.body().find_first_not_of(kSpaces) == std::string::npos;
}

std::optional<std::string> as_string(const bj::value& value) {
    if (const auto* text = value.if_string()) return std::string(json::view(*text));
    if (const auto number = as_integer(value)) return std::to_string(*number);
    return std::nullopt;
}

std::optional<std::int64_t> as_integer(const bj::value& value) {
    if (const auto* number = value.if_int64()) return *number;
    if (const auto* number = value.if_double()) {
        const bool whole = std::trunc(*number) == *number && std::abs(*number) < kExactMax;
        return whole ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
    }
    const auto* text = value.if_string();
    if (text == nullptr || text->empty()) return std::nullopt;
    std::int64_t out = 0;
    const char* const end = text->data() + text->size();
    const auto [at, failed] = std::from_chars(text->data(), end, out);
    return failed == std::errc{} && at == end ? std::optional(out) : std::nullopt;
}

const bj::value* Members::find(std::string_view name) const {
    const auto* value = object_.if_contains(bj::string_view(name.data(), name.size()));
    return value == nullptr || value->is_null() ? nullptr : value;
}

std::string Members::name_of(std::string_view member) const {
    return place_.empty() ? std::string(member) : place_ + "." + std::string(member);
}

Outcome<std::string> Members::optional_text(std::string_view name,
                                            std::size_t characters_max) const {
    const auto* value = find(name);
    if (value == nullptr) return std::string();
    auto out = as_string(*value);
    if (!out) return wrong_type(name_of(name), "必须是字符串", "must be a string");
    if (count_characters(*out) > characters_max) return too_long(name_of(name), characters_max);
    return *std::move(out);
}

Outcome<std::string> Members::text(std::string_view name, std::size_t characters_max) const {
    auto out = optional_text(name, characters_max);
    if (out && out->empty()) return missing_parameter(name_of(name));
    return out;
}

Outcome<std::optional<std::int64_t>> Members::optional_integer(std::string_view name,
                                                               std::int64_t min,
                                                               std::int64_t max) const {
    const auto* value = find(name);
    if (value == nullptr) return std::optional<std::int64_t>{};
    const auto out = as_integer(*value);
    if (!out) return wrong_type(name_of(name), "必须是整数", "must be an integer");
    if (*out < min || *out > max) {
        const std::string least = std::to_string(min);
        const std::string most = std::to_string(max);
        return broken_rule(name_of(name), "必须在" + least + "与" + most + "之间",
                           "must be " + least + " to " + most);
    }
    return out;
}

Outcome<std::int64_t> Members::integer(std::string_view name, std::int64_t min,
                                       std::int64_t max) const {
    const auto out = optional_integer(name, min, max);
    if (!out) return out.error();
    if (!*out) return missing_parameter(name_of(name));
    return **out;
}

Outcome<bool> Members::boolean(std::string_view name, bool absent) const {
    const auto* value = find(name);
    if (value == nullptr) return absent;
    if (const auto* out = value->if_bool()) return *out;
    if (const auto number = as_integer(*value); number && (*number == 0 || *number == 1)) {
        return *number == 1;
    }
    if (const auto* text = value->if_string()) {
        if (equal_folded(json::view(*text), "true")) return true;
        if (equal_folded(json::view(*text), "false")) return false;
    }
    return wrong_type(name_of(name), "必须是布尔值", "must be true or false");
}

Outcome<const bj::array*> Members::array(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) return missing_parameter(name_of(name));
    if (const auto* out = value->if_array()) return out;
    return wrong_type(name_of(name), "必须是数组", "must be an array");
}

Outcome<Members> Members::object(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) return missing_parameter(name_of(name));
    if (const auto* out = value->if_object()) return Members(*out, name_of(name));
    return wrong_type(name_of(name), "必须是对象", "must be an object");
}

Outcome<Members> Members::item(std::string_view name, const bj::array& array,
                               std::size_t at) const {
    const std::string place = name_of(name) + "[" + std::to_string(at) + "]";
    if (const auto* out = array[at].if_object()) return Members(*out, place);
    return wrong_type(place, "必须是对象", "must be an object");
}

}  // namespace idnode::http::snms
