#include "storage/sst_files.h"

#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>

#include <utility>

#include "proto/base/writer.h"

namespace idnode::storage {
namespace {

constexpr std::uint64_t kFileBytesMax = 128U << 20U;
constexpr std::size_t kBatchBytes = 256U << 10U;
/// Enough to go on while a file is synced.
constexpr std::size_t kBatchesWaitingMax = 64;
/// Written back beside the writing, so that little is left for the sync at the end of a file.
constexpr std::uint64_t kWriteBackBytes = 4U << 20U;
constexpr std::string_view kDoing = "writing the files of an import";

rocksdb::EnvOptions environment() {
    rocksdb::EnvOptions out;
    out.bytes_per_sync = kWriteBackBytes;
    return out;
}

}  // namespace

SstFiles::SstFiles(const RocksDb& rocks, Family family, std::filesystem::path dir, bool packed)
    : rocks_(rocks),
      family_(family),
      dir_(std::move(dir)),
      // The page cache may keep the files: lookups will want them.
      writer_(std::make_unique<rocksdb::SstFileWriter>(
          environment(), rocks.file_options(family, packed), rocks.family(family),
          /*invalidate_page_cache=*/false)) {}

SstFiles::~SstFiles() = default;

Result<void> SstFiles::open_next() {
    const std::string name = std::string(kFamilyNames[static_cast<std::size_t>(family_)]) + "-" +
                             std::to_string(paths_.size()) + ".sst";
    paths_.push_back((dir_ / name).string());
    const rocksdb::Status status = writer_->Open(paths_.back());
    if (!status.ok()) return rocks_.error(kDoing, status);
    is_open_ = true;
    return {};
}

Result<void> SstFiles::put(std::string_view key, BytesView value) {
    return put_or_remove(key, &value);
}

Result<void> SstFiles::remove(std::string_view key) {
    return put_or_remove(key, nullptr);
}

Result<void> SstFiles::put_or_remove(std::string_view key, const BytesView* value) {
    if (!is_open_) {
        if (auto opened = open_next(); !opened) return opened;
    }
    const rocksdb::Status status = value != nullptr ? writer_->Put(to_slice(key), to_slice(*value))
                                                    : writer_->Delete(to_slice(key));
    if (!status.ok()) return rocks_.error(kDoing, status);
    return writer_->FileSize() < kFileBytesMax ? Result<void>() : close();
}

Result<void> SstFiles::close() {
    if (!std::exchange(is_open_, false)) return {};
    const rocksdb::Status status = writer_->Finish();  // syncs the file
    if (!status.ok()) return rocks_.error(kDoing, status);
    return {};
}

SstThread::SstThread(SstFiles& files) : files_(files), thread_([this] { run(); }) {}

SstThread::~SstThread() {
    stop();
}

Result<void> SstThread::put(std::string_view key, BytesView value) {
    ByteWriter out(filling_.octets);
    out.raw(key);
    out.raw(value);
    filling_.items.push_back({key.size(), value.size()});
    return filling_.octets.size() < kBatchBytes ? Result<void>() : hand_over();
}

Result<void> SstThread::remove(std::string_view key) {
    ByteWriter(filling_.octets).raw(key);
    filling_.items.push_back({key.size(), std::nullopt});
    return filling_.octets.size() < kBatchBytes ? Result<void>() : hand_over();
}

Result<void> SstThread::hand_over() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return failed_ || waiting_.size() < kBatchesWaitingMax; });
    if (failed_) return *failed_;
    waiting_.push_back(std::move(filling_));
    filling_ = {};
    if (!spare_.empty()) {
        filling_ = std::move(spare_.back());
        spare_.pop_back();
    }
    changed_.notify_all();
    return {};
}

Result<void> SstThread::close() {
    if (auto handed = hand_over(); !handed) return handed;
    stop();
    if (failed_) return *failed_;
    return files_.close();
}

void SstThread::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void SstThread::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        Batch batch = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        const auto written = write(batch);
        batch.octets.clear();
        batch.items.clear();
        lock.lock();
        spare_.push_back(std::move(batch));
        if (!written) failed_ = written.error();
        changed_.notify_all();
        if (failed_) return;
    }
}

Result<void> SstThread::write(const Batch& batch) {
    std::size_t at = 0;
    for (const Batch::Item& item : batch.items) {
        const BytesView octets(batch.octets);
        const std::size_t value_bytes = item.value_bytes.value_or(0);
        const std::string_view key = as_text(octets.subspan(at, item.key_bytes));
        const BytesView value = octets.subspan(at + item.key_bytes, value_bytes);
        auto done = item.value_bytes ? files_.put(key, value) : files_.remove(key);
        if (!done) return done;
        at += item.key_bytes + value_bytes;
    }
    return {};
}

}  // namespace idnode::storage
