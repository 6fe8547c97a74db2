#include "registry/http/snms/drafts.h"

#include <limits>

#include "registry/json/encoding.h"
#include "registry/json/fields.h"

namespace idnode::http::snms {

namespace {

namespace bj = boost::json;
using registration::Code;
using registration::Draft;
using registration::DraftValue;

constexpr std::string_view kUsualCode = "1";
constexpr std::size_t kCodeMax = 255;

const bj::value* find(const bj::object& object, std::string_view name) {
    const auto* value = object.if_contains(bj::string_view(name.data(), name.size()));
    return value == nullptr || value->is_null() ? nullptr : value;
}

std::string place_of(std::size_t at, std::string_view member = {}) {
    std::string out = "value[" + std::to_string(at) + "]";
    if (!member.empty()) out.append(".").append(member);
    return out;
}

/// Of an index that no template can have.
Fault not_in_template(std::int64_t index) {
    const std::string number = std::to_string(index);
    return {.code = Code::kItemUnknown,
            .chinese = "非法操作，索引" + number + "在模板中不存在",
            .english = "value " + number + ": is not in the template"};
}

}  // namespace

/// A view of a text; a number is kept as one. Empty where it is absent.
Outcome<std::string_view> DraftReader::text(const bj::value* value, std::size_t at,
                                            std::string_view name) {
    if (value == nullptr) return std::string_view{};
    if (const auto* given = value->if_string()) return json::view(*given);
    if (const auto number = as_integer(*value)) {
        return std::string_view(texts_.emplace_back(std::to_string(*number)));
    }
    const std::string place = at == kTop ? std::string(name) : place_of(at, name);
    return wrong_type(place, "必须是字符串", "must be a string");
}

FormDraft DraftReader::begin() const {
    return {.draft = {.write = write_, .handle = {}, .template_version = {}}};
}

FormDraft DraftReader::read_handle(const bj::value& value) {
    FormDraft out = begin();
    const auto handle = text(&value, kTop, "handle");
    if (handle) {
        out.draft.handle = *handle;
    } else {
        out.fault = handle.error();
    }
    return out;
}

FormDraft DraftReader::read_handle_member(const bj::object& object) {
    const auto* handle = find(object, "handle");
    return handle == nullptr ? begin() : read_handle(*handle);
}

FormDraft DraftReader::read(const bj::value& value) {
    const auto* object = value.if_object();
    if (object == nullptr) {
        FormDraft out = begin();
        out.fault = wrong_type("body", "必须是JSON对象", "must be a JSON object");
        return out;
    }
    FormDraft out = read_handle_member(*object);
    if (out.fault || out.draft.handle.empty()) return out;
    if (auto read = read_into(*object, out.draft); !read) out.fault = std::move(read).error();
    return out;
}

Outcome<void> DraftReader::read_into(const bj::object& object, Draft& draft) {
    const auto version = text(find(object, "templateVersion"), kTop, "templateVersion");
    if (!version) return version.error();
    if (version->empty()) return missing_parameter("templateVersion");
    draft.template_version = *version;
    const auto* given = find(object, "value");
    if (given == nullptr) return missing_parameter("value");
    const auto* values = given->if_array();
    if (values == nullptr) return wrong_type("value", "必须是数组", "must be an array");
    draft.values.reserve(values->size());
    std::string codes;
    for (const bj::value& one : *values) {
        const auto value = read_value(one, draft.values.size(), codes);
        if (!value) return value.error();
        draft.values.push_back(*value);
    }
    if (!codes.empty()) draft.permission_codes = texts_.emplace_back(codes + "}");
    return {};
}

Outcome<DraftValue> DraftReader::read_value(const bj::value& value, std::size_t at,
                                            std::string& codes) {
    const auto* object = value.if_object();
    if (object == nullptr) return wrong_type(place_of(at), "必须是对象", "must be an object");
    DraftValue out;
    const auto* index = find(*object, "index");
    if (index == nullptr) return missing_parameter(place_of(at, "index"));
    const auto number = as_integer(*index);
    if (!number) return wrong_type(place_of(at, "index"), "必须是整数", "must be an integer");
    if (*number < 1 || *number > std::numeric_limits<std::int32_t>::max()) {
        return not_in_template(*number);
    }
    out.index = static_cast<std::uint32_t>(*number);
    const auto type = text(find(*object, "type"), at, "type");
    if (!type) return type.error();
    if (type->empty()) return missing_parameter(place_of(at, "type"));
    out.type = *type;
    if (auto read = read_data(*object, at, out); !read) return std::move(read).error();
    if (auto read = note_code(*object, at, out, codes); !read) return std::move(read).error();
    return out;
}

/// A permission code that is not the usual one, as a member of an object in the making.
Outcome<void> DraftReader::note_code(const bj::object& value, std::size_t at, const DraftValue& of,
                                     std::string& codes) {
    const auto code = text(find(value, "auth"), at, "auth");
    if (!code) return code.error();
    if (count_characters(*code) > kCodeMax) return too_long(place_of(at, "auth"), kCodeMax);
    if (code->empty() || *code == kUsualCode) return {};
    codes.append(codes.empty() ? "{\"" : ",\"").append(std::to_string(of.index)).append("\":");
    json::append_json_string(*code, codes);
    return {};
}

/// `{"format":"string","value":"…"}`; some notes have the format beside it, and tables misspell the
/// value.
Outcome<void> DraftReader::read_data(const bj::object& value, std::size_t at, DraftValue& out) {
    const auto* data = find(value, "data");
    if (data == nullptr) return missing_parameter(place_of(at, "data"));
    const auto* object = data->if_object();
    if (object == nullptr) {
        return wrong_type(place_of(at, "data"), "必须是对象", "must be an object");
    }
    const auto* format = find(*object, "format");
    const auto name = text(format != nullptr ? format : find(value, "format"), at, "data.format");
    if (!name) return name.error();
    if (name->empty()) return missing_parameter(place_of(at, "data.format"));
    out.is_text = *name == "string";
    const auto* content = find(*object, "value");
    if (content == nullptr) content = find(*object, "vlaue");
    if (content == nullptr) return missing_parameter(place_of(at, "data.value"));
    const auto given = text(content, at, "data.value");
    if (!given) return given.error();
    out.text = *given;
    return {};
}

}  // namespace idnode::http::snms
