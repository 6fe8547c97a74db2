// Where things came from and went, and what a recall reaches.

#include <array>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <chrono>
#include <utility>

#include "registry/events/trace_answer.h"
#include "registry/http/epcis/about.h"
#include "registry/http/epcis/problem.h"
#include "registry/http/epcis/routes.h"

namespace idnode::http {

namespace {

using boost::beast::http::status;
using boost::beast::http::verb;
using events::Access;
using events::TraceDirection;
using registration::invalid;
using registration::Outcome;

constexpr std::chrono::seconds kTraceTime{10};

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
                                      .caller = caller_of(call)});
    if (!answer) return problem(answer.error());
    if (!answer->is_visible && !is_registered(call, about->cid)) return nothing_known(about->cid);
    if (auto settled = access.settle(); !settled) return problem(settled.error());
    return json_answer(status::ok, boost::json::serialize(answer->body));
}

constexpr std::array kRoutes{
    EpcisRoute{verb::get, "/idn/v1/trace", true, &get_trace},
};

}  // namespace

std::span<const EpcisRoute> trace_routes() {
    return kRoutes;
}

}  // namespace idnode::http
