#include "tools/init.h"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "proto/handle/admin.h"
#include "proto/handle/key.h"
#include "proto/handle/site.h"
#include "proto/handle/vlist.h"
#include "registry/model/identifier.h"
#include "resolver/crypto/key_file.h"
#include "resolver/crypto/keys.h"
#include "storage/stores.h"
#include "tests/support/process.h"
#include "tools/node_keys.h"
#include "tools/system_clock.h"

namespace fs = std::filesystem;
using idnode::Errc;
using idnode::testing::ScratchFolder;
using namespace idnode::tools;
namespace handle = idnode::handle;
namespace model = idnode::model;

namespace {

InitOptions options_for(const fs::path& dir) {
    InitOptions out;
    out.dir = dir;
    out.settings.node.prefix = "88.100";
    out.settings.node.description = "三号厂";
    out.settings.listen.udp_port = 2701;
    out.settings.listen.tcp_port = 2702;
    return out;
}

void init(const InitOptions& options) {
    const auto report = run_init(options);
    INFO((report ? "" : report.error().detail));
    REQUIRE(report);
}

mode_t mode_of(const fs::path& path) {
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 0777U;
}

std::string content_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::unique_ptr<model::RecordStore> open_store(const fs::path& dir) {
    static const SystemClock clock;
    idnode::storage::RocksOptions options;
    options.dir = dir / "data";
    auto store = idnode::storage::open_rocks_store(options, clock);
    INFO((store ? "" : store.error().detail));
    REQUIRE(store);
    return std::move(*store);
}

std::map<std::int32_t, handle::Value> prefix_values(const model::RecordStore& store) {
    std::map<std::int32_t, handle::Value> out;
    const auto found = store.read(model::key_of("0.NA/88.100"), model::ReadTier::kAny,
                                  [&](const model::RecordView& view) {
                                      const auto record = model::to_record(view);
                                      REQUIRE(record);
                                      for (const auto& value : record->values)
                                          out[value.index] = value;
                                  });
    REQUIRE(found);
    return out;
}

}  // namespace

TEST_CASE("a new node has its settings, its keys and its database, closed to others") {
    const ScratchFolder scratch;
    const fs::path dir = scratch / "node";
    init(options_for(dir));
    CHECK(mode_of(dir / "keys") == 0700);
    CHECK(mode_of(dir / "data") == 0700);
    for (const char* name : {"privkey.bin", "pubkey.bin", "admin.key", "admin.secret"}) {
        INFO(name);
        CHECK(mode_of(dir / "keys" / name) == 0600);
    }
    const auto settings = read_settings(dir / "idnode.toml");
    INFO((settings ? "" : settings.error().detail));
    REQUIRE(settings);
    CHECK(changed_settings(*settings, options_for(dir).settings).empty());
    CHECK(settings->data_dir() == dir / "data");
}

