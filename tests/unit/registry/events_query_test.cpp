// Queries of lifecycle events. What is held: an answer has exactly the events of a filter over all
// of them, in the order asked for, however it is cut into pages, and whatever is captured
// meanwhile.
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <random>

#include "registry/events/browsing.h"
#include "registry/events/event_time.h"
#include "registry/events/queries.h"
#include "registry/events/query_answer.h"
#include "registry/registration/objects.h"
#include "tests/support/effort.h"
#include "tests/unit/registry/event_histories.h"
#include "tests/unit/registry/events_query_fixture.h"

using namespace idnode;
using namespace idnode::events;
using namespace idnode::tests;

namespace {

using Parameters = std::vector<QueryParameter>;
using Ids = std::vector<std::string>;

Query parsed(const Parameters& parameters) {
    auto query = parse_query(parameters, {});
    if (!query) FAIL(query.error().why.message);
    return *std::move(query);
}

std::string name_of(const StoredEvent& event) {
    return event.record.event_id() + (event.record.has_error() ? " wrong" : "");
}

/// All pages of the answer; `between` is called after each.
Ids answer(EventWorld& world, Parameters parameters, std::optional<registration::Actor> actor = {},
           const std::function<void()>& between = {}) {
    Ids out;
    std::string token;
    do {
        Query query = parsed(parameters);
        query.page_token = token;
        Access access(world.registrar, actor);
        const auto page = Queries(world.lifecycle, access).page(query);
        if (!page) FAIL(page.error().why.message);
        for (const StoredEvent& one : page->events) out.push_back(name_of(one));
        token = page->next_token;
        if (between) between();
    } while (!token.empty());
    return out;
}

QueryFault fault_of(EventWorld& world, const Parameters& parameters, std::string token = {}) {
    Query query = parsed(parameters);
    if (!token.empty()) query.page_token = std::move(token);
    Access access(world.registrar, {});
    const auto page = Queries(world.lifecycle, access).page(query);
    REQUIRE(!page);
    return page.error().fault;
}

v1::EventRecord named(std::string id, double at = 1) {
    v1::EventRecord out = object_event(at, v1::EVENT_ACTION_OBSERVE, "", {"urn:x:thing"});
    out.set_event_id(std::move(id));
    return out;
}

/// A random event with more than what a graph needs.
void decorate(v1::EventRecord& event, std::mt19937_64& chance) {
    const auto one_of = [&](std::initializer_list<const char*> of) {
        return std::string(*(of.begin() + static_cast<std::ptrdiff_t>(chance() % of.size())));
    };
    event.set_disposition(one_of({"", "active", "in_transit", "returned"}));
    event.set_read_point(one_of({"", "gs1:/414/6901234000016", "gs1:/414/6901234000016/254/L3",
                                 "hdl:88.100.7/DOCK", "hdl:88.100.7/DOCK/2"}));
    event.set_biz_location(one_of({"", "gs1:/414/6901234000016/254/L3", "hdl:88.100.7/DOCK"}));
    event.set_stage(one_of({"", "production", "shipping"}));
    if (chance() % 3 == 0) event.add_persistent_set(one_of({"recalled", "damaged"}));
    if (chance() % 4 == 0) event.add_persistent_unset("recalled");
    if (chance() % 4 == 0) event.add_warnings(one_of({"after_end", "twice_begun"}));
    if (chance() % 2 == 0) {
        auto& order = *event.add_transactions();
        order.set_type(one_of({"po", "desadv", "inv"}));
        order.set_id(one_of({"urn:order:1", "urn:order:2"}));
    }
    if (chance() % 3 == 0) {
        auto& source = *event.add_sources();
        source.set_type(one_of({"owning_party", "location"}));
        source.set_id("gs1:/417/6901234000016");
    }
}

/// A parameter as it may be asked, and what it means, said once more.
struct Asked {
    QueryParameter parameter;
    std::function<bool(const v1::EventRecord&)> holds;
};

template <class List>
bool has(const List& list, const std::vector<std::string>& wanted) {
    return std::ranges::any_of(list, [&](const std::string& one) {
        return std::ranges::find(wanted, one) != wanted.end();
    });
}

bool is_one_of(const std::string& word, const std::vector<std::string>& wanted) {
    return std::ranges::find(wanted, word) != wanted.end();
}

std::vector<std::string> some(const std::vector<std::string>& of, std::mt19937_64& chance) {
    std::vector<std::string> out;
    for (const std::string& one : of) {
        if (chance() % 3 == 0) out.push_back(one);
    }
    if (out.empty()) out.push_back(of[chance() % of.size()]);
    return out;
}

std::vector<std::string> instances(const v1::EventRecord& event) {
    std::vector<std::string> out(event.epcs().begin(), event.epcs().end());
    out.insert(out.end(), event.children().begin(), event.children().end());
    out.insert(out.end(), event.inputs().begin(), event.inputs().end());
    out.insert(out.end(), event.outputs().begin(), event.outputs().end());
    out.push_back(event.parent());
    return out;
}

Asked random_parameter(std::mt19937_64& chance) {
    using E = v1::EventRecord;
    switch (chance() % 17) {
        case 0: {
            const auto words = some({"commissioning", "shipping", "packing", "repairing"}, chance);
            return {{"EQ_bizStep", words},
                    [=](const E& e) { return is_one_of(e.biz_step(), words); }};
        }
        case 1: {
            const auto words = some({"active", "in_transit", "returned"}, chance);
            return {{"EQ_disposition", words},
                    [=](const E& e) { return is_one_of(e.disposition(), words); }};
        }
        case 2: {
            const auto things = some(world().things, chance);
            return {{"MATCH_anyEPC", things},
                    [=](const E& e) { return has(instances(e), things); }};
        }
        case 3: {
            const auto things = some(world().things, chance);
            return {{"MATCH_epc", things},
                    [=](const E& e) { return has(e.epcs(), things) || has(e.children(), things); }};
        }
        case 4: {
            const auto things = some(world().things, chance);
            return {{"MATCH_parentID", things},
                    [=](const E& e) { return is_one_of(e.parent(), things); }};
        }
        case 5: {
            const auto things = some(world().things, chance);
            return {{"MATCH_outputEPC", things},
                    [=](const E& e) { return has(e.outputs(), things); }};
        }
        case 6: {
            const auto lots = some(world().lots, chance);
            const auto named_in = [=](const auto& list) {
                return std::ranges::any_of(list, [&](const v1::EventQuantity& one) {
                    return is_one_of(one.epc_class(), lots);
                });
            };
            return {{"MATCH_anyEPCClass", lots}, [=](const E& e) {
                        return named_in(e.quantities()) || named_in(e.child_quantities()) ||
                               named_in(e.input_quantities()) || named_in(e.output_quantities());
                    }};
        }
        case 7:
            return {{"eventType", {"AggregationEvent", "TransformationEvent"}}, [](const E& e) {
                        return e.type() == v1::EVENT_TYPE_AGGREGATION ||
                               e.type() == v1::EVENT_TYPE_TRANSFORMATION;
                    }};
        case 8:
            return {{"EQ_action", {"ADD"}},
                    [](const E& e) { return e.action() == v1::EVENT_ACTION_ADD; }};
        case 9: {
            const std::int64_t from = sec(1 + static_cast<double>(chance() % 6));
            return {{"GE_eventTime", {format_event_time(from)}},
                    [=](const E& e) { return e.event_time_ns() >= from; }};
        }
        case 10: {
            const std::int64_t before = sec(3 + static_cast<double>(chance() % 6));
            return {{"LT_eventTime", {format_event_time(before)}},
                    [=](const E& e) { return e.event_time_ns() < before; }};
        }
        case 11:
            return {{"WD_readPoint", {"gs1:/414/6901234000016"}}, [](const E& e) {
                        return e.read_point().starts_with("gs1:/414/6901234000016");
                    }};
        case 12:
            return {{"WD_bizLocation", {"hdl:88.100.7/DOCK"}},
                    [](const E& e) { return e.biz_location().starts_with("hdl:88.100.7/DOCK"); }};
        case 13:
            return {{"EQ_bizTransaction_po", {"urn:order:1"}}, [](const E& e) {
                        return std::ranges::any_of(e.transactions(), [](const auto& one) {
                            return one.type() == "po" && one.id() == "urn:order:1";
                        });
                    }};
        case 14:
            return {{"EQ_persistentDisposition_set", {"recalled"}},
                    [](const E& e) { return has(e.persistent_set(), {"recalled"}); }};
        case 15:
            return {{"EXISTS_errorDeclaration", {}}, [](const E& e) { return e.has_error(); }};
        default:
            return {{"hasWarning", {"true"}}, [](const E& e) { return e.warnings_size() > 0; }};
    }
}

}  // namespace

