#include "tools/export.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <ostream>
#include <utility>

#include "registry/json/record_json.h"
#include "registry/model/identifier.h"
#include "tools/progress.h"
#include "tools/system_clock.h"

namespace idnode::tools {
namespace {

constexpr std::size_t kBufferBytes = 1U << 20U;
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

/// `FILE.tmp`, which becomes FILE when it is complete, and is removed when it is not.
class FileSink : public Sink {
  public:
    explicit FileSink(std::filesystem::path file) : file_(std::move(file)), part_(file_) {
        part_ += ".tmp";
    }
    ~FileSink() override {
        if (descriptor_ < 0) return;
        ::close(descriptor_);
        ::unlink(part_.c_str());
    }
    FileSink(const FileSink&) = delete;
    FileSink& operator=(const FileSink&) = delete;

    Result<void> open() {
        descriptor_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode);
        if (descriptor_ < 0) return system_error(part_, "cannot be written");
        return {};
    }
    Result<void> write(std::string_view text) override {
        while (!text.empty()) {
            const ssize_t done = ::write(descriptor_, text.data(), text.size());
            if (done < 0 && errno == EINTR) continue;
            if (done < 0) return system_error(part_, "cannot be written");
            text.remove_prefix(static_cast<std::size_t>(done));
        }
        return {};
    }
    Result<void> finish() override {
        if (::fsync(descriptor_) != 0) return system_error(part_, "cannot be flushed");
        if (::rename(part_.c_str(), file_.c_str()) != 0) {
            return system_error(file_, "cannot be replaced");
        }
        ::close(std::exchange(descriptor_, -1));
        return sync_folder();
    }

  private:
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

Result<std::uint64_t> write_records(model::RecordCursor& cursor, Sink& sink, Progress& progress,
                                    std::uint64_t total) {
    std::string buffer;
    std::uint64_t count = 0;
    for (;;) {
        const auto record = cursor.next();
        if (!record) return record.error();
        if (!*record) break;
        auto written = json::write_record((*record)->handle, (*record)->values, buffer);
        if (!written) return written.error();
        buffer += '\n';
        ++count;
        if (buffer.size() < kBufferBytes) continue;
        if (auto flushed = sink.write(buffer); !flushed) return flushed.error();
        buffer.clear();
        progress.update({.records = count, .done = count, .total = total});
    }
    if (auto flushed = sink.write(buffer); !flushed) return flushed.error();
    if (auto finished = sink.finish(); !finished) return finished.error();
    return count;
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
    const auto cursor = (*store)->scan(scan_start(options.prefix));
    // How many records one prefix has is not known.
    return write_records(*cursor, **sink, progress, options.prefix.empty() ? counts->records : 0);
}

}  // namespace idnode::tools
