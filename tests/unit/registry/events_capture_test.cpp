// §10, §11, §16: events from JSON, by every rule.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "registry/events/content.h"
#include "registry/events/documents.h"
#include "registry/events/event_time.h"
#include "registry/events/vocabulary.h"
#include "registry/json/parse.h"
#include "registry/json/write_value.h"
#include "tests/unit/registry/events_query_fixture.h"

namespace idnode::tests {
namespace {

namespace bj = boost::json;
using events::Vocabulary;

constexpr std::string_view kPump = "https://id.example.cn/01/06901234567892/21/PUMP-0001";
constexpr std::string_view kHousing = "https://id.example.cn/01/16901234567899/21/HOUSING-9";

bj::object object(std::string_view type, std::string_view rest) {
    std::string text = R"({"type":")" + std::string(type) +
                       R"(","eventTime":"2025-06-02T09:30:00.000+08:00",)" +
                       R"("eventTimeZoneOffset":"+08:00")";
    if (!rest.empty()) text += ",";
    auto value = json::parse(text + std::string(rest) + "}");
    REQUIRE(value);
    return value->as_object();
}

bj::object object_event(std::string_view rest = {}) {
    bj::object out =
        object("ObjectEvent", R"("epcList":[")" + std::string(kPump) + R"("],"action":"OBSERVE")");
    if (rest.empty()) return out;
    auto more = json::parse("{" + std::string(rest) + "}");
    REQUIRE(more);
    for (const auto& member : more->as_object()) {
        if (member.value().is_null()) {
            out.erase(member.key());
        } else {
            out[member.key()] = member.value();
        }
    }
    return out;
}

registration::Outcome<v1::EventRecord> read(const EventWorld& world, bj::object event) {
    bj::value value = std::move(event);
    return events::read_single(world.lifecycle, value, events::Namespaces());
}

v1::EventRecord read_well(const EventWorld& world, bj::object event) {
    const auto record = read(world, std::move(event));
    INFO((record ? std::string() : record.error().message));
    REQUIRE(record);
    return *record;
}

/// A document with this event list.
std::string document(std::string_view events) {
    return R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",)"
           R"({"idn":"https://ns.example.cn/idn/","example":"https://ns.example.com/epcis/"}],)"
           R"("type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2025-06-03T08:00:00Z",)"
           R"("epcisBody":{"eventList":[)" +
           std::string(events) + "]}}";
}

struct BadEvent {
    std::string_view what;
    bj::object event;
    std::string_view field;
    std::string_view rule;
};

