#include "tools/value_input.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "proto/handle/admin.h"
#include "proto/handle/vlist.h"
#include "tools/secrets.h"
#include "tools/value_text.h"

using namespace idnode;
using namespace idnode::tools;

namespace {

/// A file that is removed again.
class TemporaryFile {
  public:
    explicit TemporaryFile(const std::string& content) {
        const int descriptor = ::mkstemp(name_.data());
        REQUIRE(descriptor >= 0);
        std::ofstream(name_, std::ios::binary) << content;
        std::FILE* const file = ::fdopen(descriptor, "r");
        std::fclose(file);
    }
    ~TemporaryFile() { std::remove(name_.c_str()); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    const std::string& name() const { return name_; }

  private:
    std::string name_ = "/tmp/idnode-test-XXXXXX";
};

}  // namespace

TEST_CASE("a value is typed as index, type and text") {
    const auto value = parse_value_text("1 URL https://e.example/a b");
    REQUIRE(value);
    CHECK(value->index == 1);
    CHECK(value->type == "URL");
    CHECK(as_text(value->data) == "https://e.example/a b");
    CHECK(value->permissions == handle::permission::kDefault);
    CHECK(as_text(parse_value_text("1 DESC @@home")->data) == "@home");
    CHECK(parse_value_text("1 DESC")->data.empty());
}

TEST_CASE("administrators and groups are typed in words") {
    const auto admin = parse_value_text("100 HS_ADMIN 300:0.NA/88.100 add-value,list-handles");
    REQUIRE(admin);
    CHECK(handle::decode_admin(admin->data)->permissions ==
          (handle::admin_permission::kAddValue | handle::admin_permission::kListHandles));
    CHECK(
        handle::decode_admin(parse_value_text("100 HS_ADMIN 300:0.NA/88.100")->data)->permissions ==
        handle::admin_permission::kAll);
    CHECK(parse_rights("100000000000").value_or(0) == handle::admin_permission::kListHandles);
    const auto group = parse_value_text("200 HS_VLIST 300:88.100/a 0:88.100/b");
    REQUIRE(group);
    CHECK(handle::decode_vlist(group->data)->size() == 2);
}

TEST_CASE("a secret key comes from a file only and is for administrators only") {
    CHECK_FALSE(parse_value_text("301 HS_SECKEY hunter2"));
    const TemporaryFile file("hunter2\n");
    const auto value = parse_value_text("301 HS_SECKEY @" + file.name());
    REQUIRE(value);
    CHECK(as_text(value->data) == "hunter2");
    CHECK(value->permissions == 0x0C);
}

TEST_CASE("a line end is taken off a text, never off a random secret") {
    CHECK(as_text(read_secret_file(TemporaryFile("words\r\n").name()).value()) == "words");
    const std::string random("\x01\x02\n", 3);
    CHECK(as_text(read_secret_file(TemporaryFile(random).name()).value()) == random);
    CHECK_FALSE(read_secret_file(TemporaryFile("\n").name()));
}

TEST_CASE("what is no value is refused with the rule") {
    for (const char* text : {"", "x", "0 URL a", "1", "-1 URL a", "1 HS_ADMIN 300:a/b fly",
                             "1 HS_SITE text", "1 HS_PUBKEY text", "1 DESC @/does/not/exist"}) {
        INFO(text);
        CHECK_FALSE(parse_value_text(text));
    }
    CHECK(parse_permissions("1100").value_or(0) == 0x0C);
    CHECK_FALSE(parse_permissions("110"));
    CHECK_FALSE(parse_permissions("1102"));
}
