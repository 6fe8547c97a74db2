#include "tools/csv.h"

#include <catch2/catch.hpp>
#include <string>

using namespace idnode;
using tools::CsvColumns;

namespace {

using Fields = std::vector<std::string>;

std::vector<Fields> rows(std::string_view text) {
    CsvRows in(text, 1);
    CsvRows::Row row;
    std::vector<Fields> out;
    for (;;) {
        const auto found = in.next(row);
        REQUIRE(found.has_value());
        if (!*found) return out;
        out.push_back(row.fields);
    }
}

std::string header_complaint(const Fields& fields) {
    const auto columns = CsvColumns::from_header(fields);
    return columns ? "" : columns.error().detail;
}

}  // namespace

TEST_CASE("rows are cut at commas and line ends") {
    CHECK(rows("a,b\nc,d\n") == std::vector<Fields>{{"a", "b"}, {"c", "d"}});
    CHECK(rows("a,b\r\nc,d") == std::vector<Fields>{{"a", "b"}, {"c", "d"}});
    CHECK(rows(",\n,") == std::vector<Fields>{{"", ""}, {"", ""}});
    CHECK(rows("") == std::vector<Fields>{});
    CHECK(rows("\n\r\na\n\n") == std::vector<Fields>{{"a"}});
}

TEST_CASE("a quoted field may hold commas, quotes and line ends") {
    CHECK(rows("\"a,b\",\"say \"\"hi\"\"\"\n") == std::vector<Fields>{{"a,b", "say \"hi\""}});
    CHECK(rows("\"two\r\nlines\",x\ny") == std::vector<Fields>{{"two\r\nlines", "x"}, {"y"}});
    CHECK(rows("\"\",\"\"\"\"") == std::vector<Fields>{{"", "\""}});
}

TEST_CASE("a lone carriage return is part of a field") {
    CHECK(rows("a\rb,c") == std::vector<Fields>{{"a\rb", "c"}});
}

TEST_CASE("each row knows the line where it begins") {
    CsvRows in("a\n\"two\nlines\"\n\nb\n", 7);
    CsvRows::Row row;
    REQUIRE(in.next(row).value());
    CHECK(row.line == 7);
    REQUIRE(in.next(row).value());
    CHECK(row.line == 8);
    REQUIRE(in.next(row).value());
    CHECK(row.line == 11);
    CHECK_FALSE(in.next(row).value());
}

TEST_CASE("wrong quotes are refused and the next line is read") {
    for (const std::string wrong : {"a\"b", "\"a\"b", "\"a\" ,b"}) {
        const std::string text = wrong + "\nnext\n";
        CsvRows in(text, 1);
        CsvRows::Row row;
        CHECK_FALSE(in.next(row).has_value());
        CHECK(row.line == 1);
        REQUIRE(in.next(row).value());
        CHECK(row.fields == Fields{"next"});
        CHECK(row.line == 2);
    }
    CsvRows open("\"never closed\n", 1);
    CsvRows::Row row;
    CHECK(open.next(row).error().detail == "a quoted field is not closed");
    CHECK_FALSE(open.next(row).value());
}

TEST_CASE("a header names the handle and the values") {
    CHECK(header_complaint({"handle", "1:URL", "2:DESC"}).empty());
    CHECK(header_complaint({"1:URL", "Handle", "TTL", "Permissions"}).empty());
    CHECK(header_complaint({"1:URL"}).starts_with("the header has no column \"handle\""));
    CHECK(header_complaint({"handle", "handle"}) == "column \"handle\" comes twice");
    CHECK(header_complaint({"handle", "1:URL", "1:DESC"}) ==
          "column \"1:DESC\": index 1 comes twice");
    for (const std::string wrong :
         {"url", "URL:1", "0:URL", "-1:URL", "1:", ":URL", "1", "", "2147483648:URL", "1 :URL"}) {
        INFO(wrong);
        CHECK(header_complaint({"handle", wrong}).starts_with("column \"" + wrong + "\": must be"));
    }
}

TEST_CASE("a column of a structured type is refused with the way to import it") {
    for (const std::string type : {"HS_ADMIN", "hs_site", "HS_PUBKEY", "HS_VLIST"}) {
        CHECK(header_complaint({"handle", "1:" + type}).find("import it as JSON") !=
              std::string::npos);
    }
    CHECK(header_complaint({"handle", "1:HS_ALIAS"}).empty());
}
