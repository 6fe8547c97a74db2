#include "registry/events/event_rules.h"

#include <algorithm>
#include <set>
#include <vector>

namespace idnode::events {

namespace {

using json::Place;

class EventRules {
  public:
    EventRules(const v1::EventRecord& record, bool has_sensors, EventValues& values)
        : record_(record), type_(record.type()), has_sensors_(has_sensors), values_(values) {}

    bool hold(const Place& at) { return check_lists(at) && check_repetitions(at); }

  private:
    /// §10.2, second row.
    bool check_lists(const Place& at) {
        const bool is_containing =
            type_ == v1::EVENT_TYPE_AGGREGATION || type_ == v1::EVENT_TYPE_ASSOCIATION;
        const bool deletes = record_.action() == v1::EVENT_ACTION_DELETE;
        const bool has_objects = record_.epcs_size() + record_.quantities_size() > 0;
        if (type_ == v1::EVENT_TYPE_OBJECT && !has_objects &&
            !(has_sensors_ && !record_.read_point().empty())) {
            return values_.fail(
                faults::kLists, at.member("epcList"),
                "epcList or quantityList must name something, or there must be sensor data "
                "with a readPoint");
        }
        if (is_containing) {
            const bool may_lack_parent =
                type_ == v1::EVENT_TYPE_AGGREGATION && record_.action() == v1::EVENT_ACTION_OBSERVE;
            if (record_.parent().empty() && !may_lack_parent) return values_.lacks("parentID", at);
            if (record_.children_size() + record_.child_quantities_size() == 0 && !deletes) {
                return values_.fail(
                    faults::kLists, at.member("childEPCs"),
                    "childEPCs or childQuantityList must name something, unless the action "
                    "is DELETE");
            }
        }
        if (type_ == v1::EVENT_TYPE_TRANSACTION) {
            if (record_.transactions().empty()) {
                return values_.fail(faults::kLists, at.member("bizTransactionList"),
                                    "must name a business transaction");
            }
            if (!has_objects && record_.parent().empty() && !deletes) {
                return values_.fail(
                    faults::kLists, at.member("epcList"),
                    "parentID, epcList or quantityList must name something, unless the "
                    "action is DELETE");
            }
        }
        return type_ != v1::EVENT_TYPE_TRANSFORMATION || check_sides(at);
    }
    bool check_sides(const Place& at) {
        const bool has_inputs = record_.inputs_size() + record_.input_quantities_size() > 0;
        const bool has_outputs = record_.outputs_size() + record_.output_quantities_size() > 0;
        const bool is_whole = has_inputs && has_outputs;
        const bool is_part = !record_.transformation_id().empty() && (has_inputs || has_outputs);
        if (is_whole || is_part) return true;
        return values_.fail(
            faults::kLists, at.member(has_inputs ? "outputEPCList" : "inputEPCList"),
            "inputs and outputs must be named, or one of them and a transformationID");
    }

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
                return values_.fail(
                    faults::kParent,
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
               values_.fail(faults::kRepeated, at, "names " + std::string(*twice) + " twice");
    }
    bool check_both_sides(const Place& at) {
        std::set<std::string_view> inputs(record_.inputs().begin(), record_.inputs().end());
        for (const auto& one : record_.input_quantities()) inputs.insert(one.epc_class());
        if (inputs.empty()) return true;
        const auto check = [&](std::string_view id, const Place& place) {
            return !inputs.contains(id) ||
                   values_.fail(faults::kRepeated, place,
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

    const v1::EventRecord& record_;
    const v1::EventType type_;
    const bool has_sensors_;
    EventValues& values_;
};

}  // namespace

bool check_lists(const v1::EventRecord& record, bool has_sensors, const Place& at,
                 EventValues& values) {
    return EventRules(record, has_sensors, values).hold(at);
}

}  // namespace idnode::events
