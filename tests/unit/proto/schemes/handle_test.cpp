#include <array>

#include "tests/unit/proto/schemes/examples.h"

namespace idnode::test {
namespace {

using namespace schemes;

const std::array kProxies{std::string("node.example.cn"), std::string("[::1]:8000")};
const Options kWithProxies{.proxy_hosts = kProxies,
                           .carriers = {},
                           .prefix_levels_max = 3,
                           .ecode_nsis = nullptr,
                           .ecode_allow_unknown_nsi = false,
                           .oid_labels = nullptr};

TEST_CASE("a handle keeps its zeros, its slashes and its script") {
    check_read({{"88.100.7/P-000123", "hdl:88.100.7/P-000123"},
                {"88.101.0042/001", "hdl:88.101.0042/001"},
                {"86.122.2/A/B.c", "hdl:86.122.2/A/B.c"},
                {"hdl:88.100.7/泵-1", "hdl:88.100.7/泵-1"},
                {" HDL:88.100.7/a b\r\n", "hdl:88.100.7/a b"},
                {"info:hdl/88.100.7/P?#%", "hdl:88.100.7/P?#%"},
                {"20.500.123/AbC", "hdl:20.500.123/AbC"},
                {"0.NA/88.100", "hdl:0.NA/88.100"},
                {"88.529/7:8", "hdl:88.529/7:8"}},
               {}, Use::kRegister);
}

TEST_CASE("a proxy's URL is the handle in its path, decoded once") {
    check_read(
        {{"https://node.example.cn/88.100.7/P%2D1", "hdl:88.100.7/P-1"},
         {"https://NODE.example.cn:443/88.100.7/P%2D1?noredirect", "hdl:88.100.7/P-1"},
         {"http://node.example.cn/88.100.7/%25", "hdl:88.100.7/%"},
         {"http://[::1]:8000/88.100.7/x", "hdl:88.100.7/x"},
         {"http://[::1]:8001/88.100.7/x", "http://[::1]:8001/88.100.7/x"},
         {"https://node.example.cn/about", "https://node.example.cn/about"},
         {"https://node.example.cn.evil/88.100.7/x", "https://node.example.cn.evil/88.100.7/x"},
         {"https://node.example.cn/01/06901234567892", "gs1:/01/06901234567892"}},
        kWithProxies);
    check_refused({{"https://node.example.cn/88.100.7/%4", Fault::kPercent, "88.100.7/%4"},
                   {"https://node.example.cn/88.100.7/a%00b", Fault::kControl, "0x00"},
                   {"https://node.example.cn/88.100.7/%FF", Fault::kUtf8, ""}},
                  Use::kLookUp, kWithProxies);
}

TEST_CASE("a prefix alone and a reference to a value are no identifiers") {
    for (const Use use : {Use::kLookUp, Use::kRegister}) {
        check_refused({{"88.100.7", Fault::kHandlePrefixOnly, "88.100.7"},
                       {"hdl:88.100.7", Fault::kHandlePrefixOnly, "88.100.7"},
                       {"hdl:/x", Fault::kHandlePrefix, "/x"},
                       {"300:88.100.7/KEY_1", Fault::kHandleReference, "300:88.100.7/KEY_1"},
                       {"88.100.7/a\tb", Fault::kControl, "0x09"},
                       {"88.100.7/a\x1D"
                        "b",
                        Fault::kControl, "0x1D"},
                       {"88.100.7/\xC0\xAF", Fault::kUtf8, ""}},
                      use);
    }
}

TEST_CASE("what breaks the industrial grammar is looked up but not registered") {
    const std::initializer_list<Misspelling> rows{
        {"88.100.7/", Fault::kHandleSuffixEmpty, ""},
        {"88.10.7/x", Fault::kHandleIndustry, "10"},
        {"88.100000.7/x", Fault::kHandleIndustry, "100000"},
        {"088.100.7/x", Fault::kHandleCountry, "088"},
        {"88.100.A7/x", Fault::kHandleLetters, "A7"},
        {"88.100.7.1/x", Fault::kHandleLevels, "88.100.7.1"},
        {"88.100./x", Fault::kHandleEnterprise, ""},
        {"20..1/x", Fault::kHandlePrefix, "20..1"},
        {"hdl:88/x", Fault::kHandleIndustry, "88"},
        {"88.100.7/\u3000x", Fault::kHandleSpace, "\u3000x"},
        {"88.100.7/a\u0085", Fault::kControl, "a\u0085"},
        {"88.100.7/a\uFEFF", Fault::kHandleByteOrderMark, "a\uFEFF"},
        {"88.100.7/e\u0301", Fault::kHandleNotNfc, "e\u0301"},
    };
    check_refused(rows, Use::kRegister);
    for (const Misspelling& row : rows) {
        INFO(row.text);
        CHECK(parse(row.text).has_value());
    }
}

TEST_CASE("a fourth level of a prefix is registered where the node allows it") {
    Options four;
    four.prefix_levels_max = 4;
    check_read({{"88.100.7.1/x", "hdl:88.100.7.1/x"}}, four, Use::kRegister);
}

TEST_CASE("an enterprise part has at most 128 digits, an identifier 2,048 octets") {
    const std::string digits(128, '7');
    CHECK(parse("88.100." + digits + "/x", {}, Use::kRegister));
    CHECK(parse("88.100." + digits + "7/x", {}, Use::kRegister).error().fault ==
          Fault::kHandleEnterprise);
    const std::string handle = "88.100.7/" + std::string(2'048 - 9, 'x');
    CHECK(parse(handle));
    CHECK(parse(handle + "x").error().fault == Fault::kTooLong);
    const auto read = parse_uri("hdl:" + handle);
    REQUIRE(read);
    CHECK(parse_uri(read->cid));
    CHECK(parse_uri("hdl:" + handle + "x").error().fault == Fault::kTooLong);
    CHECK(parse(std::string(9'000, 'x')).error().fault == Fault::kTooLong);
    CHECK(parse("https://a.cn/" + std::string(2'000, '\xC3')).error().fault == Fault::kUtf8);
    std::string wide = "https://a.cn/";
    for (int i = 0; i < 400; ++i) wide += "泵";
    CHECK(parse(wide).error().fault == Fault::kTooLong);  // with its escapes
}

TEST_CASE("the key of a handle is folded, of the suffix only where its prefix says so") {
    CHECK(key_of("hdl:88.100.7/p-1") ==
          "\x10"
          "88.100.7/P-1");
    CHECK(key_of("hdl:20.a/p-1", false) ==
          "\x10"
          "20.A/p-1");
    CHECK(key_of("hdl:0.na/88.x", false) ==
          "\x10"
          "0.NA/88.X");
    CHECK(key_of("hdl:88.100.7/\u00E4") ==
          "\x10"
          "88.100.7/\u00E4");
    CHECK(cid_of_key(key_of("hdl:88.100.7/p-1")) == "hdl:88.100.7/P-1");
}

TEST_CASE("what is none of the forms is refused with the list of forms") {
    check_refused({{"", Fault::kEmpty, ""},
                   {" \t ", Fault::kEmpty, ""},
                   {"pump", Fault::kUnrecognised, "pump"},
                   {"a pump: blue", Fault::kUriSyntax, "a pump: blue"},
                   {"12345", Fault::kUnrecognised, "12345"}});
}

}  // namespace
}  // namespace idnode::test
