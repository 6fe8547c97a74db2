#include "registry/events/content.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <charconv>
#include <optional>
#include <span>
#include <vector>

#include "proto/base/hex.h"
#include "proto/schemes/gs1_link.h"
#include "registry/events/event_json.h"
#include "registry/events/event_time.h"
#include "registry/events/vocabulary.h"
#include "registry/json/fields.h"
#include "registry/json/parse.h"

namespace idnode::events {

namespace {

namespace bj = boost::json;
using json::view;

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::string_view kGs1Words = "https://ref.gs1.org/voc/";
constexpr std::string_view kComponents = "https://ref.gs1.org/cbv/Comp-";

enum class Kind : unsigned char {
    kText,
    kUri,  // an identifier
    kTime,
    kBizStep,
    kDisposition,
    kTransactionType,
    kPartyType,
    kGs1Word,
    kComponent,
    kList,     // each item as `inner` names it, sorted
    kObject,   // its members in the order of `members`
    kObjects,  // each item as an object, with the name `inner` in front if there is one
};

/// A member of an event, in the order of the standard.
struct Row {
    std::string_view name;
    Kind kind;
    std::string_view inner{};
    std::span<const Row> members{};
    Kind item = Kind::kUri;
    bool named = true;  // the list's own name is written, too
};

constexpr std::array kQuantity{
    Row{"epcClass", Kind::kUri},
    Row{"quantity", Kind::kText},
    Row{"uom", Kind::kText},
};
constexpr std::array kPersistent{
    Row{.name = "set",
        .kind = Kind::kList,
        .inner = "set",
        .item = Kind::kDisposition,
        .named = false},
    Row{.name = "unset",
        .kind = Kind::kList,
        .inner = "unset",
        .item = Kind::kDisposition,
        .named = false},
};
constexpr std::array kPlace{Row{"id", Kind::kUri}};
constexpr std::array kTransaction{
    Row{"type", Kind::kTransactionType},
    Row{"bizTransaction", Kind::kUri},
};
constexpr std::array kSource{Row{"type", Kind::kPartyType}, Row{"source", Kind::kUri}};
constexpr std::array kDestination{Row{"type", Kind::kPartyType}, Row{"destination", Kind::kUri}};
constexpr std::array kMetadata{
    Row{"time", Kind::kTime},
    Row{"startTime", Kind::kTime},
    Row{"endTime", Kind::kTime},
    Row{"deviceID", Kind::kUri},
    Row{"deviceMetadata", Kind::kUri},
    Row{"rawData", Kind::kUri},
    Row{"dataProcessingMethod", Kind::kUri},
    Row{"bizRules", Kind::kUri},
};
constexpr std::array kReport{
    Row{"type", Kind::kGs1Word},
    Row{"exception", Kind::kGs1Word},
    Row{"deviceID", Kind::kUri},
    Row{"deviceMetadata", Kind::kUri},
    Row{"rawData", Kind::kUri},
    Row{"dataProcessingMethod", Kind::kUri},
    Row{"time", Kind::kTime},
    Row{"microorganism", Kind::kUri},
    Row{"chemicalSubstance", Kind::kUri},
    Row{"value", Kind::kText},
    Row{"component", Kind::kComponent},
    Row{"stringValue", Kind::kText},
    Row{"booleanValue", Kind::kText},
    Row{"hexBinaryValue", Kind::kText},
    Row{"uriValue", Kind::kUri},
    Row{"minValue", Kind::kText},
    Row{"maxValue", Kind::kText},
    Row{"meanValue", Kind::kText},
    Row{"sDev", Kind::kText},
    Row{"percRank", Kind::kText},
    Row{"percValue", Kind::kText},
    Row{"uom", Kind::kText},
    Row{"coordinateReferenceSystem", Kind::kUri},
};
constexpr std::array kSensorElement{
    Row{.name = "sensorMetadata", .kind = Kind::kObject, .members = kMetadata},
    Row{.name = "sensorReport",
        .kind = Kind::kObjects,
        .inner = "sensorReport",
        .members = kReport,
        .named = false},
};

constexpr Row uris(std::string_view name) {
    return {.name = name, .kind = Kind::kList, .inner = "epc"};
}
constexpr Row quantities(std::string_view name) {
    return {.name = name, .kind = Kind::kObjects, .inner = "quantityElement", .members = kQuantity};
}
constexpr Row references(std::string_view name, std::span<const Row> members) {
    return {.name = name, .kind = Kind::kObjects, .members = members};
}
constexpr std::array kEvent{
    Row{"eventTime", Kind::kTime},
    Row{"eventTimeZoneOffset", Kind::kText},
    uris("epcList"),
    Row{"parentID", Kind::kUri},
    uris("inputEPCList"),
    uris("childEPCs"),
    quantities("quantityList"),
    quantities("childQuantityList"),
    quantities("inputQuantityList"),
    uris("outputEPCList"),
    quantities("outputQuantityList"),
    Row{"action", Kind::kText},
    Row{"transformationID", Kind::kUri},
    Row{"bizStep", Kind::kBizStep},
    Row{"disposition", Kind::kDisposition},
    Row{.name = "persistentDisposition", .kind = Kind::kObject, .members = kPersistent},
    Row{.name = "readPoint", .kind = Kind::kObject, .members = kPlace},
    Row{.name = "bizLocation", .kind = Kind::kObject, .members = kPlace},
    references("bizTransactionList", kTransaction),
    references("sourceList", kSource),
    references("destinationList", kDestination),
    Row{.name = "sensorElementList",
        .kind = Kind::kObjects,
        .inner = "sensorElement",
        .members = kSensorElement,
        .named = false},
};
constexpr std::array<std::string_view, 6> kLeftOut{
    "@context", "certificationInfo", "errorDeclaration", "eventID", "recordTime", "type"};

template <class Rows>
const Row* row_named(const Rows& rows, std::string_view name) {
    const auto row = std::ranges::find(rows, name, &Row::name);
    return row == rows.end() ? nullptr : &*row;
}

void append_sorted(std::vector<std::string>& parts, std::string& out) {
    std::ranges::sort(parts);
    for (const std::string& part : parts) out += part;
}

class ContentText {
  public:
    ContentText(const Namespaces& namespaces, const schemes::Options& options)
        : namespaces_(namespaces), options_(options) {}

