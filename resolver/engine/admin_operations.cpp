#include "resolver/engine/admin_operations.h"

#include <memory>
#include <utility>

#include "proto/handle/requests.h"
#include "proto/handle/responses.h"
#include "resolver/engine/list_stream.h"
#include "resolver/engine/resolution.h"

namespace idnode::resolver {

namespace {

using handle::OpCode;
using handle::ResponseCode;
using service::Verdict;
namespace flag = handle::flag;

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

StreamPtr answer_list(const ReplyTo& to, service::Administration& administration,
                      service::Requester& requester, std::string_view prefix_handle) {
    service::Listed listed = to.request.header.op == OpCode::kListHandles
                                 ? administration.list_handles(prefix_handle, requester)
                                 : administration.list_homed_prefixes(requester);
    if (listed.names == nullptr) {
        write_verdict(to, listed.verdict);
        return nullptr;
    }
    auto stream = std::make_shared<ListStream>(to, std::move(listed.names));
    if (stream->next({}, to.out) == Stream::Next::kEnd) return nullptr;
    return stream;
}

/// All but create, add, modify and lists.
void answer_small_request(const ReplyTo& to, service::Administration& administration,
                          service::Requester& requester) {
    const OpCode op = to.request.header.op;
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
        default:
            return write_verdict(to, administration.unhome(*handle, requester));
    }
}

}  // namespace

StreamPtr answer_administration(const ReplyTo& to, service::Administration& administration,
                                service::Requester& requester) {
    switch (to.request.header.op) {
        case OpCode::kCreateHandle:
        case OpCode::kAddValue:
        case OpCode::kModifyValue:
            answer_values_request(to, administration, requester);
            return nullptr;
        case OpCode::kListHandles:
        case OpCode::kListHomedPrefixes: {
            const auto handle = handle::decode_handle_request(to.request.body);
            if (handle) return answer_list(to, administration, requester, *handle);
            refuse_undecodable(to);
            return nullptr;
        }
        default:
            answer_small_request(to, administration, requester);
            return nullptr;
    }
}

}  // namespace idnode::resolver
