#include "registry/http/epcis/event_stream.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "proto/base/bytes.h"
#include "proto/base/hex.h"
#include "registry/events/follower.h"
#include "registry/events/named_queries.h"
#include "registry/events/query_answer.h"
#include "registry/http/epcis/query_answers.h"

namespace idnode::http {

namespace {

using boost::beast::http::field;
using boost::beast::http::status;
using Clock = std::chrono::steady_clock;

// Proxies close connections on which nothing moves.
constexpr std::chrono::seconds kSignOfLife{15};
constexpr std::chrono::minutes kStreamTime{15};

void append(std::string_view text, Bytes& out) {
    const BytesView octets = as_bytes_view(text);
    out.insert(out.end(), octets.begin(), octets.end());
}

class EventStream final : public Download {
  public:
    EventStream(const events::Lifecycle& lifecycle, registration::Actor actor, events::Query query,
                events::EpcFormat format, events::EventKey position)
        : lifecycle_(lifecycle),
          actor_(std::move(actor)),
          query_(std::move(query)),
          format_(format),
          position_(position) {}

    Next give(Bytes& out) override {
        const auto now = Clock::now();
        if (now - began_ > kStreamTime) return Next::kEnd;
        const auto known = lifecycle_.log.settled_now();
        if (!known) return Next::kBroken;
        if (*known <= position_) return wait(now, out);
        events::Access access(lifecycle_.registrar, actor_);
        const auto found =
            events::follow_events(lifecycle_.registrar.store, query_, access, position_, *known);
        if (!found) return Next::kBroken;
        const events::AnswerForm form{.registrar = lifecycle_.registrar,
                                      .schemes = lifecycle_.terms.schemes,
                                      .epc_format = format_};
        for (const events::StoredEvent& one : found->events) {
            const auto event = events::single_event_json(one.record, form);
            if (!event) return Next::kBroken;
            append("id: " + to_hex(as_bytes_view(to_key(one.key))) + "\ndata: " + *event + "\n\n",
                   out);
        }
        position_ = found->position;
        if (!out.empty()) spoke_ = now;
        return found->is_at_end ? wait(now, out) : Next::kMore;
    }

  private:
    Next wait(Clock::time_point now, Bytes& out) {
        if (now - spoke_ > kSignOfLife) {
            spoke_ = now;
            append(":\n\n", out);
        }
        return Next::kLater;
    }

    const events::Lifecycle& lifecycle_;
    const registration::Actor actor_;
    const events::Query query_;
    const events::EpcFormat format_;
    events::EventKey position_;
    const Clock::time_point began_ = Clock::now();
    Clock::time_point spoke_ = began_;
};

registration::Outcome<events::EventKey> position_of(const EpcisCall& call) {
    const auto named = call.request.find("Last-Event-ID");
    if (named == call.request.end()) {
        const auto known = call.lifecycle.log.settled();
        if (!known) return registration::to_refusal(known.error());
        return *known;
    }
    const auto octets = parse_hex({named->value().data(), named->value().size()});
    const auto key = octets ? events::read_event_key(as_text(*octets)) : std::nullopt;
    if (!key) return registration::invalid("Last-Event-ID", "is none of this stream");
    return *key;
}

}  // namespace

bool wants_event_stream(const Request& request) {
    const auto accept = request.find(field::accept);
    return accept != request.end() &&
           std::string_view(accept->value().data(), accept->value().size())
                   .find(kEventStreamType) != std::string_view::npos;
}

DownloadStart stream_events(EpcisCall& call) {
    const auto allowed = require(*call.actor, v1::SCOPE_EVENTS_READ);
    if (!allowed) return {problem(allowed.error()), nullptr};
    const auto named =
        events::NamedQueries(call.lifecycle).find(*call.actor, call.subjects.front());
    if (!named) return {no_such_name(named.error()), nullptr};
    auto query = events::parse_query(events::parameters_of(*named), call.lifecycle.terms.schemes);
    if (!query) return {problem(query.error()), nullptr};
    const auto form = answer_form(call);
    if (!form) return {problem(form.error()), nullptr};
    const auto position = position_of(call);
    if (!position) return {problem(position.error()), nullptr};

    Response head(status::ok, 11);
    head.set(field::content_type, kEventStreamType);
    head.set(field::cache_control, "no-store");
    return {std::move(head),
            std::make_unique<EventStream>(call.lifecycle, *call.actor, *std::move(query),
                                          form->epc_format, *position)};
}

}  // namespace idnode::http
