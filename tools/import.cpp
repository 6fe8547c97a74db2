#include "tools/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <ostream>
#include <thread>
#include <utility>

#include "proto/handle/admin.h"
#include "registry/model/record.h"
#include "storage/bulk_load.h"
#include "tools/import_lines.h"
#include "tools/import_prefixes.h"
#include "tools/import_sample.h"
#include "tools/progress.h"
#include "tools/system_clock.h"

namespace idnode::tools {
namespace {

constexpr std::uint64_t kBadLinesPrinted = 20;
constexpr std::int32_t kSiteIndex = 1;  // usual indexes of a prefix handle, §2.4
constexpr std::int32_t kAdminIndex = 100;
constexpr std::uint32_t kGroupIndex = 200;
/// More than any block has records.
constexpr std::uint64_t kOrdersPerBlock = 1ULL << 32U;
constexpr std::uint64_t kOrderLast = ~0ULL;
constexpr std::uint64_t kLearnBytesMin = 1U << 20U;
/// A binary export is a tenth as large.
constexpr std::uint64_t kLearnBinaryBytesMin = kLearnBytesMin / 16;
constexpr std::size_t kSampleRecords = 192;

/// What became of one block.
struct BlockReport {
    std::uint64_t records = 0;
    std::vector<BadLine> bad;
};

/// Blocks on their way from the thread that reads to those that parse and load, and the order in
/// which these are told of: that of the files, so that the first bad line is the one that is told.
/// Nobody waits for a turn: a report that comes early is kept until it is due.
class Pipeline {
  public:
    using Tell = std::function<Result<void>(const BlockReport&)>;

    /// `tell` is called by one thread at a time.
    Pipeline(std::size_t blocks_max, Tell tell) : blocks_max_(blocks_max), tell_(std::move(tell)) {}

    /// False when the import has failed: there is no use in reading on.
    bool push(ImportBlock block) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return failure_ || blocks_.size() < blocks_max_; });
        if (failure_) return false;
        block.number = pushed_++;
        blocks_.push_back(std::move(block));
        changed_.notify_all();
        return true;
    }
    void close() {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }
    /// Nothing at the end, or after a failure.
    std::optional<ImportBlock> pop() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return failure_ || closed_ || !blocks_.empty(); });
        if (failure_ || blocks_.empty()) return std::nullopt;
        ImportBlock out = std::move(blocks_.front());
        blocks_.pop_front();
        changed_.notify_all();
        return out;
    }
    void report(std::uint64_t number, BlockReport report) {
        const std::scoped_lock lock(mutex_);
        early_.emplace(number, std::move(report));
        for (auto at = early_.begin(); at != early_.end() && at->first == told_ && !failure_;
             at = early_.erase(at)) {
            ++told_;
            if (const auto told = tell_(at->second); !told) {
                failure_ = told.error();
                changed_.notify_all();
            }
        }
    }
    void fail(Error error) {
        const std::scoped_lock lock(mutex_);
        if (!failure_) failure_ = std::move(error);
        changed_.notify_all();
    }
    /// Once nothing is pushed any more.
    std::uint64_t pushed() {
        const std::scoped_lock lock(mutex_);
        return pushed_;
    }
    std::optional<Error> failure() {
        const std::scoped_lock lock(mutex_);
        return failure_;
    }

  private:
    const std::size_t blocks_max_;
    const Tell tell_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<ImportBlock> blocks_;
    std::uint64_t pushed_ = 0;
    std::uint64_t told_ = 0;
    std::map<std::uint64_t, BlockReport> early_;
    bool closed_ = false;
    std::optional<Error> failure_;
};

/// What the header of a binary export says its records will bring, as if they had come.
void expect(const std::vector<record_file::Prefix>& named, ImportPrefixes& prefixes) {
    for (const record_file::Prefix& prefix : named) {
        // What is refused here is refused again, record by record.
        (void)prefixes.admit(prefix.name + '/');
        if (prefix.has_handle) (void)prefixes.admit(model::prefix_handle_of(prefix.name));
    }
}

/// Puts the records of one block into the load.
class LoadSink final : public RecordSink {
  public:
    LoadSink(storage::BulkLoad::Adder& adder, std::uint64_t block_number)
        : adder_(adder), first_order_(block_number * kOrdersPerBlock) {}

    Result<void> take(const ParsedRecord& record) override {
        return adder_.add(record.handle, record.suffix_case, record.values,
                          first_order_ + count_++);
    }
    std::uint64_t count() const { return count_; }

  private:
    storage::BulkLoad::Adder& adder_;
    const std::uint64_t first_order_;
    std::uint64_t count_ = 0;
};

