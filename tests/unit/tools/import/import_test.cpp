#include "tools/import.h"

#include <catch2/catch.hpp>
#include <string>

#include "node.h"

using namespace idnode;
using test::line;
using test::Node;

TEST_CASE("records of the node's own prefix and of those under it are loaded as they stand") {
    Node node;
    const auto outcome = node.import(line("88.100/a") + line("88.100.7/Pump-1", "http://七"));
    REQUIRE(outcome.complaint() == "");
    CHECK(node.record("88.100/a").value() + '\n' == line("88.100/a"));
    CHECK(node.record("88.100.7/pump-1").value() + '\n' == line("88.100.7/Pump-1", "http://七"));
    CHECK(outcome.report->created == 3);  // with the prefix handle 0.NA/88.100.7
    CHECK(outcome.report->refused == 0);
}

TEST_CASE("a prefix under the node's own is homed as it appears, with a prefix handle") {
    Node node;
    const auto outcome = node.import(line("88.100.7/x") + line("88.100.8/x") + line("88.100.7/y"));
    REQUIRE(outcome.complaint() == "");
    CHECK(outcome.report->homed == 2);
    CHECK(node.homes("0.NA/88.100.7"));
    CHECK(node.homes("0.NA/88.100.8"));
    const std::string made = node.record("0.NA/88.100.7").value();
    CHECK(made.find(R"({"index":1,"type":"HS_SITE","data":{"format":"site")") != std::string::npos);
    CHECK(made.find(R"({"index":100,"type":"HS_ADMIN","data":{"format":"admin","value":)"
                    R"({"handle":"0.NA/88.100","index":200,"permissions":"111111111111"}})") !=
          std::string::npos);
}

TEST_CASE("a prefix handle that the import brings is kept as it comes") {
    Node node;
    REQUIRE(node.import(line("88.100.7/x") + line("0.NA/88.100.7")).complaint() == "");
    CHECK(node.record("0.NA/88.100.7").value() + '\n' == line("0.NA/88.100.7"));
    CHECK(node.homes("0.NA/88.100.7"));
}

TEST_CASE("a prefix handle that the store has is kept as it is") {
    Node node;
    REQUIRE(node.import(line("0.na/88.100.7", "http://first")).complaint() == "");
    REQUIRE(node.import(line("88.100.7/x")).complaint() == "");
    CHECK(node.record("0.NA/88.100.7").value() + '\n' == line("0.na/88.100.7", "http://first"));
}

TEST_CASE("the same import twice changes nothing the second time") {
    Node node;
    const std::string text = line("88.100.7/x") + line("88.100.7/y");
    REQUIRE(node.import(text).complaint() == "");
    const auto again = node.import(text);
    REQUIRE(again.complaint() == "");
    CHECK(again.report->created == 0);
    CHECK(again.report->replaced == 0);
    CHECK(again.report->unchanged == 2);
    CHECK(again.report->homed == 0);
}

TEST_CASE("a record that exists is replaced") {
    Node node;
    REQUIRE(node.import(line("88.100.7/x", "http://old")).complaint() == "");
    const auto outcome = node.import(line("88.100.7/x", "http://new"));
    REQUIRE(outcome.complaint() == "");
    CHECK(outcome.report->replaced == 1);
    CHECK(node.record("88.100.7/x").value() + '\n' == line("88.100.7/x", "http://new"));
}

