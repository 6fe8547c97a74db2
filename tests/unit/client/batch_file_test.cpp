#include "tools/batch_file.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "proto/handle/admin.h"
#include "proto/handle/vlist.h"

using namespace idnode;
using namespace idnode::tools;

namespace {

struct Read {
    std::vector<BatchOperation> operations;
    std::vector<BatchFault> faults;
};

Read read(const std::string& text) {
    std::istringstream in(text);
    BatchReader reader(in);
    Read out;
    for (;;) {
        auto next = reader.next();
        if (!next) {
            out.faults.push_back(next.error());
        } else if (!*next) {
            return out;
        } else {
            out.operations.push_back(std::move(**next));
        }
    }
}

}  // namespace

TEST_CASE("each operation of a batch file is read with its line") {
    const Read all = read(
        "AUTHENTICATE SECKEY:301:0.NA/88.100\nmy secret\n\n"
        "SESSIONSETUP\nUSESESSION:1\nTIMEOUT:24\n\n"
        "CREATE 88.100/x\r\n1 URL 86400 1110 UTF8 https://e.example/a b\r\n\r\n"
        "DELETE 88.100/y\nREMOVE 1,22:88.100/x\n"
        "ADD 88.100/x\n2 HS_PUBKEY 3600 1110 FILE /tmp/key.pub\n\n"
        "MODIFY 88.100/x\n1 URL 0 1111 UTF8 two\n\n"
        "HOME 192.0.2.1:2641:TCP\n0.NA/88.100\n0.NA/88.101\n\n"
        "UNHOME [2001:db8::1]:2641:TCP\n0.NA/88.100\n\n"
        "AUTHENTICATE PUBKEY:300:0.NA/88.100\n/keys/a.key|pass|phrase");
    CHECK(all.faults.empty());
    REQUIRE(all.operations.size() == 10);
    CHECK(all.operations[0].secret == "my secret");
    CHECK(all.operations[0].identity_index == 301);
    CHECK(all.operations[1].use_session == true);
    const BatchOperation& creation = all.operations[2];
    CHECK(creation.line == 8);
    CHECK(creation.handle == "88.100/x");
    REQUIRE(creation.values.size() == 1);
    CHECK(as_text(creation.values[0].value.data) == "https://e.example/a b");
    CHECK(creation.values[0].value.permissions == 0x0E);
    CHECK(all.operations[3].kind == BatchKind::kDelete);
    CHECK(all.operations[4].indexes == std::vector<std::int32_t>{1, 22});
    CHECK(all.operations[5].values.at(0).file == "/tmp/key.pub");
    CHECK(all.operations[6].values.at(0).value.ttl == 0);
    CHECK(all.operations[7].host == "192.0.2.1");
    CHECK(all.operations[7].port == 2641);
    CHECK(all.operations[7].prefixes.size() == 2);
    CHECK(all.operations[8].host == "2001:db8::1");
}

TEST_CASE("a private key's line is cut at the first bar") {
    const Read all = read("AUTHENTICATE PUBKEY:300:0.NA/88.100\n/keys/a.key|pass|phrase\n");
    REQUIRE(all.operations.size() == 1);
    CHECK(all.operations[0].with_key);
    CHECK(all.operations[0].key_file == "/keys/a.key");
    CHECK(all.operations[0].secret == "pass|phrase");
}

TEST_CASE("an administrator's twelve digits begin with the right to add handles") {
    const auto value =
        parse_batch_value("100 HS_ADMIN 86400 1110 ADMIN 200:100000000001:0.NA/12345");
    REQUIRE(value);
    const auto admin = handle::decode_admin(value->value.data);
    REQUIRE(admin);
    CHECK(admin->permissions ==
          (handle::admin_permission::kAddHandle | handle::admin_permission::kListHandles));
    CHECK(admin->administrator.index == 200);
    CHECK(admin->administrator.handle == "0.NA/12345");
    const auto first =
        parse_batch_value("100 HS_ADMIN 86400 1110 ADMIN 200:100000000000:0.NA/12345");
    REQUIRE(first);
    CHECK(handle::decode_admin(first->value.data)->permissions ==
          handle::admin_permission::kAddHandle);
}

TEST_CASE("a group is a list of references") {
    const auto value = parse_batch_value("200 HS_VLIST 86400 1110 LIST 300:88.100/a;301:88.100/b;");
    REQUIRE(value);
    const auto members = handle::decode_vlist(value->value.data);
    REQUIRE(members);
    CHECK(members->size() == 2);
    CHECK(members->at(1).handle == "88.100/b");
}

TEST_CASE("after a part that cannot be read the next operation is found behind a blank line") {
    const Read all = read(
        "CREATE 88.100/x\n1 URL 86400 1110 UTF8 a\nnot a value\n2 URL\n\n"
        "DELETE 88.100/y\nGARBAGE\nmore of it\n\nDELETE 88.100/z\n");
    REQUIRE(all.faults.size() == 2);
    CHECK(all.faults[0].line == 3);
    CHECK(all.faults[1].line == 7);
    REQUIRE(all.operations.size() == 2);
    CHECK(all.operations[1].handle == "88.100/z");
}

TEST_CASE("values that break a rule are refused") {
    for (const char* line :
         {"", "1", "0 URL 86400 1110 UTF8 x", "-1 URL 86400 1110 UTF8 x",
          "1 URL 99999999999 1110 UTF8 x", "1 URL 86400 1112 UTF8 x", "1 URL 86400 111 UTF8 x",
          "1 URL 86400 1110 WHAT x", "1 URL 86400 1110 FILE ", "1 A 1 1110 ADMIN 300:11:a/b",
          "1 A 1 1110 ADMIN 300:111111111112:a/b",
          "1 A 1 1110 ADMIN 300:111111111111:", "1 A 1 1110 LIST x:a/b"}) {
        INFO(line);
        CHECK_FALSE(parse_batch_value(line));
    }
}

TEST_CASE("an operation has bounded lines and octets, and a longer one costs only itself") {
    std::string many = "CREATE 88.100/many\n";
    for (int i = 0; i < 5'000; ++i) many += "1 URL 1 1110 UTF8 x\n";
    const Read lines = read(many + "\nDELETE 88.100/y\n");
    CHECK(lines.faults.size() == 1);
    CHECK(lines.operations.size() == 1);
    const Read octets = read("CREATE 88.100/long\n1 URL 1 1110 UTF8 " + std::string(300'000, 'x') +
                             "\n\nDELETE 88.100/y\n");
    CHECK(octets.faults.size() == 1);
    CHECK(octets.operations.size() == 1);
}
