#include "storage/table_reads.h"

#include <fcntl.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <chrono>
#include <limits>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace idnode::storage {
namespace {

thread_local bool at_once = false;
thread_local bool noted = false;

/// What a thread read last: a block, or what was read ahead.
struct LastRead {
    std::uint32_t table = 0;  // 0: none that has a number
    std::uint64_t offset = 0;
    BytesView octets;
    std::size_t found_to = 0;
    Bytes buffer;

    std::optional<TablePlace> place_of(BytesView wanted);
};
thread_local LastRead last_at_once;
thread_local LastRead last_noted;
/// What follows in a file is not further away than a block.
constexpr std::size_t kSearchedBytes = 16U << 10U;

std::optional<TablePlace> LastRead::place_of(BytesView wanted) {
    if (table == 0 || wanted.empty()) return std::nullopt;
    const std::string_view near = as_text(octets).substr(found_to, kSearchedBytes + wanted.size());
    const std::size_t at = near.find(as_text(wanted));
    if (at == std::string_view::npos) return std::nullopt;
    const std::uint64_t place = offset + found_to + at;
    if (place > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    found_to += at + wanted.size();
    return TablePlace{table, static_cast<std::uint32_t>(place),
                      static_cast<std::uint32_t>(wanted.size())};
}

constexpr std::chrono::microseconds kCloseAgainAfter{50};

constexpr std::string_view kTableSuffix = ".sst";

/// A descriptor of our own: RocksDB's files do not tell theirs.
class Descriptor {
  public:
    explicit Descriptor(const std::string& path)
        : number_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    bool is_open() const { return number_ >= 0; }
    int number() const { return number_; }

  private:
    int number_;
};

/// Has a number as long as it is open.
class NumberedFile : public rocksdb::FSRandomAccessFileOwnerWrapper, public OpenTable {
  protected:
    NumberedFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file,
                 std::shared_ptr<OpenTables> tables)
        : FSRandomAccessFileOwnerWrapper(std::move(file)), tables_(std::move(tables)) {}
    /// For the last constructor and the first destructor.
    void open() { number_ = tables_->add(*this); }
    void close() {
        if (number_ != 0) tables_->remove(number_);
    }
    /// As the machine reads, perhaps from the disk.
    rocksdb::IOStatus read_file(std::uint64_t offset, std::size_t bytes,
                                const rocksdb::IOOptions& options, rocksdb::Slice* result,
                                char* scratch, rocksdb::IODebugContext* debug) const {
        auto status =
            FSRandomAccessFileOwnerWrapper::Read(offset, bytes, options, result, scratch, debug);
        if (noted && status.ok()) {
            note_copy(offset, as_bytes_view(result->ToStringView()), last_noted);
        }
        return status;
    }
    void note(std::uint64_t offset, BytesView octets, LastRead& last) const {
        last.table = number_;
        last.offset = offset;
        last.octets = octets;
        last.found_to = 0;
    }
    /// RocksDB frees its own before anybody asks where something lay.
    void note_copy(std::uint64_t offset, BytesView octets, LastRead& last) const {
        last.buffer.assign(octets.begin(), octets.end());
        note(offset, last.buffer, last);
    }

  private:
    const std::shared_ptr<OpenTables> tables_;
    std::uint32_t number_ = 0;
};

/// Reads what the page cache has.
class CachedFile final : public NumberedFile {
  public:
    CachedFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file, const std::string& path,
               std::shared_ptr<OpenTables> tables)
        : NumberedFile(std::move(file), std::move(tables)), descriptor_(path) {
        if (descriptor_.is_open()) open();
    }
    ~CachedFile() override { close(); }

    rocksdb::IOStatus Read(std::uint64_t offset, std::size_t bytes,
                           const rocksdb::IOOptions& options, rocksdb::Slice* result, char* scratch,
                           rocksdb::IODebugContext* debug) const override {
        if (!at_once || !descriptor_.is_open()) {
            return read_file(offset, bytes, options, result, scratch, debug);
        }
        auto* const into = reinterpret_cast<std::byte*>(scratch);
        if (!read(offset, bytes, into)) return rocksdb::IOStatus::Busy("not in the page cache");
        note_copy(offset, BytesView(into, bytes), last_at_once);
        *result = rocksdb::Slice(scratch, bytes);
        return rocksdb::IOStatus::OK();
    }
    std::optional<BytesView> read_at_once(std::uint32_t offset, std::uint32_t bytes,
                                          Bytes& scratch) const override {
        if (scratch.size() < bytes) scratch.resize(bytes);
        if (!read(offset, bytes, scratch.data())) return std::nullopt;
        return BytesView(scratch).first(bytes);
    }
    void prefetch(std::uint32_t /*offset*/, std::uint32_t /*bytes*/) const override {}

  private:
    bool read(std::uint64_t offset, std::size_t bytes, std::byte* into) const {
        const iovec buffer{into, bytes};
        const ssize_t done =
            ::preadv2(descriptor_.number(), &buffer, 1, static_cast<off_t>(offset), RWF_NOWAIT);
        // Less than was asked for: the rest is on the disk. Nothing reaches past the end.
        return done >= 0 && static_cast<std::size_t>(done) == bytes;
    }

