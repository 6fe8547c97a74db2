#include "resolver/engine/replication.h"

#include <memory>
#include <utility>
#include <variant>

#include "proto/handle/responses.h"
#include "resolver/engine/protected_stream.h"
#include "resolver/engine/replication_records.h"
#include "resolver/engine/resolution.h"

namespace idnode::resolver {

namespace {

using handle::OpCode;
using handle::ResponseCode;

constexpr model::TimeMs kDayMs = 86'400'000;
constexpr model::TimeMs kYoungLogMs = 10 * kDayMs;

StreamPtr refuse(const ReplyTo& to, ResponseCode code, std::string_view text) {
    Reply reply(to);
    write_refusal(code, text, reply);
    return nullptr;
}

/// Ids and times of peers are signed numbers on the wire.
std::int64_t as_signed(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

Result<LogSpan> span_of_log(const model::RecordStore& store) {
    const auto counts = store.counts();
    if (!counts) return counts.error();
    LogSpan out;
    out.last = counts->log_end.front();
    if (out.last == 0) return out;
    const auto first = store.read_log(0, 0, 1);
    if (!first) return first.error();
    if (!first->empty()) {
        out.first = first->front().id;
        out.first_time = first->front().time;
    }
    return out;
}

StreamPtr protect(const ReplyTo& to, std::unique_ptr<StreamRecords> records,
                  StreamSlots::Slot slot) {
    const Replication& replication = *to.context.replication;
    // TLS inside the connection exists from 2.8 on (§7.4); inside an HTTP response nobody could
    // shake hands.
    const bool has_tls = replication.channels != nullptr && to.peer.carrier == Carrier::kTcp &&
                         handle::reply_version(to.request.envelope).at_least({2, 8});
    return std::make_shared<ProtectedStream>(std::move(records), std::move(slot), to.context.signer,
                                             has_tls ? replication.channels : nullptr);
}

StreamPtr retrieve_transactions(const ReplyTo& to, StreamSlots::Slot slot) {
    const auto request =
        handle::decode_retrieve_transactions_request(to.request.body, to.request.envelope.version);
    if (!request) return refuse(to, ResponseCode::kError, "request cannot be decoded");
    TransactionRecords::Terms terms;
    terms.bucket = request->bucket;
    if (const auto* state = std::get_if<handle::AllSourcesState>(&request->position)) {
        const Replication& replication = *to.context.replication;
        const auto position = replication.position_in(state->json, replication.queue);
        if (!position) return refuse(to, ResponseCode::kError, position.error().detail);
        terms.queue = replication.queue;
        terms.position = position->value_or(handle::SourcePosition{});
    } else {
        terms.position = std::get<handle::SourcePosition>(request->position);
    }
    const auto log = span_of_log(to.context.store);
    if (!log) return refuse(to, ResponseCode::kError, "storage failed");
    terms.now = to.now;
    terms.last = log->last;
    terms.must_dump = must_dump(*log, terms.position, to.now);

    Reply reply(to);
    handle::encode_flag_response(/*keep alive=*/false, reply.body());
    reply.finish(ResponseCode::kSuccess);
    return protect(to,
                   std::make_unique<TransactionRecords>(to.context.store, to.context.digests,
                                                        std::move(terms)),
                   std::move(slot));
}

StreamPtr dump_handles(const ReplyTo& to, StreamSlots::Slot slot) {
    const auto request = handle::decode_dump_handles_request(to.request.body);
    if (!request) return refuse(to, ResponseCode::kError, "request cannot be decoded");
    // Before the first record is read: what changes during the dump comes again as a transaction.
    const auto counts = to.context.store.counts();
    if (!counts) return refuse(to, ResponseCode::kError, "storage failed");
    DumpRecords::Terms terms;
    terms.bucket = request->bucket;
    terms.position = {static_cast<std::uint64_t>(to.now), counts->log_end.front()};
    if (request->resume) {
        terms.resume = {request->resume->part, std::string(request->resume->after)};
    }
    Reply(to).finish(ResponseCode::kSuccess);
    return protect(to,
                   std::make_unique<DumpRecords>(to.context.store, to.context.digests,
                                                 to.context.clock, std::move(terms)),
                   std::move(slot));
}

StreamPtr back_up(const ReplyTo& to, service::Administration& administration,
                  service::Requester& requester) {
    const service::Verdict permitted = administration.permit_server(requester);
    if (permitted.code != ResponseCode::kSuccess) {
        return refuse(to, permitted.code, permitted.text);
    }
    const auto place = to.context.store.back_up();
    if (!place) {
        const bool unsupported = place.error().code == Errc::kUnsupported;
        return refuse(to, unsupported ? ResponseCode::kOperationNotSupported : ResponseCode::kError,
                      "the backup could not be made");
    }
    Reply(to).finish(ResponseCode::kSuccess);
    return nullptr;
}

}  // namespace

bool must_dump(const LogSpan& log, const handle::SourcePosition& mirror, model::TimeMs now) {
    const std::int64_t last_seen = as_signed(mirror.last_transaction_id);
    const model::TimeMs last_time = as_signed(mirror.last_query_ms);
    // A mirror that has seen more than there is follows another history: this store was replaced by
    // an older copy of itself, or by another one.
    if (last_seen > as_signed(log.last)) return true;
    if (log.last == 0) return false;
    if (log.first_time <= last_time) return false;
    if (last_seen <= 0 && log.first == 1) {
        return now - log.first_time > kYoungLogMs && log.first_time > last_time + kDayMs;
    }
    return as_signed(log.first) != last_seen + 1 || log.first_time > last_time + kDayMs;
}

StreamPtr answer_replication(const ReplyTo& to, service::Administration& administration,
                             service::Requester& requester) {
    if (to.request.header.op == OpCode::kBackup) return back_up(to, administration, requester);
    if (to.context.replication == nullptr) {
        return refuse(to, ResponseCode::kOperationNotSupported,
                      "this server keeps no transactions for mirrors");
    }
    const service::Verdict permitted = administration.permit_mirror(requester);
    if (permitted.code != ResponseCode::kSuccess) {
        return refuse(to, permitted.code, permitted.text);
    }
    auto slot = to.context.replication->slots.take();
    if (!slot) return refuse(to, ResponseCode::kServerBusy, "too many replication streams");
    return to.request.header.op == OpCode::kDumpHandles
               ? dump_handles(to, *std::move(slot))
               : retrieve_transactions(to, *std::move(slot));
}

}  // namespace idnode::resolver
