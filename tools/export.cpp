#include "tools/export.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <thread>
#include <utility>
#include <vector>

#include "registry/json/record_json.h"
#include "registry/model/identifier.h"
#include "tools/progress.h"
#include "tools/record_file.h"
#include "tools/system_clock.h"

namespace idnode::tools {
namespace {

// Secret keys are values of records: nobody but the operator reads the file.
constexpr mode_t kFileMode = 0600;

Error system_error(const std::filesystem::path& file, const char* what) {
    return {Errc::kUnavailable, file.string() + ": " + what + ": " + std::strerror(errno)};
}

class Sink {
  public:
    virtual ~Sink() = default;
    virtual Result<void> write(std::string_view text) = 0;
    virtual Result<void> finish() = 0;
};

class StreamSink : public Sink {
  public:
    explicit StreamSink(std::ostream& out) : out_(out) {}
    Result<void> write(std::string_view text) override {
        out_.write(text.data(), static_cast<std::streamsize>(text.size()));
        return state();
    }
    Result<void> finish() override {
        out_.flush();
        return state();
    }

  private:
    Result<void> state() const {
        if (out_) return {};
        return Error{Errc::kUnavailable, "the output cannot be written"};
    }
    std::ostream& out_;
};

/// `FILE.tmp`, which becomes FILE when it is complete, and is removed when it is not. Goes past the
/// page cache where the file system can: an export must not push out what lookups need, and takes
/// half the time where memory is short. One piece is written while the next is filled.
class FileSink : public Sink {
  public:
    explicit FileSink(std::filesystem::path file) : file_(std::move(file)), part_(file_) {
        part_ += ".tmp";
    }
    ~FileSink() override {
        if (descriptor_ < 0) return;
        if (written_.valid()) written_.wait();
        ::close(descriptor_);
        ::unlink(part_.c_str());
    }
    FileSink(const FileSink&) = delete;
    FileSink& operator=(const FileSink&) = delete;

    Result<void> open() {
        std::error_code ignored;
        if (std::filesystem::exists(file_, ignored) &&
            !std::filesystem::is_regular_file(file_, ignored)) {
            return Error{Errc::kInvalid, file_.string() +
                                             ": this is no file that could be replaced; to write "
                                             "to a device or a pipe, redirect the output to it"};
        }
        constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
        descriptor_ = ::open(part_.c_str(), kFlags | O_DIRECT, kFileMode);
        if (descriptor_ < 0) descriptor_ = ::open(part_.c_str(), kFlags, kFileMode);
        if (descriptor_ < 0) return system_error(part_, "cannot be written");
        return {};
    }
    Result<void> write(std::string_view text) override {
        while (!text.empty()) {
            const std::string_view part = text.substr(0, kPieceBytes - filled_);
            std::ranges::copy(part, filling_.get() + filled_);
            filled_ += part.size();
            text.remove_prefix(part.size());
            if (filled_ < kPieceBytes) continue;
            if (auto done = wait(); !done) return done;
            std::swap(filling_, writing_);
            filled_ = 0;
            written_ = std::async(std::launch::async,
                                  [this] { return write_out({writing_.get(), kPieceBytes}); });
        }
        return {};
    }
    Result<void> finish() override {
        if (auto done = wait(); !done) return done;
        write_through_cache();  // the last piece has any length
        if (auto done = write_out({filling_.get(), filled_}); !done) return done;
        if (::fsync(descriptor_) != 0) return system_error(part_, "cannot be flushed");
        if (::rename(part_.c_str(), file_.c_str()) != 0) {
            return system_error(file_, "cannot be replaced");
        }
        ::close(std::exchange(descriptor_, -1));
        return sync_folder();
    }

  private:
    static constexpr std::size_t kPieceBytes = 4U << 20U;
    static constexpr std::size_t kAlignment = 4096;  // of memory, as the disk wants it

    struct Free {
        void operator()(char* memory) const { std::free(memory); }
    };
    using Piece = std::unique_ptr<char[], Free>;
    static Piece make_piece() {
        return Piece(static_cast<char*>(std::aligned_alloc(kAlignment, kPieceBytes)));
    }

