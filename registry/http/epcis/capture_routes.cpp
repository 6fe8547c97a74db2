#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <utility>

#include "proto/base/text.h"
#include "registry/events/capture.h"
#include "registry/events/capture_jobs.h"
#include "registry/events/documents.h"
#include "registry/events/event_time.h"
#include "registry/http/epcis/extensions.h"
#include "registry/http/epcis/problem.h"
#include "registry/http/epcis/routes.h"
#include "registry/json/parse.h"
#include "registry/registration/objects.h"

namespace idnode::http {

namespace {

using boost::beast::http::field;
using boost::beast::http::status;
using boost::beast::http::verb;
using events::CaptureJobs;
using events::OnError;
using registration::Outcome;

constexpr std::string_view kOnErrorField = "GS1-Capture-Error-Behaviour";
constexpr std::size_t kPageUsual = 30;
constexpr std::size_t kPageMax = 1'000;
constexpr std::int64_t kNsPerMs = 1'000'000;

std::string job_path(std::uint64_t id) {
    return "/capture/" + std::to_string(id);
}

/// What this node takes at once.
void say_limits(const events::Terms& terms, Response& out) {
    out.set("GS1-EPCIS-Capture-Limit", std::to_string(terms.capture_events_max));
    out.set("GS1-EPCIS-Capture-File-Size-Limit", std::to_string(terms.capture_bytes_max));
    out.set("GS1-Extensions",
            std::string(events::kOwnPrefix) + "=" + std::string(events::kOwnNamespace));
}

Outcome<OnError> on_error_of(const Request& request) {
    const auto found = request[kOnErrorField];
    const std::string_view text(found.data(), found.size());
    if (text.empty() || equal_folded(text, "rollback")) return OnError::kRollback;
    if (equal_folded(text, "proceed")) return OnError::kProceed;
    return registration::invalid(std::string(kOnErrorField), "must be rollback or proceed");
}

std::string time_text(const google::protobuf::Timestamp& time) {
    return events::format_event_time(registration::to_time(time) * kNsPerMs);
}

boost::json::object error_json(const v1::CaptureError& error) {
    boost::json::object out;
    out["type"] = "epcisException:" + error.type();
    out["title"] = error.type();
    out["status"] = error.status();
    out["detail"] = error.message();
    out["code"] = error.code();
    if (!error.field().empty()) out["field"] = error.field();
    out["index"] = error.index();
    if (!error.event_id().empty()) out["eventID"] = error.event_id();
    return out;
}

boost::json::object job_json(const v1::CaptureJob& job) {
    boost::json::object out;
    out["captureID"] = std::to_string(job.id());
    out["createdAt"] = time_text(job.created());
    if (job.has_finished()) out["finishedAt"] = time_text(job.finished());
    out["running"] = !job.has_finished();
    out["success"] = job.has_finished() && job.success();
    out["captureErrorBehaviour"] = job.proceed() ? "proceed" : "rollback";
    out["eventCount"] = job.events();
    out["capturedCount"] = job.captured();
    out["failedCount"] = job.failed();
    boost::json::array errors;
    for (const v1::CaptureError& error : job.errors()) errors.push_back(error_json(error));
    out["errors"] = std::move(errors);
    return out;
}

/// `POST /capture`: kept durably, carried out later.
Response post_capture(EpcisCall& call) {
    if (auto wrong = check_media_types(call.request)) return *std::move(wrong);
    const auto on_error = on_error_of(call.request);
    if (!on_error) return problem(on_error.error());
    const auto job = CaptureJobs(call.lifecycle).add(*call.actor, call.request.body(), *on_error);
    if (!job) return problem(job.error());
    Response out(status::accepted, 11);
    out.set(field::location, job_path(job->id()));
    say_limits(call.lifecycle.terms, out);
    return out;
}

Response get_capture(EpcisCall& call) {
    std::uint64_t id = 0;
    if (!registration::read_cursor(call.subjects[0], id)) {
        return problem(registration::not_found("capture job '" + call.subjects[0] + "'"));
    }
    const auto job = CaptureJobs(call.lifecycle).find(*call.actor, id);
    if (!job) return problem(job.error());
    return json_answer(status::ok, boost::json::serialize(job_json(*job)));
}

/// `GET /capture`: newest first; also what tells the limits (with OPTIONS or HEAD as well).
Response list_captures(EpcisCall& call) {
    std::uint64_t count = kPageUsual;
    if (const auto text = call.parameters.first("perPage")) {
        if (!registration::read_cursor(*text, count) || count == 0 || count > kPageMax) {
            return problem(registration::invalid("perPage", "must be a number from 1 to 1000"));
        }
    }
    std::uint64_t before = 0;
    if (const auto text = call.parameters.first("nextPageToken")) {
        if (!registration::read_cursor(*text, before) || before == 0) {
            return problem(registration::invalid("nextPageToken", "is none that this list gave"));
        }
    }
    const auto page = CaptureJobs(call.lifecycle).list(*call.actor, before, count);
    if (!page) return problem(page.error());
    boost::json::array jobs;
    for (const v1::CaptureJob& job : page->jobs) jobs.push_back(job_json(job));
    Response out = json_answer(status::ok, boost::json::serialize(jobs));
    say_limits(call.lifecycle.terms, out);
    if (page->next != 0) {
        out.set(field::link, "</capture?perPage=" + std::to_string(count) + "&nextPageToken=" +
                                 std::to_string(page->next) + ">; rel=\"next\"");
    }
    return out;
}

Response capture_options(EpcisCall& call) {
    Response out(status::no_content, 11);
    out.set(field::allow, "GET, HEAD, OPTIONS, POST");
    say_limits(call.lifecycle.terms, out);
    out.set(kOnErrorField, "rollback");
    return out;
}

Response events_options(EpcisCall& call) {
    Response out = capture_options(call);
    out.erase(kOnErrorField);
    return out;
}

/// `POST /events`: 201, and again for one that is there already.
Response post_event(EpcisCall& call) {
    if (auto wrong = check_media_types(call.request)) return *std::move(wrong);
    const auto declared = declared_extensions(call.request);
    if (!declared) return problem(declared.error());
    auto body = json::parse(call.request.body(), events::kEventBytesMax);
    if (!body) return problem(registration::to_refusal(body.error()));
    auto event = events::read_single(call.lifecycle, *body, *declared);
    if (!event) return problem(event.error());
    auto captured = events::Capture(call.lifecycle)
                        .capture(*call.actor, {&*event, 1}, registration::Together::kIndependent);
    if (!captured) return problem(captured.error());
    const auto& outcome = captured->front();
    if (!outcome) return problem(outcome.error());
    Response out(status::created, 11);
    out.set(field::location, "/events/" + percent_encode(outcome->event_id));
    return out;
}

constexpr std::array kRoutes{
    EpcisRoute{verb::post, "/capture", false, post_capture},
    EpcisRoute{verb::get, "/capture", false, list_captures},
    EpcisRoute{verb::options, "/capture", true, capture_options},
    EpcisRoute{verb::get, "/capture/{id}", false, get_capture},
    EpcisRoute{verb::post, "/events", false, post_event},
    EpcisRoute{verb::options, "/events", true, events_options},
};

}  // namespace

std::span<const EpcisRoute> capture_routes() {
    return kRoutes;
}

}  // namespace idnode::http
