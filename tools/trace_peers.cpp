#include "tools/trace_peers.h"

#include <boost/json/object.hpp>
#include <utility>

#include "proto/base/bytes.h"
#include "registry/events/event_time.h"
#include "registry/events/subscriptions.h"
#include "registry/http/epcis/outside.h"
#include "registry/http/http_client.h"
#include "registry/http/rest/parameters.h"
#include "registry/json/parse.h"
#include "registry/model/lifecycle.h"
#include "resolver/client/site_walk.h"

namespace idnode::tools {

namespace {

using Deadline = std::chrono::steady_clock::time_point;

constexpr std::size_t kAnswerBytesMax = 4U << 20U;
constexpr std::string_view kHandles = "hdl:";

class Peers final : public events::TracePeers {
  public:
    Peers(resolver::Upstream& upstream, const model::Digests& digests, http::Outside outside,
          bool loopback)
        : upstream_(upstream),
          digests_(digests),
          outside_(std::move(outside)),
          loopback_(loopback) {}

    Result<events::PeerAnswer> ask(const events::PeerQuestion& question,
                                   Deadline deadline) override {
        const auto url = find(question.cid, deadline);
        if (!url) return url.error();
        auto to = events::parse_destination(*url);
        if (!to) return Error{Errc::kInvalid, "it names no address for traces: " + *url};
        const auto endpoint = outside_.reach(to->host, to->port, to->is_secure);
        if (!endpoint) return endpoint.error();
        http::Question asked{.target = to->target + query_of(question),
                             .fields = {{"Accept", "application/json"}, {"X-IDN-Trace-Hops", "0"}}};
        if (question.credential && url->starts_with(question.credential->url + '/')) {
            asked.fields.emplace_back("Authorization", "Bearer " + question.credential->token);
        }
        asked.answer_bytes_max = kAnswerBytesMax;
        asked.host = to->host;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) return Error{Errc::kTimeout, "no answer in time"};
        const auto answer = ask_http(
            *endpoint, to->is_secure ? http::Scheme::kHttps : http::Scheme::kHttp, asked, left);
        if (!answer) return answer.error();
        return read(*answer, *url);
    }

  private:
    /// Where the node of the identifier answers traces, without query.
    Result<std::string> find(const std::string& cid, Deadline deadline) {
        const std::string handle = cid.substr(kHandles.size());
        client::SiteWalk walk(upstream_, digests_, {.loopback = loopback_, .deadline = deadline});
        const auto values = walk.resolve(handle, {std::string(model::kLifecycleType)});
        if (!values) {
            if (values.error().code != Errc::kNotFound) return values.error();
            return Error{Errc::kNotFound, "its node shows no lifecycle records of it"};
        }
        for (const handle::Value& value : *values) {
            const auto json = json::parse(as_text(value.data));
            if (!json || !json->is_object()) continue;
            const auto* trace = json->get_object().if_contains("trace");
            if (trace == nullptr || !trace->is_string()) continue;
            const std::string url(trace->get_string());
            return url.substr(0, url.find('?'));
        }
        return Error{Errc::kNotFound, "its node does not say where it answers traces"};
    }

    static std::string query_of(const events::PeerQuestion& question) {
        const bool is_forward = question.direction == events::TraceDirection::kForward;
        std::string out = "?id=" + http::percent_encode(question.cid) +
                          "&direction=" + (is_forward ? "forward" : "back") +
                          "&depth=" + std::to_string(question.depth_max) + "&limit=10000";
        if (question.with_possible) out += "&level=class";
        if (question.as_of_ns != INT64_MAX) {
            out += "&asOf=" + events::format_event_time(question.as_of_ns, true);
        }
        return out;
    }

    static Result<events::PeerAnswer> read(const http::Response& answer, const std::string& url) {
        if (answer.result() == boost::beast::http::status::not_found) {
            return Error{Errc::kNotFound, "its node shows nothing of it to who asked"};
        }
        if (answer.result() != boost::beast::http::status::ok) {
            return Error{Errc::kRefused,
                         "its node answered with status " + std::to_string(answer.result_int())};
        }
        auto json = json::parse(answer.body(), kAnswerBytesMax);
        if (!json || !json->is_object()) {
            return Error{Errc::kInvalid, "its node answered something else than a trace"};
        }
        return events::PeerAnswer{.node = url, .body = std::move(json->get_object())};
    }

    resolver::Upstream& upstream_;
    const model::Digests& digests_;
    const http::Outside outside_;
    const bool loopback_;
};

}  // namespace

Result<std::unique_ptr<events::TracePeers>> make_trace_peers(resolver::Upstream& upstream,
                                                             const model::Digests& digests,
                                                             std::span<const std::string> networks,
                                                             bool loopback) {
    auto outside = http::Outside::make(networks);
    if (!outside) return outside.error();
    return std::make_unique<Peers>(upstream, digests, *std::move(outside), loopback);
}

}  // namespace idnode::tools