/// The octets to come, if all inputs are files.
std::uint64_t total_bytes(const std::vector<std::string>& files) {
    std::uint64_t out = 0;
    for (const std::string& file : files) {
        std::error_code error;
        const auto size = std::filesystem::file_size(file, error);
        if (file == "-" || error) return 0;
        out += size;
    }
    return out;
}

class Import {
  public:
    /// `named`: the prefixes of the only file, which is to be taken in its order; empty: sort.
    Import(const ImportOptions& options, ImportStreams streams, storage::BulkLoad& load,
           std::vector<record_file::Prefix> named)
        : options_(options),
          streams_(streams),
          load_(load),
          named_(std::move(named)),
          expected_(rules(options), load.store().prefixes().current()),
          prefixes_(rules(options), load.store().prefixes().current()),
          progress_(streams.err, Progress::style_for_stderr(options.quiet)),
          pipeline_(2UZ * options.threads + 2,
                    [this](const BlockReport& block) { return report_block(block); }) {}

    Result<ImportReport> run();
    /// After `run` failed: the file's order or its prefixes are not what it says. Sorting helps.
    bool is_misled() const { return misled_ || load_.is_out_of_order(); }

  private:
    using Adder = storage::BulkLoad::Adder;

    static ImportPrefixes::Rules rules(const ImportOptions& options) {
        return {options.own_prefix, options.suffix_case, options.home_foreign};
    }
    Result<storage::BulkCounts> load_sorting();
    Result<storage::BulkCounts> load_in_order();
    void bring_in_order(std::vector<std::unique_ptr<storage::BulkLoad::BlockAdder>> adders);
    Result<void> check_expected();
    Result<void> learn();
    Result<void> open_errors_file();
    Result<void> close_errors_file();
    void read_files();
    Result<void> read_file(const std::string& file);
    Result<void> read_blocks(std::istream& in, const std::string& name);
    void parse_blocks(Adder& adder, storage::BulkLoad::BlockAdder* blocks);
    Result<void> report_block(const BlockReport& block);
    Result<void> report_bad(const BadLine& line);
    Result<void> finish_prefixes(const ImportPrefixes& prefixes);
    Result<void> make_prefix_handle(const std::string& prefix_handle);
    Result<bool> store_has(std::string_view handle) const;
    void print(const ImportReport& report);

    const ImportOptions& options_;
    ImportStreams streams_;
    storage::BulkLoad& load_;
    const std::vector<record_file::Prefix> named_;
    ImportPrefixes expected_;  // by what the file says
    ImportPrefixes prefixes_;  // by its records
    bool misled_ = false;
    std::ofstream errors_;
    // While blocks are parsed only where they are reported: one thread at a time.
    Progress progress_;
    std::uint64_t records_ = 0;
    std::uint64_t refused_ = 0;
    std::atomic<std::uint64_t> bytes_done_ = 0;
    std::uint64_t bytes_total_ = 0;
    Pipeline pipeline_;
};

/// Only where there are so many records that it pays.
Result<void> Import::learn() {
    if (bytes_total_ < (named_.empty() ? kLearnBytesMin : kLearnBinaryBytesMin)) return {};
    std::vector<Bytes> sample;
    for (const std::string& file : options_.files) {
        std::vector<Bytes> of_file =
            sample_records(file, kSampleRecords / options_.files.size() + 1);
        std::ranges::move(of_file, std::back_inserter(sample));
    }
    return load_.learn(sample);
}

Result<void> Import::open_errors_file() {
    if (options_.errors_file.empty()) return {};
    errors_.open(options_.errors_file, std::ios::trunc);
    if (errors_) return {};
    return Error{Errc::kInvalid, options_.errors_file.string() +
                                     ": cannot be written; give another file with --errors"};
}

/// Before anything is loaded: an operator who asked for the bad lines must get all of them.
Result<void> Import::close_errors_file() {
    if (!errors_.is_open()) return {};
    errors_.close();
    if (errors_) return {};
    return Error{Errc::kUnavailable, options_.errors_file.string() +
                                         ": cannot be written to its end; is the disk full?"};
}

Result<void> Import::read_blocks(std::istream& in, const std::string& name) {
    BlockReader reader(in, name, options_.format);
    const std::uint64_t before = bytes_done_;
    for (;;) {
        auto block = reader.next();
        if (!block) return block.error();
        bytes_done_ = before + reader.bytes_read();
        if (!*block) return {};
        if (!pipeline_.push(std::move(**block))) return {};
    }
}

Result<void> Import::read_file(const std::string& file) {
    if (file == "-") return read_blocks(streams_.in, "standard input");
    std::error_code error;
    std::ifstream in;
    if (!std::filesystem::is_directory(file, error)) in.open(file, std::ios::binary);
    if (!in.is_open()) {
        return Error{Errc::kInvalid, file + ": cannot be read; is it there, and is it a file?"};
    }
    return read_blocks(in, file);
}

