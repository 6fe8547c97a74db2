#include "registry/http/api/message_json.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

#include <charconv>
#include <limits>

#include "registry/json/encoding.h"
#include "registry/json/fields.h"

namespace idnode::http {

namespace {

namespace bj = boost::json;
using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;

bool is_timestamp(const Descriptor& type) {
    return &type == Timestamp::descriptor();
}

// --- writing -----------------------------------------------------------------------------------

void write_octets(const std::string& octets, std::string& out) {
    out += '"';
    json::append_base64(as_bytes_view(octets), out);
    out += '"';
}

template <class Number>
void write_number(Number number, std::string& out) {
    constexpr bool kQuoted = sizeof(Number) == sizeof(std::int64_t);
    if (kQuoted) out += '"';
    out += std::to_string(number);
    if (kQuoted) out += '"';
}

void write_text(const FieldDescriptor& field, const std::string& text, std::string& out) {
    if (field.type() == FieldDescriptor::TYPE_BYTES) {
        write_octets(text, out);
    } else {
        json::append_json_string(text, out);
    }
}

void write_enumerator(const EnumValueDescriptor& value, std::string& out) {
    json::append_json_string(value.name(), out);
}

/// The value of a field that is not repeated, or (`at` >= 0) of one item.
void write_value(const Message& message, const FieldDescriptor& field, int at, std::string& out) {
    const Reflection& in = *message.GetReflection();
    const bool item = at >= 0;
    std::string scratch;
    switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
            return write_number(
                item ? in.GetRepeatedInt32(message, &field, at) : in.GetInt32(message, &field),
                out);
        case FieldDescriptor::CPPTYPE_UINT32:
            return write_number(
                item ? in.GetRepeatedUInt32(message, &field, at) : in.GetUInt32(message, &field),
                out);
        case FieldDescriptor::CPPTYPE_INT64:
            return write_number(
                item ? in.GetRepeatedInt64(message, &field, at) : in.GetInt64(message, &field),
                out);
        case FieldDescriptor::CPPTYPE_UINT64:
            return write_number(
                item ? in.GetRepeatedUInt64(message, &field, at) : in.GetUInt64(message, &field),
                out);
        case FieldDescriptor::CPPTYPE_BOOL:
            out += (item ? in.GetRepeatedBool(message, &field, at) : in.GetBool(message, &field))
                       ? "true"
                       : "false";
            return;
        case FieldDescriptor::CPPTYPE_ENUM:
            return write_enumerator(
                *(item ? in.GetRepeatedEnum(message, &field, at) : in.GetEnum(message, &field)),
                out);
        case FieldDescriptor::CPPTYPE_STRING:
            return write_text(field,
                              item ? in.GetRepeatedStringReference(message, &field, at, &scratch)
                                   : in.GetStringReference(message, &field, &scratch),
                              out);
        case FieldDescriptor::CPPTYPE_MESSAGE:
            return write_message(
                item ? in.GetRepeatedMessage(message, &field, at) : in.GetMessage(message, &field),
                out);
        case FieldDescriptor::CPPTYPE_DOUBLE:
        case FieldDescriptor::CPPTYPE_FLOAT:
            break;
    }
    out += "null";  // the schemas have no such field
}

void write_map(const Message& message, const FieldDescriptor& field, std::string& out) {
    const Reflection& in = *message.GetReflection();
    const FieldDescriptor& key = *field.message_type()->map_key();
    const FieldDescriptor& value = *field.message_type()->map_value();
    out += '{';
    for (int at = 0; at < in.FieldSize(message, &field); ++at) {
        const Message& entry = in.GetRepeatedMessage(message, &field, at);
        if (at > 0) out += ',';
        json::append_json_string(entry.GetReflection()->GetString(entry, &key), out);
        out += ':';
        write_value(entry, value, -1, out);
    }
    out += '}';
}

// --- reading -----------------------------------------------------------------------------------

template <class Number>
Result<Number> read_number(const bj::value& value, const json::Place& place) {
    constexpr auto kMin = std::numeric_limits<Number>::min();
    constexpr auto kMax = std::numeric_limits<Number>::max();
    const Error wrong = place.error("must be an integer from " + std::to_string(kMin) + " to " +
                                    std::to_string(kMax));
    if (const auto* number = value.if_int64()) {
        if (std::in_range<Number>(*number)) return static_cast<Number>(*number);
        return wrong;
    }
    if (const auto* number = value.if_uint64()) {
        if (std::in_range<Number>(*number)) return static_cast<Number>(*number);
        return wrong;
    }
    if (const auto* text = value.if_string()) {
        Number number = 0;
        const char* const end = text->data() + text->size();
        const auto [at, failed] = std::from_chars(text->data(), end, number);
        if (failed == std::errc{} && at == end && !text->empty()) return number;
    }
    return wrong;
}

Result<const EnumValueDescriptor*> read_enumerator(const bj::value& value,
                                                   const FieldDescriptor& field,
                                                   const json::Place& place) {
    const auto& type = *field.enum_type();
    const EnumValueDescriptor* found = nullptr;
    if (const auto* text = value.if_string()) {
        found = type.FindValueByName(std::string(json::view(*text)));
    } else if (const auto* number = value.if_int64()) {
        if (std::in_range<int>(*number)) {
            found = type.FindValueByNumber(static_cast<int>(*number));
        }
    }
    if (found != nullptr) return found;
    std::string names;
    for (int at = 1; at < type.value_count(); ++at) {
        names += (at > 1 ? ", " : "") + type.value(at)->name();
    }
    return place.error("must be one of " + names);
}

Result<std::string> read_text(const bj::value& value, const FieldDescriptor& field,
                              const json::Place& place) {
    const auto text = json::read_string(value, place);
    if (!text) return text.error();
    if (field.type() != FieldDescriptor::TYPE_BYTES) return std::string(*text);
    const auto octets = json::parse_base64(*text);
    if (!octets) return place.error("must be Base64");
    return std::string(as_text(*octets));
}

Result<void> read_timestamp(const bj::value& value, Message& message, const json::Place& place) {
    const auto text = json::read_string(value, place);
    if (!text) return text.error();
    Timestamp time;
    if (!google::protobuf::util::TimeUtil::FromString(std::string(*text), &time)) {
        return place.error("must be a time such as 2025-06-02T01:30:00Z");
    }
    message.CopyFrom(time);
    return {};
}

/// Sets a field that is not repeated, or adds an item.
Result<void> read_value(const bj::value& value, Message& message, const FieldDescriptor& field,
                        const json::Place& place) {
    const Reflection& to = *message.GetReflection();
    const bool item = field.is_repeated();
    const auto set = [&](auto result, auto setter, auto adder) -> Result<void> {
        if (!result) return std::move(result).error();
        (to.*(item ? adder : setter))(&message, &field, *std::move(result));
        return {};
    };
    switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
            return set(read_number<std::int32_t>(value, place), &Reflection::SetInt32,
                       &Reflection::AddInt32);
        case FieldDescriptor::CPPTYPE_UINT32:
            return set(read_number<std::uint32_t>(value, place), &Reflection::SetUInt32,
                       &Reflection::AddUInt32);
        case FieldDescriptor::CPPTYPE_INT64:
            return set(read_number<std::int64_t>(value, place), &Reflection::SetInt64,
                       &Reflection::AddInt64);
        case FieldDescriptor::CPPTYPE_UINT64:
            return set(read_number<std::uint64_t>(value, place), &Reflection::SetUInt64,
                       &Reflection::AddUInt64);
        case FieldDescriptor::CPPTYPE_BOOL:
            return set(json::read_bool(value, place), &Reflection::SetBool, &Reflection::AddBool);
        case FieldDescriptor::CPPTYPE_ENUM:
            return set(read_enumerator(value, field, place), &Reflection::SetEnum,
                       &Reflection::AddEnum);
        case FieldDescriptor::CPPTYPE_STRING:
            return set(read_text(value, field, place), &Reflection::SetString,
                       &Reflection::AddString);
        case FieldDescriptor::CPPTYPE_MESSAGE:
            return read_message(
                value,
                item ? *to.AddMessage(&message, &field) : *to.MutableMessage(&message, &field),
                place);
        case FieldDescriptor::CPPTYPE_DOUBLE:
        case FieldDescriptor::CPPTYPE_FLOAT:
            break;
    }
    return place.error("cannot be given");
}

