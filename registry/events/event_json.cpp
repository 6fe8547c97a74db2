#include "registry/events/event_json.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "registry/events/content.h"
#include "registry/events/event_faults.h"
#include "registry/events/event_rules.h"
#include "registry/events/event_time.h"
#include "registry/events/event_values.h"
#include "registry/events/labels.h"
#include "registry/events/lots.h"
#include "registry/events/sensor_json.h"
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

/// Reads one event.
class EventJson : EventValues {
  public:
    EventJson(const EventForm& form, bj::object& event)
        : EventValues(form.schemes, form.namespaces), form_(form), event_(event) {}

    Outcome<v1::EventRecord> read(const Place& at) {
        if (read_type(at) && read_context(at) && read_times(at) && read_members(at) &&
            check_action(at) && check_lists(record_, has_sensors_, at, *this) &&
            complete_label(record_, at, *this) && finish(at)) {
            return std::move(record_);
        }
        return take_fault();
    }

  private:
    struct Member;
    static const Member* member_named(std::string_view name);

    bool is_any(unsigned types) const { return (type_bit_ & types) != 0; }

    bool read_instances(bj::value& value, const Place& at,
                        google::protobuf::RepeatedPtrField<std::string>& out) {
        bj::array* list = nullptr;
        if (!read_array(value, at, list)) return false;
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (!read_instance((*list)[i], at.item(i), *out.Add())) return false;
        }
        return true;
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
            const std::string_view name = name_of(member);
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

    bool read_place(bj::value& value, const Place& at, std::string& out) {
        bj::object* object = nullptr;
        if (!read_object(value, at, object)) return false;
        for (auto& member : *object) {
            const std::string_view name = name_of(member);
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
                const std::string_view name = name_of(member);
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
            const std::string_view name = name_of(member);
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
            const std::string_view name = name_of(member);
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
            const std::string_view name = name_of(member);
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
            if (!read_event_id((*list)[i], at.item(i),
                               *record_.mutable_error()->add_corrective_event_ids())) {
                return false;
            }
        }
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
        const auto* const context = event_.if_contains("@context");
        if (context == nullptr) return true;
        auto added = namespaces().add(*context, Namespaces::Of::kEvent, at.member("@context"));
        return added || fail(std::move(added).error());
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

    bool finish(const Place& at) {
        find_lots(has_ilmd_ ? batch_ : std::string_view(), form_.schemes, record_);
        event_.stable_erase("recordTime");
        if (used_declared()) keep_namespaces();
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
    v1::EventRecord record_;
    unsigned type_bit_ = 0;
    bool has_ilmd_ = false;
    bool has_sensors_ = false;
    std::string_view batch_;  // of `ilmd`
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
             return self.read_event_id(value, at, *self.record_.mutable_event_id());
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
             self.has_sensors_ = value.is_array() && !value.get_array().empty();
             return check_sensors(value, at, self.record_.event_time_ns(), self);
         }},
        {"sourceList", kAll,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_references(value, at, {Vocabulary::kPartyType, "source", true},
                                         *self.record_.mutable_sources());
         }},
        {"transformationID", kTransformation,
         [](EventJson& self, bj::value& value, const Place& at) {
             return self.read_event_id(value, at, *self.record_.mutable_transformation_id());
         }},
        {"type", kAll, kRead},
    });
    static_assert(std::ranges::is_sorted(kSorted, {}, &Member::name));
    const auto* const row = std::ranges::lower_bound(kSorted, name, {}, &Member::name);
    return row != kSorted.end() && row->name == name ? row : nullptr;
}

bool EventJson::read_members(const Place& at) {
    for (auto& one : event_) {
        const std::string_view name = name_of(one);
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
    for (const auto& [prefix, uri] : namespaces().declared()) prefixes[prefix] = uri;
    event_["@context"] = bj::array{std::move(prefixes)};
}

void EventJson::name_by_content() {
    std::string id = content_id(event_, namespaces(), form_.schemes, form_.digests);
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
