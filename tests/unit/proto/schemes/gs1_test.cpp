#include "proto/schemes/alias.h"
#include "proto/schemes/company_prefix.h"
#include "proto/schemes/epc_urn.h"
#include "proto/schemes/gs1_ai.h"
#include "proto/schemes/gs1_element_string.h"
#include "proto/schemes/gs1_family.h"
#include "proto/schemes/gs1_link.h"
#include "tests/unit/proto/schemes/examples.h"

namespace idnode::test {
namespace {

using namespace schemes;
using namespace std::string_literals;

std::vector<std::string> cids(std::string_view digits) {
    std::vector<std::string> out;
    for (const Canonical& one : candidates(digits)) out.push_back(one.cid);
    return out;
}

TEST_CASE("check digits weigh 3 and 1 from the right") {
    CHECK(gs1::check_digit("690123456789") == '2');
    CHECK(gs1::check_digit("0690123456789") == '2');
    CHECK(gs1::check_digit("06901234000000001") == '6');
    const auto pair = gs1::check_pair("1987654Ad4X4bL5ttr2310c");
    CHECK(std::string(pair.begin(), pair.end()) == "2K");
}

TEST_CASE("digits alone are candidates for look-up, and never registered") {
    CHECK(cids("6901234567892") ==
          std::vector{"gs1:/01/06901234567892"s, "gs1:/414/6901234567892"s});
    CHECK(cids("012345678905") == std::vector{"gs1:/01/00012345678905"s});
    CHECK(cids("69012341") == std::vector{"gs1:/01/00000069012341"s});
    CHECK(cids("16901234567899") ==
          std::vector{"gs1:/01/16901234567899"s, "ecode:16901234567899"s});
    CHECK(cids("069012340000000016") == std::vector{"gs1:/00/069012340000000016"s});
    CHECK(cids("pump").empty());
    check_read({{"012345678905", "gs1:/01/00012345678905"},
                {"069012340000000016", "gs1:/00/069012340000000016"}});
    check_refused({{"6901234567892", Fault::kAmbiguous, "6901234567892"},
                   {"06901234567893", Fault::kGs1CheckDigit, "06901234567893"},
                   {"069012340000000017", Fault::kGs1CheckDigit, "069012340000000017"}});
    check_refused({{"012345678905", Fault::kAmbiguous, "012345678905"}}, Use::kRegister);
    CHECK(parse("06901234567893").error().detail.ends_with("expected 2"));
    CHECK(parse("069012340000000017").error().detail.ends_with("expected 6"));
}

TEST_CASE("every key of GS1 is read from an element string, as people write it") {
    check_read({{"(00)069012340000000016", "gs1:/00/069012340000000016"},
                {"(01)06901234567892(10)B7(21)S1", "gs1:/01/06901234567892/10/B7/21/S1"},
                {"(01)06901234567892(235)T1", "gs1:/01/06901234567892/235/T1"},
                {"(253)6901234000771WO88", "gs1:/253/6901234000771WO88"},
                {"(255)6901234000771123", "gs1:/255/6901234000771123"},
                {"(401)6901234ABC", "gs1:/401/6901234ABC"},
                {"(402)69012340000000016", "gs1:/402/69012340000000016"},
                {"(414)6901234000016(254)L3", "gs1:/414/6901234000016/254/L3"},
                {"(415)6901234000016(8020)R-1", "gs1:/415/6901234000016/8020/R-1"},
                {"(417)6901234000016", "gs1:/417/6901234000016"},
                {"(8003)06901234000108RACK77", "gs1:/8003/06901234000108RACK77"},
                {"(8004)6901234ASSET-7", "gs1:/8004/6901234ASSET-7"},
                {"(8006)069012345678920102(21)S1", "gs1:/8006/069012345678920102/21/S1"},
                {"(8010)6901234#A/1(8011)12", "gs1:/8010/6901234%23A%2F1/8011/12"},
                {"(8013)1987654Ad4X4bL5ttr2310c2K", "gs1:/8013/1987654Ad4X4bL5ttr2310c2K"},
                {"(8017)690123400000000018", "gs1:/8017/690123400000000018"},
                {"(8018)690123400000000018(8019)1", "gs1:/8018/690123400000000018/8019/1"}},
               {}, Use::kRegister);
}

TEST_CASE(
    "an element string's elements stand in any order, and what is no part of the key is kept") {
    const auto found = parse("(21)S1(17)271231(01)06901234567892(3103)000500(10)B7");
    REQUIRE(found);
    CHECK(found->cid == "gs1:/01/06901234567892/10/B7/21/S1");
    CHECK_FALSE(found->reordered);
    CHECK(found->attributes == std::vector<Attribute>{{"17", "271231"}, {"3103", "000500"}});
}

TEST_CASE("a bracket inside a value begins no element unless one fits there") {
    check_read({{"(01)06901234567892(10)A(B(21)S1", "gs1:/01/06901234567892/10/A%28B/21/S1"},
                {"(01)06901234567892(10)A(21)", "gs1:/01/06901234567892/10/A%2821%29"},
                {"(01)06901234567892(10)A(05)B", "gs1:/01/06901234567892/10/A%2805%29B"},
                {"(01)06901234567892(10)A(01)0690", "gs1:/01/06901234567892/10/A%2801%290690"}});
}

TEST_CASE("a scanned element string is cut by predefined lengths and separators") {
    check_read({{"]d201069012345678921727123110B7\x1D"
                 "21S1",
                 "gs1:/01/06901234567892/10/B7/21/S1"},
                {"]C1"
                 "00069012340000000016",
                 "gs1:/00/069012340000000016"},
                {"]Q3\x1D"
                 "01069012345678922112",
                 "gs1:/01/06901234567892/21/12"},
                {"]e0"
                 "4146901234000016"
                 "254L3",
                 "gs1:/414/6901234000016/254/L3"},
                {"]J1"
                 "800306901234000108RACK77\x1D",
                 "gs1:/8003/06901234000108RACK77"},
                {"]d2(01)06901234567892(21)S1", "gs1:/01/06901234567892/21/S1"}});
    check_refused({{"]A0123", Fault::kGs1Symbology, "]A0"},
                   {"]d2"
                    "0106901234",
                    Fault::kGs1Length, "06901234"},
                   {"]d2"
                    "05123",
                    Fault::kGs1Ai, "0512"},
                   {"]d2", Fault::kGs1KeyMissing, "]d2"}});
}

TEST_CASE("an element string with a fault says which element") {
    check_refused(
        {{"(414)6901234000018", Fault::kGs1CheckDigit, "6901234000018"},
         {"(8003)16901234000108X", Fault::kGs1Filler, "16901234000108X"},
         {"(01)06901234567892(235)T1(21)S1", Fault::kGs1Excluded, "(21)S1"},
         {"(21)S1", Fault::kGs1KeyMissing, "(21)S1"},
         {"(01)06901234567892(21)A(21)B", Fault::kGs1Repeated, "(21)B"},
         {"(01)6901234567892", Fault::kGs1Length, "6901234567892"},
         {"(01)0690123456789X", Fault::kGs1Characters, "0690123456789X"},
         {"(01)06901234567892(10)B^7", Fault::kGs1Characters, "B^7"},
         {"(415)6901234000016", Fault::kGs1Missing, "(8020)"},
         {"(8004)ASSET-7", Fault::kGs1CompanyPrefix, "ASSET-7"},
         {"(8006)069012345678920302", Fault::kGs1Pieces, "069012345678920302"},
         {"(8006)069012345678920002", Fault::kGs1Pieces, "069012345678920002"},
         {"(8010)6901234A(8011)01", Fault::kGs1LeadingZero, "01"},
         {"(8013)1987654Ad4X4bL5ttr2310c2L", Fault::kGs1CheckPair, "1987654Ad4X4bL5ttr2310c2L"},
         {"(01)06901234567892(17)271331", Fault::kGs1Date, "271331"},
         {"(05)1", Fault::kGs1Ai, "(05)"}});
    CHECK(parse("(414)6901234000018").error().detail.ends_with("expected 6"));
    std::string many = "(01)06901234567892";
    for (int i = 0; i < 70; ++i) many += "(20)01";
    CHECK(parse(many).error().fault == Fault::kGs1ElementString);
}

TEST_CASE("a Digital Link of any host is the key in the tail of its path") {
    check_read(
        {{"https://id.gs1.org/01/06901234567892/21/PUMP-0001",
          "gs1:/01/06901234567892/21/PUMP-0001"},
         {"http://shop.example.cn/p/x/01/06901234567892/10/B7/21/S%2F1?17=271231",
          "gs1:/01/06901234567892/10/B7/21/S%2F1"},
         {"https://id.example.cn/8003/06901234000108RACK77", "gs1:/8003/06901234000108RACK77"},
         {"https://id.example.cn/01/06901234567892/", "gs1:/01/06901234567892"},
         {"HTTPS://id.example.cn/414/6901234000016/254/a%2f%62#top",
          "gs1:/414/6901234000016/254/a%2Fb"},
         {"gs1:/01/06901234567892/22/A/10/B/21/C", "gs1:/01/06901234567892/22/A/10/B/21/C"}},
        {}, Use::kRegister);
}

TEST_CASE("early Digital Links, with words and short GTINs, are read") {
    check_read(
        {{"https://id.example.cn/gtin/6901234567892/ser/S1", "gs1:/01/06901234567892/21/S1"},
         {"https://id.example.cn/01/012345678905", "gs1:/01/00012345678905"},
         {"https://id.example.cn/gtin/69012341/lot/B", "gs1:/01/00000069012341/10/B"},
         {"https://id.example.cn/gln/6901234000016/glnx/L3", "gs1:/414/6901234000016/254/L3"}});
}

TEST_CASE("qualifiers out of order are put in order on look-up and not registered") {
    constexpr std::string_view kLink = "https://id.example.cn/01/06901234567892/21/S1/10/B7";
    const auto found = parse(kLink);
    REQUIRE(found);
    CHECK(found->cid == "gs1:/01/06901234567892/10/B7/21/S1");
    CHECK(found->reordered);
    CHECK_FALSE(parse(found->cid)->reordered);
    check_refused({{kLink, Fault::kOrder, "(10)B7"}}, Use::kRegister);
}

TEST_CASE("attributes in the query are checked and kept apart, everything else there is dropped") {
    const auto found = parse(
        "https://example.cn/01/06901234567892?17=271231&linkType=gs1:pip&3103=000500&21=X&x=%zz");
    REQUIRE(found);
    CHECK(found->cid == "gs1:/01/06901234567892");
    CHECK(found->attributes == std::vector<Attribute>{{"17", "271231"}, {"3103", "000500"}});
    check_refused({{"https://example.cn/01/06901234567892?17=27123", Fault::kGs1Length, "27123"}});
}

TEST_CASE("once a tail has a key, what is wrong with it is said") {
    check_refused(
        {{"https://id.example.cn/01/06901234567893", Fault::kGs1CheckDigit, "06901234567893"},
         {"https://id.example.cn/01/06901234567892/21/%zz", Fault::kPercent, "%zz"},
         {"https://id.example.cn/01/06901234567892/21/123456789012345678901", Fault::kGs1Length,
          "123456789012345678901"},
         {"https://id.example.cn/01/06901234567892/254/x", Fault::kGs1Qualifier, "(254)x"},
         {"https://id.example.cn/01/06901234567892/235/T/21/S", Fault::kGs1Excluded, "(21)S"},
         {"https://id.example.cn/01/06901234567892/21/S/21/S", Fault::kGs1Repeated, "(21)S"},
         {"https://id.example.cn/01/06901234567892/21/%E6%B3%B5", Fault::kGs1Characters, "泵"},
         {"gs1:/21/S1", Fault::kGs1KeyMissing, "/21/S1"},
         {"gs1:/p/01/06901234567892", Fault::kGs1KeyMissing, "/p/01/06901234567892"},
         {"gs1:/01/0690", Fault::kGs1Length, "0690"},
         {"gs1:/01/06901234567892?17=271231", Fault::kGs1Length, "06901234567892?17=271231"},
         {"gs1:01/06901234567892", Fault::kGs1KeyMissing, "01/06901234567892"}});
}

TEST_CASE("URLs that only look like a Digital Link stay URLs") {
    check_read(
        {{"https://example.cn/01/today", "https://example.cn/01/today"},
         {"https://example.cn/news/401/today", "https://example.cn/news/401/today"},
         {"https://example.cn/21/S1", "https://example.cn/21/S1"},
         {"https://example.cn/01/06901234567892/x", "https://example.cn/01/06901234567892/x"},
         {"ftp://example.cn/01/06901234567892", "ftp://example.cn/01/06901234567892"}});
}

TEST_CASE("a Digital Link is written from a CID for any base") {
    constexpr std::string_view kCid = "gs1:/01/06901234567892/21/S%2F1";
    CHECK(digital_link(kCid).value() == "https://id.gs1.org/01/06901234567892/21/S%2F1");
    CHECK(digital_link(kCid, "https://a.cn/x/").value() ==
          "https://a.cn/x/01/06901234567892/21/S%2F1");
    CHECK_FALSE(digital_link("hdl:88.100.7/x"));
}

TEST_CASE("a URN and a Digital Link are the same identifier where the company prefix is known") {
    struct Row {
        std::string_view cid;
        std::size_t digits;
        std::string_view urn;
    };
    for (const Row& row : std::initializer_list<Row>{
             {"gs1:/01/06901234567892/21/PUMP-0001", 7,
              "urn:epc:id:sgtin:6901234.056789.PUMP-0001"},
             {"gs1:/01/16901234567899/21/HOUSING-9", 7,
              "urn:epc:id:sgtin:6901234.156789.HOUSING-9"},
             {"gs1:/01/06901234567892/21/PUMP-0001", 9,
              "urn:epc:id:sgtin:690123456.0789.PUMP-0001"},
             {"gs1:/01/06901234567892/21/a%2Fb.%25", 7,
              "urn:epc:id:sgtin:6901234.056789.a%2Fb.%25"},
             {"gs1:/01/06901234567892", 7, "urn:epc:idpat:sgtin:6901234.056789.*"},
             {"gs1:/01/06901234567892/21/%2A", 7, "urn:epc:id:sgtin:6901234.056789.*"},
             {"gs1:/01/06901234567892/10/B7", 7, "urn:epc:class:lgtin:6901234.056789.B7"},
             {"gs1:/01/06901234567892/235/T", 7, "urn:epc:id:upui:6901234.056789.T"},
             {"gs1:/00/069012340000000016", 7, "urn:epc:id:sscc:6901234.0000000001"},
             {"gs1:/414/6901234000016", 7, "urn:epc:id:sgln:6901234.00001.0"},
             {"gs1:/414/6901234000016", 12, "urn:epc:id:sgln:690123400001..0"},
             {"gs1:/414/6901234000016/254/L3", 7, "urn:epc:id:sgln:6901234.00001.L3"},
             {"gs1:/417/6901234000016", 7, "urn:epc:id:pgln:6901234.00001"},
             {"gs1:/8003/06901234000108RACK77", 7, "urn:epc:id:grai:6901234.00010.RACK77"},
             {"gs1:/8003/06901234000108", 7, "urn:epc:idpat:grai:6901234.00010.*"},
             {"gs1:/8004/6901234ASSET-7", 7, "urn:epc:id:giai:6901234.ASSET-7"},
             {"gs1:/253/6901234000771WO88", 7, "urn:epc:id:gdti:6901234.00077.WO88"},
             {"gs1:/255/6901234000771123", 7, "urn:epc:id:sgcn:6901234.00077.123"},
             {"gs1:/401/6901234ABC", 7, "urn:epc:id:ginc:6901234.ABC"},
             {"gs1:/402/69012340000000016", 7, "urn:epc:id:gsin:6901234.000000001"},
             {"gs1:/8006/069012345678920102/21/S1", 7, "urn:epc:id:itip:6901234.056789.01.02.S1"},
             {"gs1:/8006/069012345678920102", 7, "urn:epc:idpat:itip:6901234.056789.01.02.*"},
             {"gs1:/8010/6901234%23A%2F1/8011/12", 7, "urn:epc:id:cpi:6901234.%23A%2F1.12"},
             {"gs1:/8017/690123400000000018", 7, "urn:epc:id:gsrnp:6901234.0000000001"},
             {"gs1:/8018/690123400000000018", 7, "urn:epc:id:gsrn:6901234.0000000001"}}) {
        INFO(row.urn);
        CHECK(epc_urn(row.cid, row.digits) == row.urn);
        const auto read = parse_uri(row.urn);
        if (!read) FAIL_CHECK(text_of(read.error()));
        if (read) CHECK(read->cid == row.cid);
    }
}

TEST_CASE("no URN is written that would not read back, or whose company prefix is unknown") {
    CHECK_FALSE(epc_urn("gs1:/01/06901234567892/10/B/21/S", 7));
    CHECK_FALSE(epc_urn("gs1:/01/06901234567892/22/V", 7));
    CHECK_FALSE(epc_urn("gs1:/414/6901234000016/254/0", 7));
    CHECK_FALSE(epc_urn("gs1:/01/00000069012341", 7));
    CHECK_FALSE(epc_urn("gs1:/01/06901234567892", 5));
    CHECK_FALSE(epc_urn("gs1:/01/06901234567892", 13));
    CHECK_FALSE(epc_urn("gs1:/8004/6901234", 7));
    CHECK_FALSE(epc_urn("gs1:/8013/1987654Ad4X4bL5ttr2310c2K", 7));
    CHECK_FALSE(epc_urn("hdl:88.100.7/x", 7));
    CHECK_FALSE(epc_urn("gs1:/01/1", 7));
    CHECK_FALSE(epc_urn("gs1:/01/06901234567892", GcpTable{}));
}

TEST_CASE("the longest beginning in the table gives the length of a company prefix") {
    const auto table = GcpTable::read("# GS1\n690,7\n6901235,9\r\n\n 691 ,0\n");
    REQUIRE_FALSE(table);
    CHECK(table.error().detail.starts_with("line 5"));
    const auto right = GcpTable::read("# GS1\n690,7\n6901235,9\r\n\n691,0\n");
    REQUIRE(right);
    CHECK(epc_urn("gs1:/01/06901234567892/21/S", *right) == "urn:epc:id:sgtin:6901234.056789.S");
    CHECK(right->length_of("690123500000") == 9U);
    CHECK_FALSE(right->length_of("691"));
    CHECK_FALSE(GcpTable::read("690,3"));
    CHECK_FALSE(GcpTable::read("69a,7"));
}

TEST_CASE("URNs of other EPC types are URIs; unknown types and wrong fields are refused") {
    check_read({{"urn:epc:id:gid:1.2.3", "urn:epc:id:gid:1.2.3"},
                {"URN:EPC:id:sscc:6901234.0000000001", "gs1:/00/069012340000000016"}});
    check_refused(
        {{"urn:epc:id:foo:1.2.3", Fault::kEpcType, "urn:epc:id:foo:"},
         {"urn:epc:tag:sgtin-96:1.6901234.056789.1", Fault::kEpcType, "urn:epc:tag:sgtin-96:"},
         {"urn:epc:id:sgtin:6901234.056789", Fault::kEpcFields, "urn:epc:id:sgtin:6901234.056789"},
         {"urn:epc:id:sgtin:6901234.056789.", Fault::kEpcFields,
          "urn:epc:id:sgtin:6901234.056789."},
         {"urn:epc:idpat:sgtin:6901234.056789.S", Fault::kEpcFields,
          "urn:epc:idpat:sgtin:6901234.056789.S"},
         {"urn:epc:id:sgtin:6901234.05678.S", Fault::kEpcDigits,
          "urn:epc:id:sgtin:6901234.05678.S"},
         {"urn:epc:id:sgtin:69012.05678912.S", Fault::kEpcDigits, "69012"},
         {"urn:epc:id:sscc:6901234.000000000A", Fault::kEpcDigits,
          "urn:epc:id:sscc:6901234.000000000A"},
         {"urn:epc:id:sgtin:6901234.056789.a%2", Fault::kPercent, "a%2"},
         {"urn:epc:id:sgcn:6901234.00077.A", Fault::kGs1Characters, "6901234000771A"}});
}

TEST_CASE("the level of an identifier is what its syntax says") {
    const auto level = [](std::string_view cid) { return parse_uri(cid)->level; };
    CHECK(level("gs1:/01/06901234567892") == Level::kClass);
    CHECK(level("gs1:/01/06901234567892/22/V") == Level::kClass);
    CHECK(level("gs1:/01/06901234567892/10/B") == Level::kLot);
    CHECK(level("gs1:/01/06901234567892/10/B/21/S") == Level::kInstance);
    CHECK(level("gs1:/01/06901234567892/235/T") == Level::kInstance);
    CHECK(level("gs1:/8003/06901234000108") == Level::kClass);
    CHECK(level("gs1:/8003/06901234000108R") == Level::kInstance);
    CHECK(level("gs1:/00/069012340000000016") == Level::kInstance);
    CHECK(level("gs1:/414/6901234000016") == Level::kLocation);
    CHECK(level("gs1:/417/6901234000016") == Level::kParty);
    CHECK(level("gs1:/401/6901234ABC") == Level::kShipment);
    CHECK(level("gs1:/8018/690123400000000018") == Level::kRelation);
    CHECK(level("hdl:88.100.7/x") == Level::kUnknown);
    CHECK(can_be_class(Level::kLot));
    CHECK_FALSE(can_be_instance(Level::kLot));
    CHECK_FALSE(can_be_class(Level::kInstance));
    CHECK((can_be_class(Level::kUnknown) && can_be_instance(Level::kUnknown)));
}

TEST_CASE("an instance leads to its lot and its class") {
    CHECK(class_of("gs1:/01/06901234567892/10/L/21/S") == "gs1:/01/06901234567892");
    CHECK(lot_of("gs1:/01/06901234567892/10/L/21/S") == "gs1:/01/06901234567892/10/L");
    CHECK(class_of("gs1:/01/06901234567892") == "gs1:/01/06901234567892");
    CHECK(class_of("gs1:/8003/06901234000108RACK77") == "gs1:/8003/06901234000108");
    CHECK(class_of("gs1:/8010/6901234%23A/8011/1") == "gs1:/8010/6901234%23A");
    CHECK_FALSE(lot_of("gs1:/01/06901234567892/21/S"));
    CHECK_FALSE(class_of("gs1:/00/069012340000000016"));
    CHECK_FALSE(class_of("gs1:/414/6901234000016"));
    CHECK_FALSE(class_of("hdl:88.100.7/x"));
    CHECK(derived_aliases("gs1:/01/06901234567892/10/L/21/S") ==
          std::vector<Alias>{{AliasKind::kWithoutLot, "gs1:/01/06901234567892/21/S"}});
    CHECK(derived_aliases("gs1:/01/06901234567892/10/L").empty());
}

TEST_CASE("the digits of a company prefix are found in every key") {
    CHECK(gs1_company_digits("gs1:/01/16901234567899/21/S") == "690123456789");
    CHECK(gs1_company_digits("gs1:/00/069012340000000016") == "690123400000");
    CHECK(gs1_company_digits("gs1:/414/6901234000016") == "690123400001");
    CHECK(gs1_company_digits("gs1:/8003/06901234000108R") == "690123400010");
    CHECK(gs1_company_digits("gs1:/8004/6901234ASSET-7") == "6901234");
    CHECK_FALSE(gs1_company_digits("gs1:/01/00000069012341"));
    CHECK_FALSE(gs1_company_digits("hdl:88.100.7/x"));
}

TEST_CASE("the key of a GS1 identifier has its values without escapes, between separators") {
    CHECK(key_of("gs1:/01/06901234567892/21/S%2F1") ==
          "\x50"
          "0106901234567892\x1D"
          "21S/1");
    CHECK(cid_of_key("\x50"
                     "0106901234567892\x1D"
                     "21S/1") == "gs1:/01/06901234567892/21/S%2F1");
    CHECK_FALSE(
        cid_of_key("\x50"
                   "x"));
    CHECK_FALSE(cid_of_key(""));
}

}  // namespace
}  // namespace idnode::test
