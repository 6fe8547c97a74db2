#include "registry/json/encoding.h"
#include "registry/json/fields.h"
#include "registry/json/parse.h"
#include "registry/json/record_json.h"
#include "registry/json/structures.h"

namespace idnode::json {
namespace {

namespace bj = boost::json;

/// A string, or an object of format base64 where the octets are not UTF-8.
Result<std::string> read_name(const bj::value& value, const Place& place) {
    if (const auto* text = value.if_string()) return std::string(view(*text));
    if (!value.is_object()) return place.error("must be a string");
    const auto octets = read_data(value, place);
    if (!octets) return octets.error();
    return std::string(as_text(*octets));
}

Result<std::uint32_t> read_timestamp(const bj::value& value, const Place& place) {
    const auto text = read_string(value, place);
    if (!text) return text.error();
    if (const auto time = parse_time(*text)) return *time;
    return place.error("must be a time of the form 2026-01-01T00:00:00Z, 1901-12-13 to 2038-01-19");
}

Result<void> read_ttl(const bj::value& value, const Place& place, handle::Value& out) {
    if (value.is_string()) {
        const auto time = read_timestamp(value, place);
        if (!time) return time.error();
        out.ttl_type = handle::TtlType::kAbsolute;
        out.ttl = *time;
        return {};
    }
    const auto seconds = read_integer(value, place, kInt32Range);
    if (!seconds) return seconds.error();
    out.ttl = static_cast<std::uint32_t>(*seconds);
    return {};
}

Result<std::uint8_t> read_permissions(const bj::value& value, const Place& place) {
    const auto text = read_string(value, place);
    if (!text) return text.error();
    if ((text->size() != 4 && text->size() != 8) ||
        text->find_first_not_of("01") != std::string_view::npos) {
        return place.error(
            "must be four characters 0 or 1: administrator reads, administrator "
            "writes, anyone reads, anyone writes");
    }
    unsigned bits = 0;
    for (const char digit : *text) bits = bits << 1U | (digit == '1' ? 1U : 0U);
    return static_cast<std::uint8_t>(bits);
}

Result<handle::Reference> read_value_reference(const bj::value& value, const Place& place) {
    const auto object = read_object(value, place);
    if (!object) return object.error();
    if (auto known = check_members(**object, place, {"handle", "index"}); !known) {
        return known.error();
    }
    const auto handle_member = require(**object, "handle", place);
    if (!handle_member) return handle_member.error();
    const auto index_member = require(**object, "index", place);
    if (!index_member) return index_member.error();
    auto name = read_name(**handle_member, place.member("handle"));
    if (!name) return name.error();
    const auto index = read_integer(**index_member, place.member("index"), kInt32Range);
    if (!index) return index.error();
    return handle::Reference{std::move(*name), static_cast<std::uint32_t>(*index)};
}

Result<void> read_references(const bj::value& value, const Place& place, handle::Value& out) {
    const auto items = read_array(value, place);
    if (!items) return items.error();
    for (std::size_t i = 0; i < (*items)->size(); ++i) {
        auto reference = read_value_reference((**items)[i], place.item(i));
        if (!reference) return reference.error();
        out.references.push_back(std::move(*reference));
    }
    return {};
}

/// Index, type and data: what every value has.
Result<void> read_essentials(const bj::object& object, const Place& place, handle::Value& out) {
    const auto index_member = require(object, "index", place);
    if (!index_member) return index_member.error();
    const auto type_member = require(object, "type", place);
    if (!type_member) return type_member.error();
    const auto data_member = require(object, "data", place);
    if (!data_member) return data_member.error();
    const auto index = read_integer(**index_member, place.member("index"), kInt32Range);
    if (!index) return index.error();
    auto type = read_name(**type_member, place.member("type"));
    if (!type) return type.error();
    auto data = read_data(**data_member, place.member("data"));
    if (!data) return data.error();
    out.index = static_cast<std::int32_t>(*index);
    out.type = std::move(*type);
    out.data = std::move(*data);
    return {};
}

Result<void> read_extras(const bj::object& object, const Place& place, handle::Value& out) {
    if (const auto* member = object.if_contains("ttl")) {
        if (auto read = read_ttl(*member, place.member("ttl"), out); !read) return read;
    }
    if (const auto* member = object.if_contains("timestamp")) {
        const auto time = read_timestamp(*member, place.member("timestamp"));
        if (!time) return time.error();
        out.timestamp = *time;
    }
    if (const auto* member = object.if_contains("permissions")) {
        const auto permissions = read_permissions(*member, place.member("permissions"));
        if (!permissions) return permissions.error();
        out.permissions = *permissions;
    }
    if (const auto* member = object.if_contains("references")) {
        return read_references(*member, place.member("references"), out);
    }
    return {};
}

Result<void> check_response_code(const bj::object& object, const Place& place) {
    const auto* member = object.if_contains("responseCode");
    if (member == nullptr) return {};
    if (const auto* code = member->if_int64(); code != nullptr && *code == 1) return {};
    return place.member("responseCode").error("must be 1: any other answer carries no record");
}

}  // namespace

Result<handle::Value> read_value(const bj::value& value, const Place& place) {
    const auto object = read_object(value, place);
    if (!object) return object.error();
    if (auto known = check_members(
            **object, place,
            {"index", "type", "data", "permissions", "ttl", "timestamp", "references"});
        !known) {
        return known.error();
    }
    handle::Value out;
    if (auto read = read_essentials(**object, place, out); !read) return read.error();
    if (auto read = read_extras(**object, place, out); !read) return read.error();
    return out;
}

Result<model::Record> read_record(const bj::value& value, const Place& place) {
    const auto object = read_object(value, place);
    if (!object) return object.error();
    if (auto known = check_members(**object, place, {"responseCode", "handle", "values"}); !known) {
        return known.error();
    }
    if (auto code = check_response_code(**object, place); !code) return code.error();
    const auto handle_member = require(**object, "handle", place);
    if (!handle_member) return handle_member.error();
    const auto values_member = require(**object, "values", place);
    if (!values_member) return values_member.error();
    auto name = read_name(**handle_member, place.member("handle"));
    if (!name) return name.error();
    const Place values_place = place.member("values");
    const auto items = read_array(**values_member, values_place);
    if (!items) return items.error();
    model::Record out{.handle = std::move(*name), .values = {}};
    for (std::size_t i = 0; i < (*items)->size(); ++i) {
        auto read = read_value((**items)[i], values_place.item(i));
        if (!read) return read.error();
        out.values.push_back(std::move(*read));
    }
    return out;
}

Result<model::Record> parse_record(std::string_view text) {
    const auto value = parse(text);
    if (!value) return value.error();
    return read_record(*value);
}

}  // namespace idnode::json
