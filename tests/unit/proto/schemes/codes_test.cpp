// VAA and other codes of ISO/IEC 15459, Ecode, OIDs, DIDs, and other URIs.
#include "proto/schemes/alias.h"
#include "proto/schemes/ecode.h"
#include "proto/schemes/oid.h"
#include "tests/unit/proto/schemes/examples.h"

namespace idnode::test {
namespace {

using namespace schemes;

TEST_CASE("a VAA code is read in either case, with its data identifier or without") {
    check_read({{"VAA08810012345678/PUMP-0001", "iac:VAA08810012345678/PUMP-0001"},
                {"25SVAA08810012345678/PUMP-0001", "iac:VAA08810012345678/PUMP-0001"},
                {"iac:25SVAA08810012345678/PUMP-0001", "iac:VAA08810012345678/PUMP-0001"},
                {"JVAA08810012345678/B1", "iac:VAA08810012345678/B1"},
                {"vaa08810012345678/x", "iac:VAA08810012345678/X"},
                {"VAA08810012345678", "iac:VAA08810012345678"}});
    CHECK(parse("VAA08810012345678")->level == Level::kParty);
    CHECK(parse("25SVAA08810012345678/P")->attributes == std::vector<Attribute>{{"DI", "25S"}});
}

TEST_CASE("a VAA code has fourteen digits, and what it names is more than a company") {
    check_refused({{"VAA8810012345678/X", Fault::kIacDigits, "8810012345678"},
                   {"VAA0881001234567A/X", Fault::kIacDigits, "0881001234567A"},
                   {"VAA08810012345678/", Fault::kIacSyntax, "VAA08810012345678/"},
                   {"25S25SVAA08810012345678/X", Fault::kUnrecognised, "25S25SVAA08810012345678/X"},
                   {"iac:25S25SVAA08810012345678/X", Fault::kIacSyntax, "25SVAA08810012345678/X"}});
    check_refused({{"VAA08810012345678", Fault::kIacCompanyOnly, "VAA08810012345678"}},
                  Use::kRegister);
}

TEST_CASE("a data identifier says how long a code may be") {
    const std::string item = "VAA08810012345678/" + std::string(32, 'X');
    CHECK(parse("25S" + item, {}, Use::kRegister));
    CHECK(parse("25S" + item + "X").error().fault == Fault::kIacTooLong);
    CHECK(parse(item + "X"));
    CHECK(parse("J" + item).error().fault == Fault::kIacTooLong);
}

TEST_CASE("MA and other agencies' codes are letters, digits and separators") {
    check_read({{"MA.156.M0.100/X1", "iac:MA.156.M0.100/X1"},
                {"ma.156.m0/x", "iac:MA.156.M0/X"},
                {"25SMA.156.M0/X", "iac:MA.156.M0/X"},
                {"iac:UN123456789/S1", "iac:UN123456789/S1"},
                {"iac:un123456789", "iac:UN123456789"}});
    check_refused({{"MA.15.M0/X", Fault::kIacSyntax, "15.M0"},
                   {"MA.156/X", Fault::kIacSyntax, "156"},
                   {"MA.156./X", Fault::kIacSyntax, "156."},
                   {"MA.156..A/X", Fault::kIacSyntax, "156..A"},
                   {"iac:U N1", Fault::kIacSyntax, "U N1"},
                   {"iac:", Fault::kIacSyntax, ""}});
}

TEST_CASE("an Ecode is cut by the length table") {
    check_read({{"ecode:109991234567890", "ecode:109991234567890"},
                {"ecode:30AB12PX401", "ecode:30AB12PX401"},
                {"ECODE:30ab12px401", "ecode:30AB12PX401"},
                {"ecode:4ABCDE泵/1", "ecode:4ABCDE泵/1"},
                {"ecode:10999"
                 "12345678901234567890",
                 "ecode:10999"
                 "12345678901234567890"},
                {"ecode:20999"
                 "1234567890123456789012345678",
                 "ecode:20999"
                 "1234567890123456789012345678"}});
    const auto parts = ecode_parts("ecode:30AB12PX401");
    REQUIRE(parts);
    CHECK(parts->version == '3');
    CHECK(parts->nsi == "0AB12");
    CHECK(parts->master == "PX401");
}

TEST_CASE("an Ecode with a wrong version, NSI, length or character says which") {
    check_refused({{"ecode:30AB12PX40-1", Fault::kEcodeCharacter, "0AB12PX40-1"},
                   {"ecode:1099", Fault::kEcodeNsi, "099"},
                   {"ecode:10999", Fault::kEcodeEmpty, ""},
                   {"ecode:10999"
                    "123456789012345678901",
                    Fault::kEcodeTooLong, "123456789012345678901"},
                   {"ecode:10999A", Fault::kEcodeCharacter, "0999A"},
                   {"ecode:7123", Fault::kEcodeVersion, "7"},
                   {"ecode:A123", Fault::kEcodeVersion, "A"},
                   {"ecode:0123", Fault::kEcodeVersion, "0"},
                   {"ecode:", Fault::kEcodeVersion, ""}});
}

TEST_CASE("an NSI from the table checks the master data code and leads to the key of GS1 in it") {
    const auto table = EcodeTable::read(
        "# NSIs\n1,0001,N13,check,Parts\n1,0002,N14,01,Trade items\r\n\n3,0AB12,X..5,,Models\n");
    REQUIRE(table);
    Options options;
    options.ecode_nsis = &*table;
    check_read({{"ecode:100016901234567892", "ecode:100016901234567892"},
                {"ecode:1000206901234567892", "ecode:1000206901234567892"},
                {"ecode:30AB12PX401", "ecode:30AB12PX401"}},
               options, Use::kRegister);
    check_refused({{"ecode:100016901234567893", Fault::kEcodeCheck, "6901234567893"},
                   {"ecode:10001690123456789", Fault::kEcodeCheck, "690123456789"},
                   {"ecode:30AB12PX4012", Fault::kEcodeCheck, "PX4012"},
                   {"ecode:109991", Fault::kEcodeNsiUnknown, "0999"}},
                  Use::kRegister, options);
    CHECK(parse("ecode:109991", options));
    options.ecode_allow_unknown_nsi = true;
    CHECK(parse("ecode:109991", options, Use::kRegister));
    CHECK(derived_aliases("ecode:1000206901234567892", options) ==
          std::vector<Alias>{{AliasKind::kEcodeMaster, "gs1:/01/06901234567892"}});
    CHECK(derived_aliases("ecode:100016901234567892", options).empty());
}

TEST_CASE("a row of the NSI table that is wrong names its line") {
    for (const std::string_view row :
         {"1,00001,N13,,x", "7,0001,N13,,x", "1,0001,M13,,x", "1,0001,N0,,x", "1,0001,N5..4,,x",
          "1,0001,N..x,,x", "1,0001,N13,98765,x", "1,0001"}) {
        INFO(row);
        const auto table = EcodeTable::read("# first\n" + std::string(row));
        REQUIRE_FALSE(table);
        CHECK(table.error().detail.starts_with("line 2: "));
    }
}

TEST_CASE("an OID is read with any tag or none, and in its three notations") {
    check_read({{"1.2.156.3088.4.1", "oid:1.2.156.3088.4.1"},
                {"urn:oid:2.16.156.339", "oid:2.16.156.339"},
                {"oid:1.2.156.3088", "oid:1.2.156.3088"},
                {"2.25.329800735698586629295641978511506172918",
                 "oid:2.25.329800735698586629295641978511506172918"},
                {"2.999", "oid:2.999"},
                {"/ISO/Member-Body/156/3088", "oid:1.2.156.3088"},
                {"/Joint-ISO-ITU-T/16/156", "oid:2.16.156"},
                {"oid:/ITU-T/5", "oid:0.5"},
                {"{iso(1) member-body(2) cn(156) 3088}", "oid:1.2.156.3088"},
                {"{ joint-iso-itu-t  country 156 }", "oid:2.16.156"},
                {"1.2.156.1 ", "oid:1.2.156.1"}},
               {}, Use::kRegister);
}

TEST_CASE("an OID with a wrong arc says which") {
    check_refused({{"1.40.1", Fault::kOidSecond, "40"},
                   {"3.1", Fault::kOidRoot, "3"},
                   {"oid:12.1", Fault::kOidRoot, "12"},
                   {"1.2.0156", Fault::kOidLeadingZero, "0156"},
                   {"1.2.156.", Fault::kOidEmptyArc, ""},
                   {"oid:1", Fault::kOidEmptyArc, "1"},
                   {"oid:1.2.x", Fault::kOidArc, "x"},
                   {"2.25.340282366920938463463374607431768211456", Fault::kOidTooLarge,
                    "340282366920938463463374607431768211456"},
                   {"/ISO/Ministry/1", Fault::kOidLabel, "Ministry"},
                   {"/ISO/%4/1", Fault::kPercent, "%4"},
                   {"{iso(1) member-body(2)", Fault::kOidArc, "{iso(1) member-body(2)"}});
    std::string many = "2.1";
    for (int i = 2; i < 128; ++i) many += ".1";
    CHECK(parse(many));
    CHECK(parse(many + ".1").error().fault == Fault::kOidTooMany);
    std::string wide = "2";
    for (int i = 0; i < 26; ++i) wide += ".340282366920938463463374607431768211455";
    CHECK(parse(wide).error().fault == Fault::kOidTooMany);
}

TEST_CASE("labels of arcs come from a table") {
    const auto labels = OidLabels::read("1.2.156,Works,3088\n2.999,泵,1\n");
    REQUIRE(labels);
    Options options;
    options.oid_labels = &*labels;
    check_read({{"/ISO/Member-Body/CN/works/4", "oid:1.2.156.3088.4"},
                {"/Joint-ISO-ITU-T/Example/泵", "oid:2.999.1"},
                {"/2/999/%E6%B3%B5", "oid:2.999.1"}},
               options);
    for (const std::string_view row :
         {"1.2.156,Works", "1.2.156,,1", "x,Works,1", "1.2,Works,01"}) {
        INFO(row);
        CHECK_FALSE(OidLabels::read(row));
    }
}

TEST_CASE("an OID's ORS name is its arcs reversed, and reads back") {
    CHECK(ors_name("oid:1.2.156.3088") == "3088.156.2.1.oid-res.org.");
    CHECK(ors_name("1.2", "example.") == "2.1.example.");
    CHECK(oid_of_ors_name("3088.156.2.1.OID-RES.org.") == "oid:1.2.156.3088");
    CHECK_FALSE(oid_of_ors_name("3088.156.2.1.example.org."));
    CHECK_FALSE(oid_of_ors_name("1.oid-res.org."));
    CHECK_FALSE(oid_of_ors_name(".oid-res.org."));
    CHECK_FALSE(oid_of_ors_name("oid-res.org."));
    CHECK(oid_iri("oid:1.2.156.3088") == "/1/2/156/3088");
}

TEST_CASE("the key of an OID has each arc with its length in front") {
    using namespace std::string_literals;
    CHECK(key_of("oid:1.2.156.3088") == "\x40\x01\x01\x01\x02\x01\x9C\x02\x0C\x10"s);
    CHECK(key_of("oid:0.0") == "\x40\x01\x00\x01\x00"s);
    CHECK(cid_of_key(key_of("oid:2.25.340282366920938463463374607431768211455")) ==
          "oid:2.25.340282366920938463463374607431768211455");
    CHECK_FALSE(cid_of_key("\x40\x05\x01"s));
    CHECK_FALSE(cid_of_key("\x40\x00\x01"s));
}

TEST_CASE("a DID is read bare; what follows it is kept for dereferencing") {
    check_read(
        {{"did:bid:ef214PmkhKndUcArDQPgD5J4fFVwqJFPt", "did:bid:ef214PmkhKndUcArDQPgD5J4fFVwqJFPt"},
         {"did:bid:byo1:ef214PmkhKndUcArDQPgD5J4fFVwqJFPt",
          "did:bid:byo1:ef214PmkhKndUcArDQPgD5J4fFVwqJFPt"},
         {"did:bid:byo1", "did:bid:byo1"},
         {"did:cn:88.100.1", "did:cn:88.100.1"},
         {"did:web:example.com%3A8080:u", "did:web:example.com%3A8080:u"},
         {"DID:cn:88.100.1;v=1/doc?x#key-1", "did:cn:88.100.1"}});
    CHECK(parse("did:cn:88.100.1;v=1/doc?x#key-1")->attributes ==
          std::vector<Attribute>{{"url", ";v=1/doc?x#key-1"}});
}

TEST_CASE("a DID with a wrong part says which") {
    check_refused({{"did:bid:ef214PmkhKndUcArDQPgD5J4fFVwqJFP0", Fault::kBidSuffix,
                    "214PmkhKndUcArDQPgD5J4fFVwqJFP0"},
                   {"did:bid:ef214PmkhKndUcArDQPgD5J4fFVwqJFPO", Fault::kBidSuffix,
                    "214PmkhKndUcArDQPgD5J4fFVwqJFPO"},
                   {"did:bid:ef214PmkhKndUcArDQPgD5J4fFVwqJFPI", Fault::kBidSuffix,
                    "214PmkhKndUcArDQPgD5J4fFVwqJFPI"},
                   {"did:bid:ef214PmkhKndUcArDQPgD5J4fFVwqJFPl", Fault::kBidSuffix,
                    "214PmkhKndUcArDQPgD5J4fFVwqJFPl"},
                   {"did:bid:ef214PmkhK", Fault::kBidSuffix, "214PmkhK"},
                   {"did:bid:ef214PmkhKndUcArDQPgD5J4fFVwqJFPt1", Fault::kBidSuffix,
                    "214PmkhKndUcArDQPgD5J4fFVwqJFPt1"},
                   {"did:bid:xf214PmkhKndUcArDQPgD5J4fFVwqJFPt", Fault::kBidEncryption, "x"},
                   {"did:bid:ex214PmkhKndUcArDQPgD5J4fFVwqJFPt", Fault::kBidCodec, "x"},
                   {"did:bid:ABCD:ef214PmkhKndUcArDQPgD5J4fFVwqJFPt", Fault::kBidChain, "ABCD"},
                   {"did:cn:88.10.1", Fault::kHandleIndustry, "10"},
                   {"did:cn:88.100", Fault::kDidCn, "88.100"},
                   {"did:Web:x", Fault::kDidMethod, "Web"},
                   {"did:web:", Fault::kDidSyntax, ""},
                   {"did:web:a b", Fault::kDidSyntax, " b"},
                   {"did:", Fault::kDidMethod, ""}});
}

TEST_CASE("the other codecs of a BID have one length") {
    const std::string bech32 = "did:bid:zt" + std::string(42, 'q');
    const std::string base64 = "did:bid:ss" + std::string(32, 'A');
    check_read({{bech32, bech32}, {base64, base64}});
    CHECK(parse(bech32 + "q").error().fault == Fault::kBidSuffix);
    CHECK(parse(base64 + "A").error().fault == Fault::kBidSuffix);
}

TEST_CASE("any other URI is its own identifier in its normal form") {
    check_read({{"HTTP://User@Example.CN:80/a/../b/./%7e?Q=%c3%a4#F",
                 "http://User@example.cn/b/~?Q=%C3%A4#F"},
                {"https://example.cn", "https://example.cn/"},
                {"https://example.cn:8443?x", "https://example.cn:8443/?x"},
                {"https://example.cn/../../a/..", "https://example.cn/"},
                {"https://example.cn/泵", "https://example.cn/%E6%B3%B5"},
                {"URN:UUID:5d0f0f64-0b2b-4a57-9a53-6f1a6d0d9e01",
                 "urn:uuid:5d0f0f64-0b2b-4a57-9a53-6f1a6d0d9e01"},
                {"http://[::1]:80/", "http://[::1]/"},
                {"https://example.cn/%30%31/./06901234567892", "gs1:/01/06901234567892"},
                {"urn:epcglobal:cbv:loc:a", "urn:epcglobal:cbv:loc:a"},
                {"mailto:A@B", "mailto:A@B"}});
    check_refused({{"https:///a", Fault::kUriSyntax, "///a"},
                   {"https://a:1:2/", Fault::kUriSyntax, "a:1:2"},
                   {"https://[::1/", Fault::kUriSyntax, "[::1"},
                   {"urn:a b:c", Fault::kUriSyntax, "urn:a b:c"},
                   {"https://a:b/", Fault::kUriSyntax, "a:b"},
                   {"https://a/<", Fault::kUriSyntax, "/<"},
                   {"urn:x", Fault::kUriSyntax, "urn:x"},
                   {"mailto:", Fault::kUriSyntax, "mailto:"},
                   {"http://a/%zz", Fault::kPercent, "%zz"}});
}

TEST_CASE("URLs of a configured host carry codes of other schemes") {
    const std::vector<CarrierHost> carriers{{"code.example.cn", "/e/", "ecode:"},
                                            {"code.example.cn", "/v/", "iac:"}};
    Options options;
    options.carriers = carriers;
    check_read({{"https://code.example.cn/e/109991234567890", "ecode:109991234567890"},
                {"https://CODE.example.cn/v/vaa08810012345678%2FX?t=1", "iac:VAA08810012345678/X"},
                {"https://code.example.cn/about", "https://code.example.cn/about"}},
               options);
    check_refused({{"https://code.example.cn/e/7", Fault::kEcodeVersion, "7"}}, Use::kLookUp,
                  options);
}

TEST_CASE("VAA codes and handles are aliases only where their parts have the same lengths") {
    using Aliases = std::vector<Alias>;
    CHECK(derived_aliases("hdl:88.608.24061301/X") ==
          Aliases{{AliasKind::kVaaHandle, "iac:VAA08860824061301/X"}});
    CHECK(derived_aliases("iac:VAA08860824061301/X") ==
          Aliases{{AliasKind::kVaaHandle, "hdl:88.608.24061301/X"}});
    CHECK(derived_aliases("hdl:88.100.7/X").empty());
    CHECK(derived_aliases("hdl:88.1000.24061301/X").empty());
    CHECK(derived_aliases("iac:VAA18860824061301/X").empty());
    CHECK(derived_aliases("iac:VAA08860824061301").empty());
}

TEST_CASE("did:cn and the handle of its prefix are aliases") {
    using Aliases = std::vector<Alias>;
    CHECK(derived_aliases("did:cn:88.100.1") ==
          Aliases{{AliasKind::kDidPrefix, "hdl:0.NA/88.100.1"}});
    CHECK(derived_aliases("hdl:0.NA/88.100.1") ==
          Aliases{{AliasKind::kDidPrefix, "did:cn:88.100.1"}});
    CHECK(derived_aliases("hdl:0.NA/88.100").empty());
    CHECK(derived_aliases("hdl:0.NA/20.500.1").empty());
}

}  // namespace
}  // namespace idnode::test
