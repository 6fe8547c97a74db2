#include "storage/table_reads.h"

#include <fcntl.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <utility>

namespace idnode::storage {
namespace {

thread_local bool at_once = false;

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

/// Reads into the caller's buffer what the page cache has.
class CachedFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
  public:
    CachedFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file, const std::string& path)
        : FSRandomAccessFileOwnerWrapper(std::move(file)), descriptor_(path) {}

    rocksdb::IOStatus Read(std::uint64_t offset, std::size_t bytes,
                           const rocksdb::IOOptions& options, rocksdb::Slice* result, char* scratch,
                           rocksdb::IODebugContext* debug) const override {
        if (!at_once || !descriptor_.is_open()) {
            return FSRandomAccessFileOwnerWrapper::Read(offset, bytes, options, result, scratch,
                                                        debug);
        }
        const iovec buffer{scratch, bytes};
        const ssize_t done =
            ::preadv2(descriptor_.number(), &buffer, 1, static_cast<off_t>(offset), RWF_NOWAIT);
        // Less than was asked for: the rest is on the disk. Blocks do not reach past the end.
        if (done < 0 || static_cast<std::size_t>(done) < bytes) {
            return rocksdb::IOStatus::Busy("not in the page cache");
        }
        *result = rocksdb::Slice(scratch, bytes);
        return rocksdb::IOStatus::OK();
    }

  private:
    const Descriptor descriptor_;
};

/// Shows the mapped file itself.
class MappedFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
  public:
    MappedFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file, const std::string& path)
        : FSRandomAccessFileOwnerWrapper(std::move(file)) {
        const Descriptor descriptor(path);
        struct stat status{};
        if (!descriptor.is_open() || ::fstat(descriptor.number(), &status) != 0) return;
        const auto bytes = static_cast<std::size_t>(status.st_size);
        void* const octets = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor.number(), 0);
        if (octets == MAP_FAILED) return;
        // Lookups go anywhere: reading ahead would push out what others need.
        (void)::madvise(octets, bytes, MADV_RANDOM);
        octets_ = static_cast<const char*>(octets);
        bytes_ = bytes;
    }
    ~MappedFile() override {
        if (octets_ != nullptr) ::munmap(const_cast<char*>(octets_), bytes_);
    }
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    rocksdb::IOStatus Read(std::uint64_t offset, std::size_t bytes,
                           const rocksdb::IOOptions& options, rocksdb::Slice* result, char* scratch,
                           rocksdb::IODebugContext* debug) const override {
        if (!at_once || offset > bytes_ || bytes > bytes_ - offset) {
            return FSRandomAccessFileOwnerWrapper::Read(offset, bytes, options, result, scratch,
                                                        debug);
        }
        *result = rocksdb::Slice(octets_ + offset, bytes);
        return rocksdb::IOStatus::OK();
    }

  private:
    const char* octets_ = nullptr;  // null: cannot be mapped
    std::size_t bytes_ = 0;
};

class TableFiles final : public rocksdb::FileSystemWrapper {
  public:
    explicit TableFiles(bool mapped)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), mapped_(mapped) {}
    const char* Name() const override { return "idnode"; }

    rocksdb::IOStatus NewRandomAccessFile(const std::string& path,
                                          const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                          rocksdb::IODebugContext* debug) override {
        rocksdb::IOStatus status = target()->NewRandomAccessFile(path, options, result, debug);
        if (!status.ok() || !path.ends_with(kTableSuffix)) return status;
        if (mapped_) {
            *result = std::make_unique<MappedFile>(std::move(*result), path);
        } else {
            *result = std::make_unique<CachedFile>(std::move(*result), path);
        }
        return status;
    }

  private:
    const bool mapped_;
};

}  // namespace

ReadsAtOnce::ReadsAtOnce() {
    at_once = true;
}

ReadsAtOnce::~ReadsAtOnce() {
    at_once = false;
}

std::unique_ptr<rocksdb::Env> table_env(bool mapped) {
    return rocksdb::NewCompositeEnv(std::make_shared<TableFiles>(mapped));
}

}  // namespace idnode::storage
