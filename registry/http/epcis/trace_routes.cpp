// Where things came from and went, and what a recall reaches.

#include <array>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "proto/base/bytes.h"
#include "registry/events/event_time.h"
#include "registry/events/owners.h"
#include "registry/events/recall.h"
#include "registry/events/recall_mark.h"
#include "registry/events/trace_answer.h"
#include "registry/http/epcis/about.h"
#include "registry/http/epcis/problem.h"
#include "registry/http/epcis/routes.h"
#include "registry/json/parse.h"

namespace idnode::http {

namespace {

using boost::beast::http::status;
using boost::beast::http::verb;
using events::Access;
using events::TraceDirection;
using registration::invalid;
using registration::Outcome;

constexpr std::chrono::seconds kTraceTime{10};
constexpr std::chrono::seconds kRecallTime{60};

Outcome<std::size_t> read_number(const EpcisCall& call, std::string_view name, std::size_t usual,
                                 std::size_t max) {
    const auto text = call.parameters.first(name);
    if (!text) return usual;
    std::size_t out = 0;
    const auto read = std::from_chars(text->data(), text->data() + text->size(), out);
    if (read.ec != std::errc{} || read.ptr != text->data() + text->size() || out == 0 ||
        out > max) {
        return invalid(std::string(name), "must be a number from 1 to " + std::to_string(max));
    }
    return out;
}

Outcome<TraceDirection> read_direction(const EpcisCall& call) {
    const std::string_view text = call.parameters.first("direction").value_or("");
    if (text == "back") return TraceDirection::kBack;
    if (text == "forward") return TraceDirection::kForward;
    if (text.empty()) return registration::missing("direction");
    return invalid("direction", "must be back or forward");
}

Outcome<bool> read_with_possible(const EpcisCall& call) {
    const std::string_view text = call.parameters.first("level").value_or("instance");
    if (text == "class") return true;
    if (text == "instance") return false;
    return invalid("level", "must be instance or class");
}

/// For whom stubs are made: all of one enterprise get the same.
std::string caller_of(const EpcisCall& call) {
    if (!call.actor) return "anyone";
    if (call.actor->enterprise_id != 0) return std::to_string(call.actor->enterprise_id);
    return "node";
}

Outcome<events::TraceQuestion> read_question(const EpcisCall& call, std::int64_t as_of_ns) {
    const auto direction = read_direction(call);
    if (!direction) return direction.error();
    const auto with_possible = read_with_possible(call);
    if (!with_possible) return with_possible.error();
    const auto depth = read_number(call, "depth", events::kTraceDepthUsual, events::kTraceDepthMax);
    if (!depth) return depth.error();
    return events::TraceQuestion{.direction = *direction,
                                 .as_of_ns = as_of_ns,
                                 .depth_max = static_cast<unsigned>(*depth),
                                 .with_possible = *with_possible,
                                 .deadline = std::chrono::steady_clock::now() + kTraceTime};
}

/// A node that asks us goes on by itself from what we answer: `X-IDN-Trace-Hops` says how many
/// nodes we may ask in turn, and only none or any are told apart.
bool asks_peers(const EpcisCall& call) {
    const auto hops = call.request.find("X-IDN-Trace-Hops");
    return hops == call.request.end() || hops->value() != "0";
}

Response get_trace(EpcisCall& call) {
    const auto about = read_about(call);
    if (!about) return problem(about.error());
    const auto question = read_question(call, about->as_of_ns);
    if (!question) return problem(question.error());
    const auto count = read_number(call, "limit", events::kTracePageUsual, events::kTracePageMax);
    if (!count) return problem(count.error());
    Access access(call.lifecycle.registrar, call.actor);
    const auto answer = answer_trace(call.lifecycle, access,
                                     {.cid = about->cid,
                                      .question = *question,
                                      .known = about->known,
                                      .cursor = call.parameters.first("cursor").value_or(""),
                                      .count_max = *count,
                                      .caller = caller_of(call),
                                      .with_peers = asks_peers(call)});
    if (!answer) return problem(answer.error());
    if (!answer->is_visible && !is_registered(call, about->cid)) return nothing_known(about->cid);
    if (auto settled = access.settle(); !settled) return problem(settled.error());
    return json_answer(status::ok, boost::json::serialize(answer->body));
}

/// What `POST /idn/v1/recall` asks for.
struct RecallRequest {
    events::RecallQuestion question{};
    std::optional<events::RecallMark> mark{};
};

Outcome<std::string> read_text(const boost::json::object& body, std::string_view name) {
    const boost::json::value* const value = body.if_contains(name);
    if (value == nullptr) return std::string();
    if (!value->is_string()) return invalid(std::string(name), "must be a text");
    return std::string(value->get_string());
}

Outcome<std::optional<std::int64_t>> read_moment(const boost::json::object& body,
                                                 std::string_view name) {
    const auto text = read_text(body, name);
    if (!text) return text.error();
    if (text->empty()) return std::optional<std::int64_t>{};
    const auto time = events::parse_event_time(*text);
    if (!time) return invalid(std::string(name), std::string(time.error().rule));
    return std::optional(time->ns);
}

Outcome<std::vector<std::string>> read_suspects(const EpcisCall& call,
                                                const boost::json::object& body) {
    std::vector<std::string> out;
    const boost::json::value* const list = body.if_contains("suspects");
    if (list == nullptr) return out;
    if (!list->is_array() || list->get_array().size() > events::kRecallSuspectsMax) {
        return invalid("suspects", "must be a list of at most " +
                                       std::to_string(events::kRecallSuspectsMax) + " identifiers");
    }
    for (const boost::json::value& one : list->get_array()) {
        if (!one.is_string()) return invalid("suspects", "must be a list of identifiers");
        auto cid = read_identifier(call, one.get_string(), "suspects");
        if (!cid) return cid.error();
        out.push_back(*std::move(cid));
    }
    return out;
}

Outcome<std::optional<events::RecallQuestion::Window>> read_window(
    const EpcisCall& call, const boost::json::object& body) {
    using Window = events::RecallQuestion::Window;
    const boost::json::value* const window = body.if_contains("window");
    if (window == nullptr) return std::optional<Window>{};
    if (!window->is_object()) return invalid("window", "must be an object");
    const boost::json::object& members = window->get_object();
    const auto place = read_text(members, "place");
    if (!place) return place.error();
    auto cid = read_identifier(call, *place, "window.place");
    if (!cid) return cid.error();
    const auto from = read_moment(members, "from");
    if (!from) return from.error();
    const auto to = read_moment(members, "to");
    if (!to) return to.error();
    if (!*from || !*to || **from >= **to) {
        return invalid("window", "must say from when to when");
    }
    return std::optional(Window{.place = *std::move(cid), .from_ns = **from, .before_ns = **to});
}

Outcome<std::optional<events::RecallMark>> read_mark(const boost::json::object& body) {
    const boost::json::value* const wanted = body.if_contains("mark");
    if (wanted == nullptr) return std::optional<events::RecallMark>{};
    if (!wanted->is_bool()) return invalid("mark", "must be true or false");
    if (!wanted->get_bool()) return std::optional<events::RecallMark>{};
    auto number = read_text(body, "number");
    if (!number) return number.error();
    if (number->empty()) return registration::missing("number");
    auto reason = read_text(body, "reason");
    if (!reason) return reason.error();
    if (reason->empty()) return registration::missing("reason");
    return std::optional(
        events::RecallMark{.number = *std::move(number), .reason = *std::move(reason)});
}

Outcome<RecallRequest> read_recall(const EpcisCall& call) {
    const auto body = json::parse(call.request.body());
    if (!body) return registration::to_refusal(body.error());
    if (!body->is_object()) return invalid("body", "must be an object");
    const boost::json::object& members = body->get_object();
    RecallRequest out;
    auto suspects = read_suspects(call, members);
    if (!suspects) return suspects.error();
    out.question.suspects = *std::move(suspects);
    auto window = read_window(call, members);
    if (!window) return window.error();
    out.question.window = *std::move(window);
    if (out.question.suspects.empty() && !out.question.window) {
        return registration::missing("suspects");
    }
    const auto as_of = read_moment(members, "asOf");
    if (!as_of) return as_of.error();
    if (*as_of) out.question.as_of_ns = **as_of;
    const auto level = read_text(members, "level");
    if (!level) return level.error();
    if (!level->empty() && *level != "class" && *level != "instance") {
        return invalid("level", "must be instance or class");
    }
    out.question.with_possible = *level == "class";
    auto mark = read_mark(members);
    if (!mark) return mark.error();
    out.mark = *std::move(mark);
    return out;
}

/// Marks may be made by whose the suspects are, and by who works for the node.
Outcome<void> may_mark(const EpcisCall& call, const RecallRequest& request) {
    if (call.actor->enterprise_id == 0) return {};
    events::Owners owners(call.lifecycle.registrar);
    for (const std::string& suspect : request.question.suspects) {
        const auto owner = owners.of(suspect);
        if (!owner) return owner.error();
        if (*owner != call.actor->enterprise_id) {
            return registration::Refusal{.code = registration::Code::kForeignPrefix,
                                         .message = suspect + " is not yours to recall",
                                         .field = "suspects"};
        }
    }
    if (!request.question.window) return {};
    return registration::Refusal{.code = registration::Code::kNotAllowed,
                                 .message = "what was at a place is marked by the node alone",
                                 .field = "window"};
}

/// A recall on its way to the caller.
class RecallDownload final : public Download {
  public:
    RecallDownload(const events::Lifecycle& lifecycle, registration::Actor actor)
        : access_(lifecycle.registrar, std::move(actor)) {}