TEST_CASE("15: any query answers what a filter over all events does, in order, in any pages") {
    const auto seed = static_cast<std::uint64_t>(20'261'121);
    CAPTURE(seed);
    std::mt19937_64 chance(seed);
    for (int round = 0; round < testing::effort(24); ++round) {
        EventWorld world;
        std::vector<StoredEvent> all;
        std::map<std::size_t, EventKey> keys;
        History history = random_history(chance, {.events_max = 60, .moments = 8});
        for (std::size_t place = 0; place < history.size(); ++place) {
            v1::EventRecord event = history[place].event;
            const bool declares = history[place].declares != Captured::kNothing;
            if (declares) {
                const bool has_error = event.has_error();
                event = all[history[place].declares].record;
                if (has_error) *event.mutable_error() = history[place].event.error();
            } else {
                decorate(event, chance);
            }
            world.clock.set(world.clock.now() + static_cast<model::TimeMs>(chance() % 2));
            const auto wrong =
                declares ? std::optional(keys[history[place].declares]) : std::nullopt;
            const EventKey key = world.add(event, wrong);
            keys[place] = key;
            event.set_record_time_ms(key.record_time_ms);
            all.push_back({key, event});
        }
        for (int asked = 0; asked < 25; ++asked) {
            std::map<std::string, Asked> conditions;
            for (std::size_t count = chance() % 3; count > 0; --count) {
                Asked one = random_parameter(chance);
                conditions.emplace(one.parameter.name, one);
            }
            const bool by_record = chance() % 4 == 0;
            const bool ascending = chance() % 2 == 0;
            Parameters parameters{{"perPage", {std::to_string(1 + chance() % 9)}},
                                  {"orderBy", {by_record ? "recordTime" : "eventTime"}},
                                  {"orderDirection", {ascending ? "ASC" : "DESC"}}};
            std::string asked_text;
            std::vector<StoredEvent> expected = all;
            for (const auto& [name, one] : conditions) {
                asked_text += name + ' ';
                parameters.push_back(one.parameter);
                std::erase_if(expected, [&](const StoredEvent& e) { return !one.holds(e.record); });
            }
            CAPTURE(round, asked, asked_text, by_record, ascending);
            std::ranges::sort(expected, [&](const StoredEvent& a, const StoredEvent& b) {
                const auto& first = ascending ? a : b;
                const auto& second = ascending ? b : a;
                if (!by_record && first.record.event_time_ns() != second.record.event_time_ns()) {
                    return first.record.event_time_ns() < second.record.event_time_ns();
                }
                return first.key < second.key;
            });
            Ids ids;
            for (const StoredEvent& one : expected) ids.push_back(name_of(one));
            REQUIRE(answer(world, parameters) == ids);
        }
    }
}

