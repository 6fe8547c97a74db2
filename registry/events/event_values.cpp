#include "registry/events/event_values.h"

#include "registry/json/fields.h"

namespace idnode::events {

namespace bj = boost::json;
using json::Place;
using json::view;

bool EventValues::fail(std::string_view rule, const Place& at, std::string_view text) {
    return fail(refuse(rule, at, text));
}

bool EventValues::fail(registration::Refusal refusal) {
    fault_ = std::move(refusal);
    return false;
}

bool EventValues::read_text(const bj::value& value, const Place& at, std::string_view& out) {
    const auto* const text = value.if_string();
    if (text == nullptr) return fail(faults::kForm, at, "must be a text");
    out = view(*text);
    return true;
}

bool EventValues::check_uri(const bj::value& value, const Place& at) {
    std::string_view text;
    if (!read_text(value, at, text)) return false;
    return is_uri(text) || fail(faults::kUri, at, "must be a URI");
}

bool EventValues::read_time(const bj::value& value, const Place& at, EventTime& out) {
    std::string_view text;
    if (!read_text(value, at, text)) return false;
    const auto time = parse_event_time(text);
    if (!time) {
        return fail(time.error().lacks_zone ? faults::kZone : faults::kTime, at, time.error().rule);
    }
    out = *time;
    return true;
}

bool EventValues::read_number(const bj::value& value, const Place& at, double& out) {
    if (!value.is_number()) return fail(faults::kForm, at, "must be a number");
    out = value.to_number<double>();
    return true;
}

bool EventValues::read_array(bj::value& value, const Place& at, bj::array*& out) {
    out = value.if_array();
    return out != nullptr || fail(faults::kForm, at, "must be an array");
}

bool EventValues::read_object(bj::value& value, const Place& at, bj::object*& out) {
    out = value.if_object();
    return out != nullptr || fail(faults::kForm, at, "must be an object");
}

bool EventValues::shorten(Vocabulary vocabulary, bj::value& value, const Place& at,
                          std::string* out) {
    std::string_view text;
    if (!read_text(value, at, text)) return false;
    const auto word = short_word(vocabulary, text);
    if (!word) {
        return fail(
            faults::kVocabulary, at,
            "'" + std::string(text) + "' is no word of the vocabulary; own values must be URIs");
    }
    if (out != nullptr) out->assign(*word);
    if (word->size() != text.size()) value = bj::string(word->data(), word->size());
    return true;
}

bool EventValues::read_identifier(const bj::value& value, const Place& at,
                                  schemes::Canonical& out) {
    std::string_view text;
    if (!read_text(value, at, text)) return false;
    if (++identifiers_ > kEventIdentifiersMax) {
        return fail(
            faults::kLimit, at,
            "at most " + std::to_string(kEventIdentifiersMax) + " identifiers in one event");
    }
    auto parsed = schemes::parse_uri(text, schemes_);
    if (!parsed) {
        return fail(schemes::name_of(parsed.error().fault), at, schemes::text_of(parsed.error()));
    }
    out = *std::move(parsed);
    return true;
}

bool EventValues::read_identifier(const bj::value& value, const Place& at, std::string& out) {
    schemes::Canonical id;
    if (!read_identifier(value, at, id)) return false;
    out = std::move(id.cid);
    return true;
}

bool EventValues::read_instance(const bj::value& value, const Place& at, std::string& out) {
    schemes::Canonical id;
    if (!read_identifier(value, at, id)) return false;
    if (!schemes::can_be_instance(id.level)) {
        return fail(faults::kLevel, at, "is a class or a lot; it belongs into a quantity list");
    }
    out = std::move(id.cid);
    return true;
}

bool EventValues::check_extension(std::string_view name, const Place& at) {
    const std::size_t colon = name.find(':');
    if (colon == std::string_view::npos) {
        return fail(faults::kExtension, at,
                    "is no member of EPCIS; names of own members must be URIs or have the "
                    "prefix of a namespace");
    }
    const std::string_view prefix = name.substr(0, colon);
    if (namespaces_.find(prefix)) {
        used_declared_ = used_declared_ || namespaces_.is_declared(prefix);
        return true;
    }
    const bool is_full = name.substr(colon + 1).starts_with("//") || prefix == "urn";
    if (is_full && is_uri(name)) return true;
    return fail(faults::kExtension, at,
                "has a prefix that '@context' does not declare: " + std::string(prefix));
}

bool EventValues::lacks(std::string_view name, const Place& at) {
    return fail(faults::kMissing, at.member(name), "must be given");
}

bool EventValues::read_event_id(const bj::value& value, const Place& at, std::string& out) {
    if (!check_uri(value, at)) return false;
    const std::string_view id = view(value.get_string());
    if (id.size() > kEventIdBytesMax) {
        return fail(faults::kLimit, at, "at most " + std::to_string(kEventIdBytesMax) + " octets");
    }
    out = id;
    return true;
}

}  // namespace idnode::events
