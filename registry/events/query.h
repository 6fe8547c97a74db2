#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/idnode/v1/event.pb.h"
#include "proto/schemes/canonical.h"
#include "registry/registration/refusal.h"

/// What is asked of events: the query language of EPCIS 2.0 (identifiers document §15). Lists are
/// OR inside one parameter, AND between parameters; ranges of time are half-open.
namespace idnode::events {

inline constexpr std::size_t kQueryValuesMax = 1'000;  // of all parameters together
inline constexpr std::size_t kPageEvents = 30;
inline constexpr std::size_t kPageEventsMax = 1'000;

/// Why a query is not answered, as EPCIS tells it apart.
enum class QueryFault : std::uint8_t {
    kParameter,   // names one that is unknown or has a wrong value
    kTooLarge,    // more events than `maxEventCount`
    kTooComplex,  // more work than one request may cause
    kNode,        // the node's, or what the caller may do at all
};
struct QueryRefusal {
    QueryFault fault = QueryFault::kNode;
    registration::Refusal why;
};
template <class T>
using QueryOutcome = Result<T, QueryRefusal>;
QueryRefusal of_node(registration::Refusal why);

/// A parameter as it was sent. One without values asks for the presence of something.
struct QueryParameter {
    std::string name;
    std::vector<std::string> values;
};
/// The members of a query in JSON: texts, numbers, booleans, null, or lists of them.
QueryOutcome<std::vector<QueryParameter>> read_query_json(const boost::json::object& query);

/// An identifier, or all whose canonical key begins alike: a class stands for its lots and serials,
/// a place for what lies in it, `hdl:88.100.7/P-*` for what begins so.
struct IdentifierPattern {
    std::string cid;  // without `*`
    std::string key;
    bool is_beginning = false;

    bool matches(std::string_view key_of_other) const {
        return is_beginning ? key_of_other.starts_with(key) : key_of_other == key;
    }
};

/// What of an event a condition looks at.
enum class QueryField : std::uint8_t {
    kType,
    kAction,
    kBizStep,
    kDisposition,
    kPersistentSet,
    kPersistentUnset,
    kStage,
    kWarning,
    kTransformation,
    kEventId,
    kErrorExists,
    kErrorReason,
    kCorrectiveEvent,
    kReadPoint,
    kBizLocation,
    kIdentifier,
    kClass,  // an identifier named with a quantity
    kTransaction,
    kSource,
    kDestination,
    kQuantity,
};
enum class Compare : std::uint8_t { kEqual, kGreater, kGreaterEqual, kLess, kLessEqual };

/// Holds when any of its values fits.
struct QueryCondition {
    QueryField field{};
    std::uint32_t roles = 0;           // of identifiers and classes: bits of v1::EventRole
    std::string type{};                // of transactions and parties
    std::vector<std::string> words{};  // short words, identifiers of references, ids
    std::vector<int> numbers{};        // types and actions
    std::vector<IdentifierPattern> patterns{};
    Compare compare = Compare::kEqual;
    std::vector<double> quantities{};

    bool matches(const v1::EventRecord& record) const;
};

/// [from, before)
struct TimeRange {
    std::int64_t from = INT64_MIN;
    std::int64_t before = INT64_MAX;

    bool has(std::int64_t time) const { return time >= from && time < before; }
};

struct Query {
    std::vector<QueryCondition> conditions{};
    TimeRange event_time_ns{};
    TimeRange record_time_ms{};
    std::optional<TimeRange> error_time_ns{};
    bool by_record_time = false;  // else by event time; ties as `EventKey`, so by record time
    bool ascending = false;
    std::optional<std::uint64_t> count_limit{};  // the answer ends there
    std::optional<std::uint64_t> count_max{};    // with more there is no answer
    std::size_t per_page = kPageEvents;
    std::string page_token{};
    /// The same for the same question, whatever the page: parameters in order, without those of
    /// paging.
    std::string text{};

    bool matches(const v1::EventRecord& record) const;
};

/// Refusals name the parameter.
QueryOutcome<Query> parse_query(std::span<const QueryParameter> parameters,
                                const schemes::Options& options);

}  // namespace idnode::events
