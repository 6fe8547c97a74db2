// The event hash of CBV 2.0, section 8.9: examples that its authors publish beside the standard
// (RalphTro/epcis-event-hash-generator), and what must not change it.
#include <catch2/catch.hpp>
#include <string_view>

#include "registry/events/content.h"
#include "registry/json/parse.h"
#include "resolver/crypto/digests.h"

namespace idnode::tests {
namespace {

struct Vector {
    std::string_view what;
    std::string_view event;
    std::string_view text;
    std::string_view digest;
};

constexpr Vector kVectors[]{
    {"sensor reports are sorted, numbers plain",
     R"({"type":"ObjectEvent","eventTime":"2020-04-01T15:00:00+01:00","eventTimeZoneOffset":"+01:00",
         "epcList":["urn:epc:id:sgtin:4012345.011111.9876"],"action":"OBSERVE","bizStep":"inspecting",
         "readPoint":{"id":"urn:epc:id:sgln:4012345.00005.0"},
         "sensorElementList":[{"sensorMetadata":{"deviceID":"urn:epc:id:giai:4000001.111",
             "deviceMetadata":"https://id.gs1.org/8004/4000001111"},
           "sensorReport":[{"type":"Temperature","value":26,"sDev":0.1,"uom":"CEL"},
             {"type":"AbsoluteHumidity","value":12.1,"uom":"A93"},
             {"type":"Dimensionless","microorganism":"https://www.ncbi.nlm.nih.gov/taxonomy/1126011",
              "value":0.05,"uom":"C35"},
             {"type":"Dimensionless","chemicalSubstance":
              "https://identifiers.org/inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-N","value":0.18,
              "uom":"C35"}]}]})",
     "eventType=ObjectEventeventTime=2020-04-01T14:00:00.000ZeventTimeZoneOffset=+01:00epcListepc="
     "https://id.gs1.org/01/04012345111118/21/9876action=OBSERVEbizStep=https://ref.gs1.org/cbv/"
     "BizStep-inspectingreadPointid=https://id.gs1.org/414/"
     "4012345000054sensorElementsensorMetadatadeviceID=https://id.gs1.org/8004/"
     "4000001111deviceMetadata=https://id.gs1.org/8004/4000001111sensorReporttype=https://"
     "ref.gs1.org/voc/AbsoluteHumidityvalue=12.1uom=A93sensorReporttype=https://ref.gs1.org/voc/"
     "DimensionlesschemicalSubstance=https://identifiers.org/"
     "inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-Nvalue=0.18uom=C35sensorReporttype=https://ref.gs1.org/"
     "voc/Dimensionlessmicroorganism=https://www.ncbi.nlm.nih.gov/taxonomy/"
     "1126011value=0.05uom=C35sensorReporttype=https://ref.gs1.org/voc/"
     "Temperaturevalue=26sDev=0.1uom=CEL",
     "271565c346ae2fb28c4583c4dca4ab4772d465eb4e0b6e548d77d8b49377d95c"},
    {"own members come last, those within members that the standard orders too",
     R"({"@context":[{"example":"https://ns.example.com/epcis/"}],
         "type":"ObjectEvent","eventTime":"2020-03-04T11:00:30+01:00","eventTimeZoneOffset":"+01:00",
         "epcList":["urn:epc:id:sgtin:0614141.011111.987"],"action":"OBSERVE","bizStep":"departing",
         "disposition":"in_transit",
         "readPoint":{"id":"urn:epc:id:sgln:4012345.00011.0","example:myField1":"AB-12"},
         "bizTransactionList":[{"type":"po","bizTransaction":"urn:epc:id:gdti:4012345.11111.123"}],
         "sourceList":[{"type":"owning_party","source":"urn:epc:id:pgln:4012345.00000"}],
         "destinationList":[{"type":"owning_party","destination":"urn:epc:id:pgln:0614141.00000"}],
         "example:userExt":"CD-34"})",
     "eventType=ObjectEventeventTime=2020-03-04T10:00:30.000ZeventTimeZoneOffset=+01:00epcListepc="
     "https://id.gs1.org/01/00614141111114/21/987action=OBSERVEbizStep=https://ref.gs1.org/cbv/"
     "BizStep-departingdisposition=https://ref.gs1.org/cbv/Disp-in_transitreadPointid=https://"
     "id.gs1.org/414/4012345000115bizTransactionListtype=https://ref.gs1.org/cbv/"
     "BTT-pobizTransaction=https://id.gs1.org/253/4012345111118123sourceListtype=https://"
     "ref.gs1.org/cbv/SDT-owning_partysource=https://id.gs1.org/417/"
     "4012345000009destinationListtype=https://ref.gs1.org/cbv/SDT-owning_partydestination=https://"
     "id.gs1.org/417/0614141000005readPoint{https://ns.example.com/epcis/"
     "}myField1=AB-12{https://ns.example.com/epcis/}userExt=CD-34",
     "3ae14c02c4bdc220cc31942cf804f6845eb8dec96ba6483391c92a9b165f9329"},
    {"the fourth digit of a second rounds up",
     R"({"type":"ObjectEvent","eventTime":"2023-02-02T11:04:03.1415Z","eventTimeZoneOffset":"+01:00",
         "epcList":["https://id.gs1.de/00/040123451111111110"],"action":"OBSERVE",
         "bizStep":"shipping","disposition":"in_transit",
         "readPoint":{"id":"https://id.gs1.de/414/4012345000115"}})",
     "", "af7658e711574363633f20b3dadc7bc4c13c6f612cf96d95e03c421c0e58f3c6"},
    {"or down, and other URIs stay as they are",
     R"({"type":"ObjectEvent","eventTime":"2023-02-02T11:04:03.1414Z","eventTimeZoneOffset":"+01:00",
         "epcList":["https://id.gs1.de/00/040123451111111110"],"action":"OBSERVE",
         "bizStep":"transporting","readPoint":{"id":"geo:50.947573340894124,6.922120147375441"}})",
     "", "0550df44527332c1fe417c5837fe61b9e71eaa93307b88519dac549bf2d4dcf9"},
    {"certificates have no part in it, exceptions and reference systems have",
     R"({"type":"ObjectEvent","eventTime":"2023-02-12T11:04:03.1415Z","eventTimeZoneOffset":"+01:00",
         "certificationInfo":"https://accreditation-council.example.org/certificate/ABC12345",
         "epcList":["https://id.gs1.de/01/04012345999990/21/XYZ-1234"],"action":"OBSERVE",
         "bizStep":"receiving","disposition":"in_progress",
         "readPoint":{"id":"https://id.gs1.de/414/4012345000115"},
         "sensorElementList":[{"sensorMetadata":{"time":"2023-02-12T11:04:03.1007Z",
             "bizRules":"https://id.example.com/253/4012345000054987"},
           "sensorReport":[{"type":"Dimensionless","exception":"ALARM_CONDITION",
             "coordinateReferenceSystem":"http://www.opengis.net/def/crs/EPSG/0/27700"}]}]})",
     "", "bf052637920f56c28bd6bc4ce10bb296203fcddc543f1e293d5a77b07592dcec"},
    {"every key of GS1, as URN and as class",
     R"({"type":"ObjectEvent","eventTime":"2023-03-27T11:30:00.0Z","eventTimeZoneOffset":"+01:00",
         "epcList":["urn:epc:id:sgtin:4012345.012345.12","urn:epc:id:sscc:4012345.0000000333",
           "https://id.gs1.org/00/040123450000003338","urn:epc:id:grai:4012345.66666.87",
           "urn:epc:id:giai:4012345.AAbb","urn:epc:id:gsrn:4012345.9876540000",
           "urn:epc:id:gsrnp:4012345.0000098765","urn:epc:id:gdti:4012345.55555.98",
           "urn:epc:id:cpi:4012345.ABC.123","urn:epc:id:sgcn:4012345.99999.44",
           "urn:epc:id:ginc:4012345.333","urn:epc:id:gsin:4012345.999987654",
           "urn:epc:id:itip:4012345.012345.01.02.999","urn:epc:id:upui:4012345.012345.AB12"],
         "quantityList":[{"epcClass":"urn:epc:class:lgtin:4054739.099914.20160711"},
           {"epcClass":"urn:epc:idpat:sgtin:4054739.099914.*"},
           {"epcClass":"urn:epc:idpat:grai:4012345.66666.*"},
           {"epcClass":"urn:epc:idpat:gdti:4012345.55555.*"},
           {"epcClass":"urn:epc:idpat:sgcn:4012345.99999.*"},
           {"epcClass":"urn:epc:idpat:cpi:4012345.ABC.*"},
           {"epcClass":"urn:epc:idpat:itip:4012345.012345.01.02.*"}],
         "action":"OBSERVE","bizStep":"other",
         "readPoint":{"id":"urn:epc:id:sgln:4012345.00011.987"}})",
     "", "40744f32beff53a4bf5bb5956d465cb52de5bbcc9f131409d8efb903b04d9351"},
    {"children, several transactions",
     R"({"type":"AggregationEvent","eventTime":"2019-10-21T14:02:56.000+02:00",
         "eventTimeZoneOffset":"+02:00","parentID":"urn:epc:id:sscc:4012344.0998811122",
         "childEPCs":["urn:epc:id:sscc:4012344.0998811123","urn:epc:id:sscc:4012344.0998811124",
           "urn:epc:id:sscc:4012344.0998811125"],"action":"DELETE","bizStep":"unpacking",
         "readPoint":{"id":"urn:epc:id:sgln:4012345.00077.0"},
         "bizTransactionList":[{"type":"inv",
           "bizTransaction":"urn:epcglobal:cbv:bt:4012345123456:4711"}]})",
     "", "a62b9f9e429fcba628ea47d073542ca67e9fbe4688df2c649b8cd13b8519b91f"},
    {"a transformation with amounts and master data",
     R"({"@context":{"example":"https://ns.example.com/epcis/"},"type":"TransformationEvent",
         "eventTime":"2019-10-21T14:58:56.591+02:00","eventTimeZoneOffset":"+02:00",
         "inputEPCList":["urn:epc:id:sgtin:4012345.011122.25",
           "urn:epc:id:sgtin:4000001.065432.99886655"],
         "outputEPCList":["urn:epc:id:sgtin:4012345.077889.25","urn:epc:id:sgtin:4012345.077889.26",
           "urn:epc:id:sgtin:4012345.077889.27","urn:epc:id:sgtin:4012345.077889.28"],
         "inputQuantityList":[{"epcClass":"urn:epc:class:lgtin:4012345.011111.4444","quantity":10,
             "uom":"KGM"},{"epcClass":"urn:epc:class:lgtin:0614141.077777.987","quantity":30},
           {"epcClass":"urn:epc:idpat:sgtin:4012345.066666.*","quantity":220}],
         "bizStep":"commissioning","readPoint":{"id":"urn:epc:id:sgln:4012345.00001.0"},
         "ilmd":{"example:bestBeforeDate":"2015-11-10","example:batch":"XYZ"}})",
     "", "36ab2ba0e3eac03d14a630148c63c31da00b8c4f1c311f501eb459e89a6e6350"},
};