    std::string of_event(const bj::object& event) const {
        std::string out = "eventType=";
        if (const auto* const type = event.if_contains("type")) out += plain(*type);
        append_rows(event, kEvent, out);
        std::vector<std::string> rest;
        for (const auto& member : event) {
            const std::string_view name = key_of(member);
            if (std::ranges::find(kLeftOut, name) != kLeftOut.end()) continue;
            if (const Row* const row = row_named(kEvent, name)) {
                gather_extensions(*row, member.value(), rest);
            } else {
                gather(name, member.value(), rest);
            }
        }
        append_sorted(rest, out);
        return out;
    }

  private:
    static std::string_view key_of(const bj::key_value_pair& member) {
        return {member.key().data(), member.key().size()};
    }

    // --- what the standard orders -----------------------------------------------------------

    void append_rows(const bj::object& object, std::span<const Row> rows, std::string& out) const {
        for (const Row& row : rows) {
            if (const auto* const value = object.if_contains(row.name)) append(row, *value, out);
        }
    }
    void append(const Row& row, const bj::value& value, std::string& out) const {
        std::string text;
        switch (row.kind) {
            case Kind::kList:
                append_list(row, value, text);
                break;
            case Kind::kObject:
                if (const auto* const object = value.if_object()) {
                    append_rows(*object, row.members, text);
                }
                break;
            case Kind::kObjects:
                append_objects(row, value, text);
                break;
            default:
                text = scalar(row.kind, value);
                if (!text.empty()) out.append(row.name).append("=").append(text);
                return;
        }
        if (text.empty()) return;
        if (row.named) out += row.name;
        out += text;
    }
    void append_list(const Row& row, const bj::value& value, std::string& out) const {
        const auto* const list = value.if_array();
        if (list == nullptr) return;
        std::vector<std::string> parts;
        for (const bj::value& one : *list) {
            parts.push_back(std::string(row.inner) + "=" + scalar(row.item, one));
        }
        append_sorted(parts, out);
    }
    void append_objects(const Row& row, const bj::value& value, std::string& out) const {
        const auto* const list = value.if_array();
        if (list == nullptr) return;
        std::vector<std::string> parts;
        for (const bj::value& one : *list) {
            const auto* const object = one.if_object();
            if (object == nullptr) continue;
            std::string part(row.inner);
            append_rows(*object, row.members, part);
            parts.push_back(std::move(part));
        }
        append_sorted(parts, out);
    }

