#include "resolver/engine/resolution.h"

#include <optional>

#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "resolver/engine/challenges.h"

namespace idnode::resolver {

namespace {

using handle::ResponseCode;
using handle::ValuesReader;
using handle::ValueView;
namespace flag = handle::flag;

constexpr std::string_view kStatusHandle = "0.SITE/status";
constexpr std::string_view kPrefixHandleStart = "0.NA/";
constexpr std::string_view kMarkerStart = "0.NA/0.NA/";

bool is_delegation(std::string_view type) {
    return equal_folded(type, "HS_SITE.PREFIX") || equal_folded(type, "HS_NA_DELEGATE") ||
           equal_folded(type, "HS_SERV.PREFIX");
}

/// `start` and the folded text, in a buffer that keeps its capacity.
void write_folded(std::string_view start, std::string_view text, std::string& out) {
    out.assign(start);
    for (const char octet : text) out.push_back(fold_ascii(octet));
}

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

/// Appends the values that `wanted` accepts as a `VALUES` section; how many there were.
template <class Wanted>
std::uint32_t write_values(BytesView values, ByteWriter& out, Wanted&& wanted) {
    const std::size_t count_at = out.at();
    out.u32(0);
    std::uint32_t count = 0;
    ByteReader in(values);
    ValuesReader reader(in);
    while (const auto value = reader.next()) {
        if (!wanted(*value)) continue;
        out.raw(value->octets);
        ++count;
    }
    out.patch_u32(count_at, count);
    return count;
}

}  // namespace

struct Resolution::Ask {
    const handle::MessageView& message;
    const handle::ResolutionRequestView& request;
    const Peer& peer;
    Effort effort;
    model::TimeMs now;

