#include "registry/events/event_json.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/schemes/text.h"
#include "registry/events/content.h"
#include "registry/events/event_faults.h"
#include "registry/events/event_time.h"
#include "registry/events/stages.h"
#include "registry/events/vocabulary.h"
#include "registry/json/fields.h"
#include "registry/json/write_value.h"

namespace idnode::events {

namespace {

namespace bj = boost::json;
using json::Place;
using json::view;
using registration::Outcome;
using registration::Refusal;

// Bits of event types.
constexpr unsigned kObject = 1;
constexpr unsigned kAggregation = 2;
constexpr unsigned kTransaction = 4;
constexpr unsigned kTransformation = 8;
constexpr unsigned kAssociation = 16;
constexpr unsigned kAll = 31;
constexpr unsigned kContaining = kAggregation | kAssociation;

struct TypeRow {
    std::string_view name;
    v1::EventType type;
    unsigned bit;
};
constexpr std::array kTypes{
    TypeRow{"ObjectEvent", v1::EVENT_TYPE_OBJECT, kObject},
    TypeRow{"AggregationEvent", v1::EVENT_TYPE_AGGREGATION, kAggregation},
    TypeRow{"TransactionEvent", v1::EVENT_TYPE_TRANSACTION, kTransaction},
    TypeRow{"TransformationEvent", v1::EVENT_TYPE_TRANSFORMATION, kTransformation},
    TypeRow{"AssociationEvent", v1::EVENT_TYPE_ASSOCIATION, kAssociation},
};

std::string_view key_of(const bj::key_value_pair& member) {
    return {member.key().data(), member.key().size()};
}

template <class Value>
struct Word {
    std::string_view word;
    Value value;
};
constexpr std::array kActions{
    Word<v1::EventAction>{"ADD", v1::EVENT_ACTION_ADD},
    Word<v1::EventAction>{"OBSERVE", v1::EVENT_ACTION_OBSERVE},
    Word<v1::EventAction>{"DELETE", v1::EVENT_ACTION_DELETE},
};
constexpr std::array kVisibilities{
    Word<v1::Visibility>{"public", v1::VISIBILITY_PUBLIC},
    Word<v1::Visibility>{"partner", v1::VISIBILITY_PARTNER},
    Word<v1::Visibility>{"private", v1::VISIBILITY_PRIVATE},
};
constexpr std::array kLevels{
    Word<v1::DataLevel>{"general", v1::DATA_LEVEL_GENERAL},
    Word<v1::DataLevel>{"important", v1::DATA_LEVEL_IMPORTANT},
    Word<v1::DataLevel>{"core", v1::DATA_LEVEL_CORE},
};
constexpr std::array kDomains{
    Word<v1::DataDomain>{"rnd", v1::DATA_DOMAIN_RND},
    Word<v1::DataDomain>{"production", v1::DATA_DOMAIN_PRODUCTION},
    Word<v1::DataDomain>{"operation", v1::DATA_DOMAIN_OPERATION},
    Word<v1::DataDomain>{"management", v1::DATA_DOMAIN_MANAGEMENT},
    Word<v1::DataDomain>{"external", v1::DATA_DOMAIN_EXTERNAL},
};

/// Reads one event. Functions give false once something is wrong; the first thing counts.
class EventJson {
  public:
    EventJson(const EventForm& form, bj::object& event) : form_(form), event_(event) {}

    Outcome<v1::EventRecord> read(const Place& at) {
        if (read_type(at) && read_context(at) && read_times(at) && read_members(at) &&
            check_action(at) && check_lists(at) && check_repetitions(at) && read_label(at) &&
            find_lots(at) && finish(at)) {
            return std::move(record_);
        }
        return *std::move(fault_);
    }

  private:
    struct Member;
    static const Member* member_named(std::string_view name);

    bool fail(std::string_view rule, const Place& at, std::string_view text) {
        fault_ = refuse(rule, at, text);
        return false;
    }
    bool is_any(unsigned types) const { return (type_bit_ & types) != 0; }

    // --- single values ----------------------------------------------------------------------