std::vector<BadEvent> bad_events() {
    const auto epcs = [](std::string_view epc) {
        return object_event(R"("epcList":[")" + std::string(epc) + R"("])");
    };
    const auto report = [](std::string_view text) {
        return object_event(R"("sensorElementList":[{"sensorReport":[)" + std::string(text) +
                            "]}]");
    };
    const std::string child = R"("childEPCs":[")" + std::string(kHousing) + R"("])";
    const std::string parent = R"("parentID":")" + std::string(kPump) + "\"";
    return {
        {"no type", object_event(R"("type":null)"), "type", "E_EVENT_MISSING"},
        {"a type of an extension", object_event(R"("type":"idn:Event")"), "type", "E_EVENT_TYPE"},
        {"no time", object_event(R"("eventTime":null)"), "eventTime", "E_EVENT_MISSING"},
        {"a time without zone", object_event(R"("eventTime":"2025-06-02T09:30:00")"), "eventTime",
         "E_EVENT_ZONE"},
        {"hour 24", object_event(R"("eventTime":"2025-06-02T24:00:00Z")"), "eventTime",
         "E_EVENT_TIME"},
        {"ten digits of a second", object_event(R"("eventTime":"2025-06-02T09:30:00.0123456789Z")"),
         "eventTime", "E_EVENT_TIME"},
        {"the 30th of February", object_event(R"("eventTime":"2025-02-30T09:30:00Z")"),
         "eventTime", "E_EVENT_TIME"},
        {"tomorrow and an hour", object_event(R"("eventTime":"2025-06-16T16:06:41Z")"),
         "eventTime", "E_EVENT_FUTURE"},
        {"no offset", object_event(R"("eventTimeZoneOffset":null)"), "eventTimeZoneOffset",
         "E_EVENT_MISSING"},
        {"Z as offset", object_event(R"("eventTimeZoneOffset":"Z")"), "eventTimeZoneOffset",
         "E_EVENT_OFFSET"},
        {"an offset of one digit", object_event(R"("eventTimeZoneOffset":"+8:00")"),
         "eventTimeZoneOffset", "E_EVENT_OFFSET"},
        {"an offset beyond 14 hours", object_event(R"("eventTimeZoneOffset":"+14:01")"),
         "eventTimeZoneOffset", "E_EVENT_OFFSET"},
        {"no action", object_event(R"("action":null)"), "action", "E_EVENT_MISSING"},
        {"another action", object_event(R"("action":"add")"), "action", "E_EVENT_ACTION"},
        {"an unknown bare step", object_event(R"("bizStep":"shiping")"), "bizStep",
         "E_EVENT_VOCABULARY"},
        {"an unknown word of the vocabulary's own URI",
         object_event(R"("bizStep":"https://ref.gs1.org/cbv/BizStep-shiping")"), "bizStep",
         "E_EVENT_VOCABULARY"},
        {"a step as disposition",
         object_event(R"("disposition":"urn:epcglobal:cbv:bizstep:shipping")"), "disposition",
         "E_EVENT_VOCABULARY"},
        {"an unknown disposition among several",
         object_event(R"("persistentDisposition":{"set":["recalled","lost"]})"),
         "persistentDisposition.set[1]", "E_EVENT_VOCABULARY"},
        {"a bare extension key", object_event(R"("line":"4")"), "line", "E_EVENT_EXTENSION"},
        {"an undeclared prefix", object_event(R"("ext:line":"4")"), "ext:line",
         "E_EVENT_EXTENSION"},
        {"a bare key in ilmd", object_event(R"("action":"ADD","ilmd":{"batch":"B7"})"),
         "ilmd.batch", "E_EVENT_EXTENSION"},
        {"ilmd with OBSERVE", object_event(R"("ilmd":{"idn:batch":"B7"})"), "ilmd", "E_EVENT_ILMD"},
        {"ilmd in an aggregation",
         object("AggregationEvent",
                parent + "," + child + R"(,"action":"ADD","ilmd":{"idn:batch":"B7"})"),
         "ilmd", "E_EVENT_ILMD"},
        {"a member of another type", object_event(R"("childEPCs":[])"), "childEPCs",
         "E_EVENT_MEMBER"},
        {"an action of a transformation",
         object("TransformationEvent", R"("action":"ADD","transformationID":"urn:t:1")"), "action",
         "E_EVENT_MEMBER"},
        {"an object event with nothing", object_event(R"("epcList":[])"), "epcList",
         "E_EVENT_LISTS"},
        {"an association without parent",
         object("AssociationEvent", child + R"(,"action":"OBSERVE")"), "parentID",
         "E_EVENT_MISSING"},
        {"an aggregation without parent", object("AggregationEvent", child + R"(,"action":"ADD")"),
         "parentID", "E_EVENT_MISSING"},
        {"an aggregation that adds nothing",
         object("AggregationEvent", parent + R"(,"action":"ADD")"), "childEPCs", "E_EVENT_LISTS"},
        {"a transaction without list",
         object("TransactionEvent",
                R"("epcList":[")" + std::string(kPump) + R"("],"action":"ADD")"),
         "bizTransactionList", "E_EVENT_LISTS"},
        {"a transaction about nothing",
         object("TransactionEvent",
                R"("bizTransactionList":[{"type":"po","bizTransaction":"urn:x:1"}],"action":"ADD")"),
         "epcList", "E_EVENT_LISTS"},
        {"a transformation with inputs only",
         object("TransformationEvent", R"("inputEPCList":[")" + std::string(kPump) + R"("])"),
         "outputEPCList", "E_EVENT_LISTS"},
        {"a transformation with outputs only",
         object("TransformationEvent", R"("outputEPCList":[")" + std::string(kPump) + R"("])"),
         "inputEPCList", "E_EVENT_LISTS"},
        {"a text that is no URI", epcs("PUMP-0001"), "epcList[0]", "E_URI_SYNTAX"},
        {"a wrong check digit", epcs("https://id.example.cn/01/06901234567893/21/P"), "epcList[0]",
         "E_GS1_CHECK_DIGIT"},
        {"an EPC with too few digits", epcs("urn:epc:id:sgtin:6901234.56789.P"), "epcList[0]",
         "E_EPC_DIGITS"},
        {"a class among instances", epcs("https://id.example.cn/01/06901234567892"), "epcList[0]",
         "E_EVENT_LEVEL"},
        {"a lot among instances", epcs("https://id.example.cn/01/06901234567892/10/B7"),
         "epcList[0]", "E_EVENT_LEVEL"},
        {"an instance as class",
         object_event(R"("quantityList":[{"epcClass":")" + std::string(kPump) + R"("}])"),
         "quantityList[0].epcClass", "E_EVENT_LEVEL"},
        {"an amount below nothing",
         object_event(
             R"("quantityList":[{"epcClass":"https://id.example.cn/01/06901234567892","quantity":-1}])"),
         "quantityList[0].quantity", "E_EVENT_FORM"},
        {"a unit that is none",
         object_event(
             R"("quantityList":[{"epcClass":"https://id.example.cn/01/06901234567892","uom":"kg of it"}])"),
         "quantityList[0].uom", "E_EVENT_FORM"},
        {"an identifier twice",
         object_event(R"("epcList":[")" + std::string(kPump) +
                      R"(","urn:epc:id:sgtin:6901234.056789.PUMP-0001"])"),
         "epcList", "E_EVENT_REPEATED"},
        {"a parent among its children",
         object("AggregationEvent",
                parent + R"(,"childEPCs":[")" + std::string(kHousing) + R"(",")" +
                    std::string(kPump) + R"("],"action":"ADD")"),
         "childEPCs[1]", "E_EVENT_PARENT"},
        {"an input as output",
         object("TransformationEvent", R"("inputEPCList":[")" + std::string(kPump) +
                                           R"("],"outputEPCList":[")" + std::string(kPump) +
                                           R"("])"),
         "outputEPCList[0]", "E_EVENT_REPEATED"},
        {"a source without type", object_event(R"("sourceList":[{"source":"urn:x:1"}])"),
         "sourceList[0].type", "E_EVENT_MISSING"},
        {"a destination of another type",
         object_event(R"("destinationList":[{"type":"owner","destination":"urn:x:1"}])"),
         "destinationList[0].type", "E_EVENT_VOCABULARY"},
        {"a place without id", object_event(R"("readPoint":{})"), "readPoint.id",
         "E_EVENT_MISSING"},
        {"a certificate that is no URI", object_event(R"("certificationInfo":["ISO 9001"])"),
         "certificationInfo[0]", "E_EVENT_URI"},
        {"an event id that is no URI", object_event(R"("eventID":"4711")"), "eventID",
         "E_EVENT_URI"},
        {"a declaration without time",
         object_event(R"("errorDeclaration":{"reason":"did_not_occur"})"),
         "errorDeclaration.declarationTime", "E_EVENT_MISSING"},
        {"a declaration with another reason",
         object_event(
             R"("errorDeclaration":{"declarationTime":"2025-06-03T00:00:00Z","reason":"oops"})"),
         "errorDeclaration.reason", "E_EVENT_VOCABULARY"},
        {"what did not occur, corrected",
         object_event(
             R"("errorDeclaration":{"declarationTime":"2025-06-03T00:00:00Z","reason":"did_not_occur","correctiveEventIDs":["urn:x:2"]})"),
         "errorDeclaration.correctiveEventIDs", "E_EVENT_REASON"},
        {"a report without type", report(R"({"value":1})"),
         "sensorElementList[0].sensorReport[0].type", "E_EVENT_MISSING"},
        {"another exception", report(R"({"exception":"SMOKE"})"),
         "sensorElementList[0].sensorReport[0].exception", "E_EVENT_SENSOR"},
        {"sDev without mean", report(R"({"type":"Temperature","sDev":0.1})"),
         "sensorElementList[0].sensorReport[0].sDev", "E_EVENT_SENSOR"},
        {"percRank without value", report(R"({"type":"Temperature","percRank":50})"),
         "sensorElementList[0].sensorReport[0].percRank", "E_EVENT_SENSOR"},
        {"a microorganism and a substance",
         report(
             R"({"type":"Dimensionless","microorganism":"urn:m:1","chemicalSubstance":"urn:c:1"})"),
         "sensorElementList[0].sensorReport[0].chemicalSubstance", "E_EVENT_SENSOR"},
        {"hexadecimal that is none", report(R"({"type":"Temperature","hexBinaryValue":"f0f"})"),
         "sensorElementList[0].sensorReport[0].hexBinaryValue", "E_EVENT_FORM"},
        {"a measurement after the event",
         object_event(
             R"("sensorElementList":[{"sensorMetadata":{"time":"2025-06-02T01:30:01Z"},"sensorReport":[{"type":"Temperature","value":1}]}])"),
         "sensorElementList[0].sensorMetadata.time", "E_EVENT_SENSOR"},
        {"a sensor time without zone",
         object_event(
             R"("sensorElementList":[{"sensorMetadata":{"time":"2025-06-02T01:30:00"},"sensorReport":[{"type":"Temperature","value":1}]}])"),
         "sensorElementList[0].sensorMetadata.time", "E_EVENT_ZONE"},
        {"an element without reports", object_event(R"("sensorElementList":[{}])"),
         "sensorElementList[0].sensorReport", "E_EVENT_MISSING"},
        {"important and public",
         object_event(R"("idn:level":"important","idn:visibility":"public")"), "idn:visibility",
         "E_EVENT_LABEL"},
        {"core and partner", object_event(R"("idn:level":"core","idn:visibility":"partner")"),
         "idn:visibility", "E_EVENT_LABEL"},
        {"another visibility", object_event(R"("idn:visibility":"secret")"), "idn:visibility",
         "E_EVENT_LABEL"},
        {"another stage", object_event(R"("idn:stage":"party")"), "idn:stage",
         "E_EVENT_VOCABULARY"},
        {"a list that is none", object_event(R"("epcList":"x")"), "epcList", "E_EVENT_FORM"},
        {"another context",
         object_event(R"("@context":"https://example.com/other.jsonld")"), "@context",
         "E_EVENT_CONTEXT"},
    };
}

