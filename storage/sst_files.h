#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "storage/rocks_db.h"

namespace rocksdb {
class SstFileWriter;
}

namespace idnode::storage {

/// Writes sorted entries of one family into files of bounded size that can be ingested.
class SstFiles {
  public:
    /// `packed`: the values are packed already, and their blocks stay plain.
    SstFiles(const RocksDb& rocks, Family family, std::filesystem::path dir, bool packed = false);
    ~SstFiles();
    SstFiles(const SstFiles&) = delete;
    SstFiles& operator=(const SstFiles&) = delete;

    /// Keys strictly ascend.
    Result<void> put(std::string_view key, BytesView value);
    /// Whatever the store holds under the key is gone when the file is taken in.
    Result<void> remove(std::string_view key);
    /// After this everything is on stable storage.
    Result<void> close();
    Family family() const { return family_; }
    const std::vector<std::string>& paths() const { return paths_; }

  private:
    Result<void> open_next();
    Result<void> put_or_remove(std::string_view key, const BytesView* value);

    const RocksDb& rocks_;
    Family family_;
    std::filesystem::path dir_;
    std::unique_ptr<rocksdb::SstFileWriter> writer_;
    bool is_open_ = false;
    std::vector<std::string> paths_;
};

/// Feeds `SstFiles` from a thread of its own, so that compressing records uses a second core.
/// Bounded.
class SstThread {
  public:
    explicit SstThread(SstFiles& files);
    ~SstThread();
    SstThread(const SstThread&) = delete;
    SstThread& operator=(const SstThread&) = delete;

    /// Copies. Returns an earlier failure of the thread.
    Result<void> put(std::string_view key, BytesView value);
    Result<void> remove(std::string_view key);
    Result<void> close();

  private:
    struct Batch {
        struct Item {
            std::size_t key_bytes;
            std::optional<std::size_t> value_bytes;  // nothing: the key is removed
        };
        Bytes octets;
        std::vector<Item> items;
    };

    void run();
    Result<void> write(const Batch& batch);
    Result<void> hand_over();
    void stop();

    SstFiles& files_;
    Batch filling_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Batch> waiting_;
    std::vector<Batch> spare_;  // written ones, for their memory
    std::optional<Error> failed_;
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace idnode::storage