TEST_CASE("15: pages show each event of the first page's moment once, and none captured later") {
    EventWorld world;
    Ids expected;
    for (int at = 0; at < 50; ++at) {
        const std::string id = "urn:first:" + std::to_string(at);
        world.add(named(id, 100 + at % 7));
        expected.push_back(id);
    }
    for (const std::string order : {"eventTime", "recordTime"}) {
        for (const std::string direction : {"ASC", "DESC"}) {
            int later = 0;
            auto ids =
                answer(world,
                       {{"perPage", {"7"}},
                        {"orderBy", {order}},
                        {"orderDirection", {direction}},
                        {"MATCH_anyEPC", {"urn:x:thing"}}},
                       {}, [&] {
                           // Before and after where the page ended.
                           for (const double at : {99.0, 103.0, 110.0}) {
                               world.add(named(
                                   "urn:later:" + order + direction + std::to_string(later++), at));
                           }
                       });
            CHECK(std::ranges::none_of(ids, [&](const std::string& id) {
                return id.starts_with("urn:later:" + order + direction);
            }));
            // What came while another order was paged is stored by now.
            std::erase_if(ids, [](const std::string& id) { return id.starts_with("urn:later"); });
            std::ranges::sort(ids);
            auto wanted = expected;
            std::ranges::sort(wanted);
            CHECK(ids == wanted);
        }
    }
}