TEST_CASE("§16 every rule broken once gives an error that names the field and the rule") {
    const EventWorld world;
    for (BadEvent& bad : bad_events()) {
        const auto record = read(world, std::move(bad.event));
        INFO(bad.what);
        REQUIRE_FALSE(record);
        INFO(record.error().message);
        CHECK(record.error().field == bad.field);
        CHECK(name_of(record.error()) == bad.rule);
        CHECK(record.error().message.find(bad.field) != std::string::npos);
    }
}

TEST_CASE("§10.7 in a document an error names the event by its place") {
    const EventWorld world;
    auto read_in = events::read_document(
        world.lifecycle, document(bj::serialize(object_event()) + "," +
                                  bj::serialize(object_event(R"("epcList":["x y"])"))));
    REQUIRE(read_in);
    const json::Place root;
    const json::Place list = root.member("eventList");
    const auto second = events::read_single(world.lifecycle, read_in->events()[1],
                                            read_in->namespaces, list.item(1));
    REQUIRE_FALSE(second);
    CHECK(second.error().field == "eventList[1].epcList[0]");
}

TEST_CASE("§10.7 the example document is taken as it stands, identifiers as canonical ones") {
    EventWorld world;
    const std::string text = document(
        R"({"type":"ObjectEvent","eventID":"urn:uuid:5d0f0f64-0b2b-4a57-9a53-6f1a6d0d9e01",
            "eventTime":"2025-06-02T09:30:00.000+08:00","eventTimeZoneOffset":"+08:00",
            "epcList":["https://id.example.cn/01/06901234567892/21/PUMP-0001"],"action":"ADD",
            "bizStep":"commissioning","disposition":"active",
            "readPoint":{"id":"https://id.example.cn/414/6901234000016/254/L3"},
            "bizLocation":{"id":"https://id.example.cn/414/6901234000016"},
            "bizTransactionList":[{"type":"prodorder",
                "bizTransaction":"https://id.example.cn/253/6901234000771WO88"}],
            "ilmd":{"idn:batch":"B2025-06","idn:model":"PX-40"}},
           {"type":"AssociationEvent","eventTime":"2025-06-02T10:00:00.000+08:00",
            "eventTimeZoneOffset":"+08:00",
            "parentID":"https://id.example.cn/01/06901234567892/21/PUMP-0001",
            "childEPCs":["https://id.example.cn/01/16901234567899/21/HOUSING-9"],
            "action":"ADD","bizStep":"assembling"})");
    auto read_in = events::read_document(world.lifecycle, text);
    REQUIRE(read_in);
    REQUIRE(read_in->events().size() == 2);
    const auto first =
        events::read_single(world.lifecycle, read_in->events()[0], read_in->namespaces);
    INFO((first ? std::string() : first.error().message));
    REQUIRE(first);
    CHECK(first->event_id() == "urn:uuid:5d0f0f64-0b2b-4a57-9a53-6f1a6d0d9e01");
    CHECK(first->event_time_ns() == 1'748'827'800'000'000'000);
    CHECK(first->offset_minutes() == 480);
    CHECK(first->epcs(0) == "gs1:/01/06901234567892/21/PUMP-0001");
    CHECK(first->read_point() == "gs1:/414/6901234000016/254/L3");
    CHECK(first->biz_location() == "gs1:/414/6901234000016");
    CHECK(first->transactions(0).type() == "prodorder");
    CHECK(first->transactions(0).id() == "gs1:/253/6901234000771WO88");
    REQUIRE(first->lots_size() == 1);
    CHECK(first->lots(0) == "gs1:/01/06901234567892/10/B2025-06");
    CHECK(first->stage() == "production");
    const auto second =
        events::read_single(world.lifecycle, read_in->events()[1], read_in->namespaces);
    REQUIRE(second);
    CHECK(second->type() == v1::EVENT_TYPE_ASSOCIATION);
    CHECK(second->parent() == "gs1:/01/06901234567892/21/PUMP-0001");
    CHECK(second->children(0) == "gs1:/01/16901234567899/21/HOUSING-9");
    CHECK(second->event_id().starts_with("ni:///sha-256;"));
}