    bool read_text(const bj::value& value, const Place& at, std::string_view& out) {
        const auto* const text = value.if_string();
        if (text == nullptr) return fail(faults::kForm, at, "must be a text");
        out = view(*text);
        return true;
    }
    bool check_uri(const bj::value& value, const Place& at) {
        std::string_view text;
        if (!read_text(value, at, text)) return false;
        return is_uri(text) || fail(faults::kUri, at, "must be a URI");
    }
    bool read_time(const bj::value& value, const Place& at, EventTime& out) {
        std::string_view text;
        if (!read_text(value, at, text)) return false;
        const auto time = parse_event_time(text);
        if (!time) {
            return fail(time.error().lacks_zone ? faults::kZone : faults::kTime, at,
                        time.error().rule);
        }
        out = *time;
        return true;
    }
    bool read_number(const bj::value& value, const Place& at, double& out) {
        if (!value.is_number()) return fail(faults::kForm, at, "must be a number");
        out = value.to_number<double>();
        return true;
    }
    bool read_array(bj::value& value, const Place& at, bj::array*& out) {
        out = value.if_array();
        return out != nullptr || fail(faults::kForm, at, "must be an array");
    }
    bool read_object(bj::value& value, const Place& at, bj::object*& out) {
        out = value.if_object();
        return out != nullptr || fail(faults::kForm, at, "must be an object");
    }
    template <class Words, class Value>
    bool read_choice(const Words& words, std::string_view rule, const bj::value& value,
                     const Place& at, Value& out) {
        std::string_view text;
        if (!read_text(value, at, text)) return false;
        const auto found = std::ranges::find(words, text, &Words::value_type::word);
        if (found != words.end()) {
            out = found->value;
            return true;
        }
        std::string all;
        for (const auto& one : words) all += (all.empty() ? "" : ", ") + std::string(one.word);
        return fail(rule, at, "must be one of " + all);
    }

    /// Puts the short word into its place.
    bool shorten(Vocabulary vocabulary, bj::value& value, const Place& at, std::string* out) {
        std::string_view text;
        if (!read_text(value, at, text)) return false;
        const auto word = short_word(vocabulary, text);
        if (!word) {
            return fail(faults::kVocabulary, at,
                        "'" + std::string(text) +
                            "' is no word of the vocabulary; own values must be URIs");
        }
        if (out != nullptr) out->assign(*word);
        if (word->size() != text.size()) value = bj::string(word->data(), word->size());
        return true;
    }
    template <class List>
    bool shorten_all(Vocabulary vocabulary, bj::value& value, const Place& at, List& out) {
        bj::array* list = nullptr;
        if (!read_array(value, at, list)) return false;
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (!shorten(vocabulary, (*list)[i], at.item(i), out.Add())) return false;
        }
        return true;
    }

    bool read_identifier(const bj::value& value, const Place& at, schemes::Canonical& out) {
        std::string_view text;
        if (!read_text(value, at, text)) return false;
        if (++identifiers_ > kEventIdentifiersMax) {
            return fail(
                faults::kLimit, at,
                "at most " + std::to_string(kEventIdentifiersMax) + " identifiers in one event");
        }
        auto parsed = schemes::parse_uri(text, form_.schemes);
        if (!parsed) {
            return fail(schemes::name_of(parsed.error().fault), at,
                        schemes::text_of(parsed.error()));
        }
        out = *std::move(parsed);
        return true;
    }
    bool read_identifier(const bj::value& value, const Place& at, std::string& out) {
        schemes::Canonical id;
        if (!read_identifier(value, at, id)) return false;
        out = std::move(id.cid);
        return true;
    }
    bool read_instance(const bj::value& value, const Place& at, std::string& out) {
        schemes::Canonical id;
        if (!read_identifier(value, at, id)) return false;
        if (!schemes::can_be_instance(id.level)) {
            return fail(faults::kLevel, at, "is a class or a lot; it belongs into a quantity list");
        }
        out = std::move(id.cid);
        return true;
    }
    bool read_instances(bj::value& value, const Place& at,
                        google::protobuf::RepeatedPtrField<std::string>& out) {
        bj::array* list = nullptr;
        if (!read_array(value, at, list)) return false;
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (!read_instance((*list)[i], at.item(i), *out.Add())) return false;
        }
        return true;
    }

