#include "registry/events/query.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <utility>

#include "registry/events/event_time.h"
#include "registry/events/vocabulary.h"
#include "registry/json/fields.h"

namespace idnode::events {

namespace {

namespace bj = boost::json;
using registration::Code;
using schemes::Level;
using schemes::Scheme;

constexpr std::uint32_t kAnyRole = v1::EVENT_ROLE_EPC | v1::EVENT_ROLE_PARENT |
                                   v1::EVENT_ROLE_CHILD | v1::EVENT_ROLE_INPUT |
                                   v1::EVENT_ROLE_OUTPUT;
constexpr std::uint32_t kObjectRoles = v1::EVENT_ROLE_EPC | v1::EVENT_ROLE_CHILD;
constexpr char kElementSeparator = '\x1D';  // between the elements of a key of GS1
constexpr std::int64_t kNsPerMs = 1'000'000;

QueryRefusal wrong(std::string_view parameter, std::string rule) {
    return {QueryFault::kParameter,
            registration::invalid(std::string(parameter),
                                  std::string(parameter) + ": " + std::move(rule))};
}

/// What a parameter's values are, and where they go.
class Reader;
struct ParameterRule {
    std::string_view name;
    QueryOutcome<void> (Reader::*read)(const ParameterRule& rule, const QueryParameter& parameter);
    QueryField field{};
    std::uint32_t roles = 0;
    Vocabulary vocabulary{};
    Compare compare = Compare::kEqual;
    bool begins = false;  // the name goes on with a type
};

std::optional<int> type_of(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, int>, 5> kTypes{{
        {"ObjectEvent", v1::EVENT_TYPE_OBJECT},
        {"AggregationEvent", v1::EVENT_TYPE_AGGREGATION},
        {"TransactionEvent", v1::EVENT_TYPE_TRANSACTION},
        {"TransformationEvent", v1::EVENT_TYPE_TRANSFORMATION},
        {"AssociationEvent", v1::EVENT_TYPE_ASSOCIATION},
    }};
    for (const auto& [word, type] : kTypes) {
        if (word == name) return type;
    }
    return std::nullopt;
}

std::optional<int> action_of(std::string_view name) {
    if (name == "ADD") return v1::EVENT_ACTION_ADD;
    if (name == "OBSERVE") return v1::EVENT_ACTION_OBSERVE;
    if (name == "DELETE") return v1::EVENT_ACTION_DELETE;
    return std::nullopt;
}

/// Everything under an identifier: lots and serials under a class, extensions under a location.
std::string key_under(const schemes::Canonical& of, std::string key) {
    if (of.scheme == Scheme::kOid) return key;
    if (of.scheme != Scheme::kGs1) return key + '/';
    // These have their serial in the same element.
    for (const std::string_view code : {"8003", "253", "255"}) {
        if (std::string_view(key).substr(1).starts_with(code)) return key;
    }
    return key + kElementSeparator;
}

std::optional<std::int64_t> read_time(std::string_view text) {
    std::string zoned(text);
    // A plus that was not escaped arrives as a space.
    std::ranges::replace(zoned, ' ', '+');
    const auto time = parse_event_time(zoned);
    if (!time) return std::nullopt;
    return time->ns;
}

std::int64_t up_to_ms(std::int64_t ns) {
    const std::int64_t whole = ns / kNsPerMs;
    return whole + (ns % kNsPerMs > 0 ? 1 : 0);
}

template <class Number>
std::optional<Number> read_number(std::string_view text) {
    Number out{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

/// Reads one parameter after another into a query.
class Reader {
  public:
    Reader(const schemes::Options& options, Query& out) : options_(options), out_(out) {}

    QueryOutcome<void> read(const QueryParameter& parameter);

    QueryOutcome<void> event_types(const ParameterRule& rule, const QueryParameter& parameter) {
        return named(rule, parameter, type_of, "must be the name of a type of events");
    }
    QueryOutcome<void> actions(const ParameterRule& rule, const QueryParameter& parameter) {
        return named(rule, parameter, action_of, "must be ADD, OBSERVE or DELETE");
    }
    QueryOutcome<void> vocabulary(const ParameterRule& rule, const QueryParameter& parameter) {
        QueryCondition& condition = add(rule);
        for (const std::string& value : parameter.values) {
            const auto word = short_word(rule.vocabulary, value);
            if (!word) {
                return wrong(parameter.name, "\"" + value +
                                                 "\" is no word of the Core Business Vocabulary "
                                                 "and no URI");
            }
            condition.words.emplace_back(*word);
        }
        return {};
    }
    QueryOutcome<void> texts(const ParameterRule& rule, const QueryParameter& parameter) {
        add(rule).words = parameter.values;
        return {};
    }
    QueryOutcome<void> warnings(const ParameterRule& rule, const QueryParameter& parameter) {
        const bool any = parameter.values.empty() || parameter.values.front() == "true";
        if (any) return presence(rule, parameter);
        return texts(rule, parameter);
    }
    QueryOutcome<void> presence(const ParameterRule& rule, const QueryParameter& parameter) {
        add(rule);
        for (const std::string& value : parameter.values) {
            if (value.empty() || value == "true" || value == "1") continue;
            return wrong(parameter.name, "takes no value");
        }
        return {};
    }
    QueryOutcome<void> identifiers(const ParameterRule& rule, const QueryParameter& parameter) {
        QueryCondition& condition = add(rule);
        for (const std::string& value : parameter.values) {
            auto pattern = read_pattern(parameter.name, value);
            if (!pattern) return pattern.error();
            condition.patterns.push_back(*std::move(pattern));
        }
        return {};
    }
    QueryOutcome<void> places(const ParameterRule& rule, const QueryParameter& parameter) {
        QueryCondition& condition = add(rule);
        for (const std::string& value : parameter.values) {
            auto place = parse(parameter.name, value);
            if (!place) return place.error();
            condition.patterns.push_back(exactly(*place));
            if (!rule.begins) continue;
            IdentifierPattern under = exactly(*place);
            under.key = key_under(*place, std::move(under.key));
            under.is_beginning = true;
            condition.patterns.push_back(std::move(under));
        }
        return {};
    }
    QueryOutcome<void> references(const ParameterRule& rule, const QueryParameter& parameter) {
        const std::string_view type = std::string_view(parameter.name).substr(rule.name.size());
        const auto word = short_word(rule.vocabulary, type);
        if (!word) return wrong(parameter.name, "ends with no known type and no URI");
        QueryCondition& condition = add(rule);
        condition.type = *word;
        for (const std::string& value : parameter.values) {
            auto canonical = schemes::parse_uri(value, options_);
            condition.words.push_back(canonical ? std::move(canonical->cid) : value);
        }
        return {};
    }
    QueryOutcome<void> quantity(const ParameterRule& rule, const QueryParameter& parameter) {
        QueryCondition& condition = add(rule);
        condition.compare = rule.compare;
        for (const std::string& value : parameter.values) {
            const auto number = read_number<double>(value);
            if (!number) return wrong(parameter.name, "must be a number");
            condition.quantities.push_back(*number);
        }
        return {};
    }
    QueryOutcome<void> event_time(const ParameterRule& rule, const QueryParameter& parameter) {
        return time(rule, parameter, out_.event_time_ns, [](std::int64_t ns) { return ns; });
    }
    QueryOutcome<void> record_time(const ParameterRule& rule, const QueryParameter& parameter) {
        return time(rule, parameter, out_.record_time_ms, up_to_ms);
    }
    QueryOutcome<void> error_time(const ParameterRule& rule, const QueryParameter& parameter) {
        if (!out_.error_time_ns) out_.error_time_ns.emplace();
        return time(rule, parameter, *out_.error_time_ns, [](std::int64_t ns) { return ns; });
    }
    QueryOutcome<void> order_by(const ParameterRule&, const QueryParameter& parameter) {
        const std::string value = single(parameter);
        out_.by_record_time = value == "recordTime";
        if (out_.by_record_time || value == "eventTime") return {};
        return wrong(parameter.name, "must be eventTime or recordTime");
    }
    QueryOutcome<void> order_direction(const ParameterRule&, const QueryParameter& parameter) {
        const std::string value = single(parameter);
        out_.ascending = value == "ASC";
        if (out_.ascending || value == "DESC") return {};
        return wrong(parameter.name, "must be ASC or DESC");
    }
    QueryOutcome<void> count_limit(const ParameterRule&, const QueryParameter& parameter) {
        return count(parameter, out_.count_limit);
    }
    QueryOutcome<void> count_max(const ParameterRule&, const QueryParameter& parameter) {
        return count(parameter, out_.count_max);
    }
    QueryOutcome<void> per_page(const ParameterRule&, const QueryParameter& parameter) {
        const auto number = read_number<std::size_t>(single(parameter));
        if (!number || *number == 0 || *number > kPageEventsMax) {
            return wrong(parameter.name,
                         "must be a number from 1 to " + std::to_string(kPageEventsMax));
        }
        out_.per_page = *number;
        return {};
    }
    QueryOutcome<void> page_token(const ParameterRule&, const QueryParameter& parameter) {
        out_.page_token = single(parameter);
        return {};
    }

  private:
    QueryCondition& add(const ParameterRule& rule) {
        out_.conditions.push_back({.field = rule.field, .roles = rule.roles});
        return out_.conditions.back();
    }
    /// Empty where there is not exactly one value: no rule accepts that.
    static std::string single(const QueryParameter& parameter) {
        return parameter.values.size() == 1 ? parameter.values.front() : std::string();
    }
    template <class NumberOf>
    QueryOutcome<void> named(const ParameterRule& rule, const QueryParameter& parameter,
                             const NumberOf& number_of, std::string_view requirement) {
        QueryCondition& condition = add(rule);
        for (const std::string& value : parameter.values) {
            const std::optional<int> number = number_of(value);
            if (!number) return wrong(parameter.name, std::string(requirement));
            condition.numbers.push_back(*number);
        }
        return {};
    }
    template <class ToUnit>
    QueryOutcome<void> time(const ParameterRule& rule, const QueryParameter& parameter,
                            TimeRange& range, const ToUnit& to_unit) {
        const auto ns = read_time(single(parameter));
        if (!ns) return wrong(parameter.name, "must be one date and time with zone");
        if (rule.compare == Compare::kLess) {
            range.before = std::min(range.before, to_unit(*ns));
        } else {
            range.from = std::max(range.from, to_unit(*ns));
        }
        return {};
    }
    QueryOutcome<void> count(const QueryParameter& parameter, std::optional<std::uint64_t>& out) {
        out = read_number<std::uint64_t>(single(parameter));
        if (!out || *out == 0) return wrong(parameter.name, "must be a number above 0");
        if (out_.count_limit && out_.count_max) {
            return wrong(parameter.name, "eventCountLimit and maxEventCount exclude each other");
        }
        return {};
    }

    QueryOutcome<schemes::Canonical> parse(std::string_view parameter, std::string_view text) {
        auto out = schemes::parse(text, options_);
        if (!out) return wrong(parameter, schemes::text_of(out.error()));
        return *std::move(out);
    }
    static IdentifierPattern exactly(const schemes::Canonical& canonical) {
        return {.cid = canonical.cid, .key = schemes::key_of(canonical.cid)};
    }
    /// An identifier, `urn:epc:idpat:…`, a class, or anything with `*` at its end.
    QueryOutcome<IdentifierPattern> read_pattern(std::string_view parameter,
                                                 std::string_view text) {
        const bool is_open = text.ends_with('*') && !text.starts_with("urn:epc:");
        if (is_open) return read_open(parameter, text.substr(0, text.size() - 1));
        auto canonical = parse(parameter, text);
        if (!canonical) return canonical.error();
        IdentifierPattern out = exactly(*canonical);
        const bool stands_for_many =
            canonical->level == Level::kClass || canonical->level == Level::kLot;
        const bool asks_for_class = (out_.conditions.back().field == QueryField::kClass);
        if (!stands_for_many || asks_for_class) return out;
        out.key = key_under(*canonical, std::move(out.key));
        out.is_beginning = true;
        return out;
    }
    QueryOutcome<IdentifierPattern> read_open(std::string_view parameter, std::string_view begin) {
        if (begin.ends_with('/')) {
            const auto whole = schemes::parse(begin.substr(0, begin.size() - 1), options_);
            if (whole && whole->scheme == Scheme::kGs1) {
                IdentifierPattern out = exactly(*whole);
                out.key = key_under(*whole, std::move(out.key));
                out.is_beginning = true;
                return out;
            }
        }
        // With one more character it is an identifier, and what the keys share ends before that.
        auto longer = parse(parameter, std::string(begin) + '0');
        if (!longer) return longer.error();
        IdentifierPattern out = exactly(*longer);
        if (!out.key.ends_with('0')) return wrong(parameter, "cannot end with * there");
        out.key.pop_back();
        out.is_beginning = true;
        return out;
    }

    const schemes::Options& options_;
    Query& out_;
};

using R = Reader;
using F = QueryField;
using V = Vocabulary;
// The parameters of §15. `begins`: of references the name goes on with the type; of places what
// lies under them counts too.
constexpr std::array kRules{
    ParameterRule{"eventType", &R::event_types, F::kType},
    ParameterRule{"EQ_action", &R::actions, F::kAction},
    ParameterRule{"GE_eventTime", &R::event_time, {}, 0, {}, Compare::kGreaterEqual},
    ParameterRule{"LT_eventTime", &R::event_time, {}, 0, {}, Compare::kLess},
    ParameterRule{"GE_recordTime", &R::record_time, {}, 0, {}, Compare::kGreaterEqual},
    ParameterRule{"LT_recordTime", &R::record_time, {}, 0, {}, Compare::kLess},
    // The published files spell these in two ways.
    ParameterRule{"GE_errorDeclarationTime", &R::error_time, {}, 0, {}, Compare::kGreaterEqual},
    ParameterRule{"LT_errorDeclarationTime", &R::error_time, {}, 0, {}, Compare::kLess},
    ParameterRule{"GE_errorDeclaration_Time", &R::error_time, {}, 0, {}, Compare::kGreaterEqual},
    ParameterRule{"LT_errorDeclaration_Time", &R::error_time, {}, 0, {}, Compare::kLess},
    ParameterRule{"EQ_bizStep", &R::vocabulary, F::kBizStep, 0, V::kBizStep},
    ParameterRule{"EQ_disposition", &R::vocabulary, F::kDisposition, 0, V::kDisposition},
    ParameterRule{"EQ_persistentDisposition_set", &R::vocabulary, F::kPersistentSet, 0,
                  V::kDisposition},
    ParameterRule{"EQ_persistentDisposition_unset", &R::vocabulary, F::kPersistentUnset, 0,
                  V::kDisposition},
    ParameterRule{"EQ_readPoint", &R::places, F::kReadPoint},
    ParameterRule{"WD_readPoint", &R::places, F::kReadPoint, 0, {}, {}, true},
    ParameterRule{"EQ_bizLocation", &R::places, F::kBizLocation},
    ParameterRule{"WD_bizLocation", &R::places, F::kBizLocation, 0, {}, {}, true},
    ParameterRule{"EQ_transformationID", &R::texts, F::kTransformation},
    ParameterRule{"EQ_eventID", &R::texts, F::kEventId},
    ParameterRule{"MATCH_epc", &R::identifiers, F::kIdentifier, kObjectRoles},
    ParameterRule{"MATCH_parentID", &R::identifiers, F::kIdentifier, v1::EVENT_ROLE_PARENT},
    ParameterRule{"MATCH_inputEPC", &R::identifiers, F::kIdentifier, v1::EVENT_ROLE_INPUT},
    ParameterRule{"MATCH_outputEPC", &R::identifiers, F::kIdentifier, v1::EVENT_ROLE_OUTPUT},
    ParameterRule{"MATCH_anyEPC", &R::identifiers, F::kIdentifier, kAnyRole},
    ParameterRule{"MATCH_epcClass", &R::identifiers, F::kClass, kObjectRoles},
    ParameterRule{"MATCH_inputEPCClass", &R::identifiers, F::kClass, v1::EVENT_ROLE_INPUT},
    ParameterRule{"MATCH_outputEPCClass", &R::identifiers, F::kClass, v1::EVENT_ROLE_OUTPUT},
    ParameterRule{"MATCH_anyEPCClass", &R::identifiers, F::kClass, kAnyRole},
    ParameterRule{"EQ_quantity", &R::quantity, F::kQuantity, 0, {}, Compare::kEqual},
    ParameterRule{"GT_quantity", &R::quantity, F::kQuantity, 0, {}, Compare::kGreater},
    ParameterRule{"GE_quantity", &R::quantity, F::kQuantity, 0, {}, Compare::kGreaterEqual},
    ParameterRule{"LT_quantity", &R::quantity, F::kQuantity, 0, {}, Compare::kLess},
    ParameterRule{"LE_quantity", &R::quantity, F::kQuantity, 0, {}, Compare::kLessEqual},
    ParameterRule{"EXISTS_errorDeclaration", &R::presence, F::kErrorExists},
    ParameterRule{"EQ_errorReason", &R::vocabulary, F::kErrorReason, 0, V::kErrorReason},
    ParameterRule{"EQ_correctiveEventID", &R::texts, F::kCorrectiveEvent},
    ParameterRule{
        "EQ_bizTransaction_", &R::references, F::kTransaction, 0, V::kTransactionType, {}, true},
    ParameterRule{"EQ_source_", &R::references, F::kSource, 0, V::kPartyType, {}, true},
    ParameterRule{"EQ_destination_", &R::references, F::kDestination, 0, V::kPartyType, {}, true},
    // Additions of ours.
    ParameterRule{"EQ_stage", &R::texts, F::kStage},
    ParameterRule{"hasWarning", &R::warnings, F::kWarning},
    ParameterRule{"orderBy", &R::order_by},
    ParameterRule{"orderDirection", &R::order_direction},
    ParameterRule{"eventCountLimit", &R::count_limit},
    ParameterRule{"maxEventCount", &R::count_max},
    ParameterRule{"perPage", &R::per_page},
    ParameterRule{"nextPageToken", &R::page_token},
};

bool goes_on_with_type(const ParameterRule& rule) {
    return rule.name.ends_with('_');
}

bool needs_values(const ParameterRule& rule) {
    return rule.field != F::kErrorExists && rule.field != F::kWarning;
}

QueryOutcome<void> Reader::read(const QueryParameter& parameter) {
    for (const ParameterRule& rule : kRules) {
        const bool fits = goes_on_with_type(rule) ? parameter.name.size() > rule.name.size() &&
                                                        parameter.name.starts_with(rule.name)
                                                  : parameter.name == rule.name;
        if (!fits) continue;
        if (parameter.values.empty() && needs_values(rule)) {
            return wrong(parameter.name, "needs a value");
        }
        return (this->*rule.read)(rule, parameter);
    }
    return wrong(parameter.name, "is no parameter of queries that this node knows");
}

bool is_of_paging(std::string_view name) {
    return name == "perPage" || name == "nextPageToken";
}

std::string text_of(std::span<const QueryParameter> parameters) {
    std::vector<std::string> parts;
    for (const QueryParameter& parameter : parameters) {
        if (is_of_paging(parameter.name)) continue;
        std::string part = parameter.name;
        for (const std::string& value : parameter.values) part += '\n' + value;
        parts.push_back(std::move(part));
    }
    std::ranges::sort(parts);
    std::string out;
    for (const std::string& part : parts) out += part + '\0';
    return out;
}

/// A text, number, boolean or null as a parameter of a URL would have it.
std::optional<std::string> as_text(const bj::value& value) {
    if (const auto* text = value.if_string()) return std::string(json::view(*text));
    if (value.is_null()) return std::string();
    if (value.is_object() || value.is_array()) return std::nullopt;
    return bj::serialize(value);
}

}  // namespace

QueryRefusal of_node(registration::Refusal why) {
    return {QueryFault::kNode, std::move(why)};
}

QueryOutcome<std::vector<QueryParameter>> read_query_json(const bj::object& query) {
    std::vector<QueryParameter> out;
    for (const auto& member : query) {
        QueryParameter parameter{.name = std::string(member.key()), .values = {}};
        if (parameter.name == "@context") continue;
        const auto* list = member.value().if_array();
        const bj::array single{member.value()};
        for (const bj::value& value : list != nullptr ? *list : single) {
            auto text = as_text(value);
            if (!text) {
                return wrong(parameter.name, "must be a text, a number, a boolean or a list");
            }
            parameter.values.push_back(*std::move(text));
        }
        out.push_back(std::move(parameter));
    }
    return out;
}

QueryOutcome<Query> parse_query(std::span<const QueryParameter> parameters,
                                const schemes::Options& options) {
    Query out;
    Reader reader(options, out);
    std::size_t values = 0;
    for (const QueryParameter& parameter : parameters) {
        values += parameter.values.size();
        if (values > kQueryValuesMax) {
            return QueryRefusal{
                QueryFault::kTooComplex,
                registration::invalid(parameter.name, "a query has at most " +
                                                          std::to_string(kQueryValuesMax) +
                                                          " values; ask in parts")};
        }
        if (auto read = reader.read(parameter); !read) return read.error();
    }
    out.text = text_of(parameters);
    return out;
}

}  // namespace idnode::events
