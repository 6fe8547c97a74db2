#pragma once

#include <string>
#include <string_view>

#include "registry/http/snms/call.h"
#include "registry/http/snms/fault.h"

/// The envelope (§1.2): `{"message":…,"status":…,"data":…}`, members in this order.
namespace idnode::http::snms {

/// The whole body of a success; `data` is complete JSON.
std::string success_body(std::string_view data);
/// The whole body of a refusal.
std::string failure_body(const SnmsCall& call, const Fault& fault);
/// 200 with this body. `code`: our name of what was refused, if something was.
Response answer(std::string body, std::string_view code = {});
inline Response succeed(std::string_view data) {
    return answer(success_body(data));
}
/// 200, except where §1.1 says otherwise.
Response refuse(const SnmsCall& call, const Fault& fault);
/// As above with another status of HTTP.
Response refuse(const SnmsCall& call, const Fault& fault, Status status);

inline Response refuse(const SnmsCall& call, const registration::Refusal& refusal) {
    return refuse(call, fault_of(refusal));
}

}  // namespace idnode::http::snms
