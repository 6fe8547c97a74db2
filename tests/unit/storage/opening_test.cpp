#include <fcntl.h>
#include <rocksdb/db.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>
#include <vector>

#include "proto/base/writer.h"
#include "storage/keys.h"
#include "tests/unit/storage/engines.h"

/// Opening: what is there afterwards, and what is refused with which words.
namespace idnode::test {
namespace {

namespace fs = std::filesystem;

Error must_refuse(const storage::RocksOptions& options) {
    SetClock clock;
    const auto store = storage::open_rocks_store(options, clock);
    REQUIRE_FALSE(store);
    INFO(store.error().detail);
    CHECK(store.error().detail.starts_with(options.dir.string() + ": "));
    return store.error();
}

bool says(const Error& error, std::string_view text) {
    INFO(error.detail);
    return error.detail.find(text) != std::string::npos;
}

void make_store(const fs::path& dir) {
    SetClock clock;
    const auto store = must_open(create_in(dir), clock);
    must_commit(*store, {put("88.100.7/a", "1"), home("88.100.7")});
}

void write_file(const fs::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

/// Changes the stored format number, as a newer program would.
void set_format(const fs::path& dir, std::uint32_t format) {
    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto name : storage::kFamilyNames) {
        families.emplace_back(std::string(name), rocksdb::ColumnFamilyOptions());
    }
    REQUIRE(rocksdb::DB::Open({}, dir.string(), families, &handles, &db).ok());
    Bytes octets;
    ByteWriter(octets).u32(format);
    const auto put = db->Put({}, std::string(storage::kMetaFormat), std::string(as_text(octets)));
    for (auto* handle : handles) (void)db->DestroyColumnFamilyHandle(handle);
    delete db;
    REQUIRE(put.ok());
}

/// All but the first `kept` of our families.
void drop_families(const fs::path& dir, std::size_t kept) {
    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto family : storage::kFamilyNames) {
        families.emplace_back(std::string(family), rocksdb::ColumnFamilyOptions());
    }
    REQUIRE(rocksdb::DB::Open({}, dir.string(), families, &handles, &db).ok());
    for (std::size_t i = 0; i < handles.size(); ++i) {
        if (i >= kept) CHECK(db->DropColumnFamily(handles[i]).ok());
        (void)db->DestroyColumnFamilyHandle(handles[i]);
    }
    delete db;
}

TEST_CASE("a store that was closed is there after opening", "[rocksdb]") {
    TemporaryFolder folder;
    make_store(folder.path());
    SetClock clock;
    for (int round = 0; round < 2; ++round) {
        const auto store = must_open(open_in(folder.path()), clock);
        CHECK(data_of(*store, "88.100.7/a") == "1");
        CHECK(store->prefixes().current()->contains("0.NA/88.100.7"));
        CHECK(store->counts()->log_end == model::LogPosition{2});
        CHECK(store->counts()->disk_bytes > 0);
    }
    const auto store = must_open(open_in(folder.path()), clock);
    CHECK(must_commit(*store, {put("88.100.7/b", "1")}).first == 3);
}

TEST_CASE("a store is created in a folder that is new or empty, and in no other", "[rocksdb]") {
    TemporaryFolder folder;
    make_store(folder.path() / "new" / "data");
    const Error error = must_refuse(create_in(folder.path() / "new" / "data"));
    CHECK(error.code == Errc::kInvalid);
    CHECK(says(error, "not empty"));
}

TEST_CASE("a folder that is missing or holds no store is refused", "[rocksdb]") {
    TemporaryFolder folder;
    CHECK(says(must_refuse(open_in(folder.path() / "none")), "no such folder; 'idnode init'"));
    CHECK(says(must_refuse(open_in(folder.path())), "holds no store; 'idnode init'"));
    write_file(folder.path() / "notes.txt", "hello");
    const Error error = must_refuse(open_in(folder.path()));
    CHECK(error.code == Errc::kInvalid);
    CHECK_FALSE(fs::exists(folder.path() / "LOCK"));
}

TEST_CASE("a database of another program is refused and left alone", "[rocksdb]") {
    TemporaryFolder folder;
    rocksdb::DB* db = nullptr;
    rocksdb::Options options;
    options.create_if_missing = true;
    REQUIRE(rocksdb::DB::Open(options, folder.path().string(), &db).ok());
    SECTION("with other column families") {}
    SECTION("with the same column families") {
        for (const auto name : storage::kFamilyNames) {
            rocksdb::ColumnFamilyHandle* handle = nullptr;
            if (name == "default") continue;
            REQUIRE(db->CreateColumnFamily({}, std::string(name), &handle).ok());
            (void)db->DestroyColumnFamilyHandle(handle);
        }
    }
    delete db;
    const Error error = must_refuse(open_in(folder.path()));
    CHECK(error.code == Errc::kInvalid);
    CHECK(says(error, "another program"));
    CHECK(says(error, "choose another folder"));
}

TEST_CASE("a store of a newer format is refused with the remedy", "[rocksdb]") {
    TemporaryFolder folder;
    make_store(folder.path());
    set_format(folder.path(), storage::kStoreFormat + 1);
    SECTION("with the families of today") {}
    SECTION("with a family that this program does not know") {
        rocksdb::DB* db = nullptr;
        std::vector<rocksdb::ColumnFamilyHandle*> handles;
        std::vector<rocksdb::ColumnFamilyDescriptor> families;
        for (const auto name : storage::kFamilyNames) {
            families.emplace_back(std::string(name), rocksdb::ColumnFamilyOptions());
        }
        families.emplace_back("future", rocksdb::ColumnFamilyOptions());
        rocksdb::DBOptions options;
        options.create_missing_column_families = true;
        REQUIRE(rocksdb::DB::Open(options, folder.path().string(), families, &handles, &db).ok());
        for (auto* handle : handles) (void)db->DestroyColumnFamilyHandle(handle);
        delete db;
    }
    const Error error = must_refuse(open_in(folder.path()));
    CHECK(error.code == Errc::kUnsupported);
    CHECK(says(error, "format " + std::to_string(storage::kStoreFormat + 1)));
    CHECK(says(error, "use the newer version"));
}

TEST_CASE(
    "a store of an older format is read as it is, and gets what it lacks when it is written to",
    "[rocksdb]") {
    TemporaryFolder folder;
    make_store(folder.path());
    SECTION("format 1: without objects and events") {
        set_format(folder.path(), 1);
        drop_families(folder.path(), storage::kFamilyCountOfFormat1);
    }
    SECTION("format 2: without events") {
        set_format(folder.path(), 2);
        drop_families(folder.path(), storage::kFamilyCountOfFormat2);
    }
    SetClock clock;
    storage::RocksOptions reading = open_in(folder.path());
    reading.read_only = true;
    {
        const auto store = must_open(reading, clock);
        CHECK(data_of(*store, "88.100.7/a") == "1");
        CHECK_FALSE(store->read_object(model::Table::kAccounts, "ann").value());
        CHECK(store->scan_objects(model::Table::kAccounts, "", "", 9).value().empty());
        CHECK_FALSE(store->read_object(model::Table::kEvents, "e").value());
        CHECK_FALSE(store->walk_objects(model::Table::kEvents)->seek({}).value());
    }
    {
        const auto store = must_open(open_in(folder.path()), clock);
        model::Change change;
        change.objects.push_back({model::Table::kAccounts, "ann", to_bytes("1"), {}});
        change.objects.push_back({model::Table::kEvents, "e", to_bytes("2"), {}});
        REQUIRE(store->commit(change));
    }
    const auto store = must_open(reading, clock);
    CHECK(store->read_object(model::Table::kAccounts, "ann").value());
    CHECK(store->read_object(model::Table::kEvents, "e").value());
    CHECK(data_of(*store, "88.100.7/a") == "1");
}

TEST_CASE("damaged files are named as such", "[rocksdb]") {
    TemporaryFolder folder;
    make_store(folder.path());
    const auto manifest = [&folder] {
        for (const auto& entry : fs::directory_iterator(folder.path())) {
            if (entry.path().filename().string().starts_with("MANIFEST-")) return entry.path();
        }
        return fs::path();
    }();
    REQUIRE(fs::exists(manifest));
    SECTION("CURRENT is missing") {
        fs::remove(folder.path() / "CURRENT");
        const Error error = must_refuse(open_in(folder.path()));
        CHECK(error.code == Errc::kDamaged);
        CHECK(says(error, "CURRENT is missing; restore the store from a backup"));
    }
    SECTION("CURRENT is rubbish") {
        write_file(folder.path() / "CURRENT", "rubbish");
        const Error error = must_refuse(open_in(folder.path()));
        CHECK(error.code == Errc::kDamaged);
        CHECK(says(error, "restore it from a backup"));
    }
    SECTION("the manifest is rubbish") {
        write_file(manifest, std::string(100, 'x'));
        const Error error = must_refuse(open_in(folder.path()));
        CHECK(error.code == Errc::kDamaged);
        CHECK(says(error, "restore it from a backup"));
    }
    SECTION("the manifest is missing") {
        fs::remove(manifest);
        const Error error = must_refuse(open_in(folder.path()));
        CHECK(error.code == Errc::kDamaged);
        CHECK(says(error, "restore it from a backup"));
    }
}

TEST_CASE("a second writer is told that the store is in use", "[rocksdb]") {
    RocksEngine engine;
    const Error error = must_refuse(open_in(engine.folder.path()));
    CHECK(error.code == Errc::kUnavailable);
    CHECK(says(error, "in use by another process; stop that one first"));
}

TEST_CASE("a store can be read beside a running node, and only read", "[rocksdb]") {
    RocksEngine engine;
    must_commit(*engine.store, {put("88.100.7/a", "1"), home("88.100.7")});
    auto options = open_in(engine.folder.path());
    options.read_only = true;
    const auto reader = must_open(options, engine.clock);
    must_commit(*engine.store, {put("88.100.7/b", "1")});

    CHECK(data_of(*reader, "88.100.7/a") == "1");
    CHECK_FALSE(find(*reader, "88.100.7/b"));
    CHECK(reader->prefixes().current()->contains("0.NA/88.100.7"));
    CHECK(scan(*reader, {}).size() == 1);
    CHECK(whole_log(*reader).size() == 2);
    CHECK(reader->counts()->log_end == model::LogPosition{2});
    const auto refused = reader->commit(change_of({put("88.100.7/c", "1")}));
    CHECK(refused.error().code == Errc::kRefused);
}

/// The page cache forgets what it has of the folder's files.
void forget_pages(const fs::path& dir) {
    for (const auto& entry : fs::directory_iterator(dir)) {
        const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
        REQUIRE(::fsync(file) == 0);
        REQUIRE(::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0);
        ::close(file);
    }
}

/// Whether any page of the table files is in the page cache. Does not touch them: a read that finds
/// nothing without waiting has them fetched all the same.
bool has_pages(const fs::path& dir) {
    const auto page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    for (const auto& entry : fs::directory_iterator(dir)) {
        if (entry.path().extension() != ".sst") continue;
        const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
        REQUIRE(file >= 0);
        const auto bytes = static_cast<std::size_t>(entry.file_size());
        void* const octets = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0);
        ::close(file);
        REQUIRE(octets != MAP_FAILED);
        std::vector<unsigned char> pages((bytes + page_bytes - 1) / page_bytes);
        REQUIRE(::mincore(octets, bytes, pages.data()) == 0);
        ::munmap(octets, bytes);
        if (std::ranges::any_of(pages, [](unsigned char page) { return (page & 1U) != 0; })) {
            return true;
        }
    }
    return false;
}

