#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "registry/json/place.h"
#include "registry/registration/refusal.h"

/// The rules of events, by the stable names that refusals give. What is wrong with an identifier
/// has the names of `schemes::name_of` instead.
namespace idnode::events::faults {

inline constexpr std::string_view kAction = "E_EVENT_ACTION";        // §10.2
inline constexpr std::string_view kContext = "E_EVENT_CONTEXT";      // §10.7
inline constexpr std::string_view kDocument = "E_EVENT_DOCUMENT";    // §10.7
inline constexpr std::string_view kErrorReason = "E_EVENT_REASON";   // §10.4
inline constexpr std::string_view kExtension = "E_EVENT_EXTENSION";  // §10.1: bare, undeclared
inline constexpr std::string_view kForm = "E_EVENT_FORM";            // of a member's value
inline constexpr std::string_view kFuture = "E_EVENT_FUTURE";        // §10.3
inline constexpr std::string_view kIlmd = "E_EVENT_ILMD";            // §10.2
inline constexpr std::string_view kLabel = "E_EVENT_LABEL";          // §9.2
inline constexpr std::string_view kLevel = "E_EVENT_LEVEL";          // §16: class or instance
inline constexpr std::string_view kLimit = "E_EVENT_LIMIT";
inline constexpr std::string_view kLists = "E_EVENT_LISTS";            // §10.2: something is needed
inline constexpr std::string_view kMember = "E_EVENT_MEMBER";          // none of this type's
inline constexpr std::string_view kMissing = "E_EVENT_MISSING";        // a required member
inline constexpr std::string_view kOffset = "E_EVENT_OFFSET";          // §10.1
inline constexpr std::string_view kOriginal = "E_EVENT_ORIGINAL";      // §10.4: of a correction
inline constexpr std::string_view kParent = "E_EVENT_PARENT";          // §16: among its children
inline constexpr std::string_view kRepeated = "E_EVENT_REPEATED";      // §16
inline constexpr std::string_view kSensor = "E_EVENT_SENSOR";          // §10.5
inline constexpr std::string_view kTime = "E_EVENT_TIME";              // §10.3
inline constexpr std::string_view kType = "E_EVENT_TYPE";              // §10.1
inline constexpr std::string_view kUri = "E_EVENT_URI";                // must be one
inline constexpr std::string_view kVocabulary = "E_EVENT_VOCABULARY";  // §10.6
inline constexpr std::string_view kZone = "E_EVENT_ZONE";              // §10.3

}  // namespace idnode::events::faults

namespace idnode::events {

/// That what stands at a place breaks a rule.
inline registration::Refusal refuse(std::string_view rule, const json::Place& at,
                                    std::string_view text) {
    std::string field = at.text();
    std::string message = (field.empty() ? "" : field + ": ") + std::string(text);
    return {.code = registration::Code::kInvalid,
            .message = std::move(message),
            .field = std::move(field),
            .rule = rule};
}

}  // namespace idnode::events
