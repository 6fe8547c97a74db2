#include "registry/http/api/writes.h"

#include "proto/base/text.h"
#include "registry/registration/operations.h"
#include "registry/registration/rates.h"

namespace idnode::http {

namespace {

using registration::Code;
using registration::Draft;
using registration::Operations;
using registration::Outcome;
using registration::Together;
using registration::WrittenAll;

constexpr std::string_view kKeyField = "Idempotency-Key";

Bytes digest_of(const WriteRequest& write) {
    std::string text(boost::beast::http::to_string(write.request.method()));
    text.append(" ").append(write.request.target()).append("\n").append(write.request.body());
    const auto digest = write.registrar.digests.sha256(as_bytes_view(text));
    return {digest.begin(), digest.end()};
}

WriteReply reply_of(std::span<const Draft> drafts, const WrittenAll& all) {
    WriteReply out;
    for (std::size_t at = 0; at < all.size(); ++at) {
        v1::ItemResult& one = *out.result.add_results();
        one.set_handle(std::string(drafts[at].handle));
        one.set_done(all[at].has_value());
        if (all[at]) {
            out.result.set_done(out.result.done() + 1);
        } else {
            out.result.set_failed(out.result.failed() + 1);
            *one.mutable_error() = to_error(all[at].error());
        }
    }
    if (all.empty()) return out;
    if (all.front()) {
        out.version = all.front()->version;
        out.created = all.front()->created;
    } else {
        out.refused_status = http_status(all.front().error().code);
    }
    return out;
}

v1::Operation to_operation(const WriteReply& reply) {
    v1::Operation out;
    out.set_result(reply.result.SerializeAsString());
    out.set_status(reply.refused_status);
    out.set_version_before(reply.version);
    out.set_what(reply.created ? "created" : "");
    return out;
}

/// Which transaction wrote the first record: that of the change unless this one changed nothing.
model::TransactionId written_version(const ApiCall& call, const Operations::Found& found,
                                     const std::string& handle) {
    if (found.version == 0) return 0;
    const auto entries = call.registrar.store.read_log(0, found.version - 1, 1);
    const bool wrote = entries && !entries->empty() && entries->front().id == found.version &&
                       entries->front().handle == handle;
    return wrote ? found.version : found.operation.version_before();
}

WriteReply remembered(const ApiCall& call, const Operations::Found& found) {
    WriteReply out;
    out.repeated = true;
    out.refused_status = found.operation.status();
    out.created = found.operation.what() == "created";
    if (!out.result.ParseFromString(found.operation.result())) return out;
    if (out.refused_status == 0 && out.result.results_size() == 1) {
        out.version = written_version(call, found, out.result.results(0).handle());
    }
    return out;
}

}  // namespace

v1::Error to_error(const registration::Refusal& refusal) {
    v1::Error out;
    out.set_code(std::string(name_of(refusal)));
    out.set_message(is_utf8(refusal.message) ? refusal.message : "the request is not UTF-8");
    if (is_utf8(refusal.field)) out.set_field(refusal.field);
    out.set_remedy(refusal.remedy);
    return out;
}

Outcome<DoneOnce> write_once(const WriteRequest& write, registration::Identifiers& identifiers,
                             std::span<Draft> drafts, Together together,
                             const std::function<v1::Operation(const WrittenAll&)>& to_operation) {
    const auto& [request, registrar, actor] = write;
    if (const auto rate = admit_identifiers(registrar, actor, drafts.size()); !rate) {
        return rate.error();
    }
    const auto field = request[kKeyField];
    const std::string_view key(field.data(), field.size());
    if (key.empty()) {
        auto all = identifiers.write(actor, drafts, together);
        if (!all) return all.error();
        return DoneOnce{*std::move(all)};
    }
    if (key.size() > registration::kIdempotencyKeyBytesMax) {
        return registration::invalid(std::string(kKeyField), "at most 128 characters");
    }
    const Operations operations(registrar);
    const Bytes digest = digest_of(write);
    auto before = operations.find(actor, key, digest);
    if (!before) return before.error();
    if (*before) return DoneOnce{{}, *std::move(before)};
    auto all = identifiers.write(actor, drafts, together, [&](const WrittenAll& outcome) {
        return std::vector{operations.remember(actor, key, digest, to_operation(outcome))};
    });
    operations.forget_old();
    if (all) return DoneOnce{*std::move(all)};
    if (all.error().code != Code::kVersionMismatch) return all.error();
    // Somebody was faster with the same key, perhaps this very caller.
    auto meanwhile = operations.find(actor, key, digest);
    if (!meanwhile) return meanwhile.error();
    if (*meanwhile) return DoneOnce{{}, *std::move(meanwhile)};
    return all.error();
}

Outcome<WriteReply> write_once(ApiCall& call, std::span<Draft> drafts, Together together) {
    registration::Identifiers identifiers(call.registrar);
    const auto done = write_once(
        {call.request, call.registrar, call.actor}, identifiers, drafts, together,
        [&](const WrittenAll& outcome) { return to_operation(reply_of(drafts, outcome)); });
    if (!done) return done.error();
    if (done->before) return remembered(call, *done->before);
    return reply_of(drafts, done->all);
}

}  // namespace idnode::http
