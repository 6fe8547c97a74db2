#include "proto/handle/replication.h"

#include "proto/base/limits.h"

namespace idnode::handle {

namespace {

constexpr Version kFirstWithKindOctet{2, 9};

HashBucket read_bucket(ByteReader& in) {
    HashBucket out;
    const std::uint8_t option = in.u8("hash option");
    if (option > 2) in.fail(WireErrc::kBadValue, "hash option");
    out.option = static_cast<HashOption>(option);
    out.servers = in.u32("number of servers");
    out.server = in.u32("server number");
    // A bucket outside the site would hold nothing, or divide by zero.
    if (out.server >= out.servers) in.fail(WireErrc::kBadValue, "server number");
    return out;
}

void write_bucket(const HashBucket& bucket, ByteWriter& out) {
    out.u8(static_cast<std::uint8_t>(bucket.option));
    out.u32(bucket.servers);
    out.u32(bucket.server);
}

}  // namespace

Result<RetrieveTransactionsRequest, WireError> decode_retrieve_transactions_request(
    BytesView body, Version version) {
    ByteReader in(body);
    RetrieveTransactionsRequest out;
    const std::uint8_t kind = version.at_least(kFirstWithKindOctet) ? in.u8("kind") : 0;
    if (kind == 0) {
        SourcePosition position;
        position.last_transaction_id = in.u64("last transaction id");
        position.last_query_ms = in.u64("last query time");
        out.position = position;
    } else if (kind == 1) {
        out.position = AllSourcesState{in.text_u32("replication state", limits::kFieldBytesMax)};
    } else {
        in.fail(WireErrc::kBadValue, "kind");
    }
    out.bucket = read_bucket(in);
    return in.finish(out);
}

void encode_retrieve_transactions_request(const RetrieveTransactionsRequest& request,
                                          Version version, ByteWriter& out) {
    const auto* state = std::get_if<AllSourcesState>(&request.position);
    if (version.at_least(kFirstWithKindOctet)) out.u8(state == nullptr ? 0 : 1);
    if (state != nullptr) {
        out.text_u32(state->json);
    } else {
        const auto& position = std::get<SourcePosition>(request.position);
        out.u64(position.last_transaction_id);
        out.u64(position.last_query_ms);
    }
    write_bucket(request.bucket, out);
}

Result<DumpHandlesRequest, WireError> decode_dump_handles_request(BytesView body) {
    ByteReader in(body);
    DumpHandlesRequest out;
    out.bucket = read_bucket(in);
    if (in.left() > 0) {
        DumpHandlesRequest::Resume resume;
        resume.after = in.text_u32("starting point", limits::kFieldBytesMax);
        const std::uint32_t part = in.u32("starting point type");
        if (part > 3) in.fail(WireErrc::kBadValue, "starting point type");
        resume.part = static_cast<DumpStart>(part);
        out.resume = resume;
    }
    return in.finish(out);
}

void encode_dump_handles_request(const DumpHandlesRequest& request, ByteWriter& out) {
    write_bucket(request.bucket, out);
    if (request.resume) {
        out.text_u32(request.resume->after);
        out.u32(static_cast<std::uint32_t>(request.resume->part));
    }
}

}  // namespace idnode::handle
