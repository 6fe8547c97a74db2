#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "registry/http/rest/login.h"
#include "registry/http/rest/resources.h"
#include "resolver/engine/operations.h"

/// What happens to requests that are not carried out, and what is told of those that are.
namespace idnode::http {

/// One request to the rules: who asks for what.
struct Matter {
    Call& call;
    RestContext& context;
    Login& login;
    handle::OpCode operation;
    std::string_view handle;  // what it is about, as given; empty: none
};

/// What `act` comes to, which changes something; a mirror refuses instead (§4.10).
template <class Act>
service::Verdict change(const Matter& matter, Act&& act) {
    const resolver::Operation* operation = resolver::find_operation(matter.operation);
    if (matter.context.node.is_mirror && operation != nullptr && operation->primary_only) {
        return {.code = handle::ResponseCode::kServerNotResponsible,
                .text = "this server is a mirror: ask the primary"};
    }
    return std::forward<Act>(act)();
}

/// The answer to what was refused or failed, by the table of §8.3, with its audit event. A proof
/// that does not hold is a 401 with response code 402: the client may try another one.
Response refuse(const Matter& matter, handle::ResponseCode code, std::string_view text);
/// As above for what the rules say, referrals and conditions included; not for kSuccess.
Response refuse(const Matter& matter, const service::Verdict& verdict);

/// Tells the audit of a change.
void record_change(const Matter& matter, const service::Verdict& verdict);

/// `"values":[…]` of a `VALUES` section.
std::string values_json(BytesView values);

}  // namespace idnode::http
