#include "registry/http/api/drafts.h"

#include <charconv>
#include <limits>

#include "registry/json/fields.h"

namespace idnode::http {

namespace {

namespace bj = boost::json;
using json::Place;
using registration::Draft;
using registration::DraftValue;
using registration::Write;

std::string_view name_of(const bj::key_value_pair& member) {
    return {member.key().data(), member.key().size()};
}

/// A number, or a text of digits, as Protobuf's mapping allows.
Result<std::uint64_t> read_number(const bj::value& value, std::uint64_t max, const Place& place) {
    std::uint64_t number = 0;
    bool fine = false;
    if (const auto* small = value.if_int64()) {
        fine = *small >= 0;
        number = fine ? static_cast<std::uint64_t>(*small) : 0;
    } else if (const auto* large = value.if_uint64()) {
        fine = true;
        number = *large;
    } else if (const auto* text = value.if_string()) {
        const char* const end = text->data() + text->size();
        const auto [at, failed] = std::from_chars(text->data(), end, number);
        fine = failed == std::errc{} && at == end && !text->empty();
    }
    if (fine && number <= max) return number;
    return place.error("must be an integer from 0 to " + std::to_string(max));
}

Result<void> set_text(const bj::value& value, std::string_view& out, const Place& place) {
    if (value.is_null()) return {};
    const auto text = json::read_string(value, place);
    if (!text) return text.error();
    out = *text;
    return {};
}

Result<DraftValue> read_item_value(const bj::value& value, const Place& place) {
    const auto object = json::read_object(value, place);
    if (!object) return object.error();
    DraftValue out;
    for (const auto& member : **object) {
        const std::string_view name = name_of(member);
        Result<void> read;
        if (name == "index" && !member.value().is_null()) {
            const auto number = read_number(
                member.value(), std::numeric_limits<std::uint32_t>::max(), place.member(name));
            if (!number) return number.error();
            out.index = static_cast<std::uint32_t>(*number);
        } else if (name == "type") {
            read = set_text(member.value(), out.type, place.member(name));
        } else if (name == "value") {
            read = set_text(member.value(), out.text, place.member(name));
        } else if (name != "index" && name != "data") {
            return place.error("has no member \"" + std::string(name) + "\"");
        }
        if (!read) return std::move(read).error();
    }
    return out;
}

Result<void> read_values(const bj::value& value, Draft& out, const Place& place) {
    if (value.is_null()) return {};
    const auto items = json::read_array(value, place);
    if (!items) return items.error();
    out.values.reserve((*items)->size());
    for (const bj::value& item : **items) {
        const auto one = read_item_value(item, place.item(out.values.size()));
        if (!one) return one.error();
        out.values.push_back(*one);
    }
    return {};
}

/// Members that answers have are accepted, so that what was read can be sent back.
bool is_of_answers(std::string_view name) {
    return name == "version" || name == "changed" || name == "redacted" || name == "deleted";
}

}  // namespace

Write write_of(v1::BatchAction action) {
    switch (action) {
        case v1::BATCH_ACTION_REPLACE:
            return Write::kReplace;
        case v1::BATCH_ACTION_PATCH:
            return Write::kPatch;
        case v1::BATCH_ACTION_DELETE:
            return Write::kDelete;
        case v1::BATCH_ACTION_PUT:
            return Write::kPut;
        default:
            return Write::kCreate;
    }
}

std::optional<Write> write_named(std::string_view name) {
    if (name.empty() || name == "create") return Write::kCreate;
    if (name == "put") return Write::kPut;
    if (name == "replace") return Write::kReplace;
    if (name == "patch") return Write::kPatch;
    if (name == "delete") return Write::kDelete;
    return std::nullopt;
}

Draft to_draft(Write write, const v1::Identifier& identifier) {
    Draft out{.write = write,
              .handle = identifier.handle(),
              .template_version = identifier.template_version()};
    out.values.reserve(static_cast<std::size_t>(identifier.values_size()));
    for (const v1::ItemValue& value : identifier.values()) {
        out.values.push_back({value.index(), value.type(), value.value()});
    }
    return out;
}

Draft to_draft(const v1::BatchItem& item) {
    Draft out = to_draft(write_of(item.action()), item.identifier());
    if (item.expected_version() != 0) out.expected = item.expected_version();
    return out;
}

Result<Draft> read_identifier(const bj::value& value, Write write, const Place& place) {
    const auto object = json::read_object(value, place);
    if (!object) return object.error();
    Draft out{.write = write, .handle = {}, .template_version = {}};
    for (const auto& member : **object) {
        const std::string_view name = name_of(member);
        Result<void> read;
        if (name == "handle") {
            read = set_text(member.value(), out.handle, place.member(name));
        } else if (name == "templateVersion") {
            read = set_text(member.value(), out.template_version, place.member(name));
        } else if (name == "values") {
            read = read_values(member.value(), out, place.member(name));
        } else if (!is_of_answers(name)) {
            return place.error("has no member \"" + std::string(name) + "\"");
        }
        if (!read) return std::move(read).error();
    }
    return out;
}

Result<Draft> read_item(const bj::value& value, const Place& place) {
    const auto object = json::read_object(value, place);
    if (!object) return object.error();
    Write write = Write::kCreate;
    const bj::value* identifier = nullptr;
    std::optional<model::TransactionId> expected;
    for (const auto& member : **object) {
        const std::string_view name = name_of(member);
        if (name == "action") {
            v1::BatchAction action = v1::BATCH_ACTION_UNSPECIFIED;
            const auto text = json::read_string(member.value(), place.member(name));
            if (!text) return text.error();
            if (!v1::BatchAction_Parse(std::string(*text), &action)) {
                return place.member(name).error(
                    "must be BATCH_ACTION_CREATE, …_REPLACE, …_PATCH, "
                    "…_DELETE or …_PUT");
            }
            write = write_of(action);
        } else if (name == "identifier") {
            identifier = &member.value();
        } else if (name == "expectedVersion") {
            const auto number = read_number(
                member.value(), std::numeric_limits<std::uint64_t>::max(), place.member(name));
            if (!number) return number.error();
            if (*number != 0) expected = *number;
        } else {
            return place.error("has no member \"" + std::string(name) + "\"");
        }
    }
    if (identifier == nullptr) return place.member("identifier").error("must be given");
    auto out = read_identifier(*identifier, write, place.member("identifier"));
    if (out) out->expected = expected;
    return out;
}

}  // namespace idnode::http
