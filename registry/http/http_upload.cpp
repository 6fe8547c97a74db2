// Bodies that are taken piece by piece, and answered while they come; answers that are made while
// they are sent.

#include <boost/beast/http/error.hpp>
#include <exception>
#include <limits>
#include <utility>

#include "registry/http/chunks.h"
#include "registry/http/http_connection.h"
#include "registry/http/responses.h"

namespace idnode::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using beast::http::status;

namespace {

// One of them is in memory for each upload; large enough for commits of a few thousand lines.
constexpr std::size_t kPieceBytes = 256U << 10U;
// Before an answer that waits for something to happen is asked again.
constexpr std::chrono::milliseconds kDownloadPause{200};

BytesView bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

}  // namespace

/// Has `work` done on the pool, and waits for it. False: the connection ends meanwhile.
template <class Work>
asio::awaitable<bool> HttpConnection::on_pool(Work work) {
    transport_.allow_any_time();
    const auto is_done = std::make_shared<bool>(false);
    const auto done = [is_done, self = shared_from_this()] {
        *is_done = true;
        self->resumed_.cancel();
    };
    while (!context_.dispatcher.on_pool(work, done)) {
        asio::steady_timer pause(transport_.executor(), kPoolPause);
        co_await pause.async_wait(kAsTuple);
        if (ending_ || !transport_.is_open()) co_return false;
    }
    while (!*is_done) co_await resumed_.async_wait(kAsTuple);
    co_return true;
}

/// The head of the answer goes out before the body is read; the connection ends with the answer.
asio::awaitable<void> HttpConnection::serve_upload(Parser& header_parser) {
    used_ = true;
    ++requests_;
    UploadParser parser(std::move(header_parser));
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    parser.eager(true);
    const Caller who = caller();
    UploadStart start;
    const auto begin = [&start, &parser, &who, &handler = context_.handler] {
        try {
            start = handler.begin_upload(parser.get(), who);
        } catch (const std::exception&) {
            start.response = refusal_response(status::internal_server_error,
                                              "the request could not be carried out");
        }
    };
    const bool begun = co_await on_pool(begin);
    if (!begun) co_return;
    start.response.version(parser.get().version());
    start.response.keep_alive(false);
    if (!start.upload) {
        co_await send(std::move(start.response), false);
        co_return;
    }
    transport_.allow(context_.limits.request);
    const bool asked = co_await continue_if_asked(parser.get(), parser.is_done());
    if (!asked) co_return;
    const bool chunked = start.response.version() == 11;
    const bool sent = co_await begin_pieces(start.response);
    if (!sent) co_return;
    const bool whole = co_await take_pieces(parser, *start.upload, chunked);
    if (whole && chunked) co_await transport_.write(bytes_of("0\r\n\r\n"), {});
    // Its end may take a moment: it belongs to the pool as all of it does.
    co_await on_pool([&start] { start.upload.reset(); });
}

/// False: the body broke off, or the peer does not take the answer.
asio::awaitable<bool> HttpConnection::take_pieces(UploadParser& parser, Upload& upload,
                                                  bool chunked) {
    for (;;) {
        const bool filled = co_await fill_piece(parser);
        if (!filled) co_return false;
        const bool last = parser.is_done();
        bool goes_on = false;
        piece_.clear();
        const auto take = [this, &upload, &goes_on, last] {
            try {
                goes_on = upload.take(upload_, last, piece_);
            } catch (const std::exception&) {
                goes_on = false;  // the answer breaks off without its last line
            }
        };
        const bool taken = co_await on_pool(take);
        if (!taken || ending_) co_return false;
        const bool written = co_await write_piece(chunked);
        if (!written) co_return false;
        if (last || !goes_on) co_return true;
    }
}

/// What the peer has sent, at most one piece; less when it pauses.
asio::awaitable<bool> HttpConnection::fill_piece(UploadParser& parser) {
    upload_.resize(kPieceBytes);
    auto& body = parser.get().body();
    body.data = upload_.data();
    body.size = upload_.size();
    body.more = true;
    const auto filled = [&] { return upload_.size() - body.size; };
    transport_.allow(context_.limits.request);
    while (!parser.is_done() && body.size > 0) {
        if (pending_.empty()) {
            if (filled() > 0 && !transport_.has_more()) break;
            const bool more = co_await transport_.read(pending_);
            if (!more) co_return false;
        }
        boost::system::error_code failed;
        const std::size_t taken = parser.put(asio::buffer(pending_), failed);
        pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(taken));
        if (failed == beast::http::error::need_buffer) break;
        if (failed == beast::http::error::need_more) {
            if (pending_.size() > context_.limits.header_bytes_max) co_return false;
            const bool more = co_await transport_.read(pending_);
            if (!more) co_return false;
            continue;
        }
        if (failed) co_return false;
    }
    upload_.resize(filled());
    co_return true;
}

/// The connection ends with the answer.
asio::awaitable<void> HttpConnection::serve_download(const Request& request) {
    const Caller who = caller();
    DownloadStart start;
    const auto begin = [&start, &request, &who, &handler = context_.handler] {
        try {
            start = handler.begin_download(request, who);
        } catch (const std::exception&) {
            start.response = refusal_response(status::internal_server_error,
                                              "the request could not be carried out");
        }
    };
    const bool begun = co_await on_pool(begin);
    if (!begun) co_return;
    const bool is_head = request.method() == beast::http::verb::head;
    start.response.version(request.version());
    start.response.keep_alive(false);
    if (!start.download || is_head) {
        co_await send(std::move(start.response), is_head);
        co_return;
    }
    const bool chunked = start.response.version() == 11;
    const bool sent = co_await begin_pieces(start.response);
    const bool whole = sent && co_await give_pieces(*start.download, chunked);
    if (whole && chunked) co_await transport_.write(bytes_of("0\r\n\r\n"), {});
    // Its end may take a moment, too.
    co_await on_pool([&start] { start.download.reset(); });
}

/// False: the answer broke off, or the peer does not take it.
asio::awaitable<bool> HttpConnection::give_pieces(Download& download, bool chunked) {
    for (;;) {
        auto next = Download::Next::kBroken;
        piece_.clear();
        const auto give = [this, &download, &next] {
            try {
                next = download.give(piece_);
            } catch (const std::exception&) {
                next = Download::Next::kBroken;
            }
        };
        const bool given = co_await on_pool(give);
        if (!given || ending_) co_return false;
        const bool written = co_await write_piece(chunked);
        if (!written) co_return false;
        if (next == Download::Next::kEnd) co_return true;
        if (next == Download::Next::kBroken) co_return false;
        if (next == Download::Next::kMore) continue;
        asio::steady_timer pause(transport_.executor(), kDownloadPause);
        co_await pause.async_wait(kAsTuple);
        if (ending_ || !transport_.is_open()) co_return false;
    }
}

}  // namespace idnode::http