Result<void> read_map(const bj::value& value, Message& message, const FieldDescriptor& field,
                      const json::Place& place) {
    const auto object = json::read_object(value, place);
    if (!object) return object.error();
    const FieldDescriptor& key_field = *field.message_type()->map_key();
    const FieldDescriptor& value_field = *field.message_type()->map_value();
    for (const auto& [name, one] : **object) {
        const std::string key(name.data(), name.size());
        Message& entry = *message.GetReflection()->AddMessage(&message, &field);
        entry.GetReflection()->SetString(&entry, &key_field, key);
        if (auto read = read_value(one, entry, value_field, place.member(key)); !read) return read;
    }
    return {};
}

Result<void> read_field(const bj::value& value, Message& message, const FieldDescriptor& field,
                        const json::Place& place) {
    if (field.is_map()) return read_map(value, message, field, place);
    if (!field.is_repeated()) return read_value(value, message, field, place);
    const auto items = json::read_array(value, place);
    if (!items) return items.error();
    std::size_t at = 0;
    for (const bj::value& item : **items) {
        if (auto read = read_value(item, message, field, place.item(at++)); !read) return read;
    }
    return {};
}

const FieldDescriptor* field_named(const Descriptor& type, const std::string& name) {
    for (int at = 0; at < type.field_count(); ++at) {
        const FieldDescriptor* field = type.field(at);
        if (field->json_name() == name || field->name() == name) return field;
    }
    return nullptr;
}

