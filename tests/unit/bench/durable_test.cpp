#include "bench/durable.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "proto/base/assert.h"

using namespace idnode::bench;
using std::chrono::milliseconds;

namespace {

class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "idnode-bench-XXXXXX").string();
        IDNODE_ASSERT(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace

TEST_CASE("every way to durable writes writes, alone and with company") {
    const TemporaryFolder folder;
    for (const WritePath path :
         {WritePath::kRocksGroups, WritePath::kCommitter, WritePath::kStore}) {
        for (const std::size_t writers : {1U, 3U}) {
            DurableLoad load;
            load.path = path;
            load.folder = folder.path() / (std::string(name_of(path)) + std::to_string(writers));
            load.writers = writers;
            load.batch = 2;
            load.duration = milliseconds(50);
            const auto result = write_durably(load);
            INFO(name_of(path) << " with " << writers);
            REQUIRE(result.has_value());
            CHECK(result->records_per_second > 0);
            CHECK(result->latency.count() > 0);
        }
    }
}

TEST_CASE("durable writes want a folder of their own") {
    const TemporaryFolder folder;
    DurableLoad load;
    load.folder = folder.path();
    load.duration = milliseconds(10);
    REQUIRE(write_durably(load).has_value());
    for (const WritePath path : {WritePath::kRocksGroups, WritePath::kStore}) {
        load.path = path;
        CHECK_FALSE(write_durably(load).has_value());
    }
}
