#pragma once

#include <google/protobuf/message.h>

#include <cstddef>
#include <functional>
#include <string>

#include "proto/idnode/v1/audit.pb.h"
#include "registry/registration/actor.h"
#include "registry/registration/registrar.h"

namespace idnode::registration {

/// The change log for people who answer for it: who changed what, when, from where, before and
/// after. Newest first.
class Audit {
  public:
    /// How messages are shown; the front door knows.
    using Show = std::function<std::string(const google::protobuf::Message&)>;

    Audit(const Registrar& registrar, Show show) : registrar_(registrar), show_(std::move(show)) {}

    struct Question {
        std::string who{};   // `account:mes`, `300:0.NA/88.100`; empty: anybody
        std::string kind{};  // as in `AuditEntry`; empty: every one
        std::string name{};  // whole, or a beginning with `*` at its end
        model::TimeMs since = 0;
        model::TimeMs until = 0;  // 0: now
        std::string cursor{};
    };
    /// What the actor reaches. One answer looks at a bounded part of the log: it may hold few or no
    /// entries and a cursor all the same.
    Outcome<v1::AuditTrail> trail(const Actor& actor, const Question& question,
                                  std::size_t count_max);

  private:
    const Registrar& registrar_;
    Show show_;
};

}  // namespace idnode::registration
