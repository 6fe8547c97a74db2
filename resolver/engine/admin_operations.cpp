#include "resolver/engine/admin_operations.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "proto/handle/requests.h"
#include "proto/handle/responses.h"
#include "resolver/engine/resolution.h"

namespace idnode::resolver {

namespace {

using handle::OpCode;
using handle::ResponseCode;
using service::Verdict;
namespace flag = handle::flag;

constexpr std::size_t kListedPerMessage = 50;  // what peers expect, §4.8
// Above this a list is refused: a connection's answers are kept until the peer takes them.
constexpr std::size_t kListedMax = 1'000'000;

/// Referrals for other operations than resolution only to peers that know them (§6.6).
bool refers(const handle::MessageView& request) {
    return request.envelope.suggested.at_least({2, 10}) && !request.header.has(flag::kDoNotRefer);
}

void write_verdict(const ReplyTo& to, const Verdict& verdict) {
    Reply reply(to);
    switch (verdict.code) {
        case ResponseCode::kSuccess:
            record_change(to, verdict.handle, verdict.transaction);
            if (verdict.replaced) reply.mark_replaced();
            if (to.request.header.op == OpCode::kCreateHandle) {
                handle::encode_create_response(verdict.handle, reply.body());
            }
            reply.finish(verdict.code);
            break;
        case ResponseCode::kPrefixReferral:
            reply.body().text_u32({});
            reply.body().raw(verdict.referral);
            reply.finish(verdict.code);
            break;
        default:
            write_refusal(verdict.code, verdict.text, reply);
            break;
    }
}

/// One message for each fifty, with the continuous flag on all but the last; an empty list is one.
void write_list(const ReplyTo& to, const std::vector<std::string>& handles) {
    std::size_t at = 0;
    do {
        const std::size_t count = std::min(kListedPerMessage, handles.size() - at);
        Reply reply(to);
        handle::encode_list_response(std::span(handles).subspan(at, count), reply.body());
        at += count;
        if (at < handles.size()) reply.mark_continued();
        reply.finish(ResponseCode::kSuccess);
    } while (at < handles.size());
}

void refuse_undecodable(const ReplyTo& to) {
    Reply(to).error(ResponseCode::kError, "request cannot be decoded");
}

/// Create, add and modify.
void answer_values_request(const ReplyTo& to, service::Administration& administration,
                           service::Requester& requester) {
    const handle::Header& header = to.request.header;
    const auto request = handle::decode_values_request(to.request.body);
    if (!request) return refuse_undecodable(to);
    const bool overwrite = header.has(flag::kOverwrite);
    const bool refer = refers(to.request);
    switch (header.op) {
        case OpCode::kCreateHandle:
            return write_verdict(
                to, administration.create(request->handle, request->values,
                                          {overwrite, header.has(flag::kMintSuffix), refer},
                                          requester));
        case OpCode::kAddValue:
            return write_verdict(to, administration.add_values(request->handle, request->values,
                                                               overwrite, refer, requester));
        default:
            return write_verdict(to, administration.modify_values(request->handle, request->values,
                                                                  refer, requester));
    }
}

void answer_list(const ReplyTo& to, service::Administration& administration,
                 service::Requester& requester, std::string_view prefix_handle) {
    std::vector<std::string> handles;
    const auto take = [&](std::string_view handle) {
        if (handles.size() <= kListedMax) handles.emplace_back(handle);
        return handles.size() <= kListedMax;
    };
    const Verdict verdict = to.request.header.op == OpCode::kListHandles
                                ? administration.list_handles(prefix_handle, requester, take)
                                : administration.list_homed_prefixes(requester, take);
    if (verdict.code != ResponseCode::kSuccess) return write_verdict(to, verdict);
    if (handles.size() > kListedMax) {
        return Reply(to).error(ResponseCode::kError, "more handles than a list may hold");
    }
    write_list(to, handles);
}

}  // namespace

void answer_administration(const ReplyTo& to, service::Administration& administration,
                           service::Requester& requester) {
    const OpCode op = to.request.header.op;
    if (op == OpCode::kCreateHandle || op == OpCode::kAddValue || op == OpCode::kModifyValue) {
        return answer_values_request(to, administration, requester);
    }
    if (op == OpCode::kRemoveValue) {
        const auto request = handle::decode_remove_value_request(to.request.body);
        if (!request) return refuse_undecodable(to);
        return write_verdict(to, administration.remove_values(request->handle, request->indexes,
                                                              refers(to.request), requester));
    }
    const auto handle = handle::decode_handle_request(to.request.body);
    if (!handle) return refuse_undecodable(to);
    switch (op) {
        case OpCode::kDeleteHandle:
            return write_verdict(to, administration.delete_handle(*handle, requester));
        case OpCode::kHomePrefix:
            return write_verdict(to, administration.home(*handle, requester));
        case OpCode::kUnhomePrefix:
            return write_verdict(to, administration.unhome(*handle, requester));
        default:
            return answer_list(to, administration, requester, *handle);
    }
}

}  // namespace idnode::resolver
