#include "resolver/engine/resolution.h"

#include <optional>
#include <string>
#include <vector>

#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "registry/service/delegation.h"
#include "registry/service/values.h"

namespace idnode::resolver {

namespace {

using handle::ResponseCode;
using handle::ValuesReader;
using handle::ValueView;
namespace flag = handle::flag;

constexpr std::string_view kStatusHandle = "0.SITE/status";

std::vector<std::int32_t> requested_indexes(const handle::ResolutionRequestView& request) {
    std::vector<std::int32_t> out;
    out.reserve(request.index_count);  // safe: the decoder compared the count with the octets
    ByteReader in(request.indexes);
    while (in.left() > 0) out.push_back(static_cast<std::int32_t>(in.u32("index")));
    return out;
}

std::vector<std::string> requested_types(const handle::ResolutionRequestView& request) {
    std::vector<std::string> out;
    out.reserve(request.type_count);
    ByteReader in(request.types);
    while (in.left() > 0) out.emplace_back(in.text_u32("type", limits::kFieldBytesMax));
    return out;
}

Outcome refuse(Reply& reply, ResponseCode code, std::string_view text = {}) {
    reply.error(code, text);
    return Outcome::kReply;
}

Outcome finish_values(Reply& reply, std::uint32_t count) {
    if (count == 0) return refuse(reply, ResponseCode::kValuesNotFound);
    reply.finish(ResponseCode::kSuccess);
    return Outcome::kReply;
}

}  // namespace

struct Resolution::Ask {
    const ReplyTo& to;
    const handle::ResolutionRequestView& request;
    Effort effort;
    service::Requester& requester;