    /// For the piece that is being written, if any.
    Result<void> wait() { return written_.valid() ? written_.get() : Result<void>(); }

    Result<void> write_out(std::string_view text) {
        while (!text.empty()) {
            const ssize_t done = ::write(descriptor_, text.data(), text.size());
            if (done < 0 && errno == EINTR) continue;
            if (done < 0 && errno == EINVAL && write_through_cache()) continue;
            if (done < 0) return system_error(part_, "cannot be written");
            text.remove_prefix(static_cast<std::size_t>(done));
        }
        return {};
    }

    /// False: it does already.
    bool write_through_cache() const {
        const int flags = ::fcntl(descriptor_, F_GETFL);
        return (flags & O_DIRECT) != 0 && ::fcntl(descriptor_, F_SETFL, flags & ~O_DIRECT) == 0;
    }

    /// The new name is on the disk only after this.
    Result<void> sync_folder() const {
        const auto parent = file_.parent_path();
        const std::filesystem::path folder = parent.empty() ? "." : parent;
        const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (descriptor < 0) return system_error(folder, "cannot be opened");
        const bool synced = ::fsync(descriptor) == 0;
        ::close(descriptor);
        if (!synced) return system_error(folder, "cannot be flushed");
        return {};
    }

    std::filesystem::path file_;
    std::filesystem::path part_;
    int descriptor_ = -1;
    Piece filling_ = make_piece();
    Piece writing_ = make_piece();
    std::size_t filled_ = 0;
    std::future<Result<void>> written_;
};

Result<std::unique_ptr<Sink>> open_sink(const ExportOptions& options, std::ostream& out) {
    if (options.file.empty()) return std::unique_ptr<Sink>(std::make_unique<StreamSink>(out));
    auto file = std::make_unique<FileSink>(options.file);
    if (auto opened = file->open(); !opened) return opened.error();
    return std::unique_ptr<Sink>(std::move(file));
}

/// The beginning of the keys of all records, or of one prefix.
model::Key scan_start(const std::string& prefix) {
    if (prefix.empty()) return {static_cast<char>(model::Scheme::kHandle)};
    return model::key_of(prefix + '/');
}

/// The prefixes of all records that the scan will find: from each one a step to the next.
Result<std::vector<record_file::Prefix>> prefixes_of(const model::RecordStore& store,
                                                     const std::string& prefix) {
    std::vector<record_file::Prefix> out;
    model::Key after;
    for (;;) {
        const auto cursor = store.scan(scan_start(prefix), after);
        const auto first = cursor->next();
        if (!first) return first.error();
        if (!*first) return out;
        record_file::Prefix& one = out.emplace_back();
        one.name = model::split_handle((*first)->handle).prefix;
        const auto found = store.read(model::key_of(model::prefix_handle_of(one.name)),
                                      model::ReadTier::kAny, [](const model::RecordView&) {});
        if (!found) return found.error();
        one.has_handle = prefix.empty() && *found == model::Lookup::kFound;
        // Behind all of its records: no key is only the octet after the slash.
        after = model::key_of(one.name + '/');
        ++after.back();
    }
}

Result<void> write_lines(const record_file::Block& block, std::string& out) {
    record_file::Records records(block.octets(), block.count());
    for (;;) {
        const auto record = records.next();
        if (!record) return record.error();
        if (!*record) return {};
        auto written = json::write_record((*record)->handle, (*record)->values, out);
        if (!written) return written;
        out += '\n';
    }
}

/// Brings blocks of records into their form and to their place, on a thread of its own: reading
/// them takes as long.
class Writer {
  public:
    Writer(ExportForm form, Sink& sink) : form_(form), sink_(sink), thread_([this] { run(); }) {}
    ~Writer() { stop(); }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// Takes the block and gives back an empty one. Fails where an earlier one did.
    Result<void> put(record_file::Block& block) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return failed_ || waiting_.size() < kBlocksWaitingMax; });
        if (failed_) return *failed_;
        waiting_.push_back(std::exchange(block, {}));
        if (!spare_.empty()) {
            block = std::move(spare_.back());
            spare_.pop_back();
        }
        changed_.notify_all();
        return {};
    }
    /// After the last block.
    Result<void> close() {
        stop();
        if (failed_) return *failed_;
        return {};
    }

  private:
    static constexpr std::size_t kBlocksWaitingMax = 4;

    void stop() {
        {
            const std::scoped_lock lock(mutex_);
            stop_ = true;
        }
        changed_.notify_all();
        if (thread_.joinable()) thread_.join();
    }
    void run() {
        std::unique_lock lock(mutex_);
        while (!failed_) {
            changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            record_file::Block block = std::move(waiting_.front());
            waiting_.pop_front();
            lock.unlock();
            const auto written = write(block);
            block.clear();
            lock.lock();
            spare_.push_back(std::move(block));
            if (!written) failed_ = written.error();
            changed_.notify_all();
        }
    }
    Result<void> write(const record_file::Block& block) {
        text_.clear();
        if (form_ == ExportForm::kBinary) {
            block.write(text_);
        } else if (auto written = write_lines(block, text_); !written) {
            return written;
        }
        return sink_.write(text_);
    }

    const ExportForm form_;
    Sink& sink_;
    std::string text_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<record_file::Block> waiting_;
    std::vector<record_file::Block> spare_;  // written ones, for their memory
    std::optional<Error> failed_;
    bool stop_ = false;
    std::thread thread_;  // last: it uses everything above
};

