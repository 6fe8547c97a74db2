#include "tests/unit/storage/fault_file_system.h"

#include <utility>

namespace idnode::test {
namespace {

class FaultFile final : public rocksdb::FSWritableFileOwnerWrapper {
  public:
    FaultFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path,
              FaultFileSystem& files)
        : rocksdb::FSWritableFileOwnerWrapper(std::move(file)),
          path_(std::move(path)),
          files_(files) {}

    using rocksdb::FSWritableFileOwnerWrapper::Append;
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
        const rocksdb::IOStatus admitted = files_.admit();
        if (!admitted.ok()) {
            // A disk that fills up takes a part of the last write.
            const rocksdb::Slice half(data.data(), data.size() / 2);
            if (admitted.IsNoSpace()) (void)target()->Append(half, options, debug);
            return admitted;
        }
        written_ += data.size();
        return target()->Append(data, options, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
        return synced([&] { return target()->Sync(options, debug); });
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
        return synced([&] { return target()->Fsync(options, debug); });
    }

  private:
    template <class F>
    rocksdb::IOStatus synced(F sync) {
        const std::uint64_t bytes = written_;
        rocksdb::IOStatus status = files_.admit();
        if (status.ok()) status = sync();
        if (status.ok()) files_.set_synced(path_, bytes);
        return status;
    }

    std::string path_;
    FaultFileSystem& files_;
    std::atomic<std::uint64_t> written_{0};
};

}  // namespace

rocksdb::IOStatus FaultFileSystem::admit() {
    if (is_off_) return rocksdb::IOStatus::IOError("the power is off");
    if (calls_before_full_ < 0) return rocksdb::IOStatus::OK();
    if (calls_before_full_ > 0) {
        --calls_before_full_;
        return rocksdb::IOStatus::OK();
    }
    was_full_ = true;
    return rocksdb::IOStatus::NoSpace("No space left on device");
}

void FaultFileSystem::set_synced(const std::string& path, std::uint64_t bytes) {
    const std::scoped_lock lock(mutex_);
    synced_[path] = bytes;
}

std::uint64_t FaultFileSystem::forget_unsynced() {
    const std::scoped_lock lock(mutex_);
    std::uint64_t forgotten = 0;
    for (const auto& [path, bytes] : synced_) {
        std::error_code missing;
        const std::uint64_t size = std::filesystem::file_size(path, missing);
        if (missing || size <= bytes) continue;
        std::filesystem::resize_file(path, bytes);
        forgotten += size - bytes;
    }
    return forgotten;
}

rocksdb::IOStatus FaultFileSystem::NewWritableFile(const std::string& path,
                                                   const rocksdb::FileOptions& options,
                                                   std::unique_ptr<rocksdb::FSWritableFile>* result,
                                                   rocksdb::IODebugContext* debug) {
    if (auto admitted = is_off_ ? admit() : rocksdb::IOStatus::OK(); !admitted.ok())
        return admitted;
    std::unique_ptr<rocksdb::FSWritableFile> file;
    rocksdb::IOStatus status = target()->NewWritableFile(path, options, &file, debug);
    if (!status.ok()) return status;
    set_synced(path, 0);
    *result = std::make_unique<FaultFile>(std::move(file), path, *this);
    return status;
}

rocksdb::IOStatus FaultFileSystem::RenameFile(const std::string& from, const std::string& to,
                                              const rocksdb::IOOptions& options,
                                              rocksdb::IODebugContext* debug) {
    if (is_off_) return admit();
    rocksdb::IOStatus status = target()->RenameFile(from, to, options, debug);
    const std::scoped_lock lock(mutex_);
    if (auto entry = synced_.extract(from); status.ok() && !entry.empty()) {
        synced_[to] = entry.mapped();
    }
    return status;
}

rocksdb::IOStatus FaultFileSystem::DeleteFile(const std::string& path,
                                              const rocksdb::IOOptions& options,
                                              rocksdb::IODebugContext* debug) {
    if (is_off_) return admit();
    return target()->DeleteFile(path, options, debug);
}

}  // namespace idnode::test