    bool public_only() const { return message.header.has(flag::kPublicOnly); }
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

Outcome Resolution::answer(const handle::MessageView& message, const Peer& peer, Effort effort,
                           model::TimeMs now, Reply& reply, Question& question) {
    const auto request = handle::decode_resolution_request(message.body);
    if (!request) {
        reply.error(ResponseCode::kError, "resolution request cannot be decoded");
        return Outcome::kReply;
    }
    const Ask ask{message, *request, peer, effort, now};

    if (message.header.has(flag::kRecursive) &&
        message.header.recursion_count > limits::kRecursionCountMax) {
        reply.error(ResponseCode::kRecursionLimit,
                    "recursion count too high: nodes forward in a circle");
        return Outcome::kReply;
    }
    if (equal_folded(request->handle, kStatusHandle)) {
        if (ask.public_only()) {
            reply.error(ResponseCode::kValuesNotFound);
        } else {
            ask_who(ask, reply);
        }
        return Outcome::kReply;
    }
    if (!is_responsible(request->handle)) return pass_on(ask, reply, question);

    model::write_key(request->handle, suffix_case_, key_);
    const auto found = context_.store.read(key_, ask.tier(), [&](const model::RecordView& record) {
        answer_record(ask, record, reply);
    });
    if (!found) {
        reply.error(ResponseCode::kError, "storage failed");
        return Outcome::kReply;
    }
    switch (*found) {
        case model::Lookup::kFound:
            return Outcome::kReply;
        case model::Lookup::kNotInMemory:
            return Outcome::kRetryOnPool;
        case model::Lookup::kNotFound:
            break;
    }
    return answer_missing(ask, reply);
}

/// §4.3 step 3. Only a site of several servers checks the hash; this node is a site of one.
bool Resolution::is_responsible(std::string_view handle) {
    const model::HandleParts parts = model::split_handle(handle);
    const model::PrefixTable& homed = prefixes_.table();
    suffix_case_ = model::SuffixCase::kFold;

    const bool is_name = !parts.has_slash;
    const bool is_prefix_handle = is_name || model::is_prefix_handle(handle);
    write_folded(kPrefixHandleStart, is_name ? "0.NA" : parts.prefix, prefix_handle_);
    if (const auto suffix_case = homed.find(prefix_handle_)) {
        suffix_case_ = *suffix_case;
        return true;
    }
    if (!is_prefix_handle) return false;
    const std::string_view prefix = is_name ? parts.prefix : parts.suffix;
    // By the letter a server answers for its own prefix handle only where its parent is homed. Its
    // operator and its clients expect the record that lies here; the registry above keeps its own.
    return equal_folded(prefix, context_.own_prefix) || has_homed_ancestor(prefix);
}

bool Resolution::has_homed_ancestor(std::string_view prefix) {
    const model::PrefixTable& homed = prefixes_.table();
    auto ancestor = model::parent_prefix(prefix);
    for (std::size_t depth = 0; ancestor && depth < limits::kDelegationDepthMax; ++depth) {
        write_folded(kMarkerStart, *ancestor, prefix_handle_);
        if (homed.contains(prefix_handle_)) return true;
        ancestor = model::parent_prefix(*ancestor);
    }
    return false;
}

/// Somebody else's handle: an answer kept from before, a question for the top-level node, or RC
/// 301.
Outcome Resolution::pass_on(const Ask& ask, Reply& reply, Question& question) {
    const handle::Header& header = ask.message.header;
    if (!header.has(flag::kRecursive) || !context_.upstream.serves(ask.peer.address)) {
        reply.error(ResponseCode::kServerNotResponsible, "prefix is not homed on this server");
        return Outcome::kReply;
    }
    question.handle = ask.request.handle;
    question.indexes = requested_indexes(ask.request);
    question.types = requested_types(ask.request);
    question.flags = header.flags;
    question.recursion_count = header.recursion_count;
    const UpstreamAnswerPtr kept = context_.upstream.cached(question);
    if (!kept) return Outcome::kAskUpstream;
    write_forwarded(ask.request.handle, *kept, reply);
    return Outcome::kReply;
}

/// §4.3 steps 4 and 5: no such record. A prefix handle may lie with a delegated registry.
Outcome Resolution::answer_missing(const Ask& ask, Reply& reply) {
    const auto prefix = ask.named_prefix();
    if (!prefix || ask.message.header.has(flag::kDoNotRefer)) {
        reply.error(ResponseCode::kHandleNotFound);
        return Outcome::kReply;
    }
    const std::size_t body_at = reply.body().at();
    auto ancestor = model::parent_prefix(*prefix);
    for (std::size_t depth = 0; ancestor && depth < limits::kDelegationDepthMax; ++depth) {
        std::uint32_t sites = 0;
        model::write_key(*ancestor, model::SuffixCase::kFold, key_);
        const auto found =
            context_.store.read(key_, ask.tier(), [&](const model::RecordView& record) {
                reply.body().text_u32({});  // no handle: the sites follow
                sites = write_values(record.values, reply.body(), [](const ValueView& value) {
                    return value.is_public() && is_delegation(value.type);
                });
            });
        if (!found) {
            reply.error(ResponseCode::kError, "storage failed");
            return Outcome::kReply;
        }
        if (*found == model::Lookup::kNotInMemory) return Outcome::kRetryOnPool;
        if (sites > 0) {
            reply.finish(ResponseCode::kPrefixReferral);
            return Outcome::kReply;
        }
        reply.body().cut(body_at);
        ancestor = model::parent_prefix(*ancestor);
    }
    reply.error(ResponseCode::kHandleNotFound);
    return Outcome::kReply;
}

/// §4.3 steps 5 and 6.
void Resolution::answer_record(const Ask& ask, const model::RecordView& record, Reply& reply) {
    if (!ask.public_only() && !record.all_public) {
        answer_unrestricted(ask, record, reply);
        return;
    }
    reply.body().text_u32(ask.request.handle);
    if (record.all_public && ask.request.selects_everything()) {
        ByteReader in(record.values);
        if (in.u32("count") == 0) {
            reply.error(ResponseCode::kValuesNotFound);
            return;
        }
        reply.body().raw(record.values);
        reply.finish(ResponseCode::kSuccess);
        return;
    }
    const std::uint32_t count = write_values(
        record.values, reply.body(),
        [&](const ValueView& value) { return value.is_public() && ask.request.selects(value); });
    if (count == 0) {
        reply.error(ResponseCode::kValuesNotFound);
    } else {
        reply.finish(ResponseCode::kSuccess);
    }
}

/// The client did not limit itself to public values: the first restricted one that it selects
/// decides.
void Resolution::answer_unrestricted(const Ask& ask, const model::RecordView& record,
                                     Reply& reply) {
    bool restricted = false;
    bool readable = false;
    reply.body().text_u32(ask.request.handle);
    const std::uint32_t count =
        write_values(record.values, reply.body(), [&](const ValueView& value) {
            if (!ask.request.selects(value)) return false;
            if (!value.is_public() && !restricted) {
                restricted = true;
                readable = value.is_admin_readable();
            }
            return true;
        });
    if (count == 0) {
        reply.error(ResponseCode::kValuesNotFound);
    } else if (!restricted) {
        reply.finish(ResponseCode::kSuccess);
    } else if (!readable) {
        reply.error(ResponseCode::kInsufficientPermissions);
    } else {
        ask_who(ask, reply);
    }
}

void Resolution::ask_who(const Ask& ask, Reply& reply) {
    reply.challenge(context_.challenges.issue(ask.peer.address, ask.now));
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

}  // namespace idnode::resolver
