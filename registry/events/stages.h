#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "proto/idnode/v1/event.pb.h"

/// The stages of an industrial product's life, identifiers document §12: what each is called, by
/// which events it shows, what those must carry and who may read them.
namespace idnode::events {

/// Steps that CBV has no word for. Any URI that ends alike counts: own vocabularies have hosts of
/// their own.
inline constexpr std::string_view kDesigning = "BizStep-designing";
inline constexpr std::string_view kMaintaining = "BizStep-maintaining";

/// What an event is by its type and action.
struct StageForm {
    v1::EventType type = v1::EVENT_TYPE_UNSPECIFIED;
    v1::EventAction action = v1::EVENT_ACTION_UNSPECIFIED;
};

/// One row of the table. Several rows may have the same word: a stage may show in several ways.
struct StageRow {
    std::string_view word;     // of `idn:stage`
    std::string_view chinese;  // for people
    std::span<const StageForm> forms;
    std::span<const std::string_view> steps;         // the first one is usual; "": none
    std::span<const std::string_view> dispositions;  // usual ones, the first first
    std::span<const std::string_view> must_carry;
    v1::Visibility visibility = v1::VISIBILITY_PARTNER;
    v1::DataLevel level = v1::DATA_LEVEL_GENERAL;
    v1::DataDomain domain = v1::DATA_DOMAIN_PRODUCTION;
    /// What must hold besides form and step; null: nothing.
    bool (*also)(const v1::EventRecord& event) = nullptr;
    /// Whether what is inside is at this stage together with its container.
    bool of_contents = false;
};
/// In the order of a life.
std::span<const StageRow> stage_rows();

/// The word of the stage that an event shows; empty: none.
std::string_view stage_of(const v1::EventRecord& event);
/// The first row with this word; null: there is none.
const StageRow* find_stage(std::string_view word);
inline bool is_stage(std::string_view word) {
    return find_stage(word) != nullptr;
}
/// How an event is labelled that says nothing about it; of no stage: as most are.
v1::Label default_label(std::string_view stage);

/// What is odd about an event after those before it, as one identifier sees them: real data come
/// late and incomplete, so nothing is refused for it. Bits.
enum Warning : std::uint32_t {
    kNoWarning = 0,
    kAfterDelete = 1,  // its identifier had ended
    kShippingBeforeCommissioning = 2,
    kInstallingInTransit = 4,
    kSecondCommissioning = 8,
};
/// `after_delete` and so on, ascending by bit.
std::span<const std::pair<Warning, std::string_view>> warning_words();

/// The stage machine of one identifier. Events are shown to it in the order of §10.3.
class StageMachine {
  public:
    StageMachine() = default;
    explicit StageMachine(std::uint8_t state) : state_(state) {}

    /// Warnings about this event. `roles`: of the identifier in it, bits of `v1::EventRole`; of an
    /// event of a container those that the container has, with `inherited`.
    struct Seen {
        v1::EventType type = v1::EVENT_TYPE_UNSPECIFIED;
        v1::EventAction action = v1::EVENT_ACTION_UNSPECIFIED;
        std::string_view biz_step;
        std::string_view stage;
        std::uint32_t roles = 0;
        bool inherited = false;
    };
    std::uint32_t show(const Seen& event);

    /// What it remembers, to go on later.
    std::uint8_t state() const { return state_; }

  private:
    std::uint8_t state_ = 0;
};

/// Whether an event ends the existence of this identifier, or begins it.
bool ends(const StageMachine::Seen& event);
bool begins(const StageMachine::Seen& event);

}  // namespace idnode::events
