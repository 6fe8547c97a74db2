#include "registry/http/epcis/capture_stream.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "proto/base/text.h"
#include "registry/events/capture.h"
#include "registry/events/documents.h"
#include "registry/http/api/stream_place.h"
#include "registry/http/api/writes.h"
#include "registry/http/epcis/extensions.h"
#include "registry/http/epcis/problem.h"
#include "registry/http/target.h"
#include "registry/json/parse.h"
#include "registry/registration/rates.h"

namespace idnode::http {

namespace {

using registration::Actor;
using registration::Code;
using registration::Outcome;
using registration::Refusal;

/// A line that was refused.
struct Failure {
    std::uint64_t line = 0;
    std::string event_id;
    Refusal refusal;
};

/// Lines that were read and not yet committed.
struct Group {
    std::vector<v1::EventRecord> events;
    std::vector<std::uint64_t> lines;  // of each event
    std::vector<Failure> failures;
};

class CaptureStream final : public Upload {
  public:
    CaptureStream(const events::Lifecycle& lifecycle, Actor actor, events::Namespaces namespaces,
                  StreamPlace place)
        : lifecycle_(lifecycle),
          actor_(std::move(actor)),
          namespaces_(std::move(namespaces)),
          place_(std::move(place)),
          line_(place_.line),
          progress_(place_.known) {}

    bool take(BytesView piece, bool last, Bytes& out) override {
        std::string_view text = as_text(piece);
        for (auto end = text.find('\n'); end != std::string_view::npos && goes_on_;
             end = text.find('\n')) {
            take_line(text.substr(0, end), out);
            text.remove_prefix(end + 1);
        }
        if (goes_on_) keep_rest(text);
        if (goes_on_ && last && !rest_.empty()) take_line({}, out);
        commit(last, out);
        return goes_on_;
    }

  private:
    /// The beginning of a line whose end is still to come.
    void keep_rest(std::string_view text) {
        rest_.append(text);
        if (rest_.size() <= kRowBytesMax) return;
        goes_on_ = false;
        fail(++line_, {},
             {.code = Code::kLimit,
              .message = "the line is longer than " + std::to_string(kRowBytesMax) + " octets",
              .remedy = "send it again, shorter, with all that follows it"});
    }

    /// `end`: of the line, whose beginning may have come before.
    void take_line(std::string_view end, Bytes& out) {
        std::string joined = std::exchange(rest_, {});
        if (!joined.empty()) end = joined.append(end);
        ++line_;
        if (line_ <= place_.known.lines()) return;  // done before
        if (end.find_first_not_of(" \t\r") == std::string_view::npos) return;
        auto json = json::parse(end, kRowBytesMax);
        auto event = json ? events::read_single(lifecycle_, *json, namespaces_)
                          : Outcome<v1::EventRecord>(registration::to_refusal(json.error()));
        if (event) {
            group_.events.push_back(*std::move(event));
            group_.lines.push_back(line_);
        } else {
            fail(line_, {}, std::move(event).error());
        }
        if (group_.events.size() + group_.failures.size() >= kStreamLinesMax) commit(false, out);
    }

    void fail(std::uint64_t line, std::string_view event_id, Refusal refusal) {
        group_.failures.push_back({line, std::string(event_id), std::move(refusal)});
    }

    /// Everything up to the last whole line, durably; then the sender is told.
    void commit(bool last, Bytes& out) {
        const bool nothing_new = line_ <= progress_.lines() && group_.failures.empty();
        if (!(nothing_new && !last)) {
            if (const auto written = write(); !written) {
                goes_on_ = false;
                group_.failures.clear();
                fail(progress_.lines() + 1, {}, written.error());
            }
            tell(last && goes_on_, out);
        }
        group_.events.clear();
        group_.lines.clear();
        group_.failures.clear();
    }

    Outcome<void> write() {
        v1::StreamProgress next = progress_;
        next.set_lines(std::max(line_, progress_.lines()));
        next.set_failed(next.failed() + group_.failures.size());
        const auto counted = [&next](const events::CapturedAll& all) {
            v1::StreamProgress out = next;
            const auto refused = static_cast<std::size_t>(
                std::ranges::count_if(all, [](const auto& one) { return !one; }));
            out.set_failed(out.failed() + refused);
            out.set_done(out.done() + all.size() - refused);
            return out;
        };
        ProgressKeeper keeper(lifecycle_.registrar, actor_, place_.id);
        if (auto begun = keeper.begin(); !begun) return begun.error();
        events::CommitWith with;
        if (keeper.keeps()) {
            with.remember = [&](const events::CapturedAll& all) {
                return keeper.edits(counted(all));
            };
        }
        const auto rate =
            registration::admit_identifiers(lifecycle_.registrar, actor_, group_.events.size());
        if (!rate) return rate.error();
        const auto all =
            events::Capture(lifecycle_)
                .capture(actor_, group_.events, registration::Together::kIndependent, with);
        if (!all) return all.error();
        progress_ = counted(*all);
        for (std::size_t at = 0; at < all->size(); ++at) {
            if ((*all)[at]) continue;
            fail(group_.lines[at], group_.events[at].event_id(), (*all)[at].error());
        }
        return {};
    }

    void tell(bool ended, Bytes& out) {
        std::ranges::sort(group_.failures, {}, &Failure::line);
        for (const Failure& failure : group_.failures) {
            v1::StreamProgress line;
            auto& told = *line.mutable_failure();
            told.set_line(failure.line);
            told.set_event_id(failure.event_id);
            *told.mutable_error() = to_error(failure.refusal);
            append_line(line, out);
        }
        v1::StreamProgress line = progress_;
        line.set_ended(ended);
        append_line(line, out);
    }

    const events::Lifecycle& lifecycle_;
    const Actor actor_;
    const events::Namespaces namespaces_;
    const StreamPlace place_;
    std::uint64_t line_;           // that was read last
    v1::StreamProgress progress_;  // what is durable
    std::string rest_;
    Group group_;
    bool goes_on_ = true;
};

}  // namespace

bool is_capture_stream(const RequestHeader& header) {
    const std::string_view path = target_of(header).path;
    if (header.method() != boost::beast::http::verb::post) return false;
    if (path == "/idn/v1/events:stream") return true;
    const auto type = header[boost::beast::http::field::content_type];
    return path == "/capture" && starts_with_folded({type.data(), type.size()}, kNdjsonType);
}

UploadStart begin_capture_stream(const RequestHeader& header, const events::Lifecycle& lifecycle,
                                 const Actor& actor, const Parameters& query) {
    if (auto may = registration::require(actor, v1::SCOPE_EVENTS_WRITE); !may) {
        return {problem(may.error()), nullptr};
    }
    auto namespaces = declared_extensions(header);
    if (!namespaces) return {problem(namespaces.error()), nullptr};
    auto place = stream_place(header, lifecycle.registrar, actor, query);
    if (!place) return {problem(place.error()), nullptr};
    UploadStart out{Response(boost::beast::http::status::ok, 11), nullptr};
    out.response.set(boost::beast::http::field::content_type, kNdjsonType);
    out.upload = std::make_unique<CaptureStream>(lifecycle, actor, *std::move(namespaces),
                                                 *std::move(place));
    return out;
}

}  // namespace idnode::http
