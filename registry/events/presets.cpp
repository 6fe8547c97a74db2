#include "registry/events/presets.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <span>

#include "registry/events/context.h"
#include "registry/events/stages.h"

namespace idnode::events {

namespace {

namespace bj = boost::json;

/// How a kind of product is named in events, for people to fill in.
enum class Named : unsigned char { kInstance, kLot, kClass };

struct Preset {
    std::string_view kind;
    std::string_view chinese;
    std::string_view about;
    Named named;
    std::string_view self;  // what stands for the product
    std::span<const std::string_view> stages;
};

constexpr std::array<std::string_view, 15> kDiscreteStages{
    "production",  "assembly",  "inspection",       "packing",       "shipping",
    "transport",   "receiving", "ownership_change", "installation",  "operation",
    "maintenance", "repair",    "recall",           "recall_lifted", "decommission"};
constexpr std::array<std::string_view, 10> kLotStages{
    "material",  "production",       "inspection", "packing",       "shipping",
    "receiving", "ownership_change", "recall",     "recall_lifted", "recycling"};
constexpr std::array<std::string_view, 9> kComponentStages{
    "production", "inspection",    "assembly",  "installation", "repair",
    "recall",     "recall_lifted", "recycling", "decommission"};
constexpr std::array<std::string_view, 9> kAssetStages{"production",  "packing",   "shipping",
                                                       "transport",   "receiving", "return",
                                                       "maintenance", "repair",    "decommission"};
constexpr std::array<std::string_view, 4> kUnitStages{"packing", "shipping", "transport",
                                                      "receiving"};
constexpr std::array<std::string_view, 1> kDesignStages{"design"};

constexpr std::array kPresets{
    Preset{"discrete-product", "离散产品", "a machine or device with a serial number",
           Named::kInstance, "{epc}", kDiscreteStages},
    Preset{"process-lot", "流程产品批次", "a lot of material, made by transformation", Named::kLot,
           "{lot}", kLotStages},
    Preset{"component", "零部件", "a part with a serial number, put into a product",
           Named::kInstance, "{part}", kComponentStages},
    Preset{"returnable-asset", "可回收资产", "a crate, pallet or bottle that comes back",
           Named::kInstance, "{asset}", kAssetStages},
    Preset{"logistic-unit", "物流单元", "a package or pallet with an SSCC", Named::kInstance,
           "{sscc}", kUnitStages},
    Preset{"design", "产品设计", "a model that is being designed", Named::kClass, "{class}",
           kDesignStages},
};

bool has(std::span<const std::string_view> words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

std::string_view type_name(v1::EventType type) {
    constexpr std::array<std::string_view, 6> kNames{"",
                                                     "ObjectEvent",
                                                     "AggregationEvent",
                                                     "TransactionEvent",
                                                     "TransformationEvent",
                                                     "AssociationEvent"};
    return kNames[static_cast<std::size_t>(type)];
}

std::string_view action_name(v1::EventAction action) {
    constexpr std::array<std::string_view, 4> kNames{"", "ADD", "OBSERVE", "DELETE"};
    return kNames[static_cast<std::size_t>(action)];
}

bj::object label_json(const v1::Label& label) {
    constexpr std::array<std::string_view, 4> kVisibilities{"public", "public", "partner",
                                                            "private"};
    constexpr std::array<std::string_view, 4> kLevels{"general", "general", "important", "core"};
    constexpr std::array<std::string_view, 6> kDomains{"",          "rnd",        "production",
                                                       "operation", "management", "external"};
    return {{"visibility", kVisibilities[static_cast<std::size_t>(label.visibility())]},
            {"level", kLevels[static_cast<std::size_t>(label.level())]},
            {"domain", kDomains[static_cast<std::size_t>(label.domain())]}};
}

/// Words of the vocabulary as they are; our own steps as URIs.
std::string step_text(std::string_view step) {
    const bool is_own = step == kDesigning || step == kMaintaining;
    return (is_own ? std::string(kOwnNamespace) : std::string()) + std::string(step);
}

bj::array list_of(std::string_view text) {
    return bj::array{text};
}
bj::array amount_of(std::string_view text, bool counts) {
    bj::object amount{{"epcClass", text}};
    if (counts) amount["quantity"] = 1;
    return bj::array{std::move(amount)};
}
bj::array transaction(std::string_view type) {
    bj::object out{{"bizTransaction", "{" + std::string(type) + "}"}};
    out["type"] = type;
    return bj::array{std::move(out)};
}
bj::array party(std::string_view member, std::string_view type, std::string_view text) {
    bj::object out{{"type", type}};
    out[member] = text;
    return bj::array{std::move(out)};
}

/// What an event is about, by its type.
void put_subjects(bj::object& event, const Preset& preset, const StageRow& row, v1::EventType type,
                  v1::EventAction action) {
    const bool is_instance = preset.named == Named::kInstance;
    switch (type) {
        case v1::EVENT_TYPE_AGGREGATION:
        case v1::EVENT_TYPE_ASSOCIATION: {
            const bool is_part = preset.kind == "component";
            const bool is_place = row.word == "installation";
            const bool is_whole = !is_part && !is_place && type == v1::EVENT_TYPE_ASSOCIATION;
            const bool contains =
                is_whole || preset.kind == "logistic-unit" || preset.kind == "returnable-asset";
            event["parentID"] = contains   ? preset.self
                                : is_place ? std::string_view("{plantUnit}")
                                : is_part  ? std::string_view("{epc}")
                                           : std::string_view("{sscc}");
            // Whatever is in it is taken out.
            if (action == v1::EVENT_ACTION_DELETE && row.word == "receiving") return;
            if (contains) {
                event["childEPCs"] = list_of(is_whole ? "{part}" : "{epc}");
            } else if (is_instance) {
                event["childEPCs"] = list_of(preset.self);
            } else {
                event["childQuantityList"] = amount_of(preset.self, true);
            }
            return;
        }
        case v1::EVENT_TYPE_TRANSFORMATION:
            event["inputQuantityList"] = amount_of("{inputLot}", true);
            event["outputQuantityList"] = amount_of(preset.self, true);
            return;
        case v1::EVENT_TYPE_TRANSACTION:
            event["bizTransactionList"] = transaction("po");
            [[fallthrough]];
        default:
            if (is_instance) {
                event["epcList"] = list_of(preset.self);
            } else {
                event["quantityList"] = amount_of(preset.self, preset.named == Named::kLot);
            }
    }
}

/// What an event of this stage must carry, as far as one example can show it.
void put_cargo(bj::object& event, const StageRow& row, v1::EventType type) {
    const std::string_view word = row.word;
    const bool is_object = type == v1::EVENT_TYPE_OBJECT;
    if (word == "design") {
        event["ilmd"] = bj::object{{"idn:revision", "{revision}"}};
    } else if (word == "production" && is_object) {
        event["ilmd"] = bj::object{{"idn:batch", "{batch}"}, {"idn:model", "{model}"}};
        event["bizTransactionList"] = transaction("prodorder");
    } else if (word == "material") {
        event["bizTransactionList"] = transaction("desadv");
        event["sourceList"] = party("source", "owning_party", "{supplier}");
    } else if (word == "inspection") {
        event["bizTransactionList"] = transaction("testres");
    } else if (word == "shipping" || word == "ownership_change") {
        const std::string_view kind = word == "shipping" ? "possessing_party" : "owning_party";
        event["sourceList"] = party("source", kind, "{from}");
        event["destinationList"] = party("destination", kind, "{to}");
        if (word == "shipping") event["bizTransactionList"] = transaction("desadv");
    } else if (word == "receiving" && is_object) {
        event["bizTransactionList"] = transaction("recadv");
    } else if (word == "repair" || word == "return" || word == "maintenance") {
        if (is_object) event["bizTransactionList"] = transaction("rma");
    } else if (word == "recall" || word == "recall_lifted") {
        event["persistentDisposition"] =
            bj::object{{word == "recall" ? "set" : "unset", bj::array{"recalled"}}};
        event["idn:recall"] = bj::object{{"idn:number", "{number}"}, {"idn:reason", "{reason}"}};
    } else if (word == "decommission") {
        event["idn:reason"] = "{reason}";
    }
    if (word == "transport") event["readPoint"] = bj::object{{"id", "{place}"}};
    if (word == "receiving" || word == "installation" || word == "production") {
        event["bizLocation"] = bj::object{{"id", "{place}"}};
    }
}

bj::object skeleton_of(const Preset& preset, const StageRow& row) {
    const StageForm& form = row.forms.front();
    bj::object out{
        {"type", type_name(form.type)}, {"eventTime", "{time}"}, {"eventTimeZoneOffset", "+08:00"}};
    if (form.action != v1::EVENT_ACTION_UNSPECIFIED) out["action"] = action_name(form.action);
    out["bizStep"] = step_text(row.steps.front().empty() ? row.steps[1] : row.steps.front());
    if (!row.dispositions.empty()) out["disposition"] = row.dispositions.front();
    put_subjects(out, preset, row, form.type, form.action);
    put_cargo(out, row, form.type);
    return out;
}

bj::array texts(std::span<const std::string_view> list) {
    bj::array out;
    for (const std::string_view one : list) {
        if (!one.empty()) out.emplace_back(step_text(one));
    }
    return out;
}

/// Discrete products are commissioned, lots are made; the other row of the stage is not theirs.
bool is_row_of(const Preset& preset, const StageRow& row) {
    if (!has(preset.stages, row.word)) return false;
    const v1::EventType type = row.forms.front().type;
    if (row.word == "production") {
        return (type == v1::EVENT_TYPE_TRANSFORMATION) == (preset.named == Named::kLot);
    }
    if (row.word == "recycling") {
        return (type == v1::EVENT_TYPE_TRANSFORMATION) == (preset.named == Named::kLot);
    }
    if (row.word == "receiving" && type == v1::EVENT_TYPE_AGGREGATION) {
        return preset.named == Named::kInstance;
    }
    return true;
}

bj::object event_json(const Preset& preset, const StageRow& row) {
    const StageForm& form = row.forms.front();
    bj::object out{
        {"stage", row.word}, {"stageName", row.chinese}, {"event", type_name(form.type)}};
    if (form.action != v1::EVENT_ACTION_UNSPECIFIED) out["action"] = action_name(form.action);
    out["bizSteps"] = texts(row.steps);
    out["dispositions"] = texts(row.dispositions);
    out["mustCarry"] = texts(row.must_carry);
    out["label"] = label_json(default_label(row.word));
    out["skeleton"] = skeleton_of(preset, row);
    return out;
}

bj::object to_json(const Preset& preset) {
    bj::object out{{"type", preset.kind}, {"name", preset.chinese}, {"about", preset.about}};
    bj::array events;
    for (const StageRow& row : stage_rows()) {
        if (is_row_of(preset, row)) events.push_back(event_json(preset, row));
    }
    out["events"] = std::move(events);
    return out;
}

}  // namespace

std::string presets_json() {
    bj::array list;
    for (const Preset& one : kPresets) list.push_back(to_json(one));
    return bj::serialize(bj::object{{"presets", std::move(list)}});
}

std::optional<std::string> preset_json(std::string_view kind) {
    const auto at = std::ranges::find(kPresets, kind, &Preset::kind);
    if (at == kPresets.end()) return std::nullopt;
    return bj::serialize(to_json(*at));
}

}  // namespace idnode::events