    const Descriptor descriptor_;
};

/// Shows the mapped file itself.
class MappedFile final : public NumberedFile {
  public:
    MappedFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file, const std::string& path,
               std::shared_ptr<OpenTables> tables)
        : NumberedFile(std::move(file), std::move(tables)) {
        const Descriptor descriptor(path);
        struct stat status{};
        if (!descriptor.is_open() || ::fstat(descriptor.number(), &status) != 0) return;
        const auto bytes = static_cast<std::size_t>(status.st_size);
        void* const octets = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor.number(), 0);
        if (octets == MAP_FAILED) return;
        // Lookups go anywhere: reading ahead would push out what others need.
        (void)::madvise(octets, bytes, MADV_RANDOM);
        octets_ = {static_cast<const std::byte*>(octets), bytes};
        open();
    }
    ~MappedFile() override {
        close();
        if (!octets_.empty()) ::munmap(const_cast<std::byte*>(octets_.data()), octets_.size());
    }
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    rocksdb::IOStatus Read(std::uint64_t offset, std::size_t bytes,
                           const rocksdb::IOOptions& options, rocksdb::Slice* result, char* scratch,
                           rocksdb::IODebugContext* debug) const override {
        if (!at_once || offset > octets_.size() || bytes > octets_.size() - offset) {
            return read_file(offset, bytes, options, result, scratch, debug);
        }
        const BytesView octets = octets_.subspan(offset, bytes);
        note(offset, octets, last_at_once);
        *result = rocksdb::Slice(as_text(octets).data(), bytes);
        return rocksdb::IOStatus::OK();
    }
    std::optional<BytesView> read_at_once(std::uint32_t offset, std::uint32_t bytes,
                                          Bytes& /*scratch*/) const override {
        return octets_.subspan(offset, bytes);
    }
    void prefetch(std::uint32_t offset, std::uint32_t bytes) const override {
        constexpr std::uint32_t kLine = 64;
        const std::byte* const at = octets_.data() + offset;
        for (std::uint32_t i = 0; i < bytes; i += kLine) __builtin_prefetch(at + i);
        __builtin_prefetch(at + bytes - 1);
    }

  private:
    BytesView octets_;  // empty: cannot be mapped
};

class TableFiles final : public rocksdb::FileSystemWrapper {
  public:
    TableFiles(bool mapped, std::shared_ptr<OpenTables> tables)
        : FileSystemWrapper(rocksdb::FileSystem::Default()),
          mapped_(mapped),
          tables_(std::move(tables)) {}
    const char* Name() const override { return "idnode"; }

    rocksdb::IOStatus NewRandomAccessFile(const std::string& path,
                                          const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                          rocksdb::IODebugContext* debug) override {
        rocksdb::IOStatus status = target()->NewRandomAccessFile(path, options, result, debug);
        if (!status.ok() || !path.ends_with(kTableSuffix)) return status;
        if (mapped_) {
            *result = std::make_unique<MappedFile>(std::move(*result), path, tables_);
        } else {
            *result = std::make_unique<CachedFile>(std::move(*result), path, tables_);
        }
        return status;
    }

  private:
    const bool mapped_;
    const std::shared_ptr<OpenTables> tables_;
};

}  // namespace

ReadsAtOnce::ReadsAtOnce() {
    at_once = true;
    last_at_once.table = 0;
}

ReadsAtOnce::~ReadsAtOnce() {
    at_once = false;
}

std::optional<TablePlace> ReadsAtOnce::place_of(BytesView octets) {
    return last_at_once.place_of(octets);
}

std::optional<TablePlace> NotedReads::place_of(BytesView octets) {
    return last_noted.place_of(octets);
}

NotedReads::NotedReads() {
    noted = true;
    last_noted.table = 0;
}

NotedReads::~NotedReads() {
    noted = false;
}

std::uint32_t OpenTables::add(const OpenTable& table) {
    const std::scoped_lock lock(changing_);
    if (last_ == kNumberMax) return 0;
    Entry& entry = entries_[(last_ + 1) % kOpenMax];
    ++last_;
    if (entry.table.load() != nullptr) return 0;
    entry.number.store(last_);
    entry.table.store(&table);
    return last_;
}

void OpenTables::remove(std::uint32_t number) {
    {
        const std::scoped_lock lock(changing_);
        entries_[number % kOpenMax].table.store(nullptr);
    }
    const Readers::Epoch closed = readers_.retire();
    while (!readers_.have_left(closed)) std::this_thread::sleep_for(kCloseAgainAfter);
}

const OpenTable* OpenTables::find(std::uint32_t number) const {
    const Entry& entry = entries_[number % kOpenMax];
    const OpenTable* const table = entry.table.load();
    // Numbers are written before tables: that of a table is its own or a later one.
    return entry.number.load() == number ? table : nullptr;
}

std::unique_ptr<rocksdb::Env> table_env(bool mapped, std::shared_ptr<OpenTables> tables) {
    return rocksdb::NewCompositeEnv(std::make_shared<TableFiles>(mapped, std::move(tables)));
}

}  // namespace idnode::storage
