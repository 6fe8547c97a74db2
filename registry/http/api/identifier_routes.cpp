// Identifiers: one by one, in lists and in batches.

#include <google/protobuf/util/time_util.h>

#include "registry/http/api/bodies.h"
#include "registry/http/api/writes.h"
#include "registry/registration/identifiers.h"
#include "registry/registration/objects.h"
#include "registry/registration/operations.h"

namespace idnode::http {

namespace {

using Field = boost::beast::http::field;
using registration::Code;
using registration::Draft;
using registration::Identifiers;
using registration::Refusal;
using registration::Together;
using registration::Write;

/// `identifier` must outlive it.
Draft draft_of(Write write, const v1::Identifier& identifier) {
    Draft out{.write = write,
              .handle = identifier.handle(),
              .template_version = identifier.template_version()};
    out.values.reserve(static_cast<std::size_t>(identifier.values_size()));
    for (const v1::ItemValue& value : identifier.values()) {
        out.values.push_back({value.index(), value.type(), value.value()});
    }
    return out;
}

std::string location_of(std::string_view handle) {
    return "/idn/v1/identifiers/" + percent_encode(handle);
}

/// One draft, and what the record is now: its handle and version.
Response write(ApiCall& call, Draft draft) {
    const auto reply = write_once(call, {&draft, 1}, Together::kIndependent);
    if (!reply) return refuse(call, reply.error());
    if (reply->refused_status != 0) {
        v1::ErrorReply error;
        *error.mutable_error() = reply->result.results(0).error();
        Response out = answer(call, static_cast<Status>(reply->refused_status), error);
        out.set("X-IDN-Code", error.error().code());
        return out;
    }
    v1::Identifier written;
    written.set_handle(std::string(draft.handle));
    written.set_template_version(std::string(draft.template_version));
    written.set_version(reply->version);
    Response out = answer(call, reply->created ? Status::created : Status::ok, written);
    set_version(out, reply->version);
    if (reply->created) out.set(Field::location, location_of(draft.handle));
    return out;
}

Response create(ApiCall& call) {
    v1::Identifier wanted;
    if (auto read = read_body(call, wanted); !read) return refuse(call, read.error());
    return write(call, draft_of(Write::kCreate, wanted));
}

/// PUT and PATCH: the path says which.
Response change(ApiCall& call, Write how) {
    v1::Identifier wanted;
    if (auto read = read_body(call, wanted); !read) return refuse(call, read.error());
    if (!wanted.handle().empty() && wanted.handle() != call.subjects[0]) {
        return refuse(call, registration::invalid("handle", "must be that of the path"));
    }
    wanted.set_handle(call.subjects[0]);
    const auto expected = expected_version(call.request);
    if (!expected) return refuse(call, expected.error());
    Draft draft = draft_of(how, wanted);
    draft.expected = *expected;
    return write(call, std::move(draft));
}

Response put(ApiCall& call) {
    if (must_be_new(call.request)) return change(call, Write::kCreate);
    const bool must_exist = call.request.count(Field::if_match) > 0;
    return change(call, must_exist ? Write::kReplace : Write::kPut);
}

Response patch(ApiCall& call) {
    return change(call, Write::kPatch);
}

Response remove(ApiCall& call) {
    const auto expected = expected_version(call.request);
    if (!expected) return refuse(call, expected.error());
    Draft draft{.write = Write::kDelete, .handle = call.subjects[0], .template_version = {}};
    draft.expected = *expected;
    return write(call, std::move(draft));
}

Response get(ApiCall& call) {
    Identifiers identifiers(call.registrar);
    const std::string_view as_of = parameter(call, "asOf");
    if (as_of.empty()) {
        return answer_outcome(call, Status::ok, identifiers.find(call.actor, call.subjects[0]));
    }
    google::protobuf::Timestamp time;
    if (!google::protobuf::util::TimeUtil::FromString(std::string(as_of), &time)) {
        return refuse(call,
                      registration::invalid("asOf", "must be a time such as 2025-06-02T01:30:00Z"));
    }
    return answer_outcome(
        call, Status::ok,
        identifiers.find_as_of(call.actor, call.subjects[0], registration::to_time(time)));
}

Response list(ApiCall& call) {
    if (parameter(call, "prefix").empty()) return refuse(call, registration::missing("prefix"));
    return answer_outcome(
        call, Status::ok,
        Identifiers(call.registrar)
            .list(call.actor, parameter(call, "prefix"), parameter(call, "suffix"),
                  parameter(call, "cursor"), page_size(call)));
}

Response history(ApiCall& call) {
    return answer_outcome(
        call, Status::ok,
        Identifiers(call.registrar)
            .history(call.actor, call.subjects[0], parameter(call, "cursor"), page_size(call)));
}

Write write_of(v1::BatchAction action) {
    switch (action) {
        case v1::BATCH_ACTION_REPLACE:
            return Write::kReplace;
        case v1::BATCH_ACTION_PATCH:
            return Write::kPatch;
        case v1::BATCH_ACTION_DELETE:
            return Write::kDelete;
        case v1::BATCH_ACTION_PUT:
            return Write::kPut;
        default:
            return Write::kCreate;
    }
}

Response batch(ApiCall& call) {
    v1::Batch wanted;
    if (auto read = read_body(call, wanted); !read) return refuse(call, read.error());
    if (wanted.items().empty()) return refuse(call, registration::missing("items"));
    const std::size_t items_max = call.registrar.terms.batch_items_max;
    if (static_cast<std::size_t>(wanted.items_size()) > items_max) {
        return refuse(call, Refusal{.code = Code::kLimit,
                                    .message = "items: at most " + std::to_string(items_max),
                                    .field = "items",
                                    .remedy = "send several batches, or a stream"});
    }
    std::vector<Draft> drafts;
    drafts.reserve(static_cast<std::size_t>(wanted.items_size()));
    for (const v1::BatchItem& item : wanted.items()) {
        Draft& draft = drafts.emplace_back(draft_of(write_of(item.action()), item.identifier()));
        if (item.expected_version() != 0) draft.expected = item.expected_version();
    }
    const bool together = wanted.mode() == v1::BATCH_MODE_ALL_OR_NOTHING;
    const auto reply =
        write_once(call, drafts, together ? Together::kAllOrNothing : Together::kIndependent);
    if (!reply) return refuse(call, reply.error());
    const bool refused = together && reply->result.failed() > 0;
    return answer(call, refused ? Status::unprocessable_entity : Status::ok, reply->result);
}

/// What became of a request whose answer got lost.
Response get_operation(ApiCall& call) {
    const auto found =
        registration::Operations(call.registrar).find(call.actor, call.subjects[0], {});
    if (!found) return refuse(call, found.error());
    if (!*found) {
        return refuse(call,
                      registration::not_found("operation with this key in the last 24 hours"));
    }
    v1::BatchResult result;
    if (!result.ParseFromString((*found)->operation.result())) {
        return refuse(call, registration::damaged_object());
    }
    return answer(call, Status::ok, result);
}

}  // namespace

std::span<const ApiRoute> identifier_routes() {
    static constexpr std::array kRoutes{
        ApiRoute{Method::post, "/idn/v1/identifiers", "createIdentifier", false, &create},
        ApiRoute{Method::get, "/idn/v1/identifiers", "listIdentifiers", false, &list},
        ApiRoute{Method::get, "/idn/v1/identifiers/{handle...}", "getIdentifier", false, &get},
        ApiRoute{Method::put, "/idn/v1/identifiers/{handle...}", "putIdentifier", false, &put},
        ApiRoute{Method::patch, "/idn/v1/identifiers/{handle...}", "patchIdentifier", false,
                 &patch},
        ApiRoute{Method::delete_, "/idn/v1/identifiers/{handle...}", "deleteIdentifier", false,
                 &remove},
        ApiRoute{Method::get, "/idn/v1/history/{handle...}", "getHistory", false, &history},
        ApiRoute{Method::post, "/idn/v1/batches", "writeBatch", false, &batch},
        ApiRoute{Method::get, "/idn/v1/operations/{key}", "getOperation", false, &get_operation},
    };
    return kRoutes;
}

}  // namespace idnode::http