TEST_CASE("the published examples have their published hashes") {
    const auto digests = crypto::make_digests();
    for (const Vector& one : kVectors) {
        INFO(one.what);
        const auto event = json::parse(one.event);
        REQUIRE(event);
        events::Namespaces namespaces;
        namespaces.declare("example", "https://ns.example.com/epcis/");
        const std::string text = events::content_text(event->as_object(), namespaces, {});
        INFO(text);
        if (!one.text.empty()) CHECK(text == one.text);
        const auto id = events::content_id(one.event, {}, *digests);
        REQUIRE(id);
        CHECK(*id == "ni:///sha-256;" + std::string(one.digest) + "?ver=CBV2.0");
    }
}

TEST_CASE("spelling, order and what a repository adds do not change the hash of an event") {
    const auto digests = crypto::make_digests();
    const auto id = [&](std::string_view event) { return *events::content_id(event, {}, *digests); };
    const std::string one = id(
        R"({"type":"ObjectEvent","eventTime":"2025-06-02T09:30:00+08:00","eventTimeZoneOffset":"+08:00",
            "epcList":["urn:epc:id:sgtin:6901234.056789.A","hdl:88.100.7/p-1"],"action":"OBSERVE",
            "bizStep":"shipping","idn:batch":"007"})");
    CHECK(id(
              R"({"eventID":"urn:x:1","recordTime":"2025-07-01T00:00:00Z","action":"OBSERVE",
            "epcList":["hdl:88.100.7/p-1","https://node.example.cn/x/01/06901234567892/21/A?17=271231"],
            "type":"ObjectEvent","eventTime":"2025-06-02T01:30:00.0000Z","eventTimeZoneOffset":"+08:00",
            "bizStep":"urn:epcglobal:cbv:bizstep:shipping","idn:batch":"007",
            "errorDeclaration":{"declarationTime":"2025-07-01T00:00:00Z"}})") == one);
    CHECK(id(
              R"({"type":"ObjectEvent","eventTime":"2025-06-02T09:30:00+08:00","eventTimeZoneOffset":"+08:00",
            "epcList":["urn:epc:id:sgtin:6901234.056789.A","hdl:88.100.7/p-1"],"action":"OBSERVE",
            "bizStep":"shipping","idn:batch":"7"})") != one);
}

}  // namespace
}  // namespace idnode::tests
