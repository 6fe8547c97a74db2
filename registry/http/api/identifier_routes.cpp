// Identifiers: one by one, in lists and in batches.

#include <google/protobuf/util/time_util.h>

#include "registry/http/api/bodies.h"
#include "registry/http/api/csv.h"
#include "registry/http/api/drafts.h"
#include "registry/http/api/rows.h"
#include "registry/http/api/stream.h"
#include "registry/http/api/writes.h"
#include "registry/json/fields.h"
#include "registry/json/parse.h"
#include "registry/registration/identifiers.h"
#include "registry/registration/objects.h"
#include "registry/registration/operations.h"
#include "registry/registration/templates.h"

namespace idnode::http {

namespace {

using Field = boost::beast::http::field;
using registration::Code;
using registration::Draft;
using registration::Identifiers;
using registration::Outcome;
using registration::Refusal;
using registration::Together;
using registration::Write;

// Where a list in rows goes on: percent-encoded, as a handle may hold what no field can.
constexpr std::string_view kNextCursorField = "X-IDN-Next-Cursor";

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
    return write(call, to_draft(Write::kCreate, wanted));
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
    Draft draft = to_draft(how, wanted);
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
    const auto page = Identifiers(call.registrar)
                          .list(call.actor, parameter(call, "prefix"), parameter(call, "suffix"),
                                parameter(call, "cursor"), page_size(call));
    const auto accept = call.request[Field::accept];
    if (!page || !is_csv({accept.data(), accept.size()})) {
        return answer_outcome(call, Status::ok, page);
    }
    const auto form =
        registration::Templates(call.registrar)
            .find(call.actor, parameter(call, "prefix"), parameter(call, "templateVersion"));
    if (!form) return refuse(call, form.error());
    Response out(Status::ok, 11);
    out.set(Field::content_type, "text/csv; charset=utf-8; header=present");
    if (!page->next_cursor().empty()) {
        out.set(kNextCursorField, percent_encode(page->next_cursor()));
    }
    out.body() = csv_of(*form, *page);
    return out;
}

Response history(ApiCall& call) {
    return answer_outcome(
        call, Status::ok,
        Identifiers(call.registrar)
            .history(call.actor, call.subjects[0], parameter(call, "cursor"), page_size(call)));
}

/// A batch as it came, in either form; drafts are views into it.
struct BatchBody {
    v1::Batch message;
    boost::json::value json;
    std::vector<Draft> drafts;
    bool together = false;
};

Outcome<void> read_json_batch(const ApiCall& call, BatchBody& out) {
    const auto fault = [](const Error& error) { return body_fault(error); };
    auto parsed = json::parse(call.request.body(), call.request.body().size());
    if (!parsed) return fault(parsed.error());
    out.json = *std::move(parsed);
    const auto object = json::read_object(out.json, {});
    if (!object) return fault(object.error());
    const json::Place root;
    for (const auto& member : **object) {
        const std::string_view name(member.key().data(), member.key().size());
        if (name == "mode") {
            v1::BatchMode mode = v1::BATCH_MODE_UNSPECIFIED;
            const auto text = json::read_string(member.value(), root.member(name));
            if (!text) return fault(text.error());
            if (!v1::BatchMode_Parse(std::string(*text), &mode)) {
                return registration::invalid(
                    "mode", "must be BATCH_MODE_INDEPENDENT or BATCH_MODE_ALL_OR_NOTHING");
            }
            out.together = mode == v1::BATCH_MODE_ALL_OR_NOTHING;
            continue;
        }
        if (name != "items") return registration::invalid(std::string(name), "is not known here");
        const json::Place place = root.member(name);
        const auto items = json::read_array(member.value(), place);
        if (!items) return fault(items.error());
        out.drafts.reserve((*items)->size());
        for (const auto& item : **items) {
            auto draft = read_item(item, place.item(out.drafts.size()));
            if (!draft) return fault(draft.error());
            out.drafts.push_back(*std::move(draft));
        }
    }
    return {};
}

Outcome<void> read_batch(const ApiCall& call, BatchBody& out) {
    if (!has_protobuf_body(call.request)) return read_json_batch(call, out);
    if (auto read = read_body(call, out.message); !read) return read.error();
    out.together = out.message.mode() == v1::BATCH_MODE_ALL_OR_NOTHING;
    for (const v1::BatchItem& item : out.message.items()) out.drafts.push_back(to_draft(item));
    return {};
}

Response batch(ApiCall& call) {
    BatchBody body;
    if (auto read = read_batch(call, body); !read) return refuse(call, read.error());
    if (body.drafts.empty()) return refuse(call, registration::missing("items"));
    const std::size_t items_max = call.registrar.terms.batch_items_max;
    if (body.drafts.size() > items_max) {
        return refuse(call, Refusal{.code = Code::kLimit,
                                    .message = "items: at most " + std::to_string(items_max),
                                    .field = "items",
                                    .remedy = "send several batches, or a stream"});
    }
    const auto reply = write_once(call, body.drafts,
                                  body.together ? Together::kAllOrNothing : Together::kIndependent);
    if (!reply) return refuse(call, reply.error());
    const bool refused = body.together && reply->result.failed() > 0;
    return answer(call, refused ? Status::unprocessable_entity : Status::ok, reply->result);
}

/// Streams are taken piece by piece and never come here.
Response refuse_whole_stream(ApiCall& call) {
    return refuse(
        call, Refusal{.code = Code::kInternal, .message = "the request could not be carried out"});
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
        ApiRoute{Method::post, kBatchPath, "writeBatch", false, &batch},
        ApiRoute{Method::post, kStreamPath, "writeStream", false, &refuse_whole_stream},
        ApiRoute{Method::get, "/idn/v1/streams/{id}", "getStream", false, &get_stream},
        ApiRoute{Method::get, "/idn/v1/operations/{key}", "getOperation", false, &get_operation},
    };
    return kRoutes;
}

}  // namespace idnode::http
