#pragma once

#include "proto/handle/resolution.h"
#include "registry/service/administration.h"
#include "registry/service/identity.h"
#include "registry/service/responsibility.h"
#include "resolver/engine/context.h"
#include "resolver/engine/reply.h"

namespace idnode::resolver {

/// Operation 1, in the server order of §4.3. Reusable: keeps its buffers from one request to the
/// next. Not thread-safe.
class Resolution {
  public:
    Resolution(const EngineContext& context, service::Administration& administration)
        : context_(context),
          administration_(administration),
          responsibility_(context.store, context.administration.own_prefix) {}

    /// Decides about a decoded message with operation 1. For kAskUpstream fills `question`. When
    /// the outcome is not kReply, nothing of the reply may be used.
    Outcome answer(const ReplyTo& to, Effort effort, service::Requester& requester, Reply& reply,
                   Question& question);

  private:
    struct Ask;

    Outcome pass_on(const Ask& ask, Reply& reply, Question& question);
    Outcome answer_missing(const Ask& ask, Reply& reply);
    Outcome answer_record(const Ask& ask, const model::RecordView& record, Reply& reply);
    Outcome answer_unrestricted(const Ask& ask, const model::RecordView& record, Reply& reply);
    Outcome answer_with_rights(const Ask& ask, Reply& reply);
    Outcome answer_status(const Ask& ask, Reply& reply);

    const EngineContext& context_;
    service::Administration& administration_;
    service::Responsibility responsibility_;
    model::Key key_;
    Bytes restricted_;  // values of a record that need rights, while these are being checked
};

/// The answer of another node as this node's reply: the handle as the client spelled it.
void write_forwarded(std::string_view handle, const UpstreamAnswer& answer, Reply& reply);

/// The end of an operation that was not carried out.
void write_refusal(handle::ResponseCode code, std::string_view text, Reply& reply);

}  // namespace idnode::resolver