    /// Of an object whose other members are those of extensions.
    bool check_extension(std::string_view name, const Place& at) {
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

    // --- parts of events --------------------------------------------------------------------

    bool read_quantities(bj::value& value, const Place& at,
                         google::protobuf::RepeatedPtrField<v1::EventQuantity>& out) {
        bj::array* list = nullptr;
        if (!read_array(value, at, list)) return false;
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (!read_quantity((*list)[i], at.item(i), *out.Add())) return false;
        }
        return true;
    }
    bool read_quantity(bj::value& value, const Place& at, v1::EventQuantity& out) {
        bj::object* object = nullptr;
        if (!read_object(value, at, object)) return false;
        for (auto& member : *object) {
            const std::string_view name = key_of(member);
            const Place place = at.member(name);
            if (name == "epcClass") {
                schemes::Canonical id;
                if (!read_identifier(member.value(), place, id)) return false;
                if (!schemes::can_be_class(id.level)) {
                    return fail(faults::kLevel, place, "is no class and no lot");
                }
                out.set_epc_class(std::move(id.cid));
            } else if (name == "quantity") {
                double amount = 0;
                if (!read_number(member.value(), place, amount)) return false;
                if (amount < 0) return fail(faults::kForm, place, "must not be negative");
                out.set_quantity(amount);
            } else if (name == "uom") {
                std::string_view unit;
                if (!read_text(member.value(), place, unit)) return false;
                if (unit.size() < 2 || unit.size() > 3 || !std::ranges::all_of(unit, is_upper)) {
                    return fail(faults::kForm, place,
                                "must be a code of UN/CEFACT Recommendation 20");
                }
                out.set_uom(unit.data(), unit.size());
            } else if (!check_extension(name, place)) {
                return false;
            }
        }
        return !out.epc_class().empty() || lacks("epcClass", at);
    }
    static bool is_upper(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

    bool lacks(std::string_view name, const Place& at) {
        return fail(faults::kMissing, at.member(name), "must be given");
    }

    bool read_place(bj::value& value, const Place& at, std::string& out) {
        bj::object* object = nullptr;
        if (!read_object(value, at, object)) return false;
        for (auto& member : *object) {
            const std::string_view name = key_of(member);
            if (name == "id") {
                if (!read_identifier(member.value(), at.member(name), out)) return false;
            } else if (!check_extension(name, at.member(name))) {
                return false;
            }
        }
        return !out.empty() || lacks("id", at);
    }

    struct ReferenceForm {
        Vocabulary vocabulary;
        std::string_view member;
        bool needs_type;
    };
    bool read_references(bj::value& value, const Place& at, const ReferenceForm& form,
                         google::protobuf::RepeatedPtrField<v1::EventReference>& out) {
        bj::array* list = nullptr;
        if (!read_array(value, at, list)) return false;
        for (std::size_t i = 0; i < list->size(); ++i) {
            const Place place = at.item(i);
            bj::object* object = nullptr;
            if (!read_object((*list)[i], place, object)) return false;
            v1::EventReference& reference = *out.Add();
            for (auto& member : *object) {
                const std::string_view name = key_of(member);
                if (name == "type") {
                    if (!shorten(form.vocabulary, member.value(), place.member(name),
                                 reference.mutable_type())) {
                        return false;
                    }
                } else if (name == form.member) {
                    if (!read_identifier(member.value(), place.member(name),
                                         *reference.mutable_id())) {
                        return false;
                    }
                } else if (!check_extension(name, place.member(name))) {
                    return false;
                }
            }
            if (reference.id().empty()) return lacks(form.member, place);
            if (form.needs_type && reference.type().empty()) return lacks("type", place);
        }
        return true;
    }

    bool read_persistent(bj::value& value, const Place& at) {
        bj::object* object = nullptr;
        if (!read_object(value, at, object)) return false;
        for (auto& member : *object) {
            const std::string_view name = key_of(member);
            const Place place = at.member(name);
            if (name == "set" || name == "unset") {
                auto& out = name == "set" ? *record_.mutable_persistent_set()
                                          : *record_.mutable_persistent_unset();
                if (!shorten_all(Vocabulary::kDisposition, member.value(), place, out)) {
                    return false;
                }
            } else if (!check_extension(name, place)) {
                return false;
            }
        }
        if (record_.persistent_set().empty() && record_.persistent_unset().empty()) {
            return fail(faults::kMissing, at, "must set or unset something");
        }
        return true;
    }

    bool read_ilmd(bj::value& value, const Place& at) {
        bj::object* object = nullptr;
        if (!read_object(value, at, object)) return false;
        for (auto& member : *object) {
            const std::string_view name = key_of(member);
            if (!check_extension(name, at.member(name))) return false;
            if (name == "idn:batch" || name == "cbvmda:lotNumber") {
                if (!read_text(member.value(), at.member(name), batch_)) return false;
            }
        }
        has_ilmd_ = true;
        return true;
    }

    bool read_error(bj::value& value, const Place& at) {
        bj::object* object = nullptr;
        if (!read_object(value, at, object)) return false;
        v1::ErrorDeclaration& error = *record_.mutable_error();
        bool has_time = false;
        for (auto& member : *object) {
            const std::string_view name = key_of(member);
            const Place place = at.member(name);
            if (name == "declarationTime") {
                EventTime time;
                if (!read_time(member.value(), place, time)) return false;
                error.set_declaration_time_ns(time.ns);
                has_time = true;
            } else if (name == "reason") {
                if (!shorten(Vocabulary::kErrorReason, member.value(), place,
                             error.mutable_reason())) {
                    return false;
                }
            } else if (name == "correctiveEventIDs") {
                if (!read_corrective(member.value(), place)) return false;
            } else if (!check_extension(name, place)) {
                return false;
            }
        }
        if (!has_time) return lacks("declarationTime", at);
        if (error.reason() == "did_not_occur" && error.corrective_event_ids_size() > 0) {
            return fail(faults::kErrorReason, at.member("correctiveEventIDs"),
                        "what did not occur has no corrective events");
        }
        return true;
    }
    bool read_corrective(bj::value& value, const Place& at) {
        bj::array* list = nullptr;
        if (!read_array(value, at, list)) return false;
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (!check_event_id((*list)[i], at.item(i),
                                *record_.mutable_error()->add_corrective_event_ids())) {
                return false;
            }
        }
        return true;
    }
    bool check_event_id(const bj::value& value, const Place& at, std::string& out) {
        if (!check_uri(value, at)) return false;
        const std::string_view id = view(value.get_string());
        if (id.size() > kEventIdBytesMax) {
            return fail(faults::kLimit, at,
                        "at most " + std::to_string(kEventIdBytesMax) + " octets");
        }
        out = id;
        return true;
    }

