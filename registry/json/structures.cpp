#include "registry/json/structures.h"

#include <array>

#include "proto/base/hex.h"
#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "proto/handle/admin.h"
#include "proto/handle/vlist.h"
#include "registry/json/encoding.h"
#include "registry/json/fields.h"
#include "registry/json/key_json.h"
#include "registry/json/site_json.h"

namespace idnode::json {
namespace {

namespace bj = boost::json;

constexpr std::size_t kAdminPermissionCount = 12;

bj::object reference_object(std::string_view handle, std::uint32_t index) {
    return {{"handle", bj::string_view(handle.data(), handle.size())},
            {"index", static_cast<std::int32_t>(index)}};
}

Result<handle::Reference> read_reference(const bj::object& object, const Place& place) {
    const auto handle_member = require(object, "handle", place);
    if (!handle_member) return handle_member.error();
    const auto index_member = require(object, "index", place);
    if (!index_member) return index_member.error();
    const auto name = read_string(**handle_member, place.member("handle"));
    if (!name) return name.error();
    const auto index = read_integer(**index_member, place.member("index"), kInt32Range);
    if (!index) return index.error();
    return handle::Reference{std::string(*name), static_cast<std::uint32_t>(*index)};
}

// HS_ADMIN, §2.5

std::optional<bj::value> write_admin(BytesView data) {
    const auto admin = handle::decode_admin(data);
    if (!admin || !is_utf8(admin->administrator.handle)) return std::nullopt;
    bj::object out = reference_object(admin->administrator.handle, admin->administrator.index);
    out["permissions"] = handle::format_admin_permissions(admin->permissions);
    return out;
}

/// Digits are right-aligned: the last one is the lowest bit, add handle.
Result<std::uint16_t> read_permission_digits(std::string_view digits, const Place& place) {
    if (digits == "*") return handle::admin_permission::kAll;
    if (digits.size() > kAdminPermissionCount ||
        digits.find_first_not_of("01") != std::string_view::npos) {
        return place.error("must be twelve characters 0 or 1, or \"*\"");
    }
    unsigned bits = 0;
    for (const char digit : digits) bits = bits << 1U | (digit == '1' ? 1U : 0U);
    return static_cast<std::uint16_t>(bits);
}

/// Item 0 is add handle.
Result<std::uint16_t> read_permission_items(const bj::array& items, const Place& place) {
    if (items.size() > kAdminPermissionCount) return place.error("has more than twelve items");
    unsigned bits = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto set = read_bool(items[i], place.item(i));
        if (!set) return set.error();
        if (*set) bits |= 1U << i;
    }
    return static_cast<std::uint16_t>(bits);
}

Result<std::uint16_t> read_admin_permissions(const bj::value& value, const Place& place) {
    if (const auto* text = value.if_string()) return read_permission_digits(view(*text), place);
    if (const auto* items = value.if_array()) return read_permission_items(*items, place);
    if (const auto* all = value.if_bool()) {
        return static_cast<std::uint16_t>(*all ? handle::admin_permission::kAll : 0);
    }
    return place.error(
        "must be twelve characters 0 or 1, \"*\", a boolean or an array of booleans");
}

Result<Bytes> read_admin(const bj::value& value, const Place& place) {
    const auto object = read_object(value, place);
    if (!object) return object.error();
    if (auto known = check_members(**object, place, {"handle", "index", "permissions"}); !known) {
        return known.error();
    }
    auto reference = read_reference(**object, place);
    if (!reference) return reference.error();
    const auto member = require(**object, "permissions", place);
    if (!member) return member.error();
    const auto permissions = read_admin_permissions(**member, place.member("permissions"));
    if (!permissions) return permissions.error();
    return handle::encode_admin(
        {.permissions = *permissions, .administrator = std::move(*reference)});
}

// HS_VLIST, §2.6

std::optional<bj::value> write_vlist(BytesView data) {
    const auto references = handle::decode_vlist(data);
    if (!references) return std::nullopt;
    bj::array out;
    for (const handle::Reference& one : *references) {
        if (!is_utf8(one.handle)) return std::nullopt;
        out.push_back(reference_object(one.handle, one.index));
    }
    return out;
}

Result<Bytes> read_vlist(const bj::value& value, const Place& place) {
    const auto items = read_array(value, place);
    if (!items) return items.error();
    std::vector<handle::Reference> references;
    for (std::size_t i = 0; i < (*items)->size(); ++i) {
        const Place item = place.item(i);
        const auto object = read_object((**items)[i], item);
        if (!object) return object.error();
        if (auto known = check_members(**object, item, {"handle", "index"}); !known) {
            return known.error();
        }
        auto reference = read_reference(**object, item);
        if (!reference) return reference.error();
        references.push_back(std::move(*reference));
    }
    return handle::encode_vlist(references);
}

std::optional<bj::value> write_unchecked(std::string_view format, BytesView data) {
    if (format == "admin") return write_admin(data);
    if (format == "vlist") return write_vlist(data);
    if (format == "site") return write_site(data);
    if (format == "key") return write_key(data);
    return std::nullopt;
}

Result<Bytes> read_encoded(std::string_view format, std::string_view text, const Place& place) {
    auto octets = format == "hex" ? parse_hex(text) : parse_base64(text);
    if (octets) return std::move(*octets);
    return place.error(format == "hex" ? "must be pairs of hexadecimal digits"
                                       : "must be standard Base64 with its padding");
}

}  // namespace

std::string_view structured_format(std::string_view type) {
    if (!starts_with_folded(type, "HS_")) return {};
    if (equal_folded(type, "HS_ADMIN")) return "admin";
    if (equal_folded(type, "HS_VLIST")) return "vlist";
    if (equal_folded(type, "HS_PUBKEY")) return "key";
    if (equal_folded(type, "HS_SITE") || starts_with_folded(type, "HS_SITE.") ||
        equal_folded(type, "HS_NA_DELEGATE")) {
        return "site";
    }
    return {};
}

std::optional<bj::value> write_structure(std::string_view format, BytesView data) {
    auto out = write_unchecked(format, data);
    if (!out) return std::nullopt;
    const auto back = read_structure(format, *out, {});
    if (!back || !same_octets(*back, data)) return std::nullopt;
    return out;
}

Result<Bytes> read_structure(std::string_view format, const bj::value& value, const Place& place) {
    if (format == "admin") return read_admin(value, place);
    if (format == "vlist") return read_vlist(value, place);
    if (format == "site") return read_site(value, place);
    return read_key(value, place);
}

Result<Bytes> read_data(const bj::value& value, const Place& place) {
    if (const auto* text = value.if_string()) return to_bytes(view(*text));
    const auto* object = value.if_object();
    if (object == nullptr)
        return place.error("must be a string or an object with format and value");
    if (auto known = check_members(*object, place, {"format", "value"}); !known) {
        return known.error();
    }
    const auto format_member = require(*object, "format", place);
    if (!format_member) return format_member.error();
    const auto value_member = require(*object, "value", place);
    if (!value_member) return value_member.error();
    const auto format = read_string(**format_member, place.member("format"));
    if (!format) return format.error();
    if (*format == "admin" || *format == "vlist" || *format == "site" || *format == "key") {
        return read_structure(*format, **value_member, place.member("value"));
    }
    if (*format != "string" && *format != "base64" && *format != "hex") {
        return place.member("format").error(
            "must be string, base64, hex, admin, vlist, site or key");
    }
    const auto text = read_string(**value_member, place.member("value"));
    if (!text) return text.error();
    if (*format == "string") return to_bytes(*text);
    return read_encoded(*format, *text, place.member("value"));
}

}  // namespace idnode::json
