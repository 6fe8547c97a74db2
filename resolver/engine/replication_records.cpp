#include "resolver/engine/replication_records.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "proto/base/text.h"
#include "proto/handle/hash.h"

namespace idnode::resolver {

namespace {

using model::Action;

// Each may hold an image of a whole record.
constexpr std::size_t kEntriesAtOnce = 32;
// A cursor keeps files from being removed; a slow mirror must not do that for hours.
constexpr model::TimeMs kCursorLifetimeMs = 10'000;
// This server knows of no other sites: an empty table (§7.3).
constexpr std::string_view kNoSites = "{\n}\n";

}  // namespace

bool BucketFilter::holds(std::string_view handle) const {
    if (bucket_.servers == 1) return true;
    const std::string text = handle::text_to_hash(handle, bucket_.option);
    const auto md5 = digests_.md5(as_bytes_view(text));
    return handle::hash_number(md5) % bucket_.servers == bucket_.server;
}

TransactionRecords::TransactionRecords(const model::RecordStore& store,
                                       const model::Digests& digests, Terms terms)
    : store_(store),
      filter_(terms.bucket, digests),
      terms_(std::move(terms)),
      // What is not above 0 on the wire means "from the beginning".
      after_(static_cast<std::int64_t>(terms_.position.last_transaction_id) > 0
                 ? terms_.position.last_transaction_id
                 : 0) {}

handle::StreamFormat TransactionRecords::format() const {
    return terms_.queue.empty() ? handle::StreamFormat::kOneSource
                                : handle::StreamFormat::kAllSources;
}

Result<StreamRecords::Next> TransactionRecords::next(ByteWriter& out) {
    const auto write = [&](const handle::TransactionRecord& record, Phase then) {
        handle::encode_transaction_record(record, format(), out);
        phase_ = then;
        return Next::kRecord;
    };
    const auto end = [&] {
        // Unchanged for a mirror that must begin anew.
        const std::uint64_t next_query = terms_.must_dump ? terms_.position.last_query_ms
                                                          : static_cast<std::uint64_t>(terms_.now);
        return write(handle::EndOfTransactions{next_query}, Phase::kDone);
    };
    switch (phase_) {
        case Phase::kHeader:
            handle::encode_transaction_stream_header(
                {format(), terms_.must_dump ? handle::TransactionStatus::kMustDump
                                            : handle::TransactionStatus::kSending},
                out);
            phase_ = terms_.queue.empty() ? Phase::kTransactions : Phase::kQueue;
            return Next::kRecord;
        case Phase::kQueue:
            if (terms_.must_dump) return end();
            return write(handle::QueueName{terms_.queue}, Phase::kTransactions);
        case Phase::kTransactions: {
            if (terms_.must_dump) return end();
            const auto appended = append_transaction(out);
            if (!appended) return appended.error();
            if (*appended) return Next::kRecord;
            if (terms_.queue.empty()) return end();
            return write(handle::QueueComplete{static_cast<std::uint64_t>(terms_.now)},
                         Phase::kComplete);
        }
        case Phase::kComplete:
            return end();
        case Phase::kDone:
            break;
    }
    return Next::kEnd;
}

/// The next transaction that is not left out; false: there is none.
Result<bool> TransactionRecords::append_transaction(ByteWriter& out) {
    for (;;) {
        if (entries_.empty()) {
            if (auto read = read_on(); !read) return read.error();
            if (entries_.empty()) return false;
        }
        const model::LogEntry entry = std::move(entries_.front());
        entries_.pop_front();
        const auto appended = append(entry, out);
        if (!appended || *appended) return appended;
    }
}

Result<void> TransactionRecords::read_on() {
    if (after_ >= terms_.last) return {};
    auto entries =
        store_.read_log(0, after_, std::min<std::uint64_t>(kEntriesAtOnce, terms_.last - after_));
    if (!entries) return entries.error();
    if (entries->empty()) return {};
    after_ = entries->back().id;
    entries_.assign(std::make_move_iterator(entries->begin()),
                    std::make_move_iterator(entries->end()));
    return {};
}

Result<bool> TransactionRecords::append(const model::LogEntry& entry, ByteWriter& out) {
    if (model::concerns_object(entry.action)) return false;  // accounts and the like are not copied
    handle::TransactionView transaction{
        .id = entry.id,
        .handle = entry.handle,
        .action = static_cast<handle::TransactionAction>(entry.action),
        .time_ms = static_cast<std::uint64_t>(entry.time)};
    if (entry.action == Action::kHomePrefix || entry.action == Action::kUnhomePrefix) {
        handle::encode_transaction(transaction, out);
        return true;
    }
    if (!filter_.holds(entry.handle)) return false;
    const bool has_values = entry.action == Action::kCreate || entry.action == Action::kUpdate;
    bool appended = false;
    const auto found =
        store_.read(entry.key, model::ReadTier::kAny, [&](const model::RecordView& record) {
            if (!has_values) return;  // deleted, and there again: a later transaction tells
            transaction.handle = record.handle;
            transaction.values = record.values;
            handle::encode_transaction(transaction, out);
            appended = true;
        });
    if (!found) return found.error();
    if (*found == model::Lookup::kFound || entry.action != Action::kDelete) return appended;
    handle::encode_transaction(transaction, out);
    return true;
}

DumpRecords::DumpRecords(const model::RecordStore& store, const model::Digests& digests,
                         const model::Clock& clock, Terms terms)
    : store_(store),
      filter_(terms.bucket, digests),
      clock_(clock),
      terms_(std::move(terms)),
      after_key_(1, static_cast<char>(model::Scheme::kHandle)) {
    begin();
}

/// Where a dump that broke off goes on. Its position stays that of its beginning, which the
/// receiver has: what changed since comes again as a transaction.
void DumpRecords::begin() {
    const auto table = store_.prefixes().current();
    for (const auto& [name, suffix_case] : *table) prefixes_.push_back(name);
    std::ranges::sort(prefixes_);
    if (!terms_.resume) return;
    const std::string& after = terms_.resume->after;
    switch (terms_.resume->part) {
        case handle::DumpStart::kHandleDates:
        case handle::DumpStart::kPrefixDates:
            first_ = Phase::kHandles;  // no dates are sent
            break;
        case handle::DumpStart::kHandles: {
            const auto parts = model::split_handle(after);
            const auto suffix_case = table->find(model::prefix_handle_of(parts.prefix));
            after_key_ = model::key_of(after, suffix_case.value_or(model::SuffixCase::kFold));
            first_ = Phase::kHandles;
            break;
        }
        case handle::DumpStart::kHomedPrefixes:
            next_prefix_ = static_cast<std::size_t>(
                std::ranges::upper_bound(prefixes_, fold_ascii(after)) - prefixes_.begin());
            first_ = Phase::kPrefixes;
            break;
    }
}

Result<StreamRecords::Next> DumpRecords::next(ByteWriter& out) {
    switch (phase_) {
        case Phase::kHeader:
            handle::encode_dump_header(out);
            phase_ = first_;
            return Next::kRecord;
        case Phase::kSites:
            handle::encode_dump_record(handle::DumpSites{std::string(kNoSites)}, out);
            phase_ = Phase::kPosition;
            return Next::kRecord;
        case Phase::kPosition:
            handle::encode_dump_record(terms_.position, out);
            phase_ = Phase::kHandles;
            return Next::kRecord;
        case Phase::kHandles: {
            const auto appended = append_handle(out);
            if (!appended) return appended.error();
            if (*appended) return Next::kRecord;
            cursor_.reset();
            phase_ = Phase::kPrefixes;
            [[fallthrough]];
        }
        case Phase::kPrefixes:
            if (append_prefix(out)) return Next::kRecord;
            handle::encode_dump_record(handle::EndOfDump{}, out);
            phase_ = Phase::kEnd;
            return Next::kUnsigned;
        case Phase::kEnd:
            break;
    }
    return Next::kEnd;
}

Result<bool> DumpRecords::append_handle(ByteWriter& out) {
    const model::TimeMs now = clock_.now();
    if (!cursor_ || now - cursor_since_ > kCursorLifetimeMs) {
        constexpr char kAllHandles[] = {static_cast<char>(model::Scheme::kHandle), '\0'};
        cursor_ = store_.scan(std::string_view(kAllHandles, 1), after_key_);
        cursor_since_ = now;
    }
    for (;;) {
        const auto record = cursor_->next();
        if (!record) return record.error();
        if (!*record) return false;
        if (!filter_.holds((*record)->handle)) continue;
        handle::encode_dumped_handle((*record)->handle, (*record)->values, out);
        after_key_ = (*record)->key;
        return true;
    }
}

bool DumpRecords::append_prefix(ByteWriter& out) {
    if (next_prefix_ == prefixes_.size()) return false;
    handle::encode_dump_record(handle::DumpedPrefix{prefixes_[next_prefix_++]}, out);
    return true;
}

}  // namespace idnode::resolver
