#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

/// Sorting more records than fit into memory: chunks are filled and sorted, each by one thread at a
/// time, and spilled as sorted runs when they take too much; at the end all are merged.
namespace idnode::storage {

/// One record on its way: its key and its stored form, whose version is still to be set.
struct RunEntry {
    std::string_view key;
    std::span<std::byte> stored;
    std::uint64_t number = 0;  // of equal keys the highest counts
};

/// Sorted entries one after the other; of equal keys the one with the highest number comes first.
class RunSource {
  public:
    virtual ~RunSource() = default;
    /// False at the end. What `entry` shows is valid until the next call.
    virtual Result<bool> advance() = 0;
    const RunEntry& entry() const { return entry_; }

  protected:
    RunEntry entry_;
};

/// A piece of memory with records in it.
class RunChunk {
  public:
    explicit RunChunk(std::size_t bytes);

    bool is_empty() const { return items_.empty(); }
    std::size_t count() const { return items_.size(); }
    /// An empty chunk has room for any record.
    bool has_room_for(std::size_t bytes) const { return is_empty() || size_ + bytes <= bytes_; }
    void append(std::string_view key, BytesView stored, std::uint64_t number);
    /// As new; its memory stays.
    void clear();
    /// By key; of equal ones the one with the highest number comes first, as the merge wants it.
    void sort();
    RunEntry at(std::size_t i);

  private:
    struct Item {
        std::uint64_t order = 0;  // octets of the key behind what its neighbours share
        std::uint64_t number = 0;
        std::uint32_t offset = 0;
        std::uint32_t key_bytes = 0;
        std::uint32_t stored_bytes = 0;
    };
    std::span<std::byte> octets() const { return {octets_.get(), size_}; }
    void grow(std::size_t bytes);
    std::string_view key(const Item& item) const;
    std::size_t shared_key_bytes(std::span<const Item> items) const;
    bool comes_first(const Item& a, const Item& b) const;
    void sort(std::span<Item> items, std::size_t shared_key_bytes);
    void prefetch(const Item& item) const;

    std::size_t bytes_ = 0;
    std::size_t size_ = 0;
    std::unique_ptr<std::byte[]> octets_;  // uninitialised behind `size_`
    std::vector<Item> items_;
    std::size_t shared_key_bytes_ = 0;  // that all keys begin with
};

/// All sources in one order; of several entries with one key the one with the highest number.
class RunMerge {
  public:
    static Result<std::unique_ptr<RunMerge>> begin(std::vector<std::unique_ptr<RunSource>> sources);
    /// Nothing at the end. The entry is valid until the next call.
    Result<std::optional<RunEntry>> next();

  private:
    RunMerge() = default;
    Result<void> skip_first();

    std::vector<std::unique_ptr<RunSource>> heap_;  // the smallest entry at the front
    std::string last_key_;
    bool started_ = false;
};

class SortedRuns {
    using Chunk = std::unique_ptr<RunChunk>;

  public:
    /// `dir` exists; runs are spilled there.
    SortedRuns(std::filesystem::path dir, std::uint64_t memory_bytes);

    /// Adds records from one thread, which has a chunk to itself as long as this lives.
    class Filler {
      public:
        explicit Filler(SortedRuns& runs) : runs_(runs) {}
        ~Filler();
        Filler(const Filler&) = delete;
        Filler& operator=(const Filler&) = delete;

        /// Of equal keys the one with the highest `number` counts. Waits while memory is full.
        Result<void> add(std::string_view key, BytesView stored, std::uint64_t number);

      private:
        SortedRuns& runs_;
        Chunk chunk_;
        std::uint64_t count_ = 0;
    };

    /// One record, from any thread: many are better given to a filler.
    Result<void> add(std::string_view key, BytesView stored, std::uint64_t number) {
        return Filler(*this).add(key, stored, number);
    }

    /// No more is added, and no filler is left. The merge borrows from this object. `also`: one
    /// more source, or null.
    Result<std::unique_ptr<RunMerge>> merge(std::unique_ptr<RunSource> also = nullptr);
    /// Of all that were added; once nothing is added any more.
    std::uint64_t count() const { return count_; }
    std::size_t spilled_runs() const { return spilled_.size(); }

  private:
    Result<Chunk> take_chunk(std::size_t bytes);
    void give_back(Chunk chunk, std::uint64_t records);
    Result<void> put_sorted(Chunk chunk);
    Result<void> spill(std::vector<Chunk> chunks, const std::filesystem::path& path);
    void sort_open_chunks();

    const std::filesystem::path dir_;
    const std::size_t chunk_bytes_;
    const std::size_t chunks_max_;

    std::mutex mutex_;
    std::condition_variable room_;
    std::vector<Chunk> open_;  // with room, and in nobody's hands
    std::vector<Chunk> sorted_;
    std::vector<std::filesystem::path> spilled_;
    std::size_t chunks_in_use_ = 0;
    std::uint64_t count_ = 0;
    std::optional<Error> failed_;
};

}  // namespace idnode::storage
