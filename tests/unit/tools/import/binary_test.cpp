#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "node.h"
#include "tools/export.h"
#include "tools/import_sample.h"
#include "tools/record_file.h"

/// The binary form of exports: all of it comes back, or nothing.
namespace {

using namespace idnode;
using test::line;
using test::Node;

constexpr int kRecords = 12'000;  // several blocks

std::string many_lines() {
    std::string out;
    for (int i = 0; i < kRecords; ++i) {
        const std::string number = std::to_string(100'000 + i);
        out += line("88.100.7/SN-" + number, "https://id.example.cn/product/" + number);
    }
    return out;
}

std::string binary_export(const Node& node) {
    std::ostringstream out;
    std::ostringstream err;
    tools::ExportOptions options;
    options.store = node.options.store;
    options.form = tools::ExportForm::kBinary;
    options.quiet = true;
    REQUIRE(tools::run_export(options, out, err));
    return std::move(out).str();
}

/// Refused with these words, and the store is as it was.
void check_refused(const std::string& file, const std::string& words) {
    Node node;
    const std::string before = node.exported();
    const auto outcome = node.import_files({node.file("records.bin", file)});
    INFO(outcome.complaint());
    CHECK_FALSE(outcome.report);
    CHECK(outcome.complaint().find("records.bin") != std::string::npos);
    CHECK(outcome.complaint().find(words) != std::string::npos);
    CHECK(node.exported() == before);
}

}  // namespace

TEST_CASE("a binary export is recognised, and its import exports the same again in both forms") {
    Node node;
    REQUIRE(node.import(many_lines() + line("88.100.7/é", "http://é")).complaint() == "");
    const std::string file = binary_export(node);
    CHECK(file.size() < node.exported().size() / 4);
    Node other;
    const auto outcome = other.import_files({other.file("records.bin", file)});
    CHECK(outcome.complaint() == "");
    CHECK(other.exported() == node.exported());
    CHECK(binary_export(other) == file);
    Node piped;
    CHECK(piped.import(file).complaint() == "");
    CHECK(piped.exported() == node.exported());
}

TEST_CASE("a binary export names the prefixes of its records") {
    Node node;
    REQUIRE(
        node.import(line("88.100.7/a", "x") + line("88.100.70/b", "x") + line("88.100.8/c", "x"))
            .complaint() == "");
    const auto file = node.file("records.bin", binary_export(node));
    using Prefix = tools::record_file::Prefix;
    const auto named = tools::named_prefixes(file);
    for (const char* const own : {"88.100.7", "88.100.70", "88.100.8"}) {
        INFO(own);
        CHECK(std::ranges::count(named, Prefix{own, true}) == 1);
    }
    CHECK(std::ranges::count(named, Prefix{"0.NA", false}) == 1);
    CHECK(named.size() == 4);
}

TEST_CASE("a binary file may name no prefixes, the wrong ones, or be in no order") {
    Node node;
    REQUIRE(node.import(many_lines()).complaint() == "");
    using Prefix = tools::record_file::Prefix;
    const Bytes values(4);
    for (const std::vector<Prefix>& named : {std::vector<Prefix>{},
                                             {{"88.100.9", true}},
                                             {{"88.100.7", true}, {"88.100.8", true}},
                                             {{"88.100.7", false}, {"88.100.8", false}}}) {
        for (const std::vector<const char*>& handles :
             {std::vector{"88.100.7/a", "88.100.7/b", "88.100.8/a"},
              {"88.100.8/a", "88.100.7/b", "88.100.7/a", "88.100.7/b"}}) {
            std::string file;
            tools::record_file::write_header(named, file);
            for (const char* const handle : handles) {
                tools::record_file::Block block;
                block.add(handle, values);
                block.write(file);
            }
            tools::record_file::write_end(handles.size(), file);
            Node other;
            REQUIRE(other.import_files({other.file("records.bin", file)}).complaint() == "");
            for (const char* const handle :
                 {"88.100.7/a", "88.100.7/b", "88.100.8/a", "0.NA/88.100.7", "0.NA/88.100.8"}) {
                CHECK(other.has(handle));
            }
        }
    }
}

TEST_CASE("a binary file that is cut short anywhere is refused, and nothing is loaded") {
    Node node;
    REQUIRE(node.import(many_lines()).complaint() == "");
    const std::string file = binary_export(node);
    for (const std::size_t size :
         {file.size() - 1, file.size() - 12, file.size() / 2, std::size_t{5000}, std::size_t{14}}) {
        check_refused(file.substr(0, size), "copy or export it again");
    }
    check_refused(file.substr(0, 10), "ends in its header");
}

TEST_CASE("a binary file with a changed octet is refused, and nothing is loaded") {
    Node node;
    REQUIRE(node.import(many_lines()).complaint() == "");
    const std::string file = binary_export(node);
    // Counts, lengths, the middle and the end of a frame, the end mark.
    const std::size_t blocks_at = file.find("\x04\x22\x4D\x18") - 8;  // the first frame's mark
    for (const std::size_t at :
         {std::size_t{12}, std::size_t{17}, blocks_at, blocks_at + 3, blocks_at + 6, blocks_at + 7,
          std::size_t{5000}, file.size() - 14, file.size() - 1}) {
        INFO("octet " << at);
        std::string changed = file;
        changed[at] = static_cast<char>(changed[at] ^ 0x10);
        check_refused(changed, "copy or export it again");
    }
    check_refused(file + "x", "more follows after the end mark");
}

TEST_CASE("a binary file of a newer format is refused with the remedy") {
    std::string file;
    tools::record_file::write_header({}, file);
    file[11] = 3;
    check_refused(file, "export lines of JSON there");
}

TEST_CASE("records that a node does not take are named by their number in a binary file") {
    tools::record_file::Block block;
    const Bytes values(4);
    block.add("88.100.7/a", values);
    block.add("77.1/b", values);
    block.add("88.100.7/c", values);
    std::string file;
    tools::record_file::write_header({}, file);
    block.write(file);
    tools::record_file::write_end(3, file);
    check_refused(file, "records.bin: record 2: prefix 77.1");

    Node node;
    node.options.keep_going = true;
    const auto outcome = node.import(file);
    REQUIRE(outcome.report);
    CHECK(outcome.report->refused == 1);
    CHECK(node.has("88.100.7/c"));
}

TEST_CASE("values that are not well-formed make a binary file be refused") {
    tools::record_file::Block block;
    block.add("88.100.7/a", to_bytes("\1\1\1\1"));
    std::string file;
    tools::record_file::write_header({}, file);
    block.write(file);
    tools::record_file::write_end(1, file);
    check_refused(file, "88.100.7/a");
}
