#pragma once

#include <boost/json/value.hpp>
#include <deque>
#include <optional>
#include <string>

#include "registry/http/snms/fault.h"
#include "registry/http/snms/json_body.h"
#include "registry/registration/identifiers.h"

/// Identifiers of requests as drafts for the rules.
namespace idnode::http::snms {

/// An identifier as it came (§4.3).
struct FormDraft {
    registration::Draft draft;
    /// What of its form is wrong, found before any rule is asked.
    std::optional<Fault> fault{};
};

/// Reads identifiers without building messages: drafts are views into the JSON, and into this
/// reader where a number stood for a text.
class DraftReader {
  public:
    explicit DraftReader(registration::Write write) : write_(write) {}

    /// An object as §4.3 has it.
    FormDraft read(const boost::json::value& value);
    /// A handle alone, as the deletion of many has them.
    FormDraft read_handle(const boost::json::value& value);
    /// An object with a handle, as the deletion of one has it.
    FormDraft read_handle_member(const boost::json::object& object);

  private:
    static constexpr std::size_t kTop = static_cast<std::size_t>(-1);  // not within a value

    FormDraft begin() const;
    Outcome<std::string_view> text(const boost::json::value* value, std::size_t at,
                                   std::string_view name);
    Outcome<void> read_into(const boost::json::object& object, registration::Draft& draft);
    Outcome<registration::DraftValue> read_value(const boost::json::value& value, std::size_t at,
                                                 std::string& codes);
    Outcome<void> note_code(const boost::json::object& value, std::size_t at,
                            const registration::DraftValue& of, std::string& codes);
    Outcome<void> read_data(const boost::json::object& value, std::size_t at,
                            registration::DraftValue& out);

    const registration::Write write_;
    std::deque<std::string> texts_;  // that were made of numbers, and permission codes
};

}  // namespace idnode::http::snms