TEST_CASE("15: a count that is too small for the answer is refused; a limit ends it") {
    EventWorld world;
    for (int at = 0; at < 20; ++at) world.add(named("urn:e:" + std::to_string(at), at));
    CHECK(fault_of(world, {{"maxEventCount", {"19"}}, {"perPage", {"5"}}}) ==
          QueryFault::kTooLarge);
    CHECK(answer(world, {{"maxEventCount", {"20"}}, {"perPage", {"5"}}}).size() == 20);
    CHECK(answer(world, {{"eventCountLimit", {"7"}}, {"perPage", {"5"}}}) ==
          Ids{"urn:e:19", "urn:e:18", "urn:e:17", "urn:e:16", "urn:e:15", "urn:e:14", "urn:e:13"});
}

TEST_CASE("15: every parameter selects what it says") {
    EventWorld world;
    const auto full = [](std::string id) {
        v1::EventRecord out = named(std::move(id), 5);
        out.add_epcs("gs1:/01/06901234567892/21/PUMP-0001");
        out.add_epcs("gs1:/01/06901234567892/10/B7/21/PUMP-0002");
        out.add_epcs("hdl:88.100.7/P-1");
        out.set_biz_step("shipping");
        out.set_disposition("in_transit");
        out.add_persistent_set("recalled");
        out.add_persistent_unset("damaged");
        out.set_read_point("gs1:/414/6901234000016/254/L3");
        out.set_biz_location("gs1:/414/6901234000016");
        add_quantity(*out.mutable_quantities(), "gs1:/01/16901234567899/10/L1", 12.5, "KGM");
        out.set_stage("shipping");
        out.add_warnings("after_end");
        auto& order = *out.add_transactions();
        order.set_type("po");
        order.set_id("urn:order:1");
        auto& from = *out.add_sources();
        from.set_type("owning_party");
        from.set_id("gs1:/417/6901234000016");
        auto& to = *out.add_destinations();
        to.set_type("location");
        to.set_id("hdl:88.100.7/SITE");
        return out;
    };
    world.clock.set(1'000'000'000'000);
    const EventKey key = world.add(full("urn:e:a"));
    v1::EventRecord wrong = full("urn:e:a");
    wrong.mutable_error()->set_declaration_time_ns(sec(10));
    wrong.mutable_error()->set_reason("incorrect_data");
    wrong.mutable_error()->add_corrective_event_ids("urn:e:b");
    world.clock.set(2'000'000'000'000);
    world.add(wrong, key);
    v1::EventRecord melted = transformation(7, {"urn:x:in"}, {"urn:x:out"}, "urn:run:1");
    melted.set_event_id("urn:e:t");
    add_quantity(*melted.mutable_input_quantities(), "gs1:/01/16901234567899/10/L2", 3);
    add_quantity(*melted.mutable_output_quantities(), "gs1:/01/16901234567899/10/L3", 4);
    world.add(melted);
    v1::EventRecord packed = aggregation(9, v1::EVENT_ACTION_ADD, "packing",
                                         "gs1:/00/069012340000000016", {"hdl:88.100.7/p-2"});
    packed.set_event_id("urn:e:p");
    world.add(packed);

    const Ids both{"urn:e:a", "urn:e:a wrong"};
    const Ids t{"urn:e:t"};
    const Ids p{"urn:e:p"};
    const Ids declared{"urn:e:a wrong"};
    const std::string l3 = "https://id.example.cn/414/6901234000016/254/L3";
    const std::string pump = "https://id.example.cn/01/06901234567892/21/PUMP-0001";
    const std::vector<std::pair<QueryParameter, Ids>> cases{
        {{"eventType", {"TransformationEvent"}}, t},
        {{"EQ_action", {"ADD"}}, p},
        {{"EQ_action", {"OBSERVE", "DELETE"}}, both},
        {{"GE_eventTime", {"1970-01-01T00:00:09Z"}}, p},
        {{"LT_eventTime", {"1970-01-01T08:00:07+08:00"}}, both},
        // A plus that was not escaped.
        {{"LT_eventTime", {"1970-01-01T08:00:07 08:00"}}, both},
        {{"LT_recordTime", {"2002-01-01T00:00:00Z"}}, {"urn:e:a"}},
        {{"GE_recordTime", {"2002-01-01T00:00:00Z"}}, {"urn:e:a wrong", "urn:e:t", "urn:e:p"}},
        {{"EQ_bizStep", {"https://ref.gs1.org/cbv/BizStep-shipping"}}, both},
        {{"EQ_disposition", {"urn:epcglobal:cbv:disp:in_transit"}}, both},
        {{"EQ_persistentDisposition_set", {"recalled"}}, both},
        {{"EQ_persistentDisposition_unset", {"damaged"}}, both},
        {{"EQ_readPoint", {l3}}, both},
        {{"EQ_readPoint", {"urn:epc:id:sgln:6901234.00001.0"}}, {}},
        {{"WD_readPoint", {"urn:epc:id:sgln:6901234.00001.0"}}, both},
        {{"EQ_bizLocation", {"urn:epc:id:sgln:6901234.00001.0"}}, both},
        {{"WD_bizLocation", {"https://id.example.cn/414/6901234000016"}}, both},
        {{"EQ_transformationID", {"urn:run:1"}}, t},
        {{"MATCH_epc", {pump}}, both},
        {{"MATCH_epc", {"urn:epc:id:sgtin:6901234.056789.PUMP-0001"}}, both},
        {{"MATCH_epc", {"urn:epc:idpat:sgtin:6901234.056789.*"}}, both},
        {{"MATCH_epc", {"https://id.example.cn/01/06901234567892"}}, both},
        {{"MATCH_epc", {"https://id.example.cn/01/06901234567892/10/B7"}}, both},
        {{"MATCH_epc", {"https://id.example.cn/01/06901234567892/21/*"}}, both},
        {{"MATCH_epc", {"hdl:88.100.7/P-*"}}, {"urn:e:a", "urn:e:a wrong", "urn:e:p"}},
        {{"MATCH_epc", {"hdl:88.100.7/p-1"}}, both},
        {{"MATCH_epc", {"https://id.example.cn/01/06901234567892/21/PUMP"}}, {}},
        {{"MATCH_parentID", {"urn:epc:id:sscc:6901234.0000000001"}}, p},
        {{"MATCH_inputEPC", {"urn:x:in"}}, t},
        {{"MATCH_outputEPC", {"urn:x:out"}}, t},
        {{"MATCH_anyEPC", {"urn:x:in", "https://id.example.cn/00/069012340000000016"}},
         {"urn:e:t", "urn:e:p"}},
        {{"MATCH_epcClass", {"urn:epc:class:lgtin:6901234.156789.L1"}}, both},
        {{"MATCH_inputEPCClass", {"https://id.example.cn/01/16901234567899/10/L2"}}, t},
        {{"MATCH_outputEPCClass", {"https://id.example.cn/01/16901234567899/10/L3"}}, t},
        {{"MATCH_anyEPCClass", {"https://id.example.cn/01/16901234567899/*"}},
         {"urn:e:a", "urn:e:a wrong", "urn:e:t"}},
        {{"EQ_quantity", {"12.5"}}, both},
        {{"GT_quantity", {"12.5"}}, {}},
        {{"GE_quantity", {"12.5"}}, both},
        {{"LT_quantity", {"4"}}, t},
        {{"LE_quantity", {"3"}}, t},
        {{"EQ_eventID", {"urn:e:t", "urn:e:a"}}, {"urn:e:a", "urn:e:a wrong", "urn:e:t"}},
        {{"EXISTS_errorDeclaration", {}}, declared},
        {{"EXISTS_errorDeclaration", {"true"}}, declared},
        {{"EQ_errorReason", {"incorrect_data"}}, declared},
        {{"EQ_correctiveEventID", {"urn:e:b"}}, declared},
        {{"GE_errorDeclarationTime", {"1970-01-01T00:00:10Z"}}, declared},
        {{"GE_errorDeclaration_Time", {"1970-01-01T00:00:11Z"}}, {}},
        {{"LT_errorDeclarationTime", {"1970-01-01T00:00:10Z"}}, {}},
        {{"LT_errorDeclaration_Time", {"1970-01-01T00:00:11Z"}}, declared},
        {{"EQ_bizTransaction_po", {"urn:order:1"}}, both},
        {{"EQ_bizTransaction_urn:epcglobal:cbv:btt:po", {"urn:order:1"}}, both},
        {{"EQ_bizTransaction_inv", {"urn:order:1"}}, {}},
        {{"EQ_source_owning_party", {"urn:epc:id:pgln:6901234.00001"}}, both},
        {{"EQ_destination_location", {"hdl:88.100.7/SITE"}}, both},
        {{"EQ_stage", {"shipping"}}, both},
        {{"hasWarning", {"true"}}, both},
        {{"hasWarning", {"after_end"}}, both},
        {{"hasWarning", {"another"}}, {}},
    };
    for (const auto& [parameter, expected] : cases) {
        CAPTURE(parameter.name, parameter.values);
        CHECK(answer(world, {parameter, {"orderDirection", {"ASC"}}}) == expected);
        // In the order of record times, too, which other indexes serve.
        CHECK(
            answer(world, {parameter, {"orderDirection", {"ASC"}}, {"orderBy", {"recordTime"}}}) ==
            expected);
    }
}

