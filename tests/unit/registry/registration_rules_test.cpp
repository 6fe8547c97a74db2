// Rules of registration against obvious models: kinds of items, check characters, coding rules.
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <regex>

#include "registry/registration/check_characters.h"
#include "registry/registration/item_rules.h"
#include "registry/registration/suffixes.h"

namespace idnode::registration {
namespace {

v1::Item item_of(v1::ItemType type) {
    v1::Item out;
    out.set_index(2'000);
    out.set_type("t");
    out.set_name("T");
    out.set_item_type(type);
    return out;
}

bool takes(const v1::Item& item, std::string_view text) {
    return !broken_rule(item, text);
}

}  // namespace

TEST_CASE("each kind of item takes its texts and names the rule that others break") {
    v1::Item text = item_of(v1::ITEM_TYPE_STRING);
    text.set_length_min(2);
    text.set_length_max(3);
    CHECK(takes(text, "泵泵"));
    CHECK(broken_rule(text, "泵") == "at least 2 characters");
    CHECK(broken_rule(text, "泵泵泵泵") == "at most 3 characters");
    CHECK(broken_rule(text, "\xFF\xFF") == "must be UTF-8");
    text.set_pattern("[0-9]+");
    CHECK(takes(text, "12"));
    CHECK(broken_rule(text, "1a") == "must match the pattern [0-9]+");

    v1::Item number = item_of(v1::ITEM_TYPE_NUMBER);
    number.set_decimals_max(2);
    number.set_number_min("-1.5");
    number.set_number_max("10");
    for (const char* right : {"0", "-1.5", "-1.50", "10", "10.00", "9.99", "-0"}) {
        INFO(right);
        CHECK(takes(number, right));
    }
    for (const char* wrong :
         {"", "-", "01", "1.", ".5", "1e1", "+1", "1,5", "-1.51", "10.01", "9.999", "١"}) {
        INFO(wrong);
        CHECK_FALSE(takes(number, wrong));
    }

    const v1::Item date = item_of(v1::ITEM_TYPE_DATE);
    for (const char* right : {"2024-02-29", "2025-06-02T23:59:60Z", "2025-06-02T09:30:00+08:00",
                              "2025-06-02T09:30:00.125-03:30"}) {
        INFO(right);
        CHECK(takes(date, right));
    }
    for (const char* wrong :
         {"2025-02-29", "2025-6-2", "2025-06-02T09:30:00", "2025-06-02T24:00:00Z",
          "2025-06-02T09:30Z", "2025-06-02T09:30:00.Z", "2025-06-02 "}) {
        INFO(wrong);
        CHECK_FALSE(takes(date, wrong));
    }

    v1::Item choice = item_of(v1::ITEM_TYPE_ENUMERATION);
    choice.add_choices("red");
    CHECK(takes(choice, "red"));
    CHECK_FALSE(takes(choice, "Red"));
    CHECK(takes(item_of(v1::ITEM_TYPE_BOOLEAN), "true"));
    CHECK_FALSE(takes(item_of(v1::ITEM_TYPE_BOOLEAN), "1"));
    CHECK(takes(item_of(v1::ITEM_TYPE_JSON), R"({"a":[1]})"));
    CHECK_FALSE(takes(item_of(v1::ITEM_TYPE_JSON), "{a:1}"));
    v1::Item reference = item_of(v1::ITEM_TYPE_REFERENCE);
    CHECK(takes(reference, "88.100.7/P-1"));
    CHECK_FALSE(takes(reference, "88.100.7"));
    reference.set_reference_prefix("88.100.8");
    CHECK_FALSE(takes(reference, "88.100.7/P-1"));
}

TEST_CASE("decimal numbers are compared as integers of a hundredth are") {
    const auto text_of = [](int hundredths) {
        const int size = std::abs(hundredths);
        std::string out = (hundredths < 0 ? "-" : "") + std::to_string(size / 100) + ".";
        return out + static_cast<char>('0' + size / 10 % 10) + static_cast<char>('0' + size % 10);
    };
    const bool fine = rc::check("bounds", [&] {
        const int min = *rc::gen::inRange(-2'000, 2'000);
        const int max = *rc::gen::inRange(min, 2'001);
        const int value = *rc::gen::inRange(-2'000, 2'001);
        v1::Item item = item_of(v1::ITEM_TYPE_NUMBER);
        item.set_decimals_max(2);
        item.set_number_min(text_of(min));
        item.set_number_max(text_of(max));
        RC_ASSERT(takes(item, text_of(value)) == (value >= min && value <= max));
    });
    CHECK(fine);
}

TEST_CASE("a pattern that makes other engines take for ever is answered at once") {
    v1::Item item = item_of(v1::ITEM_TYPE_STRING);
    item.set_pattern("(a+)+b");
    CHECK_FALSE(takes(item, std::string(60'000, 'a')));
    item.set_pattern("(a");
    CHECK_FALSE(check_item_rules(item, "items[0]"));
    item.set_pattern(R"((a)\1)");
    CHECK_FALSE(check_item_rules(item, "items[0]"));
}

TEST_CASE("check characters are those of published examples") {
    // A GTIN, an ISNI, another, a GRid, and the check value of the catalogue of CRCs.
    CHECK(check_characters(v1::CHECK_FUNCTION_MOD10, "690123456789") == "2");
    CHECK(check_characters(v1::CHECK_FUNCTION_MOD11_2, "0000-0002-1825-009") == "7");
    CHECK(check_characters(v1::CHECK_FUNCTION_MOD11_2, "0000-0001-2281-955") == "X");
    CHECK(check_characters(v1::CHECK_FUNCTION_MOD37_36, "A1-2425G-ABC1234002-") == "M");
    CHECK(check_characters(v1::CHECK_FUNCTION_CRC16, "123456789") == "29B1");
    CHECK_FALSE(check_characters(v1::CHECK_FUNCTION_MOD10, "--"));
}

TEST_CASE("what a coding rule makes it takes, and what it takes a regular expression does") {
    v1::CodingRule rule;
    rule.set_name("r");
    const auto add = [&](v1::CodingPartKind kind, std::uint32_t min, std::uint32_t max,
                         std::string_view text) {
        v1::CodingPart& part = *rule.add_parts();
        part.set_kind(kind);
        part.set_length_min(min);
        part.set_length_max(max);
        part.set_text(std::string(text));
        if (kind == v1::CODING_PART_KIND_LETTERS_DIGITS) part.set_name("model");
    };
    add(v1::CODING_PART_KIND_LETTERS_DIGITS, 1, 4, "");
    add(v1::CODING_PART_KIND_LITERAL, 0, 0, ".");
    add(v1::CODING_PART_KIND_DATE, 0, 0, "YYMM");
    add(v1::CODING_PART_KIND_SERIAL, 2, 2, "");
    REQUIRE(check_coding_rule(rule));
    const std::regex model(R"([0-9A-Za-z]{1,4}\.[0-9]{2}(0[1-9]|1[0-2])[0-9]{2})");
    const bool fine = rc::check("rule", [&] {
        const auto model_part = *rc::gen::container<std::string>(rc::gen::element('a', 'Z', '0'));
        const auto point = *rc::gen::element<std::string>(".", ".", "", "..");
        const auto digits =
            *rc::gen::container<std::string>(6, rc::gen::element('0', '0', '1', '2'));
        const std::string suffix = model_part.substr(0, 5) + point + digits;
        RC_ASSERT(!broken_coding(rule, suffix) == std::regex_match(suffix, model));
        const auto serial = *rc::gen::inRange<std::uint64_t>(0, 150);
        const auto made =
            make_suffix(rule, {.given = {{"model", "PX"}},
                               .date = std::chrono::year(2025) / std::chrono::month(6) / 2,
                               .serial = serial});
        RC_ASSERT(made.has_value() == (serial < 100));
        if (made) RC_ASSERT(!broken_coding(rule, *made));
    });
    CHECK(fine);
}

}  // namespace idnode::registration
