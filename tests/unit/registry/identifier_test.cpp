#include "registry/model/identifier.h"

#include <catch2/catch.hpp>
#include <string>

using namespace idnode;
using namespace idnode::model;

namespace {

std::string rule_broken(std::string_view handle, unsigned max_levels = 3) {
    const auto checked = check_registrable(handle, max_levels);
    return checked ? "" : checked.error().detail;
}

std::string folded(std::string_view handle, SuffixCase suffix_case = SuffixCase::kFold) {
    const Key key = key_of(handle, suffix_case);
    return std::string(key_text(key));
}

bool mentions(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the industrial examples of the identifiers document are accepted") {
    CHECK(rule_broken("88.100.7/P-000123").empty());
    CHECK(rule_broken("88.101.0042/001").empty());
    CHECK(rule_broken("86.122.2/A/B.c").empty());
    CHECK(rule_broken("88.100.7/泵-1").empty());
    CHECK(rule_broken("88.529/x").empty());
    CHECK(rule_broken("88.100.7/a b:c#d?e").empty());
    CHECK(rule_broken("88.100." + std::string(128, '9') + "/x").empty());
}

TEST_CASE("the wrong examples of the identifiers document each name the rule they break") {
    CHECK(mentions(rule_broken("88.100.7"), "is a prefix"));
    CHECK(mentions(rule_broken("88.100.7/"), "suffix is empty"));
    CHECK(mentions(rule_broken("88.10.7/x"), "industry part \"10\": must have 3 to 5 digits"));
    CHECK(mentions(rule_broken("88.100000.7/x"), "industry part"));
    CHECK(mentions(rule_broken("088.100.7/x"), "country part \"088\": must have 2 digits"));
    CHECK(mentions(rule_broken("88.100.A7/x"), "enterprise part \"A7\": digits only"));
    CHECK(mentions(rule_broken("88.100.7.1/x"), "has 4 levels, at most 3"));
    CHECK(mentions(rule_broken("88.100.7/a\tb"), "control character"));
    CHECK(mentions(rule_broken("88/x"), "industry part is missing"));
    CHECK(mentions(rule_broken("88.100./x"), "enterprise part \"\""));
    CHECK(mentions(rule_broken("88.100." + std::string(129, '9') + "/x"), "1 to 128 digits"));
}

TEST_CASE("a fourth level is accepted where it is configured") {
    CHECK(rule_broken("88.100.7.1/x", 4).empty());
    CHECK(mentions(rule_broken("88.100.7/x", 2), "at most 2"));
}

TEST_CASE("a suffix with invisible characters at its ends or inside is refused") {
    CHECK(mentions(rule_broken("88.100.7/ x"), "space"));
    CHECK(mentions(rule_broken("88.100.7/x "), "space"));
    CHECK(mentions(rule_broken("88.100.7/x\u3000"), "space"));
    CHECK(mentions(rule_broken("88.100.7/\uFEFFx"), "U+FEFF"));
    CHECK(mentions(rule_broken("88.100.7/x\x7F"), "control"));
    CHECK(mentions(rule_broken("88.100.7/x\u0085y"), "control"));
    CHECK(mentions(rule_broken(std::string("88.100.7/x\0y", 12)), "control"));
}

TEST_CASE("an identifier must be UTF-8 of at most 2,048 octets") {
    CHECK(mentions(rule_broken("88.100.7/\xFF\xFE"), "UTF-8"));
    CHECK(mentions(rule_broken("88.100.7/\xED\xA0\x80"), "UTF-8"));
    const std::string longest = "88.100.7/" + std::string(2'048 - 9, 'x');
    CHECK(rule_broken(longest).empty());
    CHECK(mentions(rule_broken(longest + "x"), "2049 octets"));
    CHECK(mentions(rule_broken(""), "empty"));
}

TEST_CASE("prefixes of other registries have no industrial grammar") {
    CHECK(rule_broken("10.1000/abc").empty());
    CHECK(rule_broken("20.500.12345/abc").empty());
    CHECK(rule_broken("abc.def/x").empty());
    CHECK(mentions(rule_broken("10..1/x"), "empty segment"));
    CHECK(mentions(rule_broken("/x"), "prefix is empty"));
}

TEST_CASE("global handles need only be UTF-8 and short enough") {
    CHECK(rule_broken("0.NA/88.100").empty());
    CHECK(rule_broken("0.0/0.0").empty());
    CHECK(mentions(rule_broken("0.NA/\xFF"), "UTF-8"));
}

TEST_CASE("a bare prefix is checked like the prefix of an identifier") {
    CHECK(check_prefix("88.100").has_value());
    CHECK(check_prefix("88.100.7").has_value());
    CHECK_FALSE(check_prefix("88.10").has_value());
    CHECK_FALSE(check_prefix("88.100/x").has_value());
    CHECK_FALSE(check_prefix("").has_value());
}

TEST_CASE("a handle is cut at its first slash") {
    const auto parts = split_handle("86.122.2/A/B.c");
    CHECK(parts.prefix == "86.122.2");
    CHECK(parts.suffix == "A/B.c");
    CHECK(parts.has_slash);
    CHECK_FALSE(split_handle("88.100").has_slash);
    CHECK(split_handle("88.100").prefix == "88.100");
    CHECK(split_handle("/").prefix.empty());
}

TEST_CASE("the prefix is folded always, the suffix unless the prefix keeps its case") {
    CHECK(folded("10.abc/Serial-x", SuffixCase::kFold) == "10.ABC/SERIAL-X");
    CHECK(folded("10.abc/Serial-x", SuffixCase::kKeep) == "10.ABC/Serial-x");
}

TEST_CASE("global handles are folded wholly even where suffixes keep their case") {
    CHECK(folded("0.na/10.abc", SuffixCase::kKeep) == "0.NA/10.ABC");
    CHECK(folded("0.site/status", SuffixCase::kKeep) == "0.SITE/STATUS");
}

TEST_CASE("folding is of ASCII letters only") {
    CHECK(folded("10.1/é泵ß[`{") == "10.1/é泵ß[`{");
}

TEST_CASE("a text without slash has the key of its prefix handle") {
    CHECK(key_of("88.100.1") == key_of("0.NA/88.100.1"));
    CHECK(key_of("abc", SuffixCase::kKeep) == key_of("0.na/ABC"));
    CHECK(key_of("0.NA") == key_of("0.NA/0.NA"));
}

TEST_CASE("keys of one enterprise are together, and not mixed with those of another") {
    CHECK(key_of("88.100.7/z") < key_of("88.100.70/a"));
    CHECK(key_of("88.100.7/x")[0] == '\x10');
}

TEST_CASE("a key buffer that has grown is written without allocation") {
    Key key;
    write_key("88.100.7/" + std::string(500, 'x'), SuffixCase::kFold, key);
    const char* const octets = key.data();
    const std::size_t capacity = key.capacity();
    write_key("88.100.7/short", SuffixCase::kFold, key);
    CHECK(key_text(key) == "88.100.7/SHORT");
    write_key("88.100.9/" + std::string(490, 'y'), SuffixCase::kKeep, key);
    CHECK(key.data() == octets);
    CHECK(key.capacity() == capacity);
}

TEST_CASE("prefix handles, parents and markers") {
    CHECK(is_global("0.NA/88"));
    CHECK_FALSE(is_global("00.1/x"));
    CHECK(is_prefix_handle("0.na/88.100"));
    CHECK_FALSE(is_prefix_handle("0.nax/88.100"));
    CHECK(prefix_handle_of("88.100.7") == "0.NA/88.100.7");
    CHECK(prefix_handle_of("abc") == "0.NA/ABC");
    CHECK(parent_prefix("88.100.7") == std::optional<std::string_view>("88.100"));
    CHECK_FALSE(parent_prefix("88").has_value());
    CHECK(derived_marker("88.100") == "0.NA/0.NA/88.100");
}

TEST_CASE("a handle is found in what a person or a QR code gives") {
    CHECK(parse_handle_text("  88.100.7/P-1\r\n").value() == "88.100.7/P-1");
    CHECK(parse_handle_text("hdl:88.100.7/泵-1").value() == "88.100.7/泵-1");
    CHECK(parse_handle_text("HDL:88.100.7/x").value() == "88.100.7/x");
    CHECK(parse_handle_text("info:hdl/88.100.7/x").value() == "88.100.7/x");
    CHECK(parse_handle_text("88.100.7/a:b").value() == "88.100.7/a:b");
    CHECK(parse_handle_text("88.100.7").value() == "88.100.7");
}

TEST_CASE("texts of other schemes are refused with the forms that are accepted") {
    for (const std::string text : {"https://node.example.cn/88.100.7/P", "did:bid:ef123",
                                   "urn:oid:1.2.156", "ecode:109991234567890"}) {
        const auto parsed = parse_handle_text(text);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(mentions(parsed.error().detail, "hdl:prefix/suffix"));
    }
    CHECK_FALSE(parse_handle_text("   ").has_value());
}

TEST_CASE("a value reference is not an identifier") {
    const auto parsed = parse_handle_text("300:88.100.7/KEY_1");
    REQUIRE_FALSE(parsed.has_value());
    CHECK(mentions(parsed.error().detail, "value 300 of 88.100.7/KEY_1"));
}

TEST_CASE("a value reference is an index and a handle") {
    CHECK(parse_value_reference("300:0.NA/88.100.1").value().index == 300);
    CHECK(parse_value_reference("300:0.NA/88.100.1").value().handle == "0.NA/88.100.1");
    CHECK(parse_value_reference("300:88.100.7/a:b").value().handle == "88.100.7/a:b");
}

TEST_CASE("a reference without digits before its first colon is a handle with index 0") {
    for (const std::string text : {"88.100.7/x", "abc:88.100.7/x", ":x", "3a:x"}) {
        CHECK(parse_value_reference(text).value().index == 0);
        CHECK(parse_value_reference(text).value().handle == text);
    }
}

TEST_CASE("a reference with an index too large or without a handle is refused") {
    CHECK(parse_value_reference("2147483647:x").value().index == 2'147'483'647U);
    CHECK_FALSE(parse_value_reference("2147483648:x").has_value());
    CHECK_FALSE(parse_value_reference("99999999999999999999:x").has_value());
    CHECK_FALSE(parse_value_reference("300:").has_value());
    CHECK_FALSE(parse_value_reference("").has_value());
}
