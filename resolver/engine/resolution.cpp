#include "resolver/engine/resolution.h"

#include <optional>
#include <string>
#include <vector>

#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "registry/service/delegation.h"
#include "registry/service/values.h"
#include "resolver/engine/lookup_counts.h"

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

/// Whether the state of the product is asked for: by its whole name. Families of types, and
/// questions for everything, are about what is stored.
bool asks_for_lifecycle(const handle::ResolutionRequestView& request) {
    ByteReader in(request.types);
    while (in.left() > 0) {
        if (equal_folded(in.text_u32("type", limits::kFieldBytesMax), model::kLifecycleType)) {
            return true;
        }
    }
    return false;
}

/// The values with one more, which has the index `kLifecycleIndex` or the next that is free.
Bytes with_lifecycle(BytesView values, const model::LifecycleView::Shown& shown) {
    const auto state = [&shown](std::int32_t index) {
        return handle::Value{.index = index,
                             .timestamp = shown.timestamp,
                             .ttl = model::kLifecycleTtl,
                             .permissions = handle::permission::kPublicRead,
                             .type = std::string(model::kLifecycleType),
                             .data = to_bytes(shown.json)};
    };
    Bytes out;
    ByteWriter writer(out);
    ByteReader in(values);
    ValuesReader reader(in);
    writer.u32(static_cast<std::uint32_t>(reader.count() + 1));
    std::int32_t index = model::kLifecycleIndex;
    bool is_written = false;
    while (const auto value = reader.next()) {
        if (value->index == index) ++index;
        if (value->index > index && !is_written) {
            handle::encode_value(state(index), writer);
            is_written = true;
        }
        writer.raw(value->octets);
    }
    if (!is_written) handle::encode_value(state(index), writer);
    return out;
}

Resolved refuse(ResponseCode code, std::string_view text = {}) {
    return {.code = code, .text = text};
}

Resolved values_found(std::uint32_t count) {
    return {.code = count == 0 ? ResponseCode::kValuesNotFound : ResponseCode::kSuccess};
}

/// The prefix that a prefix handle or a bare prefix name speaks of; nothing for other handles.
std::optional<std::string_view> named_prefix(std::string_view handle) {
    const model::HandleParts parts = model::split_handle(handle);
    if (!parts.has_slash) return parts.prefix;
    if (!model::is_prefix_handle(handle)) return std::nullopt;
    return parts.suffix;
}

}  // namespace

Resolved Resolution::answer(const Query& query, service::Requester& requester, ByteWriter& body,
                            Question& question) {
    if (query.has(flag::kRecursive) && query.recursion_count > limits::kRecursionCountMax) {
        return refuse(ResponseCode::kRecursionLimit,
                      "recursion count too high: nodes forward in a circle");
    }
    if (query.request.index_count > limits::kIndexSelectorsMax ||
        query.request.type_count > limits::kTypeSelectorsMax) {
        return refuse(ResponseCode::kError, "too many indexes or types in one question");
    }
    if (query.effort == Effort::kInline &&
        query.request.index_count + query.request.type_count > limits::kSelectorsInlineMax) {
        return {.outcome = Outcome::kRetryOnPool};
    }
    if (equal_folded(query.request.handle, kStatusHandle)) {
        return answer_status(query, requester, body);
    }
    const auto suffix_case = responsibility_.of(query.request.handle);
    if (!suffix_case) return pass_on(query, question);
    model::write_key(query.request.handle, *suffix_case, key_);

    const std::size_t begin = body.at();
    Resolved resolved;
    restricted_.clear();
    const auto found = read_record(query, key_, [&](const model::RecordView& record) {
        resolved = answer_record(query, record, requester, body);
        resolved.version = record.version;
    });
    if (!found) return refuse(ResponseCode::kError, "storage failed");
    if (*found == model::Lookup::kNotInMemory) return {.outcome = Outcome::kRetryOnPool};
    if (*found == model::Lookup::kNotFound) return answer_missing(query, body);
    if (context_.lookups != nullptr) {
        context_.lookups->count(model::split_handle(model::key_text(key_)).prefix);
    }
    if (restricted_.empty()) return resolved;
    body.cut(begin);
    const model::TransactionId version = resolved.version;
    resolved = answer_with_rights(query, requester, body);
    resolved.version = version;
    return resolved;
}

Result<model::Lookup> Resolution::read_record(
    const Query& query, std::string_view key,
    model::FunctionRef<void(const model::RecordView&)> visit) {
    if (context_.lifecycle == nullptr || !asks_for_lifecycle(query.request)) {
        return context_.store.read(key, query.tier(), visit);
    }
    // Events are read from the disk.
    if (query.effort == Effort::kInline) return model::Lookup::kNotInMemory;
    return read_with_lifecycle(key, visit);
}

/// The state of the product as one value more. It changes without the record, which therefore has
/// no version here.
Result<model::Lookup> Resolution::read_with_lifecycle(
    std::string_view key, model::FunctionRef<void(const model::RecordView&)> visit) {
    std::string handle;
    Bytes values;
    bool all_public = false;
    const auto found =
        context_.store.read(key, model::ReadTier::kAny, [&](const model::RecordView& record) {
            handle = record.handle;
            values.assign(record.values.begin(), record.values.end());
            all_public = record.all_public;
        });
    if (!found || *found != model::Lookup::kFound) return found;
    const auto shown = context_.lifecycle->show(handle);
    if (!shown) return shown.error();
    if (*shown) values = with_lifecycle(values, **shown);
    visit({.handle = handle, .version = 0, .all_public = all_public, .values = values});
    return model::Lookup::kFound;
}

