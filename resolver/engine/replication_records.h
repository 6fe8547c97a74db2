#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/handle/replication.h"
#include "proto/handle/stream.h"
#include "registry/model/ports.h"
#include "resolver/engine/protected_stream.h"

/// What goes into replication streams, read from the store as the stream moves on.
namespace idnode::resolver {

/// Whether a handle belongs to the server that asks (§6.3).
class BucketFilter {
  public:
    BucketFilter(const handle::HashBucket& bucket, const model::Digests& digests)
        : bucket_(bucket), digests_(digests) {}
    bool holds(std::string_view handle) const;

  private:
    const handle::HashBucket bucket_;
    const model::Digests& digests_;
};

/// The change log from a mirror's position on, §7.2. A transaction carries the record as it is now;
/// one that a later transaction makes void is left out.
class TransactionRecords final : public StreamRecords {
  public:
    struct Terms {
        handle::HashBucket bucket{};
        handle::SourcePosition position{};  // of the mirror
        model::TransactionId last = 0;      // up to here
        model::TimeMs now = 0;
        bool must_dump = false;
        std::string queue{};  // not empty: the form for all sources, and this is the only one
    };
    TransactionRecords(const model::RecordStore& store, const model::Digests& digests, Terms terms);

    Result<Next> next(ByteWriter& out) override;

  private:
    enum class Phase : std::uint8_t { kHeader, kQueue, kTransactions, kComplete, kDone };

    Result<bool> append_transaction(ByteWriter& out);
    Result<bool> append(const model::LogEntry& entry, ByteWriter& out);
    Result<void> read_on();
    handle::StreamFormat format() const;

    const model::RecordStore& store_;
    const BucketFilter filter_;
    const Terms terms_;
    Phase phase_ = Phase::kHeader;
    model::TransactionId after_;
    std::deque<model::LogEntry> entries_;
};

/// Everything the store holds, §7.3.
class DumpRecords final : public StreamRecords {
  public:
    struct Resume {
        handle::DumpStart part = handle::DumpStart::kHandles;
        std::string after{};
    };
    struct Terms {
        handle::HashBucket bucket{};
        handle::DumpPosition position{};  // from where transactions follow
        std::optional<Resume> resume{};
    };
    DumpRecords(const model::RecordStore& store, const model::Digests& digests,
                const model::Clock& clock, Terms terms);

    Result<Next> next(ByteWriter& out) override;

  private:
    enum class Phase : std::uint8_t { kHeader, kSites, kPosition, kHandles, kPrefixes, kEnd };

    void begin();
    Result<bool> append_handle(ByteWriter& out);
    bool append_prefix(ByteWriter& out);

    const model::RecordStore& store_;
    const BucketFilter filter_;
    const model::Clock& clock_;
    const Terms terms_;
    Phase phase_ = Phase::kHeader;
    Phase first_ = Phase::kSites;  // after the header
    std::string after_key_;
    std::unique_ptr<model::RecordCursor> cursor_;
    model::TimeMs cursor_since_ = 0;
    std::vector<std::string> prefixes_;
    std::size_t next_prefix_ = 0;
};

}  // namespace idnode::resolver