bool is_set(const Message& message, const FieldDescriptor& field) {
    const Reflection& in = *message.GetReflection();
    return field.is_repeated() ? in.FieldSize(message, &field) > 0 : in.HasField(message, &field);
}

}  // namespace

void write_message(const Message& message, std::string& out) {
    const Descriptor& type = *message.GetDescriptor();
    if (is_timestamp(type)) {
        Timestamp time;
        time.CopyFrom(message);
        json::append_json_string(google::protobuf::util::TimeUtil::ToString(time), out);
        return;
    }
    out += '{';
    bool first = true;
    for (int at = 0; at < type.field_count(); ++at) {
        const FieldDescriptor& field = *type.field(at);
        if (!is_set(message, field)) continue;
        if (!std::exchange(first, false)) out += ',';
        json::append_json_string(field.json_name(), out);
        out += ':';
        if (field.is_map()) {
            write_map(message, field, out);
        } else if (field.is_repeated()) {
            out += '[';
            const int size = message.GetReflection()->FieldSize(message, &field);
            for (int item = 0; item < size; ++item) {
                if (item > 0) out += ',';
                write_value(message, field, item, out);
            }
            out += ']';
        } else {
            write_value(message, field, -1, out);
        }
    }
    out += '}';
}

Result<void> read_message(const bj::value& value, Message& message, const json::Place& place) {
    const Descriptor& type = *message.GetDescriptor();
    if (is_timestamp(type)) return read_timestamp(value, message, place);
    const auto object = json::read_object(value, place);
    if (!object) return object.error();
    for (const auto& [name, member] : **object) {
        const std::string key(name.data(), name.size());
        const FieldDescriptor* field = field_named(type, key);
        if (field == nullptr) return place.error("has no member \"" + key + "\"");
        if (member.is_null()) continue;
        if (auto read = read_field(member, message, *field, place.member(key)); !read) return read;
    }
    return {};
}

}  // namespace idnode::http