    std::string scalar(Kind kind, const bj::value& value) const {
        const auto* const text = value.if_string();
        if (text == nullptr) return plain(value);
        switch (kind) {
            case Kind::kUri:
                return uri(view(*text));
            case Kind::kTime:
                return time(view(*text));
            case Kind::kBizStep:
                return word(Vocabulary::kBizStep, view(*text));
            case Kind::kDisposition:
                return word(Vocabulary::kDisposition, view(*text));
            case Kind::kTransactionType:
                return word(Vocabulary::kTransactionType, view(*text));
            case Kind::kPartyType:
                return word(Vocabulary::kPartyType, view(*text));
            case Kind::kGs1Word:
                return prefixed(kGs1Words, view(*text));
            case Kind::kComponent:
                return prefixed(kComponents, view(*text));
            default:
                return std::string(view(*text));
        }
    }
    static std::string word(Vocabulary vocabulary, std::string_view text) {
        return full_word(vocabulary, short_word(vocabulary, text).value_or(text));
    }
    static std::string prefixed(std::string_view uri, std::string_view text) {
        static constexpr std::string_view kShort = "gs1:";
        if (text.starts_with(kShort)) text.remove_prefix(kShort.size());
        return is_uri(text) ? std::string(text) : std::string(uri).append(text);
    }
    /// Rounded to milliseconds.
    static std::string time(std::string_view text) {
        const auto parsed = parse_event_time(text);
        if (!parsed) return std::string(text);
        const std::int64_t ns = parsed->ns + kNsPerMs / 2;
        const std::int64_t beyond = ((ns % kNsPerMs) + kNsPerMs) % kNsPerMs;
        return format_event_time(ns - beyond);
    }
    static std::string plain(const bj::value& value) {
        std::string out;
        if (const auto* const text = value.if_string()) return std::string(view(*text));
        if (value.is_bool()) return value.get_bool() ? "true" : "false";
        if (value.is_number()) append_plain(value.to_number<double>(), value, out);
        return out;
    }
    /// Without exponent and without zeros at the end.
    static void append_plain(double number, const bj::value& value, std::string& out) {
        std::array<char, 512> text{};
        auto* const end = text.data() + text.size();
        const auto written =
            value.is_int64() ? std::to_chars(text.data(), end, value.get_int64())
                             : std::to_chars(text.data(), end, number, std::chars_format::fixed);
        out.append(text.data(), written.ptr);
    }

    /// A GS1 key as the Digital Link URI of its finest level; other identifiers as their CID.
    std::string uri(std::string_view text) const {
        const auto id = schemes::parse_uri(text, options_);
        if (!id || id->scheme == schemes::Scheme::kUri) return std::string(text);
        if (id->scheme != schemes::Scheme::kGs1) return id->cid;
        const auto link = schemes::digital_link(finest(id->cid));
        return link ? *link : std::string(text);
    }
    /// A serial number says more than a lot or a variant.
    static std::string finest(const std::string& cid) {
        static constexpr std::string_view kGtin = "gs1:/01/";
        static constexpr std::size_t kGtinEnd = kGtin.size() + 14;
        const std::size_t serial = cid.find("/21/", std::min(cid.size(), kGtinEnd));
        if (!cid.starts_with(kGtin) || serial == std::string::npos) return cid;
        return cid.substr(0, kGtinEnd) + cid.substr(serial);
    }