void Import::read_files() {
    for (const std::string& file : options_.files) {
        if (const auto read = read_file(file); !read) {
            pipeline_.fail(read.error());
            break;
        }
    }
    pipeline_.close();
}

/// `blocks`: the same adder where order matters, otherwise null.
void Import::parse_blocks(Adder& adder, storage::BulkLoad::BlockAdder* blocks) {
    LineParser parser(prefixes_, options_.max_levels);
    while (const auto block = pipeline_.pop()) {
        LoadSink sink(adder, block->number);
        BlockReport report;
        auto parsed = parser.parse(*block, options_.keep_going, sink, report.bad);
        if (parsed && blocks != nullptr) parsed = blocks->end_block(block->number);
        if (!parsed) return pipeline_.fail(parsed.error());
        report.records = sink.count();
        pipeline_.report(block->number, std::move(report));
    }
}

Result<void> Import::report_block(const BlockReport& block) {
    for (const auto& line : block.bad) {
        if (auto reported = report_bad(line); !reported) return reported;
    }
    records_ += block.records;
    progress_.update({.records = records_, .done = bytes_done_, .total = bytes_total_});
    return {};
}

Result<void> Import::report_bad(const BadLine& line) {
    const std::string text = line.where + ": " + line.what;
    ++refused_;
    if (errors_.is_open()) errors_ << text << '\n';
    if (!options_.keep_going) {
        return Error{Errc::kInvalid,
                     text + "\nNothing was imported. --keep-going skips lines like this one."};
    }
    if (refused_ > kBadLinesPrinted) return {};
    progress_.clear();
    streams_.err << text << '\n';
    if (refused_ == kBadLinesPrinted) {
        streams_.err
            << (options_.errors_file.empty()
                    ? "More bad lines are only counted; --errors FILE writes all of them.\n"
                    : "More bad lines are only written to " + options_.errors_file.string() +
                          ".\n");
    }
    return {};
}

Result<bool> Import::store_has(std::string_view handle) const {
    const auto found = load_.store().read(model::key_of(handle), model::ReadTier::kAny,
                                          [](const model::RecordView&) {});
    if (!found) return found.error();
    return *found == model::Lookup::kFound;
}

/// Its administrators are those of the node's own prefix.
Result<void> Import::make_prefix_handle(const std::string& prefix_handle) {
    const handle::Admin admin{
        .administrator = {model::prefix_handle_of(options_.own_prefix), kGroupIndex}};
    handle::Value site;
    site.index = kSiteIndex;
    site.type = "HS_SITE";
    site.data = options_.site;
    handle::Value rights;
    rights.index = kAdminIndex;
    rights.type = "HS_ADMIN";
    rights.data = handle::encode_admin(admin);
    const auto values = model::encode_record_values({prefix_handle, {site, rights}});
    if (!values) return values.error();
    return load_.add(prefix_handle, model::SuffixCase::kFold, *values, kOrderLast);
}

Result<void> Import::finish_prefixes(const ImportPrefixes& prefixes) {
    for (const auto& [prefix_handle, suffix_case] : prefixes.to_home()) {
        if (auto homed = load_.home(prefix_handle, suffix_case); !homed) return homed;
    }
    for (const std::string& prefix_handle : prefixes.without_record()) {
        const auto there = store_has(prefix_handle);
        if (!there) return there.error();
        if (*there) continue;
        if (auto made = make_prefix_handle(prefix_handle); !made) return made;
    }
    return {};
}

Result<storage::BulkCounts> Import::load_sorting() {
    progress_.begin("reading");
    {
        std::vector<std::jthread> workers;
        for (unsigned i = 0; i < std::max(1U, options_.threads); ++i) {
            // One for all blocks: what comes sorted lies sorted in its part of the memory.
            workers.emplace_back([this] { parse_blocks(*load_.adder(), nullptr); });
        }
        read_files();
    }
    if (auto failure = pipeline_.failure()) return std::move(*failure);
    if (auto closed = close_errors_file(); !closed) return closed.error();
    if (auto finished = finish_prefixes(prefixes_); !finished) return finished.error();
    progress_.clear();
    progress_.begin("writing");
    return load_.finish([this](std::uint64_t done, std::uint64_t total) {
        progress_.update({.records = done, .done = done, .total = total});
    });
}

