#pragma once

#include <functional>
#include <span>

#include "proto/idnode/v1/identifier.pb.h"
#include "registry/http/api/routes.h"
#include "registry/registration/identifiers.h"

/// Writes of identifiers as requests: done once for each idempotency key.
namespace idnode::http {

v1::Error to_error(const registration::Refusal& refusal);

/// What a request to write came to, now or when it was sent for the first time.
struct WriteReply {
    v1::BatchResult result;
    /// Of the first draft: what the record has now, or was refused with.
    model::TransactionId version = 0;
    bool created = false;
    unsigned refused_status = 0;  // of HTTP; 0: it was not refused
    bool repeated = false;        // answered from memory
};

/// Carries out the drafts, or remembers. The key is that of `Idempotency-Key`, if there is one.
registration::Outcome<WriteReply> write_once(ApiCall& call, std::span<registration::Draft> drafts,
                                             registration::Together together);

}  // namespace idnode::http
