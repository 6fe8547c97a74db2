#include "registry/http/epcis/capture_stream.h"

#include <memory>
#include <utility>
#include <vector>

#include "proto/base/text.h"
#include "registry/events/capture.h"
#include "registry/events/documents.h"
#include "registry/http/api/line_stream.h"
#include "registry/http/epcis/extensions.h"
#include "registry/http/epcis/problem.h"
#include "registry/http/target.h"
#include "registry/json/parse.h"

namespace idnode::http {

namespace {

using registration::Actor;
using registration::Outcome;

class CaptureStream final : public LineStream {
  public:
    CaptureStream(const events::Lifecycle& lifecycle, Actor actor, events::Namespaces namespaces,
                  StreamPlace place)
        : LineStream(lifecycle.registrar, std::move(actor), std::move(place)),
          lifecycle_(lifecycle),
          namespaces_(std::move(namespaces)) {}

  private:
    std::optional<std::size_t> end_of_line(std::string_view text) override {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return std::nullopt;
        return end + 1;
    }
    Outcome<bool> take_header(std::string_view /*line*/) override { return false; }
    Outcome<bool> add(std::string_view line) override {
        if (line.find_first_not_of(" \t\r\n") == std::string_view::npos) return false;
        auto json = json::parse(line, kRowBytesMax);
        if (!json) return registration::to_refusal(json.error());
        auto event = events::read_single(lifecycle_, *json, namespaces_);
        if (!event) return std::move(event).error();
        events_.push_back(*std::move(event));
        return true;
    }
    Outcome<std::vector<Refused>> write(const Remember& remember) override {
        events::CommitWith with;
        if (remember) {
            with.remember = [&](const events::CapturedAll& all) {
                const auto done = count_done(all);
                return remember(done, all.size() - done);
            };
        }
        const auto all = events::Capture(lifecycle_)
                             .capture(actor(), events_, registration::Together::kIndependent, with);
        if (!all) return all.error();
        return refused_of(*all);
    }
    void name(std::size_t item, v1::StreamProgress::ItemFailure& told) const override {
        told.set_event_id(events_[item].event_id());
    }
    void forget() override { events_.clear(); }

    const events::Lifecycle& lifecycle_;
    const events::Namespaces namespaces_;
    std::vector<v1::EventRecord> events_;
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
