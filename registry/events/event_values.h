#pragma once

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "proto/schemes/canonical.h"
#include "registry/events/context.h"
#include "registry/events/event_faults.h"
#include "registry/events/event_json.h"
#include "registry/events/event_time.h"
#include "registry/events/vocabulary.h"
#include "registry/json/place.h"

/// What stands in the members of an event, read with the refusal that names place and rule.
namespace idnode::events {

inline std::string_view name_of(const boost::json::key_value_pair& member) {
    return {member.key().data(), member.key().size()};
}

template <class Value>
struct Word {
    std::string_view word;
    Value value;
};

/// Values of one event. Functions give false once something is wrong; the first thing counts.
class EventValues {
  public:
    EventValues(const schemes::Options& schemes, Namespaces namespaces)
        : schemes_(schemes), namespaces_(std::move(namespaces)) {}

    bool fail(std::string_view rule, const json::Place& at, std::string_view text);
    bool fail(registration::Refusal refusal);
    /// That a member must be given.
    bool lacks(std::string_view name, const json::Place& at);
    /// Only after a function gave false.
    registration::Refusal take_fault() { return *std::move(fault_); }

    bool read_text(const boost::json::value& value, const json::Place& at, std::string_view& out);
    bool check_uri(const boost::json::value& value, const json::Place& at);
    bool read_event_id(const boost::json::value& value, const json::Place& at, std::string& out);
    bool read_time(const boost::json::value& value, const json::Place& at, EventTime& out);
    bool read_number(const boost::json::value& value, const json::Place& at, double& out);
    bool read_array(boost::json::value& value, const json::Place& at, boost::json::array*& out);
    bool read_object(boost::json::value& value, const json::Place& at, boost::json::object*& out);
    /// One of `words`, a range of `Word`.
    template <class Words, class Value>
    bool read_choice(const Words& words, std::string_view rule, const boost::json::value& value,
                     const json::Place& at, Value& out);

    /// Puts the short word into its place.
    bool shorten(Vocabulary vocabulary, boost::json::value& value, const json::Place& at,
                 std::string* out);
    template <class List>
    bool shorten_all(Vocabulary vocabulary, boost::json::value& value, const json::Place& at,
                     List& out);

    bool read_identifier(const boost::json::value& value, const json::Place& at,
                         schemes::Canonical& out);
    /// The canonical identifier.
    bool read_identifier(const boost::json::value& value, const json::Place& at, std::string& out);
    /// The same of what is no class and no lot.
    bool read_instance(const boost::json::value& value, const json::Place& at, std::string& out);

    /// Whether a member that EPCIS does not know may have this name.
    bool check_extension(std::string_view name, const json::Place& at);

    Namespaces& namespaces() { return namespaces_; }
    /// Whether there were names with prefixes that only the sender declared.
    bool used_declared() const { return used_declared_; }

  private:
    const schemes::Options& schemes_;
    Namespaces namespaces_;
    std::optional<registration::Refusal> fault_;
    std::size_t identifiers_ = 0;
    bool used_declared_ = false;
};

template <class Words, class Value>
bool EventValues::read_choice(const Words& words, std::string_view rule,
                              const boost::json::value& value, const json::Place& at, Value& out) {
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

template <class List>
bool EventValues::shorten_all(Vocabulary vocabulary, boost::json::value& value,
                              const json::Place& at, List& out) {
    boost::json::array* list = nullptr;
    if (!read_array(value, at, list)) return false;
    for (std::size_t i = 0; i < list->size(); ++i) {
        if (!shorten(vocabulary, (*list)[i], at.item(i), out.Add())) return false;
    }
    return true;
}

}  // namespace idnode::events