    bool check_certification(bj::value& value, const Place& at) {
        auto* const list = value.if_array();
        if (list == nullptr) return check_uri(value, at);
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (!check_uri((*list)[i], at.item(i))) return false;
        }
        return true;
    }

    // --- sensors, §10.5 ---------------------------------------------------------------------

    enum class SensorKind : unsigned char {
        kTime,
        kUri,
        kText,
        kNumber,
        kBoolean,
        kHex,
    };
    struct SensorMember {
        std::string_view name;
        SensorKind kind;
    };
    template <class Members>
    bool check_sensor_members(bj::object& object, const Place& at, const Members& members) {
        for (auto& member : object) {
            const std::string_view name = key_of(member);
            const auto row = std::ranges::find(members, name, &SensorMember::name);
            const Place place = at.member(name);
            const bool fine = row == members.end()
                                  ? check_extension(name, place)
                                  : check_sensor_value(row->kind, member.value(), place);
            if (!fine) return false;
        }
        return true;
    }
    bool check_sensor_value(SensorKind kind, const bj::value& value, const Place& at) {
        std::string_view text;
        double number = 0;
        switch (kind) {
            case SensorKind::kTime: {
                EventTime time;
                if (!read_time(value, at, time)) return false;
                return time.ns <= record_.event_time_ns() ||
                       fail(faults::kSensor, at, "must not be later than eventTime");
            }
            case SensorKind::kUri:
                return check_uri(value, at);
            case SensorKind::kText:
                return read_text(value, at, text);
            case SensorKind::kNumber:
                return read_number(value, at, number);
            case SensorKind::kBoolean:
                return value.is_bool() || fail(faults::kForm, at, "must be true or false");
            case SensorKind::kHex:
                if (!read_text(value, at, text)) return false;
                return (text.size() % 2 == 0 && std::ranges::all_of(text, is_hex)) ||
                       fail(faults::kForm, at, "must be octets in hexadecimal");
        }
        return true;
    }
    static bool is_hex(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }

    bool check_sensors(bj::value& value, const Place& at) {
        bj::array* elements = nullptr;
        if (!read_array(value, at, elements)) return false;
        for (std::size_t i = 0; i < elements->size(); ++i) {
            if (!check_sensor_element((*elements)[i], at.item(i))) return false;
        }
        has_sensors_ = !elements->empty();
        return true;
    }
    bool check_sensor_element(bj::value& value, const Place& at) {
        static constexpr std::array kMetadata{
            SensorMember{"time", SensorKind::kTime},
            SensorMember{"startTime", SensorKind::kTime},
            SensorMember{"endTime", SensorKind::kTime},
            SensorMember{"deviceID", SensorKind::kUri},
            SensorMember{"deviceMetadata", SensorKind::kUri},
            SensorMember{"rawData", SensorKind::kUri},
            SensorMember{"dataProcessingMethod", SensorKind::kUri},
            SensorMember{"bizRules", SensorKind::kUri},
        };
        bj::object* object = nullptr;
        if (!read_object(value, at, object)) return false;
        bool has_reports = false;
        for (auto& member : *object) {
            const std::string_view name = key_of(member);
            const Place place = at.member(name);
            if (name == "sensorMetadata") {
                bj::object* metadata = nullptr;
                if (!read_object(member.value(), place, metadata) ||
                    !check_sensor_members(*metadata, place, kMetadata)) {
                    return false;
                }
            } else if (name == "sensorReport") {
                bj::array* reports = nullptr;
                if (!read_array(member.value(), place, reports)) return false;
                has_reports = !reports->empty();
                for (std::size_t i = 0; i < reports->size(); ++i) {
                    if (!check_sensor_report((*reports)[i], place.item(i))) return false;
                }
            } else if (!check_extension(name, place)) {
                return false;
            }
        }
        return has_reports || lacks("sensorReport", at);
    }
    bool check_sensor_report(bj::value& value, const Place& at) {
        static constexpr std::array kReport{
            SensorMember{"type", SensorKind::kText},
            SensorMember{"exception", SensorKind::kText},
            SensorMember{"deviceID", SensorKind::kUri},
            SensorMember{"deviceMetadata", SensorKind::kUri},
            SensorMember{"rawData", SensorKind::kUri},
            SensorMember{"dataProcessingMethod", SensorKind::kUri},
            SensorMember{"bizRules", SensorKind::kUri},
            SensorMember{"time", SensorKind::kTime},
            SensorMember{"microorganism", SensorKind::kUri},
            SensorMember{"chemicalSubstance", SensorKind::kUri},
            SensorMember{"value", SensorKind::kNumber},
            SensorMember{"component", SensorKind::kText},
            SensorMember{"stringValue", SensorKind::kText},
            SensorMember{"booleanValue", SensorKind::kBoolean},
            SensorMember{"hexBinaryValue", SensorKind::kHex},
            SensorMember{"uriValue", SensorKind::kUri},
            SensorMember{"minValue", SensorKind::kNumber},
            SensorMember{"maxValue", SensorKind::kNumber},
            SensorMember{"meanValue", SensorKind::kNumber},
            SensorMember{"sDev", SensorKind::kNumber},
            SensorMember{"percRank", SensorKind::kNumber},
            SensorMember{"percValue", SensorKind::kNumber},
            SensorMember{"uom", SensorKind::kText},
            SensorMember{"coordinateReferenceSystem", SensorKind::kUri},
        };
        if (++sensor_reports_ > kSensorReportsMax) {
            return fail(faults::kLimit, at,
                        "at most " + std::to_string(kSensorReportsMax) +
                            " reports in one event; send a summary and link the rest by rawData");
        }
        bj::object* report = nullptr;
        if (!read_object(value, at, report)) return false;
        if (!check_sensor_members(*report, at, kReport)) return false;
        const auto has = [report](std::string_view name) { return report->contains(name); };
        if (!has("type") && !has("exception")) return lacks("type", at);
        if (has("exception")) {
            const std::string_view exception = view(report->at("exception").get_string());
            if (exception != "ALARM_CONDITION" && exception != "ERROR_CONDITION") {
                return fail(faults::kSensor, at.member("exception"),
                            "must be ALARM_CONDITION or ERROR_CONDITION");
            }
        }
        if (has("microorganism") && has("chemicalSubstance")) {
            return fail(faults::kSensor, at.member("chemicalSubstance"),
                        "cannot be given together with microorganism");
        }
        if (has("sDev") && !has("meanValue")) {
            return fail(faults::kSensor, at.member("sDev"), "needs meanValue");
        }
        if (has("percRank") != has("percValue")) {
            return fail(faults::kSensor, at.member("percRank"),
                        "percRank and percValue belong together");
        }
        return true;
    }

    // --- the event as a whole ---------------------------------------------------------------

    bool read_type(const Place& at) {
        const auto* const value = event_.if_contains("type");
        if (value == nullptr) return lacks("type", at);
        std::string_view name;
        if (!read_text(*value, at.member("type"), name)) return false;
        const auto row = std::ranges::find(kTypes, name, &TypeRow::name);
        if (row == kTypes.end()) {
            return fail(faults::kType, at.member("type"),
                        "must be one of the five event types of EPCIS 2.0");
        }
        record_.set_type(row->type);
        type_bit_ = row->bit;
        return true;
    }

    bool read_context(const Place& at) {
        namespaces_ = form_.namespaces;
        const auto* const context = event_.if_contains("@context");
        if (context == nullptr) return true;
        auto added = namespaces_.add(*context, Namespaces::Of::kEvent, at.member("@context"));
        if (!added) fault_ = std::move(added).error();
        return !fault_;
    }

    bool read_times(const Place& at) {
        auto* const value = event_.if_contains("eventTime");
        if (value == nullptr) return lacks("eventTime", at);
        EventTime time;
        if (!read_time(*value, at.member("eventTime"), time)) return false;
        if (time.ns > form_.time_ns_max) {
            return fail(faults::kFuture, at.member("eventTime"), "lies too far ahead");
        }
        record_.set_event_time_ns(time.ns);
        if (time.is_leap) {
            record_.add_warnings("leap_second");
            *value = bj::string(format_event_time(time.ns, true));
        }
        const auto* const offset = event_.if_contains("eventTimeZoneOffset");
        if (offset == nullptr) return lacks("eventTimeZoneOffset", at);
        std::string_view text;
        if (!read_text(*offset, at.member("eventTimeZoneOffset"), text)) return false;
        const auto minutes = parse_zone_offset(text);
        if (!minutes) {
            return fail(faults::kOffset, at.member("eventTimeZoneOffset"),
                        "must be of the form +hh:mm or -hh:mm, at most 14:00");
        }
        record_.set_offset_minutes(*minutes);
        return true;
    }

    bool read_members(const Place& at);

    /// §10.2, first row.
    bool check_action(const Place& at) {
        const bool has_action = record_.action() != v1::EVENT_ACTION_UNSPECIFIED;
        if (!is_any(kTransformation) && !has_action) return lacks("action", at);
        if (has_ilmd_ && is_any(kObject) && record_.action() != v1::EVENT_ACTION_ADD) {
            return fail(faults::kIlmd, at.member("ilmd"), "is allowed with the action ADD only");
        }
        return true;
    }

    /// §10.2, second row.
    bool check_lists(const Place& at) {
        const bool deletes = record_.action() == v1::EVENT_ACTION_DELETE;
        const bool has_objects = record_.epcs_size() + record_.quantities_size() > 0;
        if (is_any(kObject) && !has_objects && !(has_sensors_ && has_read_point())) {
            return fail(faults::kLists, at.member("epcList"),
                        "epcList or quantityList must name something, or there must be sensor data "
                        "with a readPoint");
        }
        if (is_any(kContaining)) {
            const bool may_lack_parent =
                is_any(kAggregation) && record_.action() == v1::EVENT_ACTION_OBSERVE;
            if (record_.parent().empty() && !may_lack_parent) return lacks("parentID", at);
            if (record_.children_size() + record_.child_quantities_size() == 0 && !deletes) {
                return fail(faults::kLists, at.member("childEPCs"),
                            "childEPCs or childQuantityList must name something, unless the action "
                            "is DELETE");
            }
        }
        if (is_any(kTransaction)) {
            if (record_.transactions().empty()) {
                return fail(faults::kLists, at.member("bizTransactionList"),
                            "must name a business transaction");
            }
            if (!has_objects && record_.parent().empty() && !deletes) {
                return fail(faults::kLists, at.member("epcList"),
                            "parentID, epcList or quantityList must name something, unless the "
                            "action is DELETE");
            }
        }
        return !is_any(kTransformation) || check_sides(at);
    }
    bool check_sides(const Place& at) {
        const bool has_inputs = record_.inputs_size() + record_.input_quantities_size() > 0;
        const bool has_outputs = record_.outputs_size() + record_.output_quantities_size() > 0;
        const bool is_whole = has_inputs && has_outputs;
        const bool is_part = !record_.transformation_id().empty() && (has_inputs || has_outputs);
        if (is_whole || is_part) return true;
        return fail(faults::kLists, at.member(has_inputs ? "outputEPCList" : "inputEPCList"),
                    "inputs and outputs must be named, or one of them and a transformationID");
    }
    bool has_read_point() const { return !record_.read_point().empty(); }

    /// §16: what must not be named twice.
    bool check_repetitions(const Place& at) {
        if (!are_unique(record_.epcs(), at.member("epcList")) ||
            !are_unique(record_.children(), at.member("childEPCs")) ||
            !are_unique(record_.inputs(), at.member("inputEPCList")) ||
            !are_unique(record_.outputs(), at.member("outputEPCList"))) {
            return false;
        }
        if (!record_.parent().empty()) {
            const auto found = std::ranges::find(record_.children(), record_.parent());
            if (found != record_.children().end()) {
                return fail(faults::kParent,
                            at.member("childEPCs")
                                .item(static_cast<std::size_t>(found - record_.children().begin())),
                            "is the parent itself");
            }
        }
        return !record_.transformation_id().empty() || check_both_sides(at);
    }
    bool are_unique(const google::protobuf::RepeatedPtrField<std::string>& list, const Place& at) {
        if (list.size() < 2) return true;
        std::vector<std::string_view> sorted(list.begin(), list.end());
        std::ranges::sort(sorted);
        const auto twice = std::ranges::adjacent_find(sorted);
        return twice == sorted.end() ||
               fail(faults::kRepeated, at, "names " + std::string(*twice) + " twice");
    }
    bool check_both_sides(const Place& at) {
        std::set<std::string_view> inputs(record_.inputs().begin(), record_.inputs().end());
        for (const auto& one : record_.input_quantities()) inputs.insert(one.epc_class());
        if (inputs.empty()) return true;
        const auto check = [&](std::string_view id, const Place& place) {
            return !inputs.contains(id) ||
                   fail(faults::kRepeated, place,
                        "is among the inputs, too; this needs a transformationID");
        };
        for (int i = 0; i < record_.outputs_size(); ++i) {
            const auto index = static_cast<std::size_t>(i);
            if (!check(record_.outputs(i), at.member("outputEPCList").item(index))) return false;
        }
        for (int i = 0; i < record_.output_quantities_size(); ++i) {
            const auto index = static_cast<std::size_t>(i);
            if (!check(record_.output_quantities(i).epc_class(),
                       at.member("outputQuantityList").item(index))) {
                return false;
            }
        }
        return true;
    }

    /// §9.2. What the event does not say follows from its stage.
    bool read_label(const Place& at) {
        if (record_.stage().empty()) record_.set_stage(std::string(stage_of(record_)));
        const v1::Label usual = default_label(record_.stage());
        v1::Label& label = *record_.mutable_label();
        if (label.level() == v1::DATA_LEVEL_UNSPECIFIED) label.set_level(usual.level());
        if (label.domain() == v1::DATA_DOMAIN_UNSPECIFIED) label.set_domain(usual.domain());
        const v1::Visibility widest = widest_of(label.level());
        if (label.visibility() == v1::VISIBILITY_UNSPECIFIED) {
            label.set_visibility(std::max(usual.visibility(), widest));
        }
        if (label.visibility() >= widest) return true;
        return fail(faults::kLabel, at.member("idn:visibility"),
                    label.level() == v1::DATA_LEVEL_CORE ? "core data must be private"
                                                         : "important data must not be public");
    }
    static v1::Visibility widest_of(v1::DataLevel level) {
        switch (level) {
            case v1::DATA_LEVEL_CORE:
                return v1::VISIBILITY_PRIVATE;
            case v1::DATA_LEVEL_IMPORTANT:
                return v1::VISIBILITY_PARTNER;
            default:
                return v1::VISIBILITY_PUBLIC;
        }
    }

    /// §14.3: lots that the objects say they are of, or that `ilmd` says.
    bool find_lots(const Place& /*at*/) {
        std::set<std::string> lots;
        const auto add_all = [&](const auto& list, bool described) {
            for (const std::string& cid : list) add_lot(cid, described, lots);
        };
        const bool objects = is_any(kObject) && has_ilmd_;
        const bool outputs = is_any(kTransformation) && has_ilmd_;
        add_all(record_.epcs(), objects);
        add_all(record_.children(), false);
        add_all(record_.inputs(), false);
        add_all(record_.outputs(), outputs);
        for (const std::string& lot : lots) record_.add_lots(lot);
        return true;
    }
    void add_lot(std::string_view cid, bool described, std::set<std::string>& lots) {
        static constexpr std::string_view kGtin = "gs1:/01/";
        static constexpr std::size_t kGtinEnd = kGtin.size() + 14;
        const bool is_gtin = cid.starts_with(kGtin) && cid.size() > kGtinEnd;
        if (is_gtin && cid.substr(kGtinEnd).starts_with("/10/")) {
            const std::size_t end = cid.find('/', kGtinEnd + 4);
            lots.emplace(cid.substr(0, end));
            return;
        }
        if (!described || batch_.empty()) return;
        if (is_uri(batch_)) {
            if (auto lot = schemes::parse_uri(batch_, form_.schemes)) lots.insert(lot->cid);
        } else if (is_gtin) {
            std::string link(cid.substr(0, kGtinEnd));
            link += "/10/";
            schemes::append_encoded(batch_, link);
            if (auto lot = schemes::parse_uri(link, form_.schemes)) lots.insert(lot->cid);
        }
    }

    bool finish(const Place& at) {
        event_.stable_erase("recordTime");
        if (used_declared_) keep_namespaces();
        json::append_value(event_, *record_.mutable_body());
        if (record_.event_id().empty()) name_by_content();
        return record_.body().size() <= kEventBytesMax ||
               fail(faults::kLimit, at,
                    "an event has at most " + std::to_string(kEventBytesMax) + " octets");
    }
    void name_by_content();
    void keep_namespaces();

    const EventForm& form_;
    bj::object& event_;
    Namespaces namespaces_;
    v1::EventRecord record_;
    std::optional<Refusal> fault_;
    unsigned type_bit_ = 0;
    std::size_t identifiers_ = 0;
    std::size_t sensor_reports_ = 0;
    bool has_ilmd_ = false;
    bool has_sensors_ = false;
    bool used_declared_ = false;  // prefixes that only the sender knows
    std::string_view batch_;      // of `ilmd`
};

