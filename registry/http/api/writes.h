#pragma once

#include <functional>
#include <optional>
#include <span>

#include "proto/idnode/v1/identifier.pb.h"
#include "registry/http/api/routes.h"
#include "registry/registration/identifiers.h"
#include "registry/registration/operations.h"

/// Writes of identifiers as requests: done once for each idempotency key.
namespace idnode::http {

v1::Error to_error(const registration::Refusal& refusal);

/// A request that writes, whatever interface it came by.
struct WriteRequest {
    const Request& request;
    const registration::Registrar& registrar;
    const registration::Actor& actor;
};

/// What became of drafts: now, or the first time that they were sent.
struct DoneOnce {
    registration::WrittenAll all{};
    std::optional<registration::Operations::Found> before{};  // then `all` is empty
};

/// Carries out the drafts, or remembers. The key is that of `Idempotency-Key`, if there is one;
/// `to_operation` says what to remember. kTooMany: the account has sent too many.
registration::Outcome<DoneOnce> write_once(
    const WriteRequest& write, registration::Identifiers& identifiers,
    std::span<registration::Draft> drafts, registration::Together together,
    const std::function<v1::Operation(const registration::WrittenAll&)>& to_operation);

/// What a request to write came to, now or when it was sent for the first time.
struct WriteReply {
    v1::BatchResult result;
    /// Of the first draft: what the record has now, or was refused with.
    model::TransactionId version = 0;
    bool created = false;
    unsigned refused_status = 0;  // of HTTP; 0: it was not refused
    bool repeated = false;        // answered from memory
};

registration::Outcome<WriteReply> write_once(ApiCall& call, std::span<registration::Draft> drafts,
                                             registration::Together together);

}  // namespace idnode::http
