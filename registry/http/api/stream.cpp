#include "registry/http/api/stream.h"

#include <memory>
#include <utility>

#include "proto/base/text.h"
#include "registry/http/api/bodies.h"
#include "registry/http/api/drafts.h"
#include "registry/http/api/line_stream.h"
#include "registry/http/api/rows.h"
#include "registry/http/api/writes.h"

namespace idnode::http {

namespace {

using registration::Actor;
using registration::Code;
using registration::Draft;
using registration::Identifiers;
using registration::Outcome;
using registration::Refusal;
using registration::Registrar;
using registration::Together;
using registration::WrittenAll;

class Stream final : public LineStream {
  public:
    Stream(const Registrar& registrar, Actor actor, StreamPlace place,
           std::unique_ptr<RowReader> rows)
        : LineStream(registrar, std::move(actor), std::move(place)),
          registrar_(registrar),
          rows_(std::move(rows)) {}

  private:
    std::optional<std::size_t> end_of_line(std::string_view text) override {
        return rows_->row_end(text);
    }
    Outcome<bool> take_header(std::string_view line) override {
        const auto is_header = rows_->take_header(line);
        if (!is_header) {
            return Refusal{.code = Code::kInvalid, .message = is_header.error().detail};
        }
        return *is_header;
    }
    Outcome<bool> add(std::string_view line) override {
        auto draft = rows_->read(line);
        if (!draft) return Refusal{.code = Code::kInvalid, .message = draft.error().detail};
        if (!*draft) return false;
        drafts_.push_back(**std::move(draft));
        return true;
    }
    Outcome<std::vector<Refused>> write(const Remember& remember) override {
        registration::Remember with_outcomes;
        if (remember) {
            with_outcomes = [&](const WrittenAll& all) {
                const auto done = count_done(all);
                return remember(done, all.size() - done);
            };
        }
        // What may be done is looked at afresh for each group.
        Identifiers identifiers(registrar_);
        const auto all = identifiers.write(actor(), drafts_, Together::kIndependent, with_outcomes);
        if (!all) return all.error();
        return refused_of(*all);
    }
    void name(std::size_t item, v1::StreamProgress::ItemFailure& told) const override {
        const std::string_view handle = drafts_[item].handle;
        if (is_utf8(handle)) told.set_handle(std::string(handle));
    }
    void forget() override {
        drafts_.clear();
        rows_->forget();
    }

    const Registrar& registrar_;
    const std::unique_ptr<RowReader> rows_;
    std::vector<Draft> drafts_;  // views into what the reader keeps
};

Outcome<std::unique_ptr<Upload>> start_of(const RequestHeader& header, const Registrar& registrar,
                                          const Actor& actor, const Parameters& query) {
    if (auto may = registration::require(actor, v1::SCOPE_IDENTIFIERS_WRITE); !may) {
        return may.error();
    }
    const auto write = write_named(query.first("action").value_or(""));
    if (!write) {
        return registration::invalid("action", "must be create, put, replace, patch or delete");
    }
    const auto type = header[boost::beast::http::field::content_type];
    auto rows = is_csv({type.data(), type.size()}) ? make_csv_rows(*write) : make_json_rows(*write);
    auto place = stream_place(header, registrar, actor, query);
    if (!place) return place.error();
    return std::unique_ptr<Upload>(
        std::make_unique<Stream>(registrar, actor, *std::move(place), std::move(rows)));
}

}  // namespace

UploadStart begin_stream(const RequestHeader& header, const Registrar& registrar,
                         const Actor& actor, const Parameters& query) {
    auto start = start_of(header, registrar, actor, query);
    if (!start) {
        Request request;
        request.base() = header;
        return {refuse(request, start.error()), nullptr};
    }
    UploadStart out{Response(Status::ok, 11), nullptr};
    out.response.set(boost::beast::http::field::content_type, kNdjsonType);
    out.upload = *std::move(start);
    return out;
}

Response get_stream(ApiCall& call) {
    return answer_outcome(call, Status::ok,
                          known_progress(call.registrar, call.actor, call.subjects[0]));
}

}  // namespace idnode::http