/// A member that EPCIS or we know, and in which types of events.
struct EventJson::Member {
    std::string_view name;
    unsigned types;
    bool (*read)(EventJson& self, bj::value& value, const Place& at);
};

const EventJson::Member* EventJson::member_named(std::string_view name) {
    static constexpr auto kRead = [](EventJson&, bj::value&, const Place&) { return true; };
    static constexpr auto kSorted = std::to_array<Member>({
        {"@context", kAll, kRead},
        {"action", kAll & ~kTransformation,
         [](EventJson& self, bj::value& value, const Place& at) {
             v1::EventAction action{};
             if (!self.read_choice(kActions, faults::kAction, value, at, action)) return false;
             self.record_.set_action(action);
             return true;
         }},
        {"bizLocation", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_place(value, at, *self.record_.mutable_biz_location());
         }},
        {"bizStep", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.shorten(Vocabulary::kBizStep, value, at,
                                 self.record_.mutable_biz_step());
         }},
        {"bizTransactionList", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_references(
                 value, at, {Vocabulary::kTransactionType, "bizTransaction", false},
                 *self.record_.mutable_transactions());
         }},
        {"certificationInfo", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.check_certification(value, at);
         }},
        {"childEPCs", kContaining,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_instances(value, at, *self.record_.mutable_children());
         }},
        {"childQuantityList", kContaining,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_quantities(value, at, *self.record_.mutable_child_quantities());
         }},
        {"destinationList", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_references(value, at, {Vocabulary::kPartyType, "destination", true},
                                         *self.record_.mutable_destinations());
         }},
        {"disposition", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.shorten(Vocabulary::kDisposition, value, at,
                                 self.record_.mutable_disposition());
         }},
        {"epcList", kObject | kTransaction,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_instances(value, at, *self.record_.mutable_epcs());
         }},
        {"errorDeclaration", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_error(value, at);
         }},
        {"eventID", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.check_event_id(value, at, *self.record_.mutable_event_id());
         }},
        {"eventTime", kAll, kRead},
        {"eventTimeZoneOffset", kAll, kRead},
        {"idn:domain", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             v1::DataDomain domain{};
             if (!self.read_choice(kDomains, faults::kLabel, value, at, domain)) return false;
             self.record_.mutable_label()->set_domain(domain);
             return true;
         }},
        {"idn:level", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             v1::DataLevel level{};
             if (!self.read_choice(kLevels, faults::kLabel, value, at, level)) return false;
             self.record_.mutable_label()->set_level(level);
             return true;
         }},
        {"idn:personal", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             if (!value.is_bool()) return self.fail(faults::kLabel, at, "must be true or false");
             self.record_.mutable_label()->set_personal(value.get_bool());
             return true;
         }},
        {"idn:stage", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             std::string_view stage;
             if (!self.read_text(value, at, stage)) return false;
             if (find_stage(stage) == nullptr && !is_uri(stage)) {
                 return self.fail(faults::kVocabulary, at, "must be a stage that this node knows, or a URI");
             }
             self.record_.set_stage(stage.data(), stage.size());
             return true;
         }},
        {"idn:visibility", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             v1::Visibility visibility{};
             if (!self.read_choice(kVisibilities, faults::kLabel, value, at, visibility)) {
                 return false;
             }
             self.record_.mutable_label()->set_visibility(visibility);
             return true;
         }},
        {"ilmd", kObject | kTransformation,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_ilmd(value, at);
         }},
        {"inputEPCList", kTransformation,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_instances(value, at, *self.record_.mutable_inputs());
         }},
        {"inputQuantityList", kTransformation,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_quantities(value, at, *self.record_.mutable_input_quantities());
         }},
        {"outputEPCList", kTransformation,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_instances(value, at, *self.record_.mutable_outputs());
         }},
        {"outputQuantityList", kTransformation,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_quantities(value, at, *self.record_.mutable_output_quantities());
         }},
        {"parentID", kContaining | kTransaction,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_instance(value, at, *self.record_.mutable_parent());
         }},
        {"persistentDisposition", kObject | kAggregation | kTransformation,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_persistent(value, at);
         }},
        {"quantityList", kObject | kTransaction,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_quantities(value, at, *self.record_.mutable_quantities());
         }},
        {"readPoint", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_place(value, at, *self.record_.mutable_read_point());
         }},
        {"recordTime", kAll, kRead},
        {"sensorElementList", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.check_sensors(value, at);
         }},
        {"sourceList", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_references(value, at, {Vocabulary::kPartyType, "source", true},
                                         *self.record_.mutable_sources());
         }},
        {"transformationID", kTransformation,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.check_event_id(value, at, *self.record_.mutable_transformation_id());
         }},
        {"type", kAll, kRead},
    });
    static_assert(std::ranges::is_sorted(kSorted, {}, &Member::name));
    const auto* const row = std::ranges::lower_bound(kSorted, name, {}, &Member::name);
    return row != kSorted.end() && row->name == name ? row : nullptr;
}