/// Somebody else's handle: an answer kept from before, a question for the top-level node, or RC
/// 301.
Resolved Resolution::pass_on(const Query& query, Question& question) {
    if (!query.has(flag::kRecursive) || !context_.upstream.serves(query.from)) {
        return refuse(ResponseCode::kServerNotResponsible, "prefix is not homed on this server");
    }
    question.handle = query.request.handle;
    question.indexes = requested_indexes(query.request);
    question.types = requested_types(query.request);
    question.flags = query.flags;
    question.recursion_count = query.recursion_count;
    Resolved kept{.forwarded = context_.upstream.cached(question)};
    if (!kept.forwarded) kept.outcome = Outcome::kAskUpstream;
    return kept;
}

/// §4.3 steps 4 and 5: no such record. A prefix may be registered with a delegated registry.
Resolved Resolution::answer_missing(const Query& query, ByteWriter& body) {
    const auto prefix = named_prefix(query.request.handle);
    if (!prefix || query.has(flag::kDoNotRefer)) return refuse(ResponseCode::kHandleNotFound);
    body.text_u32({});  // no handle: the sites follow
    const auto found = service::write_delegation(context_.store, *prefix, query.tier(), key_, body);
    if (!found) return refuse(ResponseCode::kError, "storage failed");
    if (*found == model::Lookup::kNotInMemory) return {.outcome = Outcome::kRetryOnPool};
    return refuse(*found == model::Lookup::kNotFound ? ResponseCode::kHandleNotFound
                                                     : ResponseCode::kPrefixReferral);
}

/// §4.3 steps 5 and 6.
Resolved Resolution::answer_record(const Query& query, const model::RecordView& record,
                                   const service::Requester& requester, ByteWriter& body) {
    if (!query.has(flag::kPublicOnly) && !record.all_public) {
        return answer_unrestricted(query, record, requester, body);
    }
    body.text_u32(query.request.handle);
    if (record.all_public && query.request.selects_everything()) {
        ByteReader in(record.values);
        const std::uint32_t count = in.u32("count");
        body.raw(record.values);
        return values_found(count);
    }
    return values_found(service::write_values(record.values, body, [&](const ValueView& value) {
        return value.is_public() && query.request.selects(value);
    }));
}

/// The client did not limit itself to public values: the first restricted one that it selects
/// decides.
Resolved Resolution::answer_unrestricted(const Query& query, const model::RecordView& record,
                                         const service::Requester& requester, ByteWriter& body) {
    bool restricted = false;
    bool readable = false;
    body.text_u32(query.request.handle);
    const std::uint32_t count =
        service::write_values(record.values, body, [&](const ValueView& value) {
            if (!query.request.selects(value)) return false;
            if (!value.is_public() && !restricted) {
                restricted = true;
                readable = value.is_admin_readable();
            }
            return true;
        });
    if (count == 0 || !restricted) return values_found(count);
    if (!readable) return refuse(ResponseCode::kInsufficientPermissions);
    if (requester.claimed() == nullptr) return refuse(ResponseCode::kAuthenticationNeeded);
    // Whether they may read it depends on other records, which must not be read from in here.
    restricted_.assign(record.values.begin(), record.values.end());
    return {};
}

Resolved Resolution::answer_with_rights(const Query& query, service::Requester& requester,
                                        ByteWriter& body) {
    const auto record = handle::decode_values(restricted_);
    if (!record) return refuse(ResponseCode::kError, "the record is damaged");
    const service::Verdict verdict = administration_.permit_reading(*record, requester);
    if (verdict.code != ResponseCode::kSuccess) return refuse(verdict.code);
    body.text_u32(query.request.handle);
    Resolved resolved =
        values_found(service::write_values(restricted_, body, [&](const ValueView& value) {
            return query.request.selects(value) && (value.is_public() || value.is_admin_readable());
        }));
    resolved.restricted = true;
    return resolved;
}

/// §4.9.
Resolved Resolution::answer_status(const Query& query, service::Requester& requester,
                                   ByteWriter& body) {
    if (query.has(flag::kPublicOnly)) return refuse(ResponseCode::kValuesNotFound);
    const service::Verdict verdict = administration_.permit_server(requester);
    if (verdict.code != ResponseCode::kSuccess) return refuse(verdict.code);
    const Bytes values = handle::encode_values(context_.status.values());
    body.text_u32(query.request.handle);
    Resolved resolved = values_found(service::write_values(
        values, body, [&](const ValueView& value) { return query.request.selects(value); }));
    resolved.restricted = true;
    return resolved;
}

void write_resolved(std::string_view handle, const Resolved& resolved, Reply& reply) {
    if (resolved.forwarded) return write_forwarded(handle, *resolved.forwarded, reply);
    if (resolved.restricted) reply.mark_restricted();
    switch (resolved.code) {
        case ResponseCode::kSuccess:
        case ResponseCode::kPrefixReferral:
            return reply.finish(resolved.code);
        default:
            return write_refusal(resolved.code, resolved.text, reply);
    }
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
