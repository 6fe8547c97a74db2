#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "node.h"

using namespace idnode;
using test::line;
using test::Node;

namespace {

bool mentions(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// What an import says that has this as its second line.
std::string complaint(const std::string& second_line) {
    Node node;
    const auto outcome =
        node.import(line("88.100.7/good") + second_line + "\n" + line("88.100.7/c"));
    CHECK_FALSE(outcome.report.has_value());
    CHECK_FALSE(node.has("88.100.7/good"));
    CHECK_FALSE(node.homes("0.NA/88.100.7"));
    return outcome.complaint();
}

std::string value_line(const std::string& values) {
    return R"({"handle":"88.100.7/x","values":[)" + values + "]}";
}

}  // namespace

TEST_CASE(
    "a broken line stops the import with file, line, reason and remedy, and nothing is loaded") {
    const std::string text = complaint(R"({"handle":"88.100.7/x")");
    CHECK(text.find("standard input:2: not JSON: ") == 0);
    CHECK(mentions(text, "Nothing was imported. --keep-going skips lines like this one."));
}

TEST_CASE("a record of another prefix is refused with the way to load it all the same") {
    CHECK(complaint(line("10.1000/x"))
              .find("standard input:2: prefix 10.1000 is not under this node's prefix 88.100: "
                    "--home") == 0);
    CHECK(mentions(complaint(line("88.1001.7/x")), "prefix 88.1001.7 is not under"));
    CHECK(mentions(complaint(line("0.NA/88")), "prefix 0.NA is not under"));
    CHECK(mentions(complaint(line("0.NA/88.1000")), "prefix 0.NA is not under"));
}

TEST_CASE("identifiers that may not be registered are refused with the rule") {
    CHECK(mentions(complaint(line("88.100.7/")), ":2: handle: the suffix is empty"));
    CHECK(mentions(complaint(line("")), ":2: handle: the identifier is empty"));
    CHECK(mentions(complaint(line("88.100.7")), ":2: handle: \"88.100.7\" is a prefix"));
    CHECK(mentions(complaint(line("88.100.7/ x")),
                   ":2: handle: suffix: begins or ends with a space"));
    CHECK(mentions(complaint(line("88.100.x/y")), "digits only"));
}

TEST_CASE("octets that are no UTF-8 are refused") {
    CHECK(mentions(complaint(line("88.100.7/\xFF")), ":2: not JSON"));
}

TEST_CASE("values that cannot be stored are refused with their index") {
    const std::string one = R"({"index":1,"type":"URL","data":"x"})";
    CHECK(mentions(complaint(value_line(one + "," + one)), ":2: index 1: comes twice"));
    CHECK(mentions(complaint(value_line(R"({"index":0,"type":"URL","data":"x"})")),
                   ":2: index 0: must be positive"));
    CHECK(mentions(complaint(value_line(R"({"index":1,"type":"URL","data":")" +
                                        std::string(262'144, 'x') + "\"}")),
                   "fit into one message"));
    CHECK(mentions(complaint(value_line(R"({"index":1,"type":"URL"})")),
                   ":2: values[0].data: is missing"));
}

TEST_CASE("a line longer than any record is refused without being kept") {
    CHECK(mentions(complaint(std::string(5'000'000, 'x')), ":2: longer than 2097152 octets"));
}

TEST_CASE("of several bad lines the first one of the file is reported") {
    Node node;
    node.options.threads = 4;
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += line("88.100.7/" + std::to_string(i));
    text += "first\n";
    for (int i = 0; i < 50'000; ++i) text += "later\n";
    CHECK(node.import(text).complaint().find("standard input:20001:") == 0);
    CHECK_FALSE(node.has("88.100.7/1"));
}

TEST_CASE(
    "an import that keeps going loads the good lines, prints twenty bad ones and writes all") {
    Node node;
    node.options.keep_going = true;
    node.options.errors_file = node.path("errors.txt");
    std::string text = line("88.100.7/a");
    for (int i = 0; i < 30; ++i) text += line("10.1000/" + std::to_string(i));
    text += line("88.100.7/b");
    const auto outcome = node.import(text);
    REQUIRE(outcome.complaint() == "");
    CHECK(outcome.report->refused == 30);
    CHECK(node.has("88.100.7/a"));
    CHECK(node.has("88.100.7/b"));
    CHECK_FALSE(node.homes("0.NA/10.1000"));
    CHECK(mentions(outcome.err, "standard input:2: prefix 10.1000"));
    CHECK(mentions(outcome.err, "standard input:21:"));
    CHECK_FALSE(mentions(outcome.err, "standard input:22:"));
    CHECK(mentions(outcome.err, "More bad lines are only written to "));
    std::ifstream errors(node.options.errors_file);
    const std::string all{std::istreambuf_iterator<char>(errors), {}};
    CHECK(std::count(all.begin(), all.end(), '\n') == 30);
    CHECK(mentions(all, "standard input:31: prefix 10.1000"));
}

TEST_CASE("a long line does not hide the lines after it from an import that keeps going") {
    Node node;
    node.options.keep_going = true;
    const auto outcome = node.import(line("88.100.7/a") + std::string(5'000'000, 'x') + "\n" +
                                     line("88.100.7/b") + "?\n");
    REQUIRE(outcome.complaint() == "");
    CHECK(outcome.report->refused == 2);
    CHECK(node.has("88.100.7/b"));
    CHECK(mentions(outcome.err, "standard input:4: not JSON"));
}

TEST_CASE("a file that is not there, or a folder, is named") {
    Node node;
    CHECK(
        node.import_files({"/nowhere/records.json"}).complaint().find("/nowhere/records.json: ") ==
        0);
    CHECK(mentions(node.import_files({node.path("data").string()}).complaint(), "cannot be read"));
}

TEST_CASE("a file that cannot be written for the errors is named") {
    Node node;
    node.options.errors_file = "/nowhere/errors.txt";
    CHECK(node.import(line("88.100.7/a")).complaint().find("/nowhere/errors.txt: ") == 0);
}

TEST_CASE("bad lines that cannot all be written stop the import before anything is loaded") {
    Node node;
    node.options.keep_going = true;
    node.options.errors_file = "/dev/full";
    const auto outcome = node.import(line("88.100.7/a") + line("10.1000/x"));
    CHECK(mentions(outcome.complaint(), "/dev/full: cannot be written to its end"));
    CHECK_FALSE(node.has("88.100.7/a"));
}

TEST_CASE("an input of no known form is refused with the forms there are") {
    Node node;
    CHECK(mentions(node.import("<xml/>").complaint(), "neither JSON lines"));
    CHECK(mentions(node.import("[]").complaint(), "neither JSON lines"));
}

TEST_CASE("a format that is named is taken at its word") {
    Node node;
    node.options.format = tools::ImportFormat::kCsv;
    CHECK(mentions(node.import(line("88.100.7/a")).complaint(), "line 1: "));
    CHECK(tools::parse_import_format("csv").value() == tools::ImportFormat::kCsv);
    CHECK_FALSE(tools::parse_import_format("xml").has_value());
}

TEST_CASE("a bad row of a table is refused with its line, and the next ones are read") {
    Node node;
    node.options.keep_going = true;
    const auto outcome = node.import(
        "handle,1:URL,permissions,ttl\n"
        "88.100.7/a,x,,\n"
        "88.100.7/b,x,,,\n"
        "88.100.7/c,\"x\"y,,\n"
        "88.100.7/d,x\"y,,\n"
        "88.100.7/e,x,111,\n"
        "88.100.7/f,x,,soon\n"
        "88.100.7/g,\xFF,,\n"
        "88.100.7/h,x,,\n");
    REQUIRE(outcome.complaint() == "");
    CHECK(outcome.report->refused == 6);
    CHECK(node.has("88.100.7/a"));
    CHECK(node.has("88.100.7/h"));
    CHECK(mentions(outcome.err, "standard input:3: has 5 cells, the header 4"));
    CHECK(mentions(outcome.err, "standard input:4: text follows a closing quote"));
    CHECK(mentions(outcome.err, "standard input:5: a quote inside an unquoted field"));
    CHECK(mentions(outcome.err, "standard input:6: permissions \"111\""));
    CHECK(mentions(outcome.err, "standard input:7: ttl \"soon\""));
    CHECK(mentions(outcome.err, "standard input:8: column 1:URL: is not UTF-8"));
}