    Outcome<void> begin(const EpcisCall& call, const RecallRequest& request) {
        auto recall = events::Recall::make(call.lifecycle, access_, request.question);
        if (!recall) return recall.error();
        recall_ = *std::move(recall);
        if (request.mark) {
            const auto marked = mark(call.lifecycle, *call.actor, *recall_, *request.mark);
            if (!marked) return marked.error();
            boost::json::object said{{"things", marked->things},
                                     {"notified", marked->notified},
                                     {"events", marked->events}};
            head_ = boost::json::serialize(boost::json::object{{"marked", std::move(said)}});
            head_ += '\n';
        }
        return access_.settle();
    }

    Next give(Bytes& out) override {
        std::string piece = std::exchange(head_, {});
        const bool is_more = recall_->write(piece);
        const BytesView octets = as_bytes_view(piece);
        out.insert(out.end(), octets.begin(), octets.end());
        return is_more ? Next::kMore : Next::kEnd;
    }

  private:
    Access access_;
    std::unique_ptr<events::Recall> recall_;
    std::string head_;
};

DownloadStart post_recall(EpcisCall& call) {
    const auto allowed = require(*call.actor, v1::SCOPE_EVENTS_READ);
    if (!allowed) return {problem(allowed.error()), nullptr};
    auto request = read_recall(call);
    if (!request) return {problem(request.error()), nullptr};
    if (request->mark) {
        if (auto may = may_mark(call, *request); !may) return {problem(may.error()), nullptr};
    }
    request->question.caller = caller_of(call);
    request->question.deadline = std::chrono::steady_clock::now() + kRecallTime;
    auto download = std::make_unique<RecallDownload>(call.lifecycle, *call.actor);
    if (auto begun = download->begin(call, *request); !begun) {
        return {problem(begun.error()), nullptr};
    }
    Response head(status::ok, 11);
    head.set(boost::beast::http::field::content_type, "application/x-ndjson");
    head.set(boost::beast::http::field::cache_control, "no-store");
    return {std::move(head), std::move(download)};
}

constexpr std::array kRoutes{
    EpcisRoute{verb::get, "/idn/v1/trace", true, &get_trace},
    EpcisRoute{verb::post, "/idn/v1/recall", false, nullptr, &post_recall},
};

}  // namespace

std::span<const EpcisRoute> trace_routes() {
    return kRoutes;
}

}  // namespace idnode::http