/// Whether the file system can read what is in the page cache without waiting.
bool can_read_at_once(const fs::path& dir) {
    const fs::path path = dir / "CURRENT";
    std::ifstream(path).get();
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    char octet = 0;
    const iovec place{&octet, 1};
    const bool done = ::preadv2(file, &place, 1, 0, RWF_NOWAIT) == 1;
    ::close(file);
    return done;
}

TEST_CASE("a read that must not wait says so when the record is on the disk only", "[rocksdb]") {
    TemporaryFolder folder;
    SetClock clock;
    // Long enough that closing and opening puts them into a file.
    {
        const auto store = must_open(create_in(folder.path()), clock);
        for (int i = 0; i < 100; ++i) {
            must_commit(*store, {put("88.100.7/" + std::to_string(i), std::string(1000, 'x'))});
        }
    }
    {
        const auto store = must_open(open_in(folder.path()), clock);
    }
    const auto store = must_open(open_in(folder.path()), clock);
    const auto lookup = [&store](std::string_view handle, model::ReadTier tier) {
        return store->read(model::key_of(handle), tier, [](const auto&) {});
    };
    if (!can_read_at_once(folder.path())) {
        WARN("this file system cannot read without waiting: nothing can be seen");
        return;
    }
    // What is still on its way into the page cache, or out of it, stays for a while.
    bool is_forgotten = false;
    for (int attempt = 0; attempt < 1000 && !is_forgotten; ++attempt) {
        if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        forget_pages(folder.path());
        is_forgotten = !has_pages(folder.path());
    }
    if (!is_forgotten) {
        WARN("the system keeps the files in memory: nothing can be seen");
        return;
    }
    CHECK(*lookup("88.100.7/5", model::ReadTier::kMemory) == model::Lookup::kNotInMemory);
    CHECK(*lookup("88.100.7/5", model::ReadTier::kAny) == model::Lookup::kFound);
    CHECK(*lookup("88.100.7/5", model::ReadTier::kMemory) == model::Lookup::kFound);
    // Absent ones are known to be absent without the disk, but for the filter's one in a hundred.
    int absent = 0;
    for (int i = 0; i < 200; ++i) {
        const auto other = lookup("88.100.7/5x" + std::to_string(i), model::ReadTier::kMemory);
        if (*other == model::Lookup::kNotFound) ++absent;
    }
    CHECK(absent > 180);
}

TEST_CASE("lookups in mapped files never say that the record is on the disk", "[rocksdb]") {
    TemporaryFolder folder;
    SetClock clock;
    make_store(folder.path());
    must_open(open_in(folder.path()), clock).reset();  // into a file
    auto options = open_in(folder.path());
    options.mapped = true;
    const auto store = must_open(options, clock);
    for (const auto tier : {model::ReadTier::kMemory, model::ReadTier::kAny}) {
        std::string handle;
        const auto found = store->read(model::key_of("88.100.7/a"), tier,
                                       [&](const auto& view) { handle = view.handle; });
        CHECK(*found == model::Lookup::kFound);
        CHECK(handle == "88.100.7/a");
    }
}

}  // namespace
}  // namespace idnode::test
