#include "registry/http/api/line_stream.h"

#include <algorithm>
#include <utility>

#include "registry/http/api/writes.h"
#include "registry/registration/rates.h"

namespace idnode::http {

using registration::Code;
using registration::Outcome;
using registration::Refusal;

LineStream::LineStream(const registration::Registrar& registrar, registration::Actor actor,
                       StreamPlace place)
    : registrar_(registrar),
      actor_(std::move(actor)),
      place_(std::move(place)),
      line_(place_.line),
      progress_(place_.known) {}

bool LineStream::take(BytesView piece, bool last, Bytes& out) {
    std::string_view text = as_text(piece);
    while (goes_on_) {
        const auto end = end_of_line(text);
        if (!end) break;
        take_line(text.substr(0, *end), out);
        text.remove_prefix(*end);
    }
    if (goes_on_) keep_rest(text);
    if (goes_on_ && last && !rest_.empty()) take_line({}, out);
    commit(last, out);
    return goes_on_;
}

/// The beginning of a line whose end is still to come.
void LineStream::keep_rest(std::string_view text) {
    rest_.append(text);
    if (rest_.size() <= kRowBytesMax) return;
    goes_on_ = false;
    fail(++line_, {.code = Code::kLimit,
                   .message = "the line is longer than " + std::to_string(kRowBytesMax) + " octets",
                   .remedy = "send it again, shorter, with all that follows it"});
}

/// `end`: of the line, whose beginning may have come before.
void LineStream::take_line(std::string_view end, Bytes& out) {
    std::string joined = std::exchange(rest_, {});
    if (!joined.empty()) end = joined.append(end);
    const auto is_header = take_header(end);
    if (!is_header) {
        goes_on_ = false;
        fail(line_ + 1, is_header.error());
        return;
    }
    if (*is_header) return;
    ++line_;
    if (line_ <= place_.known.lines()) return;  // done before
    if (auto added = add(end); !added) {
        fail(line_, std::move(added).error());
    } else if (*added) {
        lines_.push_back(line_);
    }
    if (lines_.size() + failures_.size() >= kStreamLinesMax) commit(false, out);
}

void LineStream::fail(std::uint64_t line, Refusal refusal) {
    failures_.push_back({line, std::nullopt, std::move(refusal)});
}

/// Everything up to the last whole line, durably; then the sender is told.
void LineStream::commit(bool last, Bytes& out) {
    const bool nothing_new = line_ <= progress_.lines() && failures_.empty();
    if (last || !nothing_new) {
        if (auto written = write_group(); !written) {
            goes_on_ = false;
            failures_.clear();
            fail(progress_.lines() + 1, std::move(written).error());
        }
        tell(last && goes_on_, out);
    }
    lines_.clear();
    failures_.clear();
    forget();
}

Outcome<void> LineStream::write_group() {
    const auto counted = [this](std::size_t done, std::size_t refused) {
        v1::StreamProgress out = progress_;
        out.set_lines(std::max(line_, progress_.lines()));
        out.set_done(out.done() + done);
        out.set_failed(out.failed() + refused + failures_.size());
        return out;
    };
    ProgressKeeper keeper(registrar_, actor_, place_.id);
    if (auto begun = keeper.begin(); !begun) return begun.error();
    Remember remember;
    if (keeper.keeps()) {
        remember = [&](std::size_t done, std::size_t refused) {
            return keeper.edits(counted(done, refused));
        };
    }
    const auto rate = registration::admit_identifiers(registrar_, actor_, lines_.size());
    if (!rate) return rate.error();
    auto refused = write(remember);
    if (!refused) return std::move(refused).error();
    progress_ = counted(lines_.size() - refused->size(), refused->size());
    for (Refused& one : *refused) {
        failures_.push_back({lines_[one.item], one.item, std::move(one.refusal)});
    }
    return {};
}

void LineStream::tell(bool ended, Bytes& out) {
    std::ranges::sort(failures_, {}, &Failure::line);
    for (const Failure& failure : failures_) {
        v1::StreamProgress line;
        auto& told = *line.mutable_failure();
        told.set_line(failure.line);
        if (failure.item) name(*failure.item, told);
        *told.mutable_error() = to_error(failure.refusal);
        append_line(line, out);
    }
    v1::StreamProgress line = progress_;
    line.set_ended(ended);
    append_line(line, out);
}

}  // namespace idnode::http