TEST_CASE("of two records with one identifier the later one counts, however many blocks apart") {
    Node node;
    node.options.threads = 4;
    std::string text = line("88.100.7/twice", "http://first");
    // About three blocks of the reader.
    for (int i = 0; i < 30'000; ++i) text += line("88.100.7/" + std::to_string(i));
    text += line("88.100.7/TWICE", "http://last");
    const auto outcome = node.import(text);
    REQUIRE(outcome.complaint() == "");
    CHECK(outcome.report->created == 30'002);
    CHECK(node.record("88.100.7/twice").value() + '\n' == line("88.100.7/TWICE", "http://last"));
}

TEST_CASE("suffixes of a prefix that keeps its case are different identifiers") {
    Node node;
    node.options.suffix_case = model::SuffixCase::kKeep;
    const auto outcome = node.import(line("88.100.7/x") + line("88.100.7/X"));
    REQUIRE(outcome.complaint() == "");
    CHECK(outcome.report->created == 3);
    CHECK(node.suffix_case("0.NA/88.100.7") == model::SuffixCase::kKeep);
    // A prefix that is homed already stays as it is, whatever the default has become.
    node.options.suffix_case = model::SuffixCase::kFold;
    CHECK(node.import(line("88.100.7/x")).report->unchanged == 1);
}

TEST_CASE("records of other prefixes are loaded and homed where the operator says so") {
    Node node;
    node.options.home_foreign = true;
    const auto outcome = node.import(line("10.1000/abc") + line("0.NA/0.NA") + line("88.1001.7/x"));
    REQUIRE(outcome.complaint() == "");
    CHECK(node.has("10.1000/ABC"));
    CHECK(node.homes("0.NA/10.1000"));
    CHECK(node.has("0.NA/10.1000"));
    CHECK(node.homes("0.NA/0.NA"));
    CHECK(node.homes("0.NA/88.1001.7"));
    // Prefixes of the global registry get no prefix handle of ours.
    CHECK(node.record("0.NA/0.NA").value() + '\n' == line("0.NA/0.NA"));
}

TEST_CASE("a fourth level needs the setting") {
    Node node;
    CHECK_FALSE(node.import(line("88.100.7.1/x")).report.has_value());
    node.options.max_levels = 4;
    CHECK(node.import(line("88.100.7.1/x")).complaint() == "");
}

TEST_CASE("an answer of the HTTP interface can be imported as it is") {
    Node node;
    CHECK(node.import(R"({"responseCode":1,"handle":"88.100/a","values":[]})").complaint() == "");
    CHECK(node.record("88.100/a") == R"({"handle":"88.100/a","values":[]})");
}

TEST_CASE("blank lines, CRLF, a byte order mark and a missing last line end do not matter") {
    Node node;
    std::string last = line("88.100.7/c");
    last.pop_back();
    std::string first = line("88.100.7/a");
    first.insert(first.size() - 1, "\r");
    const auto outcome =
        node.import("\xEF\xBB\xBF" + first + "\n  \r\n" + line("88.100.7/b") + last);
    REQUIRE(outcome.complaint() == "");
    CHECK(node.has("88.100.7/a"));
    CHECK(node.has("88.100.7/b"));
    CHECK(node.has("88.100.7/c"));
}

TEST_CASE("an empty input loads nothing and is no error") {
    Node node;
    const auto outcome = node.import("");
    REQUIRE(outcome.complaint() == "");
    CHECK(outcome.report->records() == 0);
}

TEST_CASE("several files are loaded together, each in its own format") {
    Node node;
    const auto outcome = node.import_files({
        node.file("lines.json", line("88.100.7/a")),
        node.file("table.csv", "handle,1:URL\n88.100.7/b,http://b\n"),
    });
    REQUIRE(outcome.complaint() == "");
    CHECK(node.has("88.100.7/a"));
    CHECK(node.record("88.100.7/b").value() + '\n' == line("88.100.7/b", "http://b"));
}

TEST_CASE(
    "a table becomes records: empty cells are no values, ttl and permissions hold for the row") {
    Node node;
    const auto outcome = node.import(
        "handle,2:DESC,1:URL,ttl,permissions\r\n"
        "88.100.7/a,\"say \"\"hi\"\", twice\r\nand more\",http://a,60,1100\r\n"
        "88.100.7/b,,http://b,,\r\n"
        "88.100.7/c,,,,\r\n");
    REQUIRE(outcome.complaint() == "");
    CHECK(
        node.record("88.100.7/a") ==
        R"({"handle":"88.100.7/a","values":[)"
        R"({"index":1,"type":"URL","data":{"format":"string","value":"http://a"},"permissions":"1100","ttl":60},)"
        R"({"index":2,"type":"DESC","data":{"format":"string","value":"say \"hi\", twice\r\nand more"},"permissions":"1100","ttl":60}]})");
    CHECK(node.record("88.100.7/b").value() + '\n' == line("88.100.7/b", "http://b"));
    CHECK(node.record("88.100.7/c") == R"({"handle":"88.100.7/c","values":[]})");
}

TEST_CASE("a table larger than a block keeps its line numbers, with line ends inside cells") {
    Node node;
    std::string text = "handle,1:DESC\n";
    for (int i = 0; i < 40'000; ++i) {
        text += "88.100.7/" + std::to_string(i) + ",\"two\nlines of one cell\"\n";
    }
    REQUIRE(text.size() > (1U << 20U));
    const auto good = node.import(text);
    REQUIRE(good.complaint() == "");
    CHECK(good.report->created == 40'001);
    CHECK(node.import(text + "88.9.7/x,y\n").complaint().find("standard input:80002:") == 0);
}

TEST_CASE("the totals are printed for people, or as one JSON object for programs") {
    Node node;
    CHECK(node.import(line("88.100.7/x"))
              .out.find("2 created, 0 replaced, 0 unchanged, 0 refused; "
                        "1 prefixes homed\n") == 0);
    node.options.json = true;
    const auto outcome = node.import(line("88.100.7/x") + line("88.100.7/y"));
    CHECK(outcome.out.find(
              R"({"created":1,"replaced":0,"unchanged":1,"homed":0,"refused":0,"seconds":)") == 0);
    CHECK(outcome.out.find(R"(,"recordsPerSecond":)") != std::string::npos);
}
