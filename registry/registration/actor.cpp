#include "registry/registration/actor.h"

namespace idnode::registration {

Scopes scopes_of(v1::Role role) {
    static constexpr Scopes kReading{v1::SCOPE_IDENTIFIERS_READ, v1::SCOPE_TEMPLATES_READ,
                                     v1::SCOPE_ENTERPRISES_READ};
    switch (role) {
        case v1::ROLE_OPERATOR:
            return {v1::SCOPE_IDENTIFIERS_READ, v1::SCOPE_IDENTIFIERS_WRITE,
                    v1::SCOPE_TEMPLATES_READ,   v1::SCOPE_TEMPLATES_WRITE,
                    v1::SCOPE_ENTERPRISES_READ, v1::SCOPE_ENTERPRISES_WRITE,
                    v1::SCOPE_REVIEW,           v1::SCOPE_OPERATE,
                    v1::SCOPE_ACCOUNTS,         v1::SCOPE_AUDIT,
                    v1::SCOPE_EVENTS_READ,      v1::SCOPE_EVENTS_WRITE};
        case v1::ROLE_REVIEWER:
            return {v1::SCOPE_ENTERPRISES_READ, v1::SCOPE_TEMPLATES_READ, v1::SCOPE_REVIEW};
        case v1::ROLE_ENTERPRISE_ADMINISTRATOR:
            return {v1::SCOPE_IDENTIFIERS_READ, v1::SCOPE_IDENTIFIERS_WRITE,
                    v1::SCOPE_TEMPLATES_READ,   v1::SCOPE_TEMPLATES_WRITE,
                    v1::SCOPE_ENTERPRISES_READ, v1::SCOPE_ENTERPRISES_WRITE,
                    v1::SCOPE_ACCOUNTS,         v1::SCOPE_AUDIT,
                    v1::SCOPE_EVENTS_READ,      v1::SCOPE_EVENTS_WRITE};
        case v1::ROLE_APPLICATION:
            return {v1::SCOPE_IDENTIFIERS_READ, v1::SCOPE_IDENTIFIERS_WRITE,
                    v1::SCOPE_TEMPLATES_READ,   v1::SCOPE_TEMPLATES_WRITE,
                    v1::SCOPE_ENTERPRISES_READ, v1::SCOPE_EVENTS_READ,
                    v1::SCOPE_EVENTS_WRITE};
        case v1::ROLE_AUDITOR: {
            Scopes out = kReading;
            out.add(v1::SCOPE_AUDIT);
            out.add(v1::SCOPE_EVENTS_READ);
            return out;
        }
        default:
            return {};
    }
}

Outcome<void> require(const Actor& actor, v1::Scope scope) {
    if (actor.scopes.has(scope)) return {};
    return Refusal{.code = Code::kNotAllowed,
                   .message = "this needs " + v1::Scope_Name(scope) +
                              ", which the account's role or the token does not give",
                   .remedy = "use a token with this scope, of an account whose role has it"};
}

}  // namespace idnode::registration