    // --- everything else --------------------------------------------------------------------

    std::string full_name(std::string_view name) const {
        const std::size_t colon = name.find(':');
        if (colon == std::string_view::npos) return std::string(name);
        const auto uri = namespaces_.find(name.substr(0, colon));
        if (!uri) return std::string(name);
        return "{" + std::string(*uri) + "}" + std::string(name.substr(colon + 1));
    }
    void gather(std::string_view name, const bj::value& value,
                std::vector<std::string>& out) const {
        if (value.is_null()) return;
        if (const auto* const list = value.if_array()) {
            for (const bj::value& one : *list) gather(name, one, out);
            return;
        }
        std::string part = full_name(name);
        if (const auto* const object = value.if_object()) {
            std::vector<std::string> parts;
            for (const auto& member : *object) gather(key_of(member), member.value(), parts);
            append_sorted(parts, part);
        } else {
            part += '=';
            const auto* const text = value.if_string();
            part += text == nullptr ? plain(value) : extension_text(view(*text));
        }
        out.push_back(std::move(part));
    }
    std::string extension_text(std::string_view text) const {
        const bool may_be_key = text.starts_with("urn:epc:") || text.starts_with("http");
        return may_be_key ? uri(text) : std::string(text);
    }
    /// What senders added within a member that the standard orders.
    void gather_extensions(const Row& row, const bj::value& value,
                           std::vector<std::string>& out) const {
        const auto one_object = [&](const bj::value& one) {
            const auto* const object = one.if_object();
            if (object == nullptr) return;
            std::vector<std::string> parts;
            for (const auto& member : *object) {
                const std::string_view name = key_of(member);
                if (const Row* const inner = row_named(row.members, name)) {
                    gather_extensions(*inner, member.value(), parts);
                } else {
                    gather(name, member.value(), parts);
                }
            }
            if (parts.empty()) return;
            std::string part(row.inner.empty() ? row.name : row.inner);
            append_sorted(parts, part);
            out.push_back(std::move(part));
        };
        if (row.kind == Kind::kObject) one_object(value);
        if (row.kind != Kind::kObjects || !value.is_array()) return;
        for (const bj::value& one : value.get_array()) one_object(one);
    }

    const Namespaces& namespaces_;
    const schemes::Options& options_;
};

}  // namespace

std::string content_text(const bj::object& event, const Namespaces& namespaces,
                         const schemes::Options& options) {
    return ContentText(namespaces, options).of_event(event);
}

std::string content_id(const bj::object& event, const Namespaces& namespaces,
                       const schemes::Options& options, const model::Digests& digests) {
    const std::string text = content_text(event, namespaces, options);
    return "ni:///sha-256;" + to_hex(digests.sha256(as_bytes_view(text))) + "?ver=CBV2.0";
}

Result<std::string> content_id(std::string_view body, const schemes::Options& options,
                               const model::Digests& digests) {
    const auto value = json::parse(body, kEventBytesMax);
    if (!value) return value.error();
    const auto* const event = value->if_object();
    if (event == nullptr) return Error{Errc::kInvalid, "an event is an object"};
    Namespaces namespaces;
    if (const auto* const context = event->if_contains("@context")) {
        const auto added = namespaces.add(*context, Namespaces::Of::kEvent, {});
        if (!added) return Error{Errc::kInvalid, added.error().message};
    }
    return content_id(*event, namespaces, options, digests);
}

}  // namespace idnode::events