TEST_CASE("§10.7 documents that are none are refused as a whole") {
    EventWorld world;
    world.terms.capture_events_max = 1;
    const auto rule_of = [&](std::string_view text) {
        const auto read_in = events::read_document(world.lifecycle, text);
        return read_in ? std::string_view() : name_of(read_in.error());
    };
    const std::string good = document(bj::serialize(object_event()));
    CHECK(rule_of(good).empty());
    const auto with = [&](std::string_view part, std::string_view instead) {
        std::string out = good;
        const std::size_t at = out.find(part);
        REQUIRE(at != std::string::npos);
        return out.replace(at, part.size(), instead);
    };
    CHECK(rule_of(with("EPCISDocument", "EPCISQueryDocument")) == "E_EVENT_DOCUMENT");
    CHECK(rule_of(with("schemaVersion\":\"2.0", "schemaVersion\":\"1.2")) == "E_EVENT_DOCUMENT");
    CHECK(rule_of(with("2025-06-03T08:00:00Z", "2025-06-03")) == "E_EVENT_DOCUMENT");
    CHECK(rule_of(with("eventList", "events")) == "E_EVENT_DOCUMENT");
    CHECK(rule_of(with("https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
                       "https://example.com/c.jsonld")) == "E_EVENT_CONTEXT");
    CHECK(rule_of(document(bj::serialize(object_event()) + "," + bj::serialize(object_event()))) ==
          "E_EVENT_LIMIT");
    CHECK(rule_of("[") == "E_INVALID");
}