/// Everything between the header and the end mark. Gives the number of records.
Result<std::uint64_t> write_records(model::RecordCursor& cursor, Writer& writer, Progress& progress,
                                    std::uint64_t total) {
    record_file::Block block;
    std::uint64_t count = 0;
    for (;;) {
        const auto record = cursor.next();
        if (!record) return record.error();
        if (*record) {
            block.add((*record)->handle, (*record)->values);
            ++count;
            if (!block.is_full()) continue;
        }
        if (!block.is_empty()) {
            if (auto put = writer.put(block); !put) return put.error();
        }
        if (!*record) break;
        progress.update({.records = count, .done = count, .total = total});
    }
    if (auto closed = writer.close(); !closed) return closed.error();
    return count;
}

Result<void> write_header(const ExportOptions& options, const model::RecordStore& store,
                          Sink& sink) {
    const auto prefixes = prefixes_of(store, options.prefix);
    if (!prefixes) return prefixes.error();
    std::string header;
    record_file::write_header(*prefixes, header);
    return sink.write(header);
}

/// All behind the header.
Result<std::uint64_t> write_all(ExportForm form, model::RecordCursor& cursor, Sink& sink,
                                Progress& progress, std::uint64_t total) {
    Writer writer(form, sink);
    const auto count = write_records(cursor, writer, progress, total);
    if (!count) return count.error();
    std::string end;
    if (form == ExportForm::kBinary) record_file::write_end(*count, end);
    if (auto ended = sink.write(end); !ended) return ended.error();
    if (auto finished = sink.finish(); !finished) return finished.error();
    return *count;
}

}  // namespace

Result<std::uint64_t> run_export(const ExportOptions& options, std::ostream& out,
                                 std::ostream& err) {
    const SystemClock clock;
    storage::RocksOptions store_options = options.store;
    store_options.read_only = true;
    const auto store = storage::open_rocks_store(store_options, clock);
    if (!store) return store.error();
    const auto counts = (*store)->counts();
    if (!counts) return counts.error();
    auto sink = open_sink(options, out);
    if (!sink) return sink.error();
    Progress progress(err, Progress::style_for_stderr(options.quiet));
    progress.begin("exporting");
    if (options.form == ExportForm::kBinary) {
        if (auto begun = write_header(options, **store, **sink); !begun) return begun.error();
    }
    const auto cursor = (*store)->scan(scan_start(options.prefix));
    // How many records one prefix has is not known.
    return write_all(options.form, *cursor, **sink, progress,
                     options.prefix.empty() ? counts->records : 0);
}

}  // namespace idnode::tools
