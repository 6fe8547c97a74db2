#include "registry/http/api/stream.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "proto/base/text.h"
#include "registry/http/api/bodies.h"
#include "registry/http/api/drafts.h"
#include "registry/http/api/rows.h"
#include "registry/http/api/stream_place.h"
#include "registry/http/api/writes.h"
#include "registry/registration/rates.h"

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

/// A line that could not be carried out.
struct Failure {
    std::uint64_t line = 0;
    std::string handle;
    Refusal refusal;
};

/// Lines that were read and not yet committed.
struct Group {
    std::vector<Draft> drafts;         // views into what the reader keeps
    std::vector<std::uint64_t> lines;  // of each draft
    std::vector<Failure> failures;
};

class Stream final : public Upload {
  public:
    struct Start {
        Actor actor;
        std::unique_ptr<RowReader> rows;
        StreamPlace place;
    };
    Stream(const Registrar& registrar, Start start)
        : registrar_(registrar),
          start_(std::move(start)),
          line_(start_.place.line),
          progress_(start_.place.known) {}

    bool take(BytesView piece, bool last, Bytes& out) override {
        std::string_view text = as_text(piece);
        while (goes_on_) {
            const auto end = start_.rows->row_end(text);
            if (!end) break;
            take_line(text.substr(0, *end), out);
            text.remove_prefix(*end);
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
        const auto is_header = start_.rows->take_header(end);
        if (!is_header) {
            goes_on_ = false;
            fail(line_ + 1, {}, {.code = Code::kInvalid, .message = is_header.error().detail});
            return;
        }
        if (*is_header) return;
        ++line_;
        if (line_ <= start_.place.known.lines()) return;  // done before
        auto draft = start_.rows->read(end);
        if (!draft) {
            fail(line_, {}, {.code = Code::kInvalid, .message = draft.error().detail});
        } else if (*draft) {
            group_.drafts.push_back(**std::move(draft));
            group_.lines.push_back(line_);
        }
        if (group_.drafts.size() + group_.failures.size() >= kStreamLinesMax) commit(false, out);
    }

    void fail(std::uint64_t line, std::string_view handle, Refusal refusal) {
        group_.failures.push_back({line, std::string(handle), std::move(refusal)});
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
        group_ = {};
        start_.rows->forget();
    }

    Outcome<void> write() {
        v1::StreamProgress next = progress_;
        next.set_lines(std::max(line_, progress_.lines()));
        next.set_failed(next.failed() + group_.failures.size());
        const auto counted = [&next](const WrittenAll& all) {
            v1::StreamProgress out = next;
            for (const auto& one : all) {
                if (one) {
                    out.set_done(out.done() + 1);
                } else {
                    out.set_failed(out.failed() + 1);
                }
            }
            return out;
        };
        registration::Remember remember;
        ProgressKeeper keeper(registrar_, start_.actor, start_.place.id);
        if (auto begun = keeper.begin(); !begun) return begun.error();
        if (keeper.keeps()) {
            remember = [&](const WrittenAll& all) { return keeper.edits(counted(all)); };
        }
        const auto rate =
            registration::admit_identifiers(registrar_, start_.actor, group_.drafts.size());
        if (!rate) return rate.error();
        // What may be done is looked at afresh for each group.
        Identifiers identifiers(registrar_);
        const auto all =
            identifiers.write(start_.actor, group_.drafts, Together::kIndependent, remember);
        if (!all) return all.error();
        progress_ = counted(*all);
        for (std::size_t at = 0; at < all->size(); ++at) {
            if ((*all)[at]) continue;
            fail(group_.lines[at], group_.drafts[at].handle, (*all)[at].error());
        }
        return {};
    }

    void tell(bool ended, Bytes& out) {
        std::ranges::sort(group_.failures, {}, &Failure::line);
        for (const Failure& failure : group_.failures) {
            v1::StreamProgress line;
            auto& told = *line.mutable_failure();
            told.set_line(failure.line);
            if (is_utf8(failure.handle)) told.set_handle(failure.handle);
            *told.mutable_error() = to_error(failure.refusal);
            append_line(line, out);
        }
        v1::StreamProgress line = progress_;
        line.set_ended(ended);
        append_line(line, out);
    }

    const Registrar& registrar_;
    Start start_;
    std::uint64_t line_;           // that was read last
    v1::StreamProgress progress_;  // what is durable
    std::string rest_;
    Group group_;
    bool goes_on_ = true;
};

Outcome<Stream::Start> start_of(const RequestHeader& header, const Registrar& registrar,
                                const Actor& actor, const Parameters& query) {
    if (auto may = registration::require(actor, v1::SCOPE_IDENTIFIERS_WRITE); !may) {
        return may.error();
    }
    Stream::Start out;
    out.actor = actor;
    const auto write = write_named(query.first("action").value_or(""));
    if (!write) {
        return registration::invalid("action", "must be create, put, replace, patch or delete");
    }
    const auto type = header[boost::beast::http::field::content_type];
    out.rows = is_csv({type.data(), type.size()}) ? make_csv_rows(*write) : make_json_rows(*write);
    auto place = stream_place(header, registrar, actor, query);
    if (!place) return place.error();
    out.place = *std::move(place);
    return out;
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
    out.upload = std::make_unique<Stream>(registrar, *std::move(start));
    return out;
}

Response get_stream(ApiCall& call) {
    return answer_outcome(call, Status::ok,
                          known_progress(call.registrar, call.actor, call.subjects[0]));
}

}  // namespace idnode::http