TEST_CASE(
    "the keys of a new node are readable and differ, and the secret is 32 hexadecimal digits") {
    const ScratchFolder scratch;
    const fs::path dir = scratch / "node";
    init(options_for(dir));
    const auto signer = load_server_key(dir / "keys");
    REQUIRE(signer);
    CHECK(content_of(dir / "keys/pubkey.bin") == idnode::as_text((*signer)->public_key()));
    const auto admin = idnode::crypto::read_key_file(dir / "keys/admin.key");
    REQUIRE(admin);
    const auto admin_public = idnode::crypto::public_key_of(*admin);
    REQUIRE(admin_public);
    CHECK(*admin_public != (*signer)->public_key());
    // Scheme 1: not encrypted, as the protocol's own tools read it (§2.8).
    CHECK(content_of(dir / "keys/admin.key").substr(0, 4) == std::string("\0\0\0\1", 4));
    const std::string secret = content_of(dir / "keys/admin.secret");
    CHECK(secret.size() == 32);
    CHECK(secret.find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("a new node is responsible for its prefix and for the prefix handles below it") {
    const ScratchFolder scratch;
    const fs::path dir = scratch / "node";
    init(options_for(dir));
    const auto store = open_store(dir);
    const auto homed = store->prefixes().current();
    CHECK(homed->size() == 2);
    CHECK(homed->contains("0.NA/88.100"));
    CHECK(homed->contains("0.NA/0.NA/88.100"));
}

TEST_CASE("the prefix handle of a new node names its site, its administrators and their keys") {
    const ScratchFolder scratch;
    const fs::path dir = scratch / "node";
    init(options_for(dir));
    const auto store = open_store(dir);
    auto values = prefix_values(*store);
    REQUIRE(values.size() == 5);

    CHECK(values[1].type == "HS_SITE");
    const auto site = handle::decode_site(values[1].data);
    REQUIRE(site);
    REQUIRE(site->servers.size() == 1);
    const auto& server = site->servers.front();
    CHECK(handle::format_site_address(server.address) == "127.0.0.1");
    CHECK(idnode::as_text(server.public_key) == content_of(dir / "keys/pubkey.bin"));

    CHECK(values[100].type == "HS_ADMIN");
    const auto admin = handle::decode_admin(values[100].data);
    REQUIRE(admin);
    CHECK(admin->permissions == 0x0FFF);
    CHECK(admin->administrator == handle::Reference{"0.NA/88.100", 200});

    CHECK(values[200].type == "HS_VLIST");
    const auto group = handle::decode_vlist(values[200].data);
    REQUIRE(group);
    CHECK(*group == std::vector<handle::Reference>{{"0.NA/88.100", 300}, {"0.NA/88.100", 301}});

    CHECK(values[300].type == "HS_PUBKEY");
    const auto admin_key = idnode::crypto::read_key_file(dir / "keys/admin.key");
    REQUIRE(admin_key);
    CHECK(values[300].data == *idnode::crypto::public_key_of(*admin_key));

    CHECK(values[301].type == "HS_SECKEY");
    CHECK(idnode::as_text(values[301].data) == content_of(dir / "keys/admin.secret"));
    CHECK(values[301].permissions == 0x0C);  // `1100`: nobody but administrators
    for (const int index : {1, 100, 200, 300}) CHECK(values[index].permissions == 0x0E);
}

TEST_CASE("a folder that holds anything is refused and left as it is") {
    const ScratchFolder scratch;
    const fs::path dir = scratch / "node";
    fs::create_directories(dir);
    std::ofstream(dir / "mine.txt") << "mine";
    const auto report = run_init(options_for(dir));
    REQUIRE(!report);
    CHECK(report.error().code == Errc::kConflict);
    CHECK(report.error().detail.find(dir.string()) != std::string::npos);
    CHECK(std::distance(fs::directory_iterator(dir), {}) == 1);
    CHECK(content_of(dir / "mine.txt") == "mine");
}

TEST_CASE("an empty folder that exists already is used") {
    const ScratchFolder scratch;
    const fs::path dir = scratch / "node";
    fs::create_directories(dir);
    init(options_for(dir));
    CHECK(fs::exists(dir / "idnode.toml"));
}

TEST_CASE("an init that fails on the way leaves nothing behind") {
    const ScratchFolder scratch;
    const fs::path dir = scratch / "node";
    InitOptions options = options_for(dir);
    // The keys are written by then, but this folder cannot be made.
    options.settings.data.dir = "keys/admin.key/data";
    SECTION("when it made the folder, the folder goes too") {
        REQUIRE(!run_init(options));
        CHECK(!fs::exists(dir));
    }
    SECTION("when the folder was there, it is empty again") {
        fs::create_directories(dir);
        REQUIRE(!run_init(options));
        CHECK(fs::is_empty(dir));
    }
}

TEST_CASE("a prefix that is none is refused before anything is written") {
    const ScratchFolder scratch;
    const fs::path dir = scratch / "node";
    for (const char* prefix : {"", "88.100/x", "88.1", "88.100.7.1", "88.100\n"}) {
        InitOptions options = options_for(dir);
        options.settings.node.prefix = prefix;
        INFO(prefix);
        CHECK(!run_init(options));
        CHECK(!fs::exists(dir));
    }
}

TEST_CASE("a node that listens everywhere is told which address its clients get") {
    const ScratchFolder scratch;
    InitOptions options = options_for(scratch / "node");
    options.settings.listen.address = {"0.0.0.0"};
    SECTION("guessed, with a warning") {
        const auto report = run_init(options);
        REQUIRE(report);
        REQUIRE(report->warnings.size() == 1);
        CHECK(report->warnings.front().find("node.public_address") != std::string::npos);
    }
    SECTION("given, without") {
        options.settings.node.public_address = "192.0.2.7";
        const auto report = run_init(options);
        REQUIRE(report);
        CHECK(report->warnings.empty());
        const auto store = open_store(options.dir);
        const auto site = handle::decode_site(prefix_values(*store)[1].data);
        REQUIRE(site);
        CHECK(handle::format_site_address(site->servers.front().address) == "192.0.2.7");
    }
}

TEST_CASE("a node without its server key is told which file is missing") {
    const ScratchFolder scratch;
    const auto signer = load_server_key(scratch / "keys");
    REQUIRE(!signer);
    CHECK(signer.error().detail.find("privkey.bin") != std::string::npos);
}
