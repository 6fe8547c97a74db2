#include "registry/json/fields.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace idnode::json {

namespace bj = boost::json;

Result<const bj::object*> read_object(const bj::value& value, const Place& place) {
    if (const auto* object = value.if_object()) return object;
    return place.error("must be an object");
}

Result<const bj::array*> read_array(const bj::value& value, const Place& place) {
    if (const auto* array = value.if_array()) return array;
    return place.error("must be an array");
}

Result<std::string_view> read_string(const bj::value& value, const Place& place) {
    if (const auto* text = value.if_string()) return view(*text);
    return place.error("must be a string");
}

Result<bool> read_bool(const bj::value& value, const Place& place) {
    if (const auto* flag = value.if_bool()) return *flag;
    return place.error("must be true or false");
}

Result<std::int64_t> read_integer(const bj::value& value, const Place& place, IntegerRange range) {
    // Fractions and numbers beyond 64 bits arrive as doubles; what we build ourselves from unsigned
    // types, and numbers from 2^63 on, as unsigned.
    std::optional<std::int64_t> number;
    if (const auto* exact = value.if_int64()) number = *exact;
    if (const auto* positive = value.if_uint64();
        positive != nullptr && std::in_range<std::int64_t>(*positive)) {
        number = static_cast<std::int64_t>(*positive);
    }
    if (number && *number >= range.min && *number <= range.max) return *number;
    return place.error("must be an integer from " + std::to_string(range.min) + " to " +
                       std::to_string(range.max));
}

Result<const bj::value*> require(const bj::object& object, std::string_view name,
                                 const Place& place) {
    if (const bj::value* value = object.if_contains(bj::string_view(name.data(), name.size()))) {
        return value;
    }
    return place.member(name).error("is missing");
}

Result<void> check_members(const bj::object& object, const Place& place,
                           std::initializer_list<std::string_view> known) {
    for (const auto& member : object) {
        const std::string_view name(member.key().data(), member.key().size());
        if (std::ranges::find(known, name) != known.end()) continue;
        std::string names;
        for (const std::string_view one : known)
            names += (names.empty() ? "" : ", ") + std::string(one);
        return place.member(name).error("is unknown here; known are " + names);
    }
    return {};
}

}  // namespace idnode::json
