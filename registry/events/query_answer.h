#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proto/schemes/canonical.h"
#include "registry/events/event_reader.h"
#include "registry/registration/refusal.h"
#include "registry/registration/registrar.h"

/// Events as callers get them (identifiers document §10.7).
namespace idnode::events {

/// In which spelling identifiers stand, header `GS1-EPC-Format`.
enum class EpcFormat : std::uint8_t {
    kAsCaptured,   // No_Preference, Never_Translates
    kDigitalLink,  // Always_GS1_Digital_Link
    kUrn,          // Always_EPC_URN
};
/// Nothing: no value of the header. Empty: as captured.
std::optional<EpcFormat> read_epc_format(std::string_view text);

struct AnswerForm {
    const registration::Registrar& registrar;  // opens what is sealed
    const schemes::Options& schemes;
    EpcFormat epc_format = EpcFormat::kAsCaptured;
    /// Set where an identifier has no URN because the length of its company prefix is not known:
    /// then it is a Digital Link (§6.5). May be null.
    bool* lacks_urn = nullptr;
};

/// The event as a JSON object, with `recordTime`. Identifiers without the spelling that was asked
/// for keep their own.
registration::Outcome<void> append_event_json(const v1::EventRecord& record, const AnswerForm& form,
                                              std::string& out);
/// As above, to stand alone: with `@context`.
registration::Outcome<std::string> single_event_json(const v1::EventRecord& record,
                                                     const AnswerForm& form);

/// What a query document says of itself.
struct QueryDocument {
    std::string_view query_name = "SimpleEventQuery";
    std::string_view subscription_id{};  // empty: nobody subscribed
    model::TimeMs created = 0;
};
/// `EPCISQueryDocument`
registration::Outcome<std::string> query_document_json(std::span<const StoredEvent> events,
                                                       const QueryDocument& about,
                                                       const AnswerForm& form);

}  // namespace idnode::events