TEST_CASE("§10.6 words have several spellings, and the short one is kept") {
    for (const std::string_view spelling :
         {"shipping", "https://ref.gs1.org/cbv/BizStep-shipping", "cbv:BizStep-shipping",
          "urn:epcglobal:cbv:bizstep:shipping"}) {
        CHECK(events::short_word(Vocabulary::kBizStep, spelling) == "shipping");
    }
    CHECK(events::short_word(Vocabulary::kDisposition, "urn:epcglobal:cbv:disp:in_transit") ==
          "in_transit");
    CHECK(events::short_word(Vocabulary::kTransactionType, "https://ref.gs1.org/cbv/BTT-po") ==
          "po");
    CHECK(events::short_word(Vocabulary::kPartyType, "https://ref.gs1.org/cbv/SDT-location") ==
          "location");
    CHECK(events::short_word(Vocabulary::kErrorReason, "urn:epcglobal:cbv:er:incorrect_data") ==
          "incorrect_data");
    CHECK(events::short_word(Vocabulary::kBizStep, "https://a.example/BizStep-designing") ==
          "https://a.example/BizStep-designing");
    CHECK_FALSE(events::short_word(Vocabulary::kBizStep, "designing"));
    CHECK_FALSE(events::short_word(Vocabulary::kBizStep, ""));
    CHECK(events::full_word(Vocabulary::kDisposition, "active") ==
          "https://ref.gs1.org/cbv/Disp-active");
    const EventWorld world;
    const auto record = read_well(
        world, object_event(R"("bizStep":"https://ref.gs1.org/cbv/BizStep-shipping")"));
    CHECK(record.biz_step() == "shipping");
    CHECK(record.body().find(R"("bizStep":"shipping")") != std::string::npos);
}

TEST_CASE("§10.3 times keep their nanoseconds, and second 60 is taken with a note") {
    const auto ns = [](std::string_view text) { return events::parse_event_time(text)->ns; };
    CHECK(ns("1970-01-01T00:00:00Z") == 0);
    CHECK(ns("2025-06-02T09:30:00.000000001+08:00") == 1'748'827'800'000'000'001);
    CHECK(ns("2025-06-01T22:00:00-03:30") == ns("2025-06-02T01:30:00Z"));
    CHECK(ns("1969-12-31T23:59:59.5Z") == -500'000'000);
    CHECK(events::format_event_time(ns("2025-06-02T01:30:00.123456789Z"), true) ==
          "2025-06-02T01:30:00.123456789Z");
    CHECK(events::format_event_time(-500'000'000) == "1969-12-31T23:59:59.500Z");
    CHECK(events::parse_zone_offset("-03:30") == -210);
    CHECK(events::format_zone_offset(-210) == "-03:30");
    const EventWorld world;
    const auto record =
        read_well(world, object_event(R"("eventTime":"2016-12-31T23:59:60Z")"));
    CHECK(record.event_time_ns() == ns("2016-12-31T23:59:59.999999999Z"));
    REQUIRE(record.warnings_size() == 1);
    CHECK(record.warnings(0) == "leap_second");
}

TEST_CASE("§10 the body keeps the sender's spelling but recordTime, numbers as short as can be") {
    const EventWorld world;
    const auto record = read_well(
        world,
        object_event(
            R"("recordTime":"2025-06-02T01:30:00Z","eventID":"urn:x:1","epcList":["urn:epc:id:sgtin:6901234.056789.PUMP-0001"],"sensorElementList":[{"sensorReport":[{"type":"Temperature","value":2.50,"maxValue":26.0}]}])"));
    CHECK(record.body().find("recordTime") == std::string::npos);
    CHECK(record.body().find("urn:epc:id:sgtin:6901234.056789.PUMP-0001") != std::string::npos);
    CHECK(record.body().find(R"("value":2.5,"maxValue":26)") != std::string::npos);
    CHECK(record.epcs(0) == "gs1:/01/06901234567892/21/PUMP-0001");
}

TEST_CASE("§10.7 an event that is kept can be read without its document") {
    const EventWorld world;
    events::Namespaces declared;
    declared.declare("example", "https://ns.example.com/epcis/");
    bj::value value = object_event(R"("example:line":4)");
    const auto record = events::read_single(world.lifecycle, value, declared);
    REQUIRE(record);
    CHECK(record->body().find(R"("@context":[{"example":"https://ns.example.com/epcis/"}])") !=
          std::string::npos);
    CHECK(*events::content_id(record->body(), {}, *world.digests) == record->event_id());
}

TEST_CASE("§9.2 labels are those of the stage where the event says nothing") {
    const EventWorld world;
    const auto label = [&](std::string_view rest) {
        return read_well(world, object_event(rest)).label();
    };
    CHECK(label(R"("bizStep":"shipping")").visibility() == v1::VISIBILITY_PARTNER);
    CHECK(label(R"("bizStep":"shipping","idn:visibility":"public")").visibility() ==
          v1::VISIBILITY_PUBLIC);
    const std::string recall = R"("persistentDisposition":{"set":["recalled"]})";
    CHECK(label(recall).visibility() == v1::VISIBILITY_PUBLIC);
    CHECK(label(recall + R"(,"idn:level":"important")").visibility() == v1::VISIBILITY_PARTNER);
    CHECK(label(recall + R"(,"idn:level":"core")").visibility() == v1::VISIBILITY_PRIVATE);
    const auto all = label(R"("idn:level":"important","idn:domain":"rnd","idn:personal":true)");
    CHECK(all.level() == v1::DATA_LEVEL_IMPORTANT);
    CHECK(all.domain() == v1::DATA_DOMAIN_RND);
    CHECK(all.personal());
}

TEST_CASE("§14.3 lots come from ilmd, from the identifiers, or are identifiers themselves") {
    const EventWorld world;
    const auto lots = [&](std::string_view epc, std::string_view batch) {
        const auto record = read_well(
            world, object_event(R"("action":"ADD","epcList":[")" + std::string(epc) +
                                R"("],"ilmd":{)" + std::string(batch) + "}"));
        return std::vector<std::string>(record.lots().begin(), record.lots().end());
    };
    using Lots = std::vector<std::string>;
    CHECK(lots(kPump, R"("idn:batch":"B7")") == Lots{"gs1:/01/06901234567892/10/B7"});
    CHECK(lots(kPump, R"("cbvmda:lotNumber":"B/7")") == Lots{"gs1:/01/06901234567892/10/B%2F7"});
    CHECK(lots(kPump, R"("idn:model":"PX")").empty());
    CHECK(lots("hdl:88.100.7/P-1", R"("idn:batch":"B7")").empty());
    CHECK(lots("hdl:88.100.7/P-1", R"("idn:batch":"hdl:88.100.7/LOT-1")") ==
          Lots{"hdl:88.100.7/LOT-1"});
    CHECK(lots("https://id.example.cn/01/06901234567892/10/C8/21/S1", R"("idn:batch":"B7")") ==
          Lots{"gs1:/01/06901234567892/10/C8"});
}

TEST_CASE("§10.5 events with too much in them are refused by named limits") {
    const EventWorld world;
    const auto rule_of = [&](std::string_view rest) {
        const auto record = read(world, object_event(rest));
        return record ? std::string_view() : name_of(record.error());
    };
    std::string reports = R"({"type":"Temperature"})";
    for (std::size_t i = 1; i < events::kSensorReportsMax; ++i) {
        reports += R"(,{"type":"Temperature"})";
    }
    const auto sensors = [](const std::string& all) {
        return R"("sensorElementList":[{"sensorReport":[)" + all + "]}]";
    };
    CHECK(rule_of(sensors(reports)).empty());
    CHECK(rule_of(sensors(reports + R"(,{"type":"Temperature"})")) == "E_EVENT_LIMIT");
    CHECK(rule_of(R"("idn:note":")" + std::string(events::kEventBytesMax, 'x') + "\"") ==
          "E_EVENT_LIMIT");
    CHECK(rule_of(R"("eventID":"urn:)" + std::string(events::kEventIdBytesMax, 'x') + "\"") ==
          "E_EVENT_LIMIT");
}

}  // namespace
}  // namespace idnode::tests
