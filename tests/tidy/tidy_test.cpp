#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/tidy/include_rules.h"
#include "tests/tidy/source_tree.h"

namespace idnode::tidy {
namespace {

constexpr std::size_t kLinesMax = 600;

const std::vector<SourceFile>& tree() {
    static const std::vector<SourceFile> files = read_tree(IDNODE_SOURCE_DIR);
    return files;
}

/// Tests and tables may be longer.
bool may_be_long(const SourceFile& file) {
    return file.path.starts_with("tests/") || file.path.find("table") != std::string::npos;
}

std::vector<std::string> faults_of(const std::string& path, const std::string& text) {
    return check_includes(read_source(path, text));
}

}  // namespace

TEST_CASE("every folder includes only what the design's table allows") {
    REQUIRE(tree().size() > 20);  // an empty tree would pass everything
    std::vector<std::string> faults;
    for (const SourceFile& file : tree()) {
        const auto found = check_includes(file);
        faults.insert(faults.end(), found.begin(), found.end());
    }
    CHECK(faults == std::vector<std::string>{});
}

TEST_CASE("every source file lies in a folder that the include table knows") {
    std::vector<std::string> strays;
    for (const SourceFile& file : tree()) {
        if (!has_rule(file)) strays.push_back(file.path);
    }
    CHECK(strays == std::vector<std::string>{});
}

TEST_CASE("no source file but tests and tables has more than 600 lines") {
    std::vector<std::string> long_files;
    for (const SourceFile& file : tree()) {
        if (file.line_count > kLinesMax && !may_be_long(file)) long_files.push_back(file.path);
    }
    CHECK(long_files == std::vector<std::string>{});
}

TEST_CASE("every folder with sources has a README; the tests share theirs") {
    std::vector<std::string> silent;
    std::set<std::string> folders;
    for (const SourceFile& file : tree()) folders.emplace(file.folder());
    for (const std::string& folder : folders) {
        const auto described = folder.starts_with("tests/") ? std::string("tests") : folder;
        const auto readme = std::filesystem::path(IDNODE_SOURCE_DIR) / described / "README.md";
        if (!std::filesystem::exists(readme)) silent.push_back(folder);
    }
    CHECK(silent == std::vector<std::string>{});
}

TEST_CASE("an include upwards is found and named with its line") {
    const auto faults = faults_of("proto/handle/site.h",
                                  "#pragma once\n#include <vector>\n"
                                  "#include \"registry/model/record.h\"\n");
    REQUIRE(faults.size() == 1);
    CHECK(faults.front() ==
          "proto/handle/site.h:3: proto/handle may not include registry/model/record.h");
}

TEST_CASE("an include sideways is found") {
    CHECK(faults_of("storage/a.cpp", "#include \"resolver/engine/engine.h\"\n").size() == 1);
    CHECK(faults_of("resolver/engine/a.cpp", "#include \"storage/stores.h\"\n").size() == 1);
    CHECK(faults_of("resolver/engine/a.cpp", "#include \"resolver/net/a.h\"\n").size() == 1);
    CHECK(faults_of("registry/model/a.cpp", "#include \"registry/json/a.h\"\n").size() == 1);
}

TEST_CASE("a third-party header is found wherever its library does not belong") {
    CHECK(faults_of("resolver/engine/a.cpp", "#include <boost/asio/io_context.hpp>\n").size() == 1);
    CHECK(faults_of("registry/model/a.h", "#include <fmt/format.h>\n").size() == 1);
    CHECK(faults_of("proto/base/a.h", "#include <openssl/evp.h>\n").size() == 1);
    CHECK(faults_of("registry/service/a.cpp", "#include <boost/json.hpp>\n").size() == 1);
    CHECK(faults_of("resolver/net/a.cpp", "#include <rocksdb/db.h>\n").size() == 1);
    CHECK(faults_of("storage/a.cpp", "#include <some_new_library/api.hpp>\n").size() == 1);
    CHECK(faults_of("storage/a.cpp", "#include <single_header.hpp>\n").size() == 1);
}

TEST_CASE("RocksDB and Protobuf are allowed in storage's .cpp files and found in its headers") {
    CHECK(faults_of("storage/a.cpp", "#include <rocksdb/db.h>\n").empty());
    CHECK(faults_of("storage/a.h", "#include <rocksdb/db.h>\n").size() == 1);
    CHECK(faults_of("storage/a.cpp", "#include \"proto/idnode/v1/stored.pb.h\"\n").empty());
    CHECK(faults_of("storage/a.h", "#include \"proto/idnode/v1/stored.pb.h\"\n").size() == 1);
    CHECK(faults_of("resolver/engine/a.cpp", "#include \"stored.pb.h\"\n").size() == 1);
}

TEST_CASE(
    "an include that is spelt from beside the file, or a project header in brackets, is found") {
    CHECK(faults_of("storage/a.cpp", "#include \"keys.hpp\"\n").size() == 1);
    CHECK(faults_of("storage/a.cpp", "#include <storage/keys.h>\n").size() == 1);
}

TEST_CASE("what the table allows passes") {
    CHECK(
        faults_of("resolver/net/a.cpp",
                  "#include <boost/asio/ip/udp.hpp>\n#include <sys/socket.h>\n#include <unistd.h>\n"
                  "#include <vector>\n#include \"resolver/engine/engine.h\"\n"
                  "#include \"proto/base/bytes.h\"\n")
            .empty());
    CHECK(faults_of("resolver/crypto/a.cpp", "#include <openssl/evp.h>\n").empty());
    CHECK(faults_of("registry/json/a.cpp", "#include <boost/json.hpp>\n#include <simdjson.h>\n")
              .empty());
    CHECK(faults_of("tools/a.cpp", "#include <CLI/CLI.hpp>\n#include \"storage/stores.h\"\n")
              .empty());
}

TEST_CASE("an include in a comment is none, and spaces do not hide one") {
    CHECK(faults_of("proto/base/a.h", "// #include <rocksdb/db.h>\n").empty());
    CHECK(faults_of("proto/base/a.h", "  #  include   <rocksdb/db.h>\n").size() == 1);
}

}  // namespace idnode::tidy
