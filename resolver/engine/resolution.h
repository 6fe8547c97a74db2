#pragma once

#include <string_view>

#include "proto/handle/resolution.h"
#include "registry/service/administration.h"
#include "registry/service/identity.h"
#include "registry/service/responsibility.h"
#include "resolver/engine/context.h"
#include "resolver/engine/reply.h"

namespace idnode::resolver {

/// A lookup, whichever front door it came by.
struct Query {
    const handle::ResolutionRequestView& request;
    std::uint32_t flags = 0;  // §3.2: public only, recursive, do not refer, those of questions
    std::uint8_t recursion_count = 0;
    const Address& from;
    Effort effort = Effort::kInline;

    bool has(std::uint32_t flag) const { return (flags & flag) != 0; }
    model::ReadTier tier() const {
        return effort == Effort::kInline ? model::ReadTier::kMemory : model::ReadTier::kAny;
    }
};

/// What a lookup came to.
struct Resolved {
    Outcome outcome = Outcome::kReply;  // unless kReply, nothing else may be used
    handle::ResponseCode code = handle::ResponseCode::kSuccess;  // 402: they must be challenged
    std::string_view text{};                                     // for people, on errors
    bool restricted = false;                                     // the values are not for everyone
    /// Of the record that was found here; 0 also where the answer does not follow from it alone.
    model::TransactionId version = 0;
    UpstreamAnswerPtr forwarded{};  // the answer of another node instead of all the above
};

/// Operation 1, in the server order of §4.3. Reusable: keeps its buffers from one request to the
/// next. Not thread-safe.
class Resolution {
  public:
    Resolution(const EngineContext& context, service::Administration& administration)
        : context_(context),
          administration_(administration),
          responsibility_(context.store, context.administration.own_prefix) {}

    /// Appends to `body`: on success handle and `VALUES`, on a referral an empty handle and
    /// `VALUES`; otherwise what is there means nothing. For kAskUpstream fills `question`.
    Resolved answer(const Query& query, service::Requester& requester, ByteWriter& body,
                    Question& question);

  private:
    Resolved pass_on(const Query& query, Question& question);
    Result<model::Lookup> read_record(const Query& query, std::string_view key,
                                      model::FunctionRef<void(const model::RecordView&)> visit);
    Result<model::Lookup> read_with_lifecycle(
        std::string_view key, model::FunctionRef<void(const model::RecordView&)> visit);
    Resolved answer_missing(const Query& query, ByteWriter& body);
    Resolved answer_record(const Query& query, const model::RecordView& record,
                           const service::Requester& requester, ByteWriter& body);
    Resolved answer_unrestricted(const Query& query, const model::RecordView& record,
                                 const service::Requester& requester, ByteWriter& body);
    Resolved answer_with_rights(const Query& query, service::Requester& requester,
                                ByteWriter& body);
    Resolved answer_status(const Query& query, service::Requester& requester, ByteWriter& body);

    const EngineContext& context_;
    service::Administration& administration_;
    service::Responsibility responsibility_;
    model::Key key_;
    Bytes restricted_;  // values of a record that need rights, while these are being checked
};

/// Ends the reply to a lookup of `handle` whose values are in its body; the outcome must be kReply.
void write_resolved(std::string_view handle, const Resolved& resolved, Reply& reply);

/// The answer of another node as this node's reply: the handle as the client spelled it.
void write_forwarded(std::string_view handle, const UpstreamAnswer& answer, Reply& reply);

/// The end of an operation that was not carried out.
void write_refusal(handle::ResponseCode code, std::string_view text, Reply& reply);

}  // namespace idnode::resolver