/// Writes while it reads.
Result<storage::BulkCounts> Import::load_in_order() {
    expect(named_, expected_);
    if (auto finished = finish_prefixes(expected_); !finished) return finished.error();
    progress_.begin("loading");
    std::vector<std::unique_ptr<storage::BulkLoad::BlockAdder>> adders;
    for (unsigned i = 0; i < std::max(1U, options_.threads); ++i) {
        adders.push_back(load_.block_adder());
    }
    const std::jthread bringing(
        [this, &adders] { bring_in_order(std::move(adders)); });  // until `finish` has ended
    return load_.finish(nullptr);
}

void Import::bring_in_order(std::vector<std::unique_ptr<storage::BulkLoad::BlockAdder>> adders) {
    {
        std::vector<std::jthread> workers;
        for (const auto& adder : adders) {
            workers.emplace_back([this, &adder] { parse_blocks(*adder, adder.get()); });
        }
        read_files();
    }
    auto outcome = pipeline_.failure() ? Result<void>(*pipeline_.failure()) : close_errors_file();
    if (outcome) outcome = check_expected();
    if (!outcome) return load_.fail_blocks(outcome.error());
    load_.end_blocks(pipeline_.pushed());
}

/// Whatever the records brought was known before.
Result<void> Import::check_expected() {
    const auto homed = expected_.to_home();
    const auto made = expected_.without_record();
    const auto came = prefixes_.to_home();
    const auto lacking = prefixes_.without_record();
    misled_ = !std::ranges::includes(homed, came) || !std::ranges::includes(made, lacking) ||
              std::ranges::any_of(
                  made, [&](const std::string& handle) { return prefixes_.has_brought(handle); });
    if (!misled_) return {};
    return Error{Errc::kInvalid, "the file does not name the prefixes of its records"};
}

Result<ImportReport> Import::run() {
    const auto begun = std::chrono::steady_clock::now();
    if (auto opened = open_errors_file(); !opened) return opened.error();
    bytes_total_ = total_bytes(options_.files);
    if (auto learned = learn(); !learned) return learned.error();
    const auto counts = named_.empty() ? load_sorting() : load_in_order();
    progress_.clear();
    if (!counts) return counts.error();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
    const ImportReport report{.created = counts->created,
                              .replaced = counts->replaced,
                              .unchanged = counts->unchanged,
                              .homed = counts->homed,
                              .refused = refused_,
                              .seconds = seconds.count()};
    print(report);
    return report;
}

void Import::print(const ImportReport& report) {
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(report.records()) /
                                                 std::max(report.seconds, 1e-3));
    if (options_.json) {
        streams_.out << fmt::format(
            R"({{"created":{},"replaced":{},"unchanged":{},"homed":{},"refused":{},)"
            R"("seconds":{:.3f},"recordsPerSecond":{}}})"
            "\n",
            report.created, report.replaced, report.unchanged, report.homed, report.refused,
            report.seconds, rate);
        return;
    }
    streams_.out << fmt::format(
        "{} created, {} replaced, {} unchanged, {} refused; {} prefixes homed\n"
        "{:.1f} s, {} records/s\n",
        with_thousands(report.created), with_thousands(report.replaced),
        with_thousands(report.unchanged), with_thousands(report.refused),
        with_thousands(report.homed), report.seconds, with_thousands(rate));
}

}  // namespace

namespace {

/// Of an import that can be taken in the order of its file; otherwise none.
std::vector<record_file::Prefix> prefixes_in_order(const ImportOptions& options) {
    const bool is_binary =
        options.format == ImportFormat::kDetect || options.format == ImportFormat::kBinary;
    if (!is_binary || options.files.size() != 1 || options.home_foreign) return {};
    return named_prefixes(options.files.front());
}

}  // namespace

Result<ImportReport> run_import(const ImportOptions& options, ImportStreams streams) {
    const SystemClock clock;
    storage::BulkLoad::Options load_options;
    load_options.store = options.store;
    load_options.memory_bytes = options.memory_bytes;
    std::vector<record_file::Prefix> named = prefixes_in_order(options);
    for (;;) {
        auto load = storage::BulkLoad::begin(load_options, clock);
        if (!load) return load.error();
        Import import(options, streams, **load, std::exchange(named, {}));
        auto report = import.run();
        if (report || !import.is_misled()) return report;
    }
}

Result<ImportFormat> parse_import_format(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, ImportFormat>, 5> kFormats{{
        {"detect", ImportFormat::kDetect},
        {"ndjson", ImportFormat::kNdjson},
        {"csv", ImportFormat::kCsv},
        {"root-info", ImportFormat::kRootInfo},
        {"binary", ImportFormat::kBinary},
    }};
    for (const auto& [known, format] : kFormats) {
        if (name == known) return format;
    }
    return Error{Errc::kInvalid, "format \"" + std::string(name) +
                                     "\": must be detect, ndjson, csv, root-info or "
                                     "binary"};
}

}  // namespace idnode::tools
