#include "registry/events/stages.h"

#include <algorithm>
#include <array>
#include <utility>

namespace idnode::events {

namespace {

using v1::EVENT_ACTION_ADD;
using v1::EVENT_ACTION_DELETE;
using v1::EVENT_ACTION_OBSERVE;
using v1::EVENT_ACTION_UNSPECIFIED;
using v1::EVENT_TYPE_AGGREGATION;
using v1::EVENT_TYPE_ASSOCIATION;
using v1::EVENT_TYPE_OBJECT;
using v1::EVENT_TYPE_TRANSACTION;
using v1::EVENT_TYPE_TRANSFORMATION;
using Words = std::initializer_list<std::string_view>;

constexpr std::string_view kRecalled = "recalled";

template <class List>
bool has(const List& list, std::string_view word) {
    return std::ranges::any_of(list, [&](const auto& one) { return one == word; });
}

bool is_recall(const v1::EventRecord& event) {
    return has(event.persistent_set(), kRecalled);
}
bool is_recall_lifted(const v1::EventRecord& event) {
    return has(event.persistent_unset(), kRecalled);
}
bool is_return(const v1::EventRecord& event) {
    return event.disposition() == "returned";
}
bool is_disposed(const v1::EventRecord& event) {
    return event.disposition() == "disposed";
}
bool is_maintained(const v1::EventRecord& event) {
    return event.disposition() == "available" || event.disposition() == "needs_replacement";
}
/// Lots alone. An inspection of a lot is one of incoming goods where a supplier is named.
bool is_of_lots(const v1::EventRecord& event) {
    if (event.epcs_size() > 0 || event.quantities_size() == 0) return false;
    if (event.biz_step() != "inspecting") return true;
    return event.sources_size() > 0 ||
           std::ranges::any_of(event.transactions(), [](const v1::EventReference& one) {
               return one.type() == "po" || one.type() == "desadv";
           });
}

// Spans of the table view these.
constexpr std::array kObjectAdd{StageForm{EVENT_TYPE_OBJECT, EVENT_ACTION_ADD}};
constexpr std::array kObjectObserve{StageForm{EVENT_TYPE_OBJECT, EVENT_ACTION_OBSERVE}};
constexpr std::array kObjectDelete{StageForm{EVENT_TYPE_OBJECT, EVENT_ACTION_DELETE}};
constexpr std::array kFixed{StageForm{EVENT_TYPE_ASSOCIATION, EVENT_ACTION_ADD},
                            StageForm{EVENT_TYPE_AGGREGATION, EVENT_ACTION_ADD}};
constexpr std::array kAssociationAdd{StageForm{EVENT_TYPE_ASSOCIATION, EVENT_ACTION_ADD}};
constexpr std::array kPartsMoved{StageForm{EVENT_TYPE_ASSOCIATION, EVENT_ACTION_DELETE},
                                 StageForm{EVENT_TYPE_ASSOCIATION, EVENT_ACTION_ADD}};
constexpr std::array kTransformed{StageForm{EVENT_TYPE_TRANSFORMATION, EVENT_ACTION_UNSPECIFIED}};
constexpr std::array kPacked{StageForm{EVENT_TYPE_AGGREGATION, EVENT_ACTION_ADD}};
constexpr std::array kUnpacked{StageForm{EVENT_TYPE_AGGREGATION, EVENT_ACTION_DELETE}};
constexpr std::array kHandedOver{StageForm{EVENT_TYPE_TRANSACTION, EVENT_ACTION_ADD},
                                 StageForm{EVENT_TYPE_OBJECT, EVENT_ACTION_OBSERVE}};
constexpr std::array kTakenApart{StageForm{EVENT_TYPE_ASSOCIATION, EVENT_ACTION_DELETE},
                                 StageForm{EVENT_TYPE_AGGREGATION, EVENT_ACTION_DELETE},
                                 StageForm{EVENT_TYPE_OBJECT, EVENT_ACTION_OBSERVE}};

template <std::size_t N>
using Texts = std::array<std::string_view, N>;
constexpr Texts<0> kNone{};
constexpr Texts<1> kDesignSteps{kDesigning};
constexpr Texts<1> kDesignCarries{"bizTransactionList or ilmd: revision of the design"};
constexpr Texts<3> kMaterialSteps{"receiving", "inspecting", "accepting"};
constexpr Texts<2> kMaterialDispositions{"in_progress", "conformant"};
constexpr Texts<2> kMaterialCarries{"bizTransactionList: po, desadv or cert",
                                    "sourceList: the supplier"};
constexpr Texts<2> kProductionSteps{"commissioning", "creating_class_instance"};
constexpr Texts<1> kActive{"active"};
constexpr Texts<2> kProductionCarries{"ilmd: batch, model, line", "bizTransactionList: prodorder"};
constexpr Texts<1> kAssemblySteps{"assembling"};
constexpr Texts<2> kAssemblyCarries{"parentID", "childEPCs"};
constexpr Texts<3> kProcessSteps{"creating_class_instance", "commissioning", ""};
constexpr Texts<2> kProcessDispositions{"active", "in_progress"};
constexpr Texts<3> kProcessCarries{"inputEPCList or inputQuantityList",
                                   "outputEPCList or outputQuantityList",
                                   "transformationID, of long runs"};
constexpr Texts<2> kInspectionSteps{"inspecting", "sampling"};
constexpr Texts<2> kInspectionDispositions{"conformant", "non_conformant"};
constexpr Texts<1> kInspectionCarries{
    "bizTransactionList: testprd, testres or cert; or sensorElementList"};
constexpr Texts<1> kPackingSteps{"packing"};
constexpr Texts<1> kInProgress{"in_progress"};
constexpr Texts<2> kPackingCarries{"parentID: SSCC", "childEPCs"};
constexpr Texts<4> kShippingSteps{"shipping", "staging_outbound", "loading", "consigning"};
constexpr Texts<1> kInTransit{"in_transit"};
constexpr Texts<2> kShippingCarries{"sourceList and destinationList",
                                    "bizTransactionList: desadv or bol"};
constexpr Texts<3> kTransportSteps{"departing", "transporting", "arriving"};
constexpr Texts<1> kTransportCarries{"readPoint"};
constexpr Texts<1> kReceivingSteps{"receiving"};
constexpr Texts<2> kReceivingCarries{"bizTransactionList: recadv",
                                     "disposition completeness_verified or completeness_inferred"};
constexpr Texts<1> kUnpackingSteps{"unpacking"};
constexpr Texts<1> kUnpackingCarries{"parentID: SSCC"};
constexpr Texts<1> kAcceptingSteps{"accepting"};
constexpr Texts<2> kAcceptingCarries{"sourceList: owning_party", "destinationList: owning_party"};
constexpr Texts<1> kInstallingSteps{"installing"};
constexpr Texts<2> kInstallingCarries{"parentID: plant unit", "bizLocation"};
constexpr Texts<1> kInstalledCarries{"bizLocation"};
constexpr Texts<1> kOperationSteps{"sensor_reporting"};
constexpr Texts<1> kOperationCarries{"sensorElementList: hours, load"};
constexpr Texts<2> kMaintenanceSteps{kMaintaining, "inspecting"};
constexpr Texts<2> kMaintenanceDispositions{"available", "needs_replacement"};
constexpr Texts<1> kMaintenanceCarries{"bizTransactionList: work order"};
constexpr Texts<1> kRepairSteps{"repairing"};
constexpr Texts<3> kRepairDispositions{"unavailable", "available", "conformant"};
constexpr Texts<1> kRepairCarries{"bizTransactionList: rma"};
constexpr Texts<2> kReplacingSteps{"removing", "replacing"};
constexpr Texts<2> kReplacingCarries{"parentID", "childEPCs: the parts changed"};
constexpr Texts<1> kRecallSteps{"holding"};
constexpr Texts<1> kNonSellable{"non_sellable_other"};
constexpr Texts<2> kRecallCarries{"persistentDisposition: set recalled",
                                  "bizTransactionList or extension: recall number and reason"};
constexpr Texts<2> kLiftedSteps{"inspecting", "repairing"};
constexpr Texts<1> kAvailable{"available"};
constexpr Texts<1> kLiftedCarries{"persistentDisposition: unset recalled"};
constexpr Texts<2> kReturnSteps{"receiving", "shipping"};
constexpr Texts<1> kReturned{"returned"};
constexpr Texts<1> kCollectingSteps{"collecting"};
constexpr Texts<1> kDisposed{"disposed"};
constexpr Texts<1> kDisassemblingSteps{"disassembling"};
constexpr Texts<1> kDisassemblingCarries{"parentID"};
constexpr Texts<4> kRecyclateSteps{"", "collecting", "disassembling", "creating_class_instance"};
constexpr Texts<2> kRecyclateCarries{"inputEPCList or inputQuantityList",
                                     "outputQuantityList: the recyclate"};
constexpr Texts<2> kEndSteps{"decommissioning", "destroying"};
constexpr Texts<2> kEndDispositions{"inactive", "destroyed"};
constexpr Texts<1> kEndCarries{"reason, as extension or bizTransactionList"};

constexpr auto kPublic = v1::VISIBILITY_PUBLIC;
constexpr auto kPartner = v1::VISIBILITY_PARTNER;
constexpr auto kPrivate = v1::VISIBILITY_PRIVATE;
constexpr auto kGeneral = v1::DATA_LEVEL_GENERAL;
constexpr auto kImportant = v1::DATA_LEVEL_IMPORTANT;
constexpr auto kResearch = v1::DATA_DOMAIN_RND;
constexpr auto kMaking = v1::DATA_DOMAIN_PRODUCTION;
constexpr auto kUsing = v1::DATA_DOMAIN_OPERATION;  // logistics and after-sales

// Rows that ask for more than form and step are looked at first.
constexpr std::array kRows{
    StageRow{"design", "设计", kObjectAdd, kDesignSteps, kNone, kDesignCarries, kPrivate,
             kImportant, kResearch},
    StageRow{"material", "原料", kObjectObserve, kMaterialSteps, kMaterialDispositions,
             kMaterialCarries, kPartner, kGeneral, kMaking, is_of_lots},
    StageRow{"production", "生产", kObjectAdd, kProductionSteps, kActive, kProductionCarries,
             kPartner, kGeneral, kMaking},
    StageRow{"production", "流程", kTransformed, kProcessSteps, kProcessDispositions,
             kProcessCarries, kPartner, kGeneral, kMaking},
    StageRow{"assembly", "装配", kFixed, kAssemblySteps, kNone, kAssemblyCarries, kPartner,
             kGeneral, kMaking},
    StageRow{"inspection", "检验", kObjectObserve, kInspectionSteps, kInspectionDispositions,
             kInspectionCarries, kPartner, kGeneral, kMaking},
    StageRow{"packing", "包装", kPacked, kPackingSteps, kInProgress, kPackingCarries, kPartner,
             kGeneral, kMaking},
    StageRow{"shipping", "发运", kObjectObserve, kShippingSteps, kInTransit, kShippingCarries,
             kPartner, kGeneral, kUsing, nullptr, true},
    StageRow{"transport", "运输", kObjectObserve, kTransportSteps, kInTransit, kTransportCarries,
             kPartner, kGeneral, kUsing, nullptr, true},
    StageRow{"receiving", "收货", kObjectObserve, kReceivingSteps, kInProgress, kReceivingCarries,
             kPartner, kGeneral, kUsing, nullptr, true},
    StageRow{"receiving", "收货", kUnpacked, kUnpackingSteps, kInProgress, kUnpackingCarries,
             kPartner, kGeneral, kUsing, nullptr, true},
    StageRow{"ownership_change", "交接", kHandedOver, kAcceptingSteps, kInProgress,
             kAcceptingCarries, kPartner, kGeneral, kUsing, nullptr, true},
    StageRow{"installation", "安装", kAssociationAdd, kInstallingSteps, kNone, kInstallingCarries,
             kPartner, kGeneral, kUsing, nullptr, true},
    StageRow{"installation", "安装", kObjectObserve, kInstallingSteps, kActive, kInstalledCarries,
             kPartner, kGeneral, kUsing, nullptr, true},
    StageRow{"operation", "运行", kObjectObserve, kOperationSteps, kActive, kOperationCarries,
             kPrivate, kGeneral, kUsing, nullptr, true},
    StageRow{"maintenance", "维护", kObjectObserve, kMaintenanceSteps, kMaintenanceDispositions,
             kMaintenanceCarries, kPartner, kGeneral, kUsing, is_maintained},
    StageRow{"repair", "维修", kObjectObserve, kRepairSteps, kRepairDispositions, kRepairCarries,
             kPartner, kGeneral, kUsing},
    StageRow{"repair", "维修", kPartsMoved, kReplacingSteps, kNone, kReplacingCarries, kPartner,
             kGeneral, kUsing},
    StageRow{"recall", "召回", kObjectObserve, kRecallSteps, kNonSellable, kRecallCarries, kPublic,
             kGeneral, kUsing, is_recall},
    StageRow{"recall_lifted", "解除召回", kObjectObserve, kLiftedSteps, kAvailable, kLiftedCarries,
             kPublic, kGeneral, kUsing, is_recall_lifted},
    StageRow{"return", "退回", kObjectObserve, kReturnSteps, kReturned, kRepairCarries, kPartner,
             kGeneral, kUsing, is_return, true},
    StageRow{"recycling", "回收", kObjectObserve, kCollectingSteps, kDisposed, kNone, kPartner,
             kGeneral, kUsing},
    StageRow{"recycling", "回收", kTakenApart, kDisassemblingSteps, kDisposed,
             kDisassemblingCarries, kPartner, kGeneral, kUsing},
    StageRow{"recycling", "回收", kTransformed, kRecyclateSteps, kDisposed, kRecyclateCarries,
             kPartner, kGeneral, kUsing, is_disposed},
    StageRow{"decommission", "报废", kObjectDelete, kEndSteps, kEndDispositions, kEndCarries,
             kPartner, kGeneral, kUsing},
};

bool is_step(std::string_view step, std::string_view of_row) {
    if (step == of_row) return true;
    const bool is_own = of_row == kDesigning || of_row == kMaintaining;
    return is_own && step.ends_with(of_row);
}

bool fits(const StageRow& row, const v1::EventRecord& event) {
    const bool form = std::ranges::any_of(row.forms, [&](const StageForm& one) {
        return one.type == event.type() && one.action == event.action();
    });
    return form &&
           std::ranges::any_of(
               row.steps, [&](std::string_view one) { return is_step(event.biz_step(), one); }) &&
           (row.also == nullptr || row.also(event));
}

/// The first row that the event fits among those that ask for more than form and step, or the
/// others.
const StageRow* row_of(const v1::EventRecord& event, bool asks_for_more) {
    for (const StageRow& row : kRows) {
        if ((row.also != nullptr) == asks_for_more && fits(row, event)) return &row;
    }
    return nullptr;
}

constexpr std::array kWarningWords{
    std::pair<Warning, std::string_view>{kAfterDelete, "after_delete"},
    std::pair<Warning, std::string_view>{kShippingBeforeCommissioning,
                                         "shipping_before_commissioning"},
    std::pair<Warning, std::string_view>{kInstallingInTransit, "installing_in_transit"},
    std::pair<Warning, std::string_view>{kSecondCommissioning, "second_commissioning"},
};

// What a stage machine remembers, as bits.
constexpr std::uint8_t kBegan = 1;
constexpr std::uint8_t kEnded = 2;
constexpr std::uint8_t kUnderWay = 4;

constexpr std::array<std::string_view, 5> kLeaving{"shipping", "departing", "transporting",
                                                   "loading", "consigning"};
constexpr std::array<std::string_view, 6> kArrived{"receiving", "arriving",      "accepting",
                                                   "unloading", "void_shipping", "unpacking"};

}  // namespace

std::span<const StageRow> stage_rows() {
    return kRows;
}

std::string_view stage_of(const v1::EventRecord& event) {
    // Marks of a recall count whatever the step is.
    if (event.type() == EVENT_TYPE_OBJECT && is_recall(event)) return "recall";
    if (event.type() == EVENT_TYPE_OBJECT && is_recall_lifted(event)) return "recall_lifted";
    const StageRow* row = row_of(event, true);
    if (row == nullptr) row = row_of(event, false);
    return row == nullptr ? std::string_view{} : row->word;
}

const StageRow* find_stage(std::string_view word) {
    const auto at = std::ranges::find(kRows, word, &StageRow::word);
    return at == kRows.end() ? nullptr : &*at;
}

v1::Label default_label(std::string_view stage) {
    v1::Label out;
    const StageRow* row = find_stage(stage);
    out.set_visibility(row == nullptr ? kPartner : row->visibility);
    out.set_level(row == nullptr ? kGeneral : row->level);
    out.set_domain(row == nullptr ? v1::DATA_DOMAIN_UNSPECIFIED : row->domain);
    return out;
}

std::span<const std::pair<Warning, std::string_view>> warning_words() {
    return kWarningWords;
}

bool begins(const StageMachine::Seen& event) {
    if (event.inherited) return false;
    if (event.type == EVENT_TYPE_OBJECT) {
        return event.action == EVENT_ACTION_ADD && event.stage != "design" &&
               (event.roles & v1::EVENT_ROLE_EPC) != 0;
    }
    return event.type == EVENT_TYPE_TRANSFORMATION && (event.roles & v1::EVENT_ROLE_OUTPUT) != 0;
}

/// Some amount of a class or lot may end; the class does not.
bool ends(const StageMachine::Seen& event) {
    return !event.inherited && event.type == EVENT_TYPE_OBJECT &&
           event.action == EVENT_ACTION_DELETE && (event.roles & v1::EVENT_ROLE_EPC) != 0 &&
           (event.roles & v1::EVENT_ROLE_CLASS) == 0;
}

std::uint32_t StageMachine::show(const Seen& event) {
    const bool is_class = (event.roles & v1::EVENT_ROLE_CLASS) != 0;
    const bool leaves = has(kLeaving, event.biz_step);
    const bool is_moved =
        event.inherited || (event.roles & (v1::EVENT_ROLE_EPC | v1::EVENT_ROLE_CHILD)) != 0;
    std::uint32_t out = 0;
    if ((state_ & kEnded) != 0) out |= kAfterDelete;
    if (leaves && is_moved && !is_class && (state_ & kBegan) == 0) {
        out |= kShippingBeforeCommissioning;
    }
    if (event.biz_step == "installing" && is_moved && (state_ & kUnderWay) != 0) {
        out |= kInstallingInTransit;
    }
    if (begins(event)) {
        if ((state_ & kBegan) != 0 && !is_class) out |= kSecondCommissioning;
        state_ = kBegan;
    }
    // A logistic unit comes into being by being packed.
    if (event.action == EVENT_ACTION_ADD && (event.roles & v1::EVENT_ROLE_PARENT) != 0 &&
        !event.inherited) {
        state_ |= kBegan;
    }
    if (ends(event)) state_ |= kEnded;
    if (is_moved && leaves) state_ |= kUnderWay;
    if (is_moved && (has(kArrived, event.biz_step) || event.biz_step == "installing")) {
        state_ &= static_cast<std::uint8_t>(~kUnderWay);
    }
    return out;
}

}  // namespace idnode::events
