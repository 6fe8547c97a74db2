#include "registry/events/sensor_json.h"

#include <algorithm>
#include <array>

#include "registry/json/fields.h"

namespace idnode::events {

namespace {

namespace bj = boost::json;
using json::Place;
using json::view;

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

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

class SensorJson {
  public:
    SensorJson(std::int64_t event_time_ns, EventValues& values)
        : event_time_ns_(event_time_ns), values_(values) {}

    bool check_list(bj::value& value, const Place& at) {
        bj::array* elements = nullptr;
        if (!values_.read_array(value, at, elements)) return false;
        for (std::size_t i = 0; i < elements->size(); ++i) {
            if (!check_element((*elements)[i], at.item(i))) return false;
        }
        return true;
    }

  private:
    template <class Members>
    bool check_members(bj::object& object, const Place& at, const Members& members) {
        for (auto& member : object) {
            const std::string_view name = name_of(member);
            const auto row = std::ranges::find(members, name, &SensorMember::name);
            const Place place = at.member(name);
            const bool fine = row == members.end() ? values_.check_extension(name, place)
                                                   : check_value(row->kind, member.value(), place);
            if (!fine) return false;
        }
        return true;
    }
    bool check_value(SensorKind kind, const bj::value& value, const Place& at) {
        std::string_view text;
        double number = 0;
        switch (kind) {
            case SensorKind::kTime: {
                EventTime time;
                if (!values_.read_time(value, at, time)) return false;
                return time.ns <= event_time_ns_ ||
                       values_.fail(faults::kSensor, at, "must not be later than eventTime");
            }
            case SensorKind::kUri:
                return values_.check_uri(value, at);
            case SensorKind::kText:
                return values_.read_text(value, at, text);
            case SensorKind::kNumber:
                return values_.read_number(value, at, number);
            case SensorKind::kBoolean:
                return value.is_bool() || values_.fail(faults::kForm, at, "must be true or false");
            case SensorKind::kHex:
                if (!values_.read_text(value, at, text)) return false;
                return (text.size() % 2 == 0 && std::ranges::all_of(text, is_hex)) ||
                       values_.fail(faults::kForm, at, "must be octets in hexadecimal");
        }
        return true;
    }

    bool check_element(bj::value& value, const Place& at) {
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
        if (!values_.read_object(value, at, object)) return false;
        bool has_reports = false;
        for (auto& member : *object) {
            const std::string_view name = name_of(member);
            const Place place = at.member(name);
            if (name == "sensorMetadata") {
                bj::object* metadata = nullptr;
                if (!values_.read_object(member.value(), place, metadata) ||
                    !check_members(*metadata, place, kMetadata)) {
                    return false;
                }
            } else if (name == "sensorReport") {
                bj::array* reports = nullptr;
                if (!values_.read_array(member.value(), place, reports)) return false;
                has_reports = !reports->empty();
                for (std::size_t i = 0; i < reports->size(); ++i) {
                    if (!check_report((*reports)[i], place.item(i))) return false;
                }
            } else if (!values_.check_extension(name, place)) {
                return false;
            }
        }
        return has_reports || values_.lacks("sensorReport", at);
    }
    bool check_report(bj::value& value, const Place& at) {
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
        if (++reports_ > kSensorReportsMax) {
            return values_.fail(
                faults::kLimit, at,
                "at most " + std::to_string(kSensorReportsMax) +
                    " reports in one event; send a summary and link the rest by rawData");
        }
        bj::object* report = nullptr;
        if (!values_.read_object(value, at, report)) return false;
        if (!check_members(*report, at, kReport)) return false;
        const auto has = [report](std::string_view name) { return report->contains(name); };
        if (!has("type") && !has("exception")) return values_.lacks("type", at);
        if (has("exception")) {
            const std::string_view exception = view(report->at("exception").get_string());
            if (exception != "ALARM_CONDITION" && exception != "ERROR_CONDITION") {
                return values_.fail(faults::kSensor, at.member("exception"),
                                    "must be ALARM_CONDITION or ERROR_CONDITION");
            }
        }
        if (has("microorganism") && has("chemicalSubstance")) {
            return values_.fail(faults::kSensor, at.member("chemicalSubstance"),
                                "cannot be given together with microorganism");
        }
        if (has("sDev") && !has("meanValue")) {
            return values_.fail(faults::kSensor, at.member("sDev"), "needs meanValue");
        }
        if (has("percRank") != has("percValue")) {
            return values_.fail(faults::kSensor, at.member("percRank"),
                                "percRank and percValue belong together");
        }
        return true;
    }

    const std::int64_t event_time_ns_;
    EventValues& values_;
    std::size_t reports_ = 0;
};

}  // namespace

bool check_sensors(bj::value& value, const Place& at, std::int64_t event_time_ns,
                   EventValues& values) {
    return SensorJson(event_time_ns, values).check_list(value, at);
}

}  // namespace idnode::events