bool EventJson::read_members(const Place& at) {
    for (auto& one : event_) {
        const std::string_view name = key_of(one);
        const Place place = at.member(name);
        const Member* const member = member_named(name);
        if (member == nullptr) {
            if (!check_extension(name, place)) return false;
        } else if (!is_any(member->types)) {
            const bool is_ilmd = name == "ilmd";
            return fail(is_ilmd ? faults::kIlmd : faults::kMember, place,
                        "is no member of events of this type");
        } else if (!member->read(*this, one.value(), place)) {
            return false;
        }
    }
    return true;
}

/// So that the event can be read without the document that it came in.
void EventJson::keep_namespaces() {
    bj::object prefixes;
    for (const auto& [prefix, uri] : namespaces_.declared()) prefixes[prefix] = uri;
    event_["@context"] = bj::array{std::move(prefixes)};
}

void EventJson::name_by_content() {
    std::string id = content_id(event_, namespaces_, form_.schemes, form_.digests);
    // The body is an object with members: the id goes in front of its end.
    std::string& body = *record_.mutable_body();
    body.pop_back();
    body += ",\"eventID\":\"" + id + "\"}";
    record_.set_event_id(std::move(id));
}

}  // namespace

registration::Outcome<v1::EventRecord> read_event(bj::object& event, const EventForm& form,
                                                  const Place& at) {
    return EventJson(form, event).read(at);
}

}  // namespace idnode::events
