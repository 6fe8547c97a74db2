#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "proto/base/bytes.h"
#include "proto/base/reader.h"
#include "proto/base/result.h"
#include "proto/base/writer.h"
#include "proto/handle/envelope.h"
#include "proto/handle/site.h"

/// Requests that start a replication stream, §7.2 and §7.3. Views point into the body.
namespace idnode::handle {

/// Which part of the handles the requester serves.
struct HashBucket {
    HashOption option = HashOption::kWhole;
    std::uint32_t servers = 1;  // of the requester's site
    std::uint32_t server = 0;   // the requester's position

    bool operator==(const HashBucket&) const = default;
};

/// Kind 0: the position in the transactions of the server that is asked.
struct SourcePosition {
    std::uint64_t last_transaction_id = 0;
    std::uint64_t last_query_ms = 0;  // as the source gave it

    bool operator==(const SourcePosition&) const = default;
};

/// Kind 1: positions in the transactions of all sources, as JSON text.
struct AllSourcesState {
    std::string_view json{};

    bool operator==(const AllSourcesState&) const = default;
};

/// Body of operation 1001. The kind octet exists from 2.9 on; before, there is kind 0 only.
struct RetrieveTransactionsRequest {
    std::variant<SourcePosition, AllSourcesState> position{};
    HashBucket bucket{};
};
Result<RetrieveTransactionsRequest, WireError> decode_retrieve_transactions_request(
    BytesView body, Version version);
void encode_retrieve_transactions_request(const RetrieveTransactionsRequest& request,
                                          Version version, ByteWriter& out);

enum class DumpStart : std::uint32_t {  // wire
    kHandleDates = 0,
    kPrefixDates = 1,
    kHandles = 2,
    kHomedPrefixes = 3,
};

/// Body of operation 1002; with a starting point it resumes a dump that broke off.
struct DumpHandlesRequest {
    struct Resume {
        std::string_view after{};
        DumpStart part = DumpStart::kHandles;
    };
    HashBucket bucket{};
    std::optional<Resume> resume{};
};
Result<DumpHandlesRequest, WireError> decode_dump_handles_request(BytesView body);
void encode_dump_handles_request(const DumpHandlesRequest& request, ByteWriter& out);

}  // namespace idnode::handle
