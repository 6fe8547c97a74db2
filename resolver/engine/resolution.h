#pragma once

#include <string>

#include "proto/handle/resolution.h"
#include "resolver/engine/context.h"
#include "resolver/engine/reply.h"

namespace idnode::resolver {

/// Operation 1, in the server order of §4.3. Reusable: keeps its buffers from one request to the
/// next. Not thread-safe.
class Resolution {
  public:
    explicit Resolution(const EngineContext& context)
        : context_(context), prefixes_(context.store.prefixes()) {}

    /// Decides about a decoded message with operation 1. For kAskUpstream fills `question`.
    /// kRetryOnPool: nothing of the reply may be used.
    Outcome answer(const handle::MessageView& message, const Peer& peer, Effort effort,
                   model::TimeMs now, Reply& reply, Question& question);

  private:
    struct Ask;

    bool is_responsible(std::string_view handle);
    bool has_homed_ancestor(std::string_view prefix);
    Outcome pass_on(const Ask& ask, Reply& reply, Question& question);
    Outcome answer_missing(const Ask& ask, Reply& reply);
    void answer_record(const Ask& ask, const model::RecordView& record, Reply& reply);
    void answer_unrestricted(const Ask& ask, const model::RecordView& record, Reply& reply);
    void ask_who(const Ask& ask, Reply& reply);

    const EngineContext& context_;
    model::PrefixReader prefixes_;
    model::SuffixCase suffix_case_ = model::SuffixCase::kFold;  // of the handle being looked up
    std::string prefix_handle_;                                 // `0.NA/<prefix>` of it, folded
    model::Key key_;
};

/// The answer of another node as this node's reply: the handle as the client spelled it.
void write_forwarded(std::string_view handle, const UpstreamAnswer& answer, Reply& reply);

}  // namespace idnode::resolver
