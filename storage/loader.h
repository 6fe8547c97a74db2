#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "proto/base/result.h"
#include "registry/model/change.h"
#include "storage/bulk_load.h"
#include "storage/codec.h"
#include "storage/ordered_blocks.h"
#include "storage/packing.h"
#include "storage/rocks_store.h"
#include "storage/sorted_runs.h"
#include "storage/sst_files.h"

/// What imports and replacements have in common: records are sorted beside the store, then written
/// in key order into files that RocksDB takes in with one edit of its manifest.
namespace idnode::storage {

/// The temporary folder of one load, removed with it.
class ImportFolder {
  public:
    static Result<std::unique_ptr<ImportFolder>> make_in(const std::filesystem::path& dir);
    ~ImportFolder();
    ImportFolder(const ImportFolder&) = delete;
    ImportFolder& operator=(const ImportFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    explicit ImportFolder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

class Loader {
  public:
    enum class Mode : std::uint8_t {
        kAdd,      // records beside those that are there; an equal one changes nothing
        kReplace,  // instead of those that are there, octet by octet as given
    };
    struct Options {
        Mode mode = Mode::kAdd;
        std::string who;
        std::uint64_t memory_bytes = 0;
    };
    using Progress = std::function<void(std::uint64_t, std::uint64_t)>;
    struct Counts {
        std::uint64_t created = 0;
        std::uint64_t replaced = 0;
        std::uint64_t unchanged = 0;
        std::uint64_t removed = 0;
        std::uint64_t homed = 0;
    };

    /// Borrows the store.
    static Result<std::unique_ptr<Loader>> begin(Options options, RocksStore& store);

    /// A record that waits for the dictionary.
    struct Waiting {
        model::Key key;
        Bytes stored;  // as codec.h has it
        std::uint64_t order = 0;
    };

    /// Records as they are stored, of one thread.
    class Encoder {
      public:
        /// Packed if there is a dictionary. Valid until the next call.
        BytesView encode(const RecordParts& parts, const Dictionary* dictionary);

      private:
        std::optional<Packer> packer_;
        Bytes scratch_;
    };

    /// See `BulkLoad::Adder`.
    class Adder {
      public:
        explicit Adder(Loader& loader) : loader_(loader), filler_(loader.runs_) {}
        /// Until enough records are known to make a dictionary of them, they wait for it.
        Result<void> add(std::string_view handle, model::SuffixCase suffix_case, BytesView values,
                         std::uint64_t order);

      private:
        friend class Loader;
        Result<void> put(const RecordParts& parts, std::uint64_t order);

        Loader& loader_;
        SortedRuns::Filler filler_;
        Encoder encoder_;
        model::Key key_;
    };

    /// See `BulkLoad::BlockAdder`.
    class BlockAdder {
      public:
        explicit BlockAdder(Loader& loader);
        Result<void> add(std::string_view handle, model::SuffixCase suffix_case, BytesView values,
                         std::uint64_t order);
        Result<void> end_block(std::uint64_t number);

      private:
        Loader& loader_;
        Encoder encoder_;
        OrderedBlocks::Block block_;
        model::Key key_;
    };
    OrderedBlocks& blocks();
    bool is_out_of_order() const { return blocks_ && blocks_->is_out_of_order(); }

    /// See `BulkLoad::learn`.
    Result<void> learn(std::span<const Bytes> records);
    /// Both may be called from several threads.
    Result<void> add(std::string_view handle, model::SuffixCase suffix_case, BytesView values,
                     std::uint64_t order);
    Result<void> home(std::string_view prefix_handle, model::SuffixCase suffix_case);

    /// `mirror_state`: stored together with the records unless it is empty.
    Result<Counts> finish(const Progress& progress, BytesView mirror_state = {});

  private:
    /// The parts of a record that may be stored, its key in `key`.
    Result<RecordParts> checked(std::string_view handle, model::SuffixCase suffix_case,
                                BytesView values, model::Key& key) const;
    Result<void> write_all(const Progress& progress, BytesView mirror_state);

    class OldRecords;
    struct Output;

    Loader(Options options, RocksStore& store, std::unique_ptr<ImportFolder> folder);

    /// False: there is a dictionary, or there will be none; the record need not wait.
    Result<bool> wait(const RecordParts& parts, std::uint64_t order, Adder& adder);
    Result<void> make_dictionary();
    Result<void> stop_waiting();
    Result<void> put_waiting(std::vector<Waiting> waiting, Adder& adder);

    Result<void> write_homed(Output& out);
    /// Edits for what is homed now and shall not be.
    void unhome_others();
    Result<void> write_records(Output& out, const Progress& progress);
    /// One record and its log entry, unless the store holds it already.
    Result<void> write_record(const RunEntry& entry, OldRecords& old_records, SstThread& records,
                              SstThread& log);
    /// A record that is there already: false when it stays as it is; otherwise `stored` is what is
    /// written.
    Result<bool> merge_with_old(const RunEntry& entry, BytesView before,
                                std::span<std::byte>& stored);
    /// kReplace: what stands before `key` (or, without one, everything left) is removed.
    Result<void> remove_before(const std::string_view* key, OldRecords& old_records,
                               SstThread& records, SstThread& log);
    Result<void> write_log(model::Action action, std::string_view key, std::string_view handle,
                           BytesView before, SstThread& log);
    Result<void> write_creates(SstThread& log);
    Result<void> ingest(const Output& out);

    const Options options_;
    RocksStore& store_;
    const std::unique_ptr<ImportFolder> folder_;
    SortedRuns runs_;
    std::unique_ptr<OrderedBlocks> blocks_;  // null: nothing comes in order
    std::mutex mutex_;
    std::map<std::string, model::Edit> homed_;  // by folded name: sorted as its file must be
    bool finished_ = false;

    std::atomic<const Dictionary*> dictionary_;
    std::atomic<bool> has_sample_ = false;  // the dictionary is what it will be
    std::vector<Waiting> waiting_;

    // Of `finish`.
    model::TimeMs now_ = 0;
    model::TransactionId last_ = 0;
    Counts counts_;
    std::optional<Packer> packer_;
    model::Key key_scratch_;
    Bytes scratch_;
    Bytes unpacked_;
    Bytes log_scratch_;
    std::optional<LogCreates> creates_;  // that are not written yet
};

}  // namespace idnode::storage
