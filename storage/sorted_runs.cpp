#include "storage/sorted_runs.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>
#include <utility>

#include "proto/base/assert.h"
#include "proto/base/reader.h"
#include "proto/base/writer.h"

namespace idnode::storage {
namespace {

constexpr std::size_t kChunkBytesMin = 4U << 10U;
constexpr std::size_t kChunkBytesMax = 128U << 20U;
constexpr std::uint64_t kChunksPerMemory = 8;
constexpr std::size_t kChunksMin = 4;
/// For the list of what a chunk holds; untouched room costs nothing.
constexpr std::size_t kRecordBytesTypical = 128;
/// Below this comparing whole keys is as fast.
constexpr std::size_t kSortByKeyMax = 16;
/// Sorted entries lie anywhere in their chunk: fetched into the CPU's cache this many early.
constexpr std::size_t kPrefetchAhead = 4;
constexpr std::size_t kRunBufferBytes = 256U << 10U;
/// Of a run on disk: u32 key length, u32 stored length, u64 number; then key and stored form.
constexpr std::size_t kRunHeaderBytes = 16;

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

Error run_error(const std::filesystem::path& path, std::string_view doing) {
    const std::string reason = errno != 0 ? std::strerror(errno) : "the file ends too early";
    return {Errc::kStorage, path.string() + ": cannot " + std::string(doing) +
                                " a temporary file of the import: " + reason +
                                "; free some space or check the disk, then import again"};
}

class ChunkSource final : public RunSource {
  public:
    explicit ChunkSource(std::unique_ptr<RunChunk> chunk) : chunk_(std::move(chunk)) {}
    Result<bool> advance() override {
        if (at_ == chunk_->count()) return false;
        entry_ = chunk_->at(at_++);
        return true;
    }

  private:
    std::unique_ptr<RunChunk> chunk_;
    std::size_t at_ = 0;
};

class FileSource final : public RunSource {
  public:
    FileSource(std::filesystem::path path, File file)
        : path_(std::move(path)), file_(std::move(file)) {}

    Result<bool> advance() override {
        begin_ += std::exchange(entry_bytes_, 0);
        if (auto filled = fill(kRunHeaderBytes); !filled) return filled.error();
        if (left() == 0) return false;
        ByteReader in(BytesView(buffer_).subspan(begin_, end_ - begin_));
        const std::size_t key_bytes = in.u32("key length");
        const std::size_t stored_bytes = in.u32("stored length");
        entry_.number = in.u64("number");
        entry_bytes_ = kRunHeaderBytes + key_bytes + stored_bytes;
        if (auto filled = fill(entry_bytes_); !filled) return filled.error();
        if (left() < entry_bytes_) {
            errno = 0;
            return run_error(path_, "read");
        }
        const std::span<std::byte> octets = std::span(buffer_).subspan(begin_ + kRunHeaderBytes);
        entry_.key = as_text(octets.first(key_bytes));
        entry_.stored = octets.subspan(key_bytes, stored_bytes);
        return true;
    }

  private:
    std::size_t left() const { return end_ - begin_; }

    /// Reads until `bytes` are in the buffer or the file ends.
    Result<void> fill(std::size_t bytes) {
        if (left() >= bytes) return {};
        std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                  buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
        end_ = left();
        begin_ = 0;
        buffer_.resize(std::max(buffer_.size(), std::max(bytes, kRunBufferBytes)));
        errno = 0;
        end_ += std::fread(buffer_.data() + end_, 1, buffer_.size() - end_, file_.get());
        if (std::ferror(file_.get()) != 0) return run_error(path_, "read");
        return {};
    }