TEST_CASE("15: a mistake in a query names its parameter") {
    const Parameters mistakes{
        {"EQ_colour", {"red"}},
        {"eq_bizStep", {"shipping"}},
        {"EQ_bizStep", {}},
        {"EQ_bizStep", {"shiping"}},
        {"eventType", {"QuantityEvent"}},
        {"EQ_action", {"add"}},
        {"GE_eventTime", {"2025-06-02T09:30:00"}},
        {"GE_eventTime", {"2025-06-02T09:30:00Z", "2025-06-02T09:30:00Z"}},
        {"LT_recordTime", {"yesterday"}},
        {"MATCH_epc", {"https://id.example.cn/01/06901234567893"}},
        {"MATCH_epc", {"urn:epc:idpat:sgtin:6901234.*.*"}},
        {"EQ_readPoint", {"no identifier"}},
        {"EQ_bizTransaction_nothing", {"urn:order:1"}},
        {"EQ_bizTransaction_", {"urn:order:1"}},
        {"EQ_quantity", {"twelve"}},
        {"EXISTS_errorDeclaration", {"maybe"}},
        {"orderBy", {"colour"}},
        {"orderDirection", {"asc"}},
        {"perPage", {"0"}},
        {"perPage", {"1001"}},
        {"perPage", {"-1"}},
        {"maxEventCount", {"many"}},
        {"eventCountLimit", {"0"}},
    };
    for (const QueryParameter& one : mistakes) {
        CAPTURE(one.name, one.values);
        const auto query = parse_query({{one}}, {});
        REQUIRE(!query);
        CHECK(query.error().fault == QueryFault::kParameter);
        CHECK(query.error().why.field == one.name);
        CHECK(query.error().why.message.find(one.name) != std::string::npos);
    }
    const Parameters both{{"maxEventCount", {"5"}}, {"eventCountLimit", {"5"}}};
    CHECK(!parse_query(both, {}));
    const Parameters many{{"EQ_eventID", std::vector<std::string>(kQueryValuesMax + 1, "urn:e:1")}};
    CHECK(parse_query(many, {}).error().fault == QueryFault::kTooComplex);
}