    const handle::Header& header() const { return to.request.header; }
    bool public_only() const { return header().has(flag::kPublicOnly); }
    model::ReadTier tier() const {
        return effort == Effort::kInline ? model::ReadTier::kMemory : model::ReadTier::kAny;
    }
    /// The prefix that a prefix handle or a bare prefix name speaks of; nothing for other handles.
    std::optional<std::string_view> named_prefix() const {
        const model::HandleParts parts = model::split_handle(request.handle);
        if (!parts.has_slash) return parts.prefix;
        if (!model::is_prefix_handle(request.handle)) return std::nullopt;
        return parts.suffix;
    }
};

Outcome Resolution::answer(const ReplyTo& to, Effort effort, service::Requester& requester,
                           Reply& reply, Question& question) {
    const auto request = handle::decode_resolution_request(to.request.body);
    if (!request) {
        return refuse(reply, ResponseCode::kError, "resolution request cannot be decoded");
    }
    const Ask ask{to, *request, effort, requester};
    if (ask.header().has(flag::kRecursive) &&
        ask.header().recursion_count > limits::kRecursionCountMax) {
        return refuse(reply, ResponseCode::kRecursionLimit,
                      "recursion count too high: nodes forward in a circle");
    }
    if (equal_folded(request->handle, kStatusHandle)) return answer_status(ask, reply);
    const auto suffix_case = responsibility_.of(request->handle);
    if (!suffix_case) return pass_on(ask, reply, question);

    model::write_key(request->handle, *suffix_case, key_);
    Outcome outcome = Outcome::kReply;
    restricted_.clear();
    const auto found = context_.store.read(key_, ask.tier(), [&](const model::RecordView& record) {
        outcome = answer_record(ask, record, reply);
    });
    if (!found) return refuse(reply, ResponseCode::kError, "storage failed");
    if (*found == model::Lookup::kNotInMemory) return Outcome::kRetryOnPool;
    if (*found == model::Lookup::kNotFound) return answer_missing(ask, reply);
    return restricted_.empty() ? outcome : answer_with_rights(ask, reply);
}

/// Somebody else's handle: an answer kept from before, a question for the top-level node, or RC
/// 301.
Outcome Resolution::pass_on(const Ask& ask, Reply& reply, Question& question) {
    if (!ask.header().has(flag::kRecursive) || !context_.upstream.serves(ask.to.peer.address)) {
        return refuse(reply, ResponseCode::kServerNotResponsible,
                      "prefix is not homed on this server");
    }
    question.handle = ask.request.handle;
    question.indexes = requested_indexes(ask.request);
    question.types = requested_types(ask.request);
    question.flags = ask.header().flags;
    question.recursion_count = ask.header().recursion_count;
    const UpstreamAnswerPtr kept = context_.upstream.cached(question);
    if (!kept) return Outcome::kAskUpstream;
    write_forwarded(ask.request.handle, *kept, reply);
    return Outcome::kReply;
}

/// §4.3 steps 4 and 5: no such record. A prefix may be registered with a delegated registry.
Outcome Resolution::answer_missing(const Ask& ask, Reply& reply) {
    const auto prefix = ask.named_prefix();
    if (!prefix || ask.header().has(flag::kDoNotRefer)) {
        return refuse(reply, ResponseCode::kHandleNotFound);
    }
    reply.body().text_u32({});  // no handle: the sites follow
    const auto found =
        service::write_delegation(context_.store, *prefix, ask.tier(), key_, reply.body());
    if (!found) return refuse(reply, ResponseCode::kError, "storage failed");
    if (*found == model::Lookup::kNotInMemory) return Outcome::kRetryOnPool;
    if (*found == model::Lookup::kNotFound) return refuse(reply, ResponseCode::kHandleNotFound);
    reply.finish(ResponseCode::kPrefixReferral);
    return Outcome::kReply;
}

/// §4.3 steps 5 and 6.
Outcome Resolution::answer_record(const Ask& ask, const model::RecordView& record, Reply& reply) {
    if (!ask.public_only() && !record.all_public) return answer_unrestricted(ask, record, reply);
    reply.body().text_u32(ask.request.handle);
    if (record.all_public && ask.request.selects_everything()) {
        ByteReader in(record.values);
        const std::uint32_t count = in.u32("count");
        reply.body().raw(record.values);
        return finish_values(reply, count);
    }
    return finish_values(
        reply, service::write_values(record.values, reply.body(), [&](const ValueView& value) {
            return value.is_public() && ask.request.selects(value);
        }));
}

/// The client did not limit itself to public values: the first restricted one that it selects
/// decides.
Outcome Resolution::answer_unrestricted(const Ask& ask, const model::RecordView& record,
                                        Reply& reply) {
    bool restricted = false;
    bool readable = false;
    reply.body().text_u32(ask.request.handle);
    const std::uint32_t count =
        service::write_values(record.values, reply.body(), [&](const ValueView& value) {
            if (!ask.request.selects(value)) return false;
            if (!value.is_public() && !restricted) {
                restricted = true;
                readable = value.is_admin_readable();
            }
            return true;
        });
    if (count == 0 || !restricted) return finish_values(reply, count);
    if (!readable) return refuse(reply, ResponseCode::kInsufficientPermissions);
    if (ask.requester.claimed() == nullptr) {
        reply.challenge();
        return Outcome::kReply;
    }
    // Whether they may read it depends on other records, which must not be read from in here.
    restricted_.assign(record.values.begin(), record.values.end());
    return Outcome::kReply;
}

Outcome Resolution::answer_with_rights(const Ask& ask, Reply& reply) {
    const auto record = handle::decode_values(restricted_);
    if (!record) return refuse(reply, ResponseCode::kError, "the record is damaged");
    const service::Verdict verdict = administration_.permit_reading(*record, ask.requester);
    if (verdict.code != ResponseCode::kSuccess) {
        write_refusal(verdict.code, verdict.text, reply);
        return Outcome::kReply;
    }
    reply.rewind_body();
    reply.body().text_u32(ask.request.handle);
    reply.mark_restricted();
    return finish_values(
        reply, service::write_values(restricted_, reply.body(), [&](const ValueView& value) {
            return ask.request.selects(value) && (value.is_public() || value.is_admin_readable());
        }));
}

/// §4.9.
Outcome Resolution::answer_status(const Ask& ask, Reply& reply) {
    if (ask.public_only()) return refuse(reply, ResponseCode::kValuesNotFound);
    const service::Verdict verdict = administration_.permit_server(ask.requester);
    if (verdict.code != ResponseCode::kSuccess) {
        write_refusal(verdict.code, verdict.text, reply);
        return Outcome::kReply;
    }
    std::vector<handle::Value> values = context_.status.values();
    std::erase_if(values, [&](const handle::Value& value) {
        Bytes octets;
        ByteWriter writer(octets);
        handle::encode_value(value, writer);
        ByteReader in(octets);
        return !ask.request.selects_everything() && !ask.request.selects(handle::read_value(in));
    });
    reply.body().text_u32(ask.request.handle);
    reply.body().raw(handle::encode_values(values));
    reply.mark_restricted();
    return finish_values(reply, static_cast<std::uint32_t>(values.size()));
}

void write_forwarded(std::string_view handle, const UpstreamAnswer& answer, Reply& reply) {
    if (!answer.authoritative) reply.mark_not_authoritative();
    switch (answer.code) {
        case ResponseCode::kSuccess:
            reply.body().text_u32(handle);
            [[fallthrough]];
        case ResponseCode::kServiceReferral:
        case ResponseCode::kPrefixReferral:
            reply.body().raw(answer.content);
            reply.finish(answer.code);
            break;
        default:
            reply.error(answer.code, as_text(answer.content));
            break;
    }
}

void write_refusal(ResponseCode code, std::string_view text, Reply& reply) {
    if (code == ResponseCode::kAuthenticationNeeded) {
        reply.challenge();
    } else {
        reply.error(code, text);
    }
}

}  // namespace idnode::resolver
