// The audit trail and what enterprises are metered by.

#include <google/protobuf/util/time_util.h>

#include <limits>

#include "registry/http/api/bodies.h"
#include "registry/http/api/message_json.h"
#include "registry/registration/audit.h"
#include "registry/registration/meters.h"
#include "registry/registration/objects.h"

namespace idnode::http {

namespace {

using registration::Audit;
using registration::Outcome;

Outcome<model::TimeMs> time_of(const ApiCall& call, std::string_view name) {
    const std::string text(parameter(call, name));
    google::protobuf::Timestamp time;
    if (text.empty()) return model::TimeMs{0};
    if (google::protobuf::util::TimeUtil::FromString(text, &time)) {
        return registration::to_time(time);
    }
    return registration::invalid(std::string(name), "must be a time such as 2025-06-02T01:30:00Z");
}

Response get_audit(ApiCall& call) {
    const auto since = time_of(call, "since");
    if (!since) return refuse(call, since.error());
    const auto until = time_of(call, "until");
    if (!until) return refuse(call, until.error());
    Audit audit(call.registrar, [](const google::protobuf::Message& message) {
        std::string out;
        write_message(message, out);
        return out;
    });
    return answer_outcome(call, Status::ok,
                          audit.trail(call.actor,
                                      {.who = std::string(parameter(call, "who")),
                                       .kind = std::string(parameter(call, "kind")),
                                       .name = std::string(parameter(call, "name")),
                                       .since = *since,
                                       .until = *until,
                                       .cursor = std::string(parameter(call, "cursor"))},
                                      page_size(call)));
}

Response get_metering(ApiCall& call) {
    const auto day = [&](std::string_view name, std::uint64_t otherwise) {
        const std::string_view text = parameter(call, name);
        return text.empty() ? std::optional(otherwise) : registration::parse_day(text);
    };
    const auto first = day("first", 0);
    const auto last = day("last", std::numeric_limits<std::uint64_t>::max() - 1);
    if (!first || !last) {
        return refuse(call, registration::invalid(first ? "last" : "first",
                                                  "must be a day such as 2025-06-02"));
    }
    return answer_outcome(call, Status::ok,
                          call.registrar.meters.of(call.registrar, call.actor,
                                                   number_of(call.subjects[0]), *first, *last));
}

}  // namespace

std::span<const ApiRoute> audit_routes() {
    static constexpr std::array kRoutes{
        ApiRoute{Method::get, "/idn/v1/audit", "getAudit", false, &get_audit},
        ApiRoute{Method::get, "/idn/v1/enterprises/{id}/metering", "getMetering", false,
                 &get_metering},
    };
    return kRoutes;
}

}  // namespace idnode::http