TEST_CASE("15: a page token serves its question, its caller and its time alone") {
    EventWorld world;
    for (int at = 0; at < 10; ++at) world.add(named("urn:e:" + std::to_string(at), at));
    const Parameters question{{"perPage", {"3"}}, {"MATCH_anyEPC", {"urn:x:thing"}}};
    const auto ask = [&](const Parameters& parameters, const std::string& token,
                         std::optional<registration::Actor> actor) {
        Query query = parsed(parameters);
        query.page_token = token;
        Access access(world.registrar, std::move(actor));
        return Queries(world.lifecycle, access).page(query);
    };
    const std::string token = ask(question, {}, {})->next_token;
    REQUIRE(!token.empty());
    CHECK(ask(question, token, {}));
    // The size of pages is not part of the question.
    CHECK(ask({{"perPage", {"9"}}, {"MATCH_anyEPC", {"urn:x:thing"}}}, token, {}));
    CHECK(!ask({{"perPage", {"3"}}, {"MATCH_anyEPC", {"urn:x:other"}}}, token, {}));
    CHECK(!ask(question, token, administrator_of(1)));
    for (std::size_t at = 0; at < token.size(); ++at) {
        std::string forged = token;
        forged[at] = forged[at] == 'A' ? 'B' : 'A';
        const auto page = ask(question, forged, {});
        // The last letter has bits that say nothing.
        if (at + 1 < token.size()) CHECK(!page);
        CHECK(!ask(question, token.substr(0, at) + "=", {}));
    }
    world.clock.set(world.clock.now() + std::chrono::milliseconds(kPageTokenLifetime).count() + 1);
    CHECK(fault_of(world, question, token) == QueryFault::kParameter);
}