    std::filesystem::path path_;
    File file_;
    Bytes buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t entry_bytes_ = 0;
};

/// Writes what a merge of sorted chunks gives into one file.
Result<void> write_run(const std::filesystem::path& path, RunMerge& merge) {
    errno = 0;
    File file(std::fopen(path.c_str(), "wb"));
    if (!file) return run_error(path, "create");
    Bytes buffer;
    for (;;) {
        const auto entry = merge.next();
        if (!entry) return entry.error();
        if (*entry) {
            ByteWriter out(buffer);
            out.u32(static_cast<std::uint32_t>((*entry)->key.size()));
            out.u32(static_cast<std::uint32_t>((*entry)->stored.size()));
            out.u64((*entry)->number);
            out.raw((*entry)->key);
            out.raw(BytesView((*entry)->stored));
            if (buffer.size() < kRunBufferBytes) continue;
        }
        if (std::fwrite(buffer.data(), 1, buffer.size(), file.get()) != buffer.size()) {
            return run_error(path, "write");
        }
        buffer.clear();
        if (!*entry) break;
    }
    if (std::fflush(file.get()) != 0) return run_error(path, "write");
    return {};
}

/// Heap order: the smallest key at the top, of equal ones the one with the highest number.
bool comes_later(const std::unique_ptr<RunSource>& a, const std::unique_ptr<RunSource>& b) {
    const int order = a->entry().key.compare(b->entry().key);
    return order != 0 ? order > 0 : a->entry().number < b->entry().number;
}

std::vector<std::unique_ptr<RunSource>> sources_of(std::vector<std::unique_ptr<RunChunk>> chunks) {
    std::vector<std::unique_ptr<RunSource>> sources;
    for (auto& chunk : chunks) sources.push_back(std::make_unique<ChunkSource>(std::move(chunk)));
    return sources;
}

/// How many octets both begin with.
std::size_t shared_bytes(std::string_view a, std::string_view b) {
    return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

/// The first eight as one number, zeros where there are none.
std::uint64_t first_octets(std::string_view text) {
    std::uint64_t out = 0;
    const auto add = [&out](char c) { out = out << 8U | static_cast<unsigned char>(c); };
    if (text.size() >= sizeof out) {
        for (std::size_t i = 0; i < sizeof out; ++i) add(text[i]);  // one load
    } else {
        for (std::size_t i = 0; i < sizeof out; ++i) add(i < text.size() ? text[i] : '\0');
    }
    return out;
}

/// The chunk is filled from end to end: fewer, larger pages save most of its page faults. Advice
/// only.
void ask_for_huge_pages(std::byte* memory, std::size_t bytes) {
    constexpr std::uintptr_t kPage = 4096;
    const auto begin = reinterpret_cast<std::uintptr_t>(memory);
    const std::uintptr_t aligned = (begin + kPage - 1) / kPage * kPage;
    if (aligned + kPage > begin + bytes) return;
    ::madvise(memory + (aligned - begin), begin + bytes - aligned, MADV_HUGEPAGE);
}

}  // namespace

RunChunk::RunChunk(std::size_t bytes) {
    grow(bytes);
    items_.reserve(bytes / kRecordBytesTypical);
}

void RunChunk::grow(std::size_t bytes) {
    auto grown = std::make_unique_for_overwrite<std::byte[]>(bytes);
    ask_for_huge_pages(grown.get(), bytes);
    std::ranges::copy(octets(), grown.get());
    octets_ = std::move(grown);
    bytes_ = bytes;
}

void RunChunk::clear() {
    items_.clear();
    size_ = 0;
}

void RunChunk::append(std::string_view key_octets, BytesView stored, std::uint64_t number) {
    Item item;
    item.offset = static_cast<std::uint32_t>(size_);
    item.key_bytes = static_cast<std::uint32_t>(key_octets.size());
    item.stored_bytes = static_cast<std::uint32_t>(stored.size());
    item.number = number;
    const std::string_view shared =
        is_empty() ? key_octets : key(items_.front()).substr(0, shared_key_bytes_);
    shared_key_bytes_ =
        key_octets.starts_with(shared) ? shared.size() : shared_bytes(shared, key_octets);
    const std::size_t end = size_ + item.key_bytes + item.stored_bytes;
    if (end > bytes_) grow(std::max(end, 2 * bytes_));
    size_ = end;
    const std::span<std::byte> out = octets().subspan(item.offset);
    std::ranges::copy(as_bytes_view(key_octets), out.begin());
    std::ranges::copy(stored, out.begin() + item.key_bytes);
    items_.push_back(item);
}

void RunChunk::prefetch(const Item& item) const {
    __builtin_prefetch(octets_.get() + item.offset);
}

std::string_view RunChunk::key(const Item& item) const {
    return as_text(octets().subspan(item.offset, item.key_bytes));
}

std::size_t RunChunk::shared_key_bytes(std::span<const Item> items) const {
    const std::string_view first = key(items.front());
    std::size_t shared = first.size();
    for (const Item& item : items) shared = shared_bytes(first.substr(0, shared), key(item));
    return shared;
}

bool RunChunk::comes_first(const Item& a, const Item& b) const {
    const int order = key(a).compare(key(b));
    return order != 0 ? order < 0 : a.number > b.number;
}

void RunChunk::sort() {
    const auto first = [this](const Item& a, const Item& b) { return comes_first(a, b); };
    if (!std::ranges::is_sorted(items_, first)) sort(items_, shared_key_bytes_);
}

/// By eight octets that are held beside the offsets, so that comparing does not walk to the keys;
/// where these are equal, again by the octets behind.
void RunChunk::sort(std::span<Item> items, std::size_t shared) {
    for (std::size_t at = 0; at < items.size(); ++at) {
        if (at + kPrefetchAhead < items.size()) prefetch(items[at + kPrefetchAhead]);
        Item& item = items[at];
        item.order = first_octets(key(item).substr(shared));
    }
    std::ranges::sort(items, {}, &Item::order);
    for (auto run = items.begin(); run != items.end();) {
        const auto end = std::find_if(run, items.end(),
                                      [&](const Item& item) { return item.order != run->order; });
        const std::span<Item> equal(run, end);
        // A run as long as what was sorted has got no further: equal keys, or zeros at their ends.
        if (equal.size() < kSortByKeyMax || equal.size() == items.size()) {
            std::ranges::sort(equal,
                              [this](const Item& a, const Item& b) { return comes_first(a, b); });
        } else {
            sort(equal, shared_key_bytes(equal));
        }
        run = end;
    }
}

RunEntry RunChunk::at(std::size_t i) {
    if (i + kPrefetchAhead < items_.size()) prefetch(items_[i + kPrefetchAhead]);
    const Item& item = items_[i];
    return {key(item), octets().subspan(item.offset + item.key_bytes, item.stored_bytes),
            item.number};
}

Result<std::unique_ptr<RunMerge>> RunMerge::begin(std::vector<std::unique_ptr<RunSource>> sources) {
    std::unique_ptr<RunMerge> merge(new RunMerge);
    for (auto& source : sources) {
        const auto more = source->advance();
        if (!more) return more.error();
        if (*more) merge->heap_.push_back(std::move(source));
    }
    std::ranges::make_heap(merge->heap_, comes_later);
    return merge;
}

/// The source at the front moves on and sinks to its new place: half the comparisons of taking it
/// out and putting it in again.
Result<void> RunMerge::skip_first() {
    const auto more = heap_.front()->advance();
    if (!more) return more.error();
    if (!*more) {
        std::swap(heap_.front(), heap_.back());
        heap_.pop_back();
    }
    for (std::size_t at = 0;;) {
        std::size_t child = 2 * at + 1;
        if (child >= heap_.size()) return {};
        if (child + 1 < heap_.size() && comes_later(heap_[child], heap_[child + 1])) ++child;
        if (!comes_later(heap_[at], heap_[child])) return {};
        std::swap(heap_[at], heap_[child]);
        at = child;
    }
}

Result<std::optional<RunEntry>> RunMerge::next() {
    // The entry of the last call and the older ones with its key.
    while (started_ && !heap_.empty() && heap_.front()->entry().key == last_key_) {
        if (auto skipped = skip_first(); !skipped) return skipped.error();
    }
    started_ = true;
    if (heap_.empty()) return std::optional<RunEntry>{};
    last_key_ = heap_.front()->entry().key;
    return std::optional(heap_.front()->entry());
}

SortedRuns::SortedRuns(std::filesystem::path dir, std::uint64_t memory_bytes)
    : dir_(std::move(dir)),
      chunk_bytes_(static_cast<std::size_t>(std::clamp<std::uint64_t>(
          memory_bytes / kChunksPerMemory, kChunkBytesMin, kChunkBytesMax))),
      chunks_max_(std::max(kChunksMin, static_cast<std::size_t>(memory_bytes / chunk_bytes_))) {}

SortedRuns::Filler::~Filler() {
    if (chunk_) runs_.give_back(std::move(chunk_), count_);
}

Result<void> SortedRuns::Filler::add(std::string_view key, BytesView stored, std::uint64_t number) {
    const std::size_t bytes = key.size() + stored.size();
    if (chunk_ && !chunk_->has_room_for(bytes)) {
        if (auto put = runs_.put_sorted(std::move(chunk_)); !put) return put;
    }
    if (!chunk_) {
        auto taken = runs_.take_chunk(bytes);
        if (!taken) return taken.error();
        chunk_ = *std::move(taken);
    }
    chunk_->append(key, stored, number);
    ++count_;
    return {};
}

/// A chunk with room for the record. Full ones are sorted by who finds them so.
Result<SortedRuns::Chunk> SortedRuns::take_chunk(std::size_t bytes) {
    std::unique_lock lock(mutex_);
    for (;;) {
        if (failed_) return *failed_;
        if (!open_.empty()) {
            Chunk chunk = std::move(open_.back());
            open_.pop_back();
            if (chunk->has_room_for(bytes)) return chunk;
            lock.unlock();
            if (auto put = put_sorted(std::move(chunk)); !put) return put.error();
            lock.lock();
        } else if (chunks_in_use_ < chunks_max_) {
            ++chunks_in_use_;
            lock.unlock();
            return std::make_unique<RunChunk>(chunk_bytes_);
        } else {
            room_.wait(lock);
        }
    }
}

void SortedRuns::give_back(Chunk chunk, std::uint64_t records) {
    const std::scoped_lock lock(mutex_);
    open_.push_back(std::move(chunk));
    count_ += records;
    room_.notify_one();
}

/// Sorts it, and spills what is sorted if that is much: others go on with the rest of the memory.
Result<void> SortedRuns::put_sorted(Chunk chunk) {
    chunk->sort();
    std::unique_lock lock(mutex_);
    sorted_.push_back(std::move(chunk));
    if (sorted_.size() < chunks_max_ * 3 / 4) return {};
    std::vector<Chunk> chunks = std::exchange(sorted_, {});
    const std::size_t count = chunks.size();
    spilled_.push_back(dir_ / ("run-" + std::to_string(spilled_.size())));
    const std::filesystem::path path = spilled_.back();
    lock.unlock();
    const auto spilled = spill(std::move(chunks), path);
    lock.lock();
    if (!spilled) failed_ = spilled.error();
    chunks_in_use_ -= count;
    room_.notify_all();
    return spilled;
}

Result<void> SortedRuns::spill(std::vector<Chunk> chunks, const std::filesystem::path& path) {
    auto merge = RunMerge::begin(sources_of(std::move(chunks)));
    if (!merge) return merge.error();
    return write_run(path, **merge);
}

/// All at once: there is one for each thread that added.
void SortedRuns::sort_open_chunks() {
    {
        std::vector<std::jthread> threads;
        for (const Chunk& chunk : open_) threads.emplace_back([&chunk] { chunk->sort(); });
    }
    for (Chunk& chunk : open_) sorted_.push_back(std::move(chunk));
    open_.clear();
}

Result<std::unique_ptr<RunMerge>> SortedRuns::merge(std::unique_ptr<RunSource> also) {
    if (failed_) return *failed_;
    sort_open_chunks();
    auto sources = sources_of(std::move(sorted_));
    if (also) sources.push_back(std::move(also));
    for (const std::filesystem::path& path : spilled_) {
        errno = 0;
        File file(std::fopen(path.c_str(), "rb"));
        if (!file) return run_error(path, "read");
        sources.push_back(std::make_unique<FileSource>(path, std::move(file)));
    }
    return RunMerge::begin(std::move(sources));
}

}  // namespace idnode::storage
