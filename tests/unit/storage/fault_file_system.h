#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

/// The machine's files with faults: a power cut that forgets what was not synced, and a disk that
/// is full after some writes. Names and removals of files are not forgotten.
namespace idnode::test {

class FaultFileSystem final : public rocksdb::FileSystemWrapper {
  public:
    FaultFileSystem() : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()) {}
    const char* Name() const override { return "FaultFileSystem"; }

    /// After this many more writes and syncs the disk is full; negative: never.
    void set_calls_before_full(int calls) { calls_before_full_ = calls; }
    bool was_full() const { return was_full_; }

    /// From now on nothing reaches the disk.
    void cut_power() { is_off_ = true; }
    /// Once no file is open any more: takes away what had not been synced. Tells how many octets.
    std::uint64_t forget_unsynced();

    rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* result,
                                      rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                                 const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override;

    /// Whether a write or sync may go on; counts it.
    rocksdb::IOStatus admit();
    void set_synced(const std::string& path, std::uint64_t bytes);

  private:
    std::atomic<bool> is_off_{false};
    std::atomic<int> calls_before_full_{-1};
    std::atomic<bool> was_full_{false};
    std::mutex mutex_;
    std::map<std::string, std::uint64_t> synced_;  // octets on stable storage, by path
};

}  // namespace idnode::test