TEST_CASE("9.3: an answer leaves out what the caller may not read, whatever the page") {
    EventWorld world;
    Ids open;
    for (int at = 0; at < 30; ++at) {
        v1::EventRecord event = named("urn:e:" + std::to_string(at), at);
        event.set_enterprise_id(1);
        const bool is_hidden = at % 3 != 0;
        if (is_hidden) event.mutable_label()->set_visibility(v1::VISIBILITY_PRIVATE);
        if (!is_hidden) open.push_back(event.event_id());
        world.add(event);
    }
    const Parameters question{{"perPage", {"4"}}, {"orderDirection", {"ASC"}}};
    CHECK(answer(world, question) == open);
    CHECK(answer(world, question, administrator_of(2)) == open);
    CHECK(answer(world, question, administrator_of(1)).size() == 30);

    Access access(world.registrar, {});
    CHECK(!*Queries(world.lifecycle, access).find("urn:e:1"));
    CHECK(*Queries(world.lifecycle, access).find("urn:e:3"));
}

TEST_CASE("10.7: identifiers are spelled as the caller asks for, where they can be") {
    EventWorld world;
    v1::EventRecord event = named("urn:e:1");
    event.set_record_time_ms(1'000);
    event.set_body(
        R"({"epcList":["https://id.example.cn/01/06901234567892/21/PUMP-0001","hdl:88.100.7/P-1",)"
        R"("urn:epc:id:sgtin:6901234.056789.PUMP-0002"],)"
        R"("readPoint":{"id":"https://id.example.cn/414/6901234000016"}})");
    const auto spelled = [&](std::string_view format) {
        bool lacks_urn = false;
        std::string out;
        REQUIRE(append_event_json(event,
                                  {.registrar = world.registrar,
                                   .schemes = world.terms.schemes,
                                   .epc_format = *read_epc_format(format),
                                   .lacks_urn = &lacks_urn},
                                  out));
        return out + (lacks_urn ? " lacks" : "");
    };
    const std::string captured = event.body().substr(0, event.body().size() - 1) +
                                 R"(,"recordTime":"1970-01-01T00:00:01.000Z"})";
    CHECK(spelled("No_Preference") == captured);
    CHECK(spelled("Never_Translates") == captured);
    const std::string links = spelled("Always_GS1_Digital_Link");
    CHECK(links.find("https://id.gs1.org/01/06901234567892/21/PUMP-0002") != std::string::npos);
    CHECK(links.find("hdl:88.100.7/P-1") != std::string::npos);
    CHECK(links.find("urn:epc") == std::string::npos);
    CHECK(spelled("Always_EPC_URN").ends_with(" lacks"));

    // An operator registered the company prefix.
    model::Change change;
    change.objects.push_back(registration::point(model::Table::kAuthorities, "gs1:6901234",
                                                 registration::number_key(1)));
    REQUIRE(world.store->commit(change));
    const std::string urns = spelled("Always_EPC_URN");
    CHECK(urns.find("urn:epc:id:sgtin:6901234.056789.PUMP-0001") != std::string::npos);
    CHECK(urns.find("urn:epc:id:sgln:6901234.00001.0") != std::string::npos);
    CHECK(urns.ends_with("}"));
    CHECK(!read_epc_format("Sometimes"));
}

TEST_CASE("15: what events name is listed once, in pages, and nothing that is hidden") {
    EventWorld world;
    for (int at = 0; at < 40; ++at) {
        v1::EventRecord event =
            object_event(at, v1::EVENT_ACTION_OBSERVE, at % 2 == 0 ? "shipping" : "packing",
                         {at % 4 == 0 ? "hdl:88.100.7/P-1" : "oid:1.2.156.256"});
        event.set_event_id("urn:e:" + std::to_string(at));
        event.set_read_point("gs1:/414/6901234000016/254/L" + std::to_string(at % 3));
        world.add(event);
    }
    v1::EventRecord hidden =
        object_event(1, v1::EVENT_ACTION_OBSERVE, "urn:x:step", {"hdl:88.100.7/SECRET"});
    hidden.mutable_label()->set_visibility(v1::VISIBILITY_PRIVATE);
    hidden.set_event_id("urn:e:hidden");
    hidden.set_read_point("gs1:/414/6901234000016");
    world.add(hidden);
    const auto all = [&](Shelf shelf, std::optional<registration::Actor> actor = {}) {
        Access access(world.registrar, std::move(actor));
        Ids out;
        std::string token;
        do {
            const auto page = browse(world.lifecycle, access, shelf, token, 1);
            if (!page) FAIL(page.error().why.message);
            out.insert(out.end(), page->members.begin(), page->members.end());
            token = page->next_token;
        } while (!token.empty());
        return out;
    };
    CHECK(all(Shelf::kBizSteps) == Ids{"packing", "shipping"});
    CHECK(all(Shelf::kEpcs) == Ids{"hdl:88.100.7/P-1", "oid:1.2.156.256"});
    CHECK(all(Shelf::kReadPoints) == Ids{"gs1:/414/6901234000016/254/L0",
                                         "gs1:/414/6901234000016/254/L1",
                                         "gs1:/414/6901234000016/254/L2"});
    CHECK(all(Shelf::kBizLocations).empty());
    CHECK(all(Shelf::kBizSteps, administrator_of(1)) == Ids{"packing", "shipping", "urn:x:step"});
    Access access(world.registrar, {});
    CHECK(!browse(world.lifecycle, access, Shelf::kEpcs, "AAAA", 1));
}
