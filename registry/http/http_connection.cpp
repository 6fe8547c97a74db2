#include "registry/http/http_connection.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <exception>
#include <limits>
#include <string>

#include "registry/http/chunks.h"
#include "registry/http/responses.h"
#include "registry/http/tunnel.h"

namespace idnode::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using beast::http::field;
using beast::http::status;

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
// A body up to this size comes with what a connection costs anyway.
constexpr std::size_t kFreeBodyBytes = 16'384;
constexpr std::string_view kTooManyBodies = "too many long requests at once";

BytesView bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

}  // namespace

HttpConnection::HttpConnection(asio::ip::tcp::socket socket, const resolver::Peer& peer,
                               ConnectionContext& context)
    : transport_(std::move(socket), context.receive_buffer),
      peer_(peer),
      context_(context),
      resumed_(transport_.executor(), Clock::time_point::max()) {
    transport_.accept_tls(context.tls);
}

asio::awaitable<void> HttpConnection::run() {
    const auto self = shared_from_this();
    bool goes_on = true;
    while (goes_on && !ending_) goes_on = co_await serve_one();
    co_await transport_.finish();
}

void HttpConnection::end() {
    ending_ = true;
    if (reading_) transport_.cancel();
}

/// False: the connection shall end.
asio::awaitable<bool> HttpConnection::serve_one() {
    Parser parser;
    refusal_.reset();
    reading_ = true;
    bool whole = co_await receive_header(parser);
    if (whole && context_.handler.takes_upload(parser.get())) {
        reading_ = false;
        co_await serve_upload(parser);
        co_return false;
    }
    if (whole) whole = co_await parse_body(parser);
    reading_ = false;
    if (!whole) {
        co_await tell_refusal(parser);
        co_return false;
    }
    used_ = true;
    ++requests_;
    transport_.allow_any_time();
    const Request request = parser.release();
    if (context_.handler.gives_download(request)) {
        co_await serve_download(request);
        co_return false;
    }
    co_await answer(request);
    Response response = std::move(*response_);
    response.version(request.version());
    if (stream_) {
        co_await send_stream(std::move(response));
        co_return false;
    }
    response.keep_alive(request.keep_alive() && !ending_);
    const bool goes_on = response.keep_alive();
    const bool sent =
        co_await send(std::move(response), request.method() == beast::http::verb::head);
    body_share_.reset();
    co_return sent&& goes_on;
}

asio::awaitable<void> HttpConnection::tell_refusal(const Parser& parser) {
    if (!refusal_) co_return;
    const auto [status, text] = *refusal_;
    Response response = parser.is_header_done() ? turned_away(parser.get(), status, text)
                                                : refusal_response(status, text);
    co_await send(std::move(response), false);
}

/// In the words of the part that was asked, or our own. The connection ends with it.
Response HttpConnection::turned_away(const RequestHeader& header, status status,
                                     std::string_view text) const {
    auto response = context_.handler.turn_away(header, status, text);
    if (!response) return refusal_response(status, text);
    response->keep_alive(false);
    return *std::move(response);
}

/// A request up to its body. False: there is none, and `refusal_` says whether the peer is told
/// why.
asio::awaitable<bool> HttpConnection::receive_header(Parser& parser) {
    if (pending_.empty()) {
        // Nothing has begun: an end is no fault here.
        transport_.allow(used_ ? context_.limits.idle : context_.limits.request);
        const bool begun = co_await transport_.read(pending_);
        if (!begun) co_return false;
    }
    transport_.allow(context_.limits.request);
    const bool has_header = co_await parse_header(parser);
    if (!has_header) co_return false;
    refusal_ = check_header(parser);
    if (refusal_) co_return false;
    transport_.allow(context_.limits.request);
    co_return true;
}

asio::awaitable<bool> HttpConnection::parse_header(Parser& parser) {
    parser.header_limit(static_cast<std::uint32_t>(context_.limits.header_bytes_max));
    // Until the header says what may follow.
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    while (feed(parser) && !parser.is_header_done()) {
        const bool more = co_await read_more();
        if (!more) break;
    }
    co_return parser.is_header_done() && !refusal_;
}

asio::awaitable<bool> HttpConnection::continue_if_asked(const RequestHeader& header, bool is_done) {
    if (is_done || !pending_.empty() || !beast::iequals(header[field::expect], "100-continue")) {
        co_return true;
    }
    co_return co_await transport_.write(bytes_of(kContinue), {});
}

asio::awaitable<bool> HttpConnection::parse_body(Parser& parser) {
    const bool asked = co_await continue_if_asked(parser.get(), parser.is_done());
    if (!asked) co_return false;
    parser.eager(true);
    while (feed(parser) && !parser.is_done() && keep_room(parser)) {
        const bool more = co_await read_more();
        if (!more) break;
    }
    co_return parser.is_done() && !refusal_;
}

asio::awaitable<bool> HttpConnection::read_more() {
    const bool more = co_await transport_.read(pending_);
    if (!more && transport_.timed_out()) refuse(status::request_timeout, "the request is too slow");
    co_return more;
}

/// Parses what was received. False: it cannot become a request.
bool HttpConnection::feed(Parser& parser) {
    using beast::http::error;
    boost::system::error_code failed;
    while (!failed && !pending_.empty() && !parser.is_done()) {
        const std::size_t taken = parser.put(asio::buffer(pending_), failed);
        pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(taken));
        if (parser.is_header_done() && !parser.eager()) break;
    }
    if (pending_.empty()) pending_ = Bytes{};
    if (failed == error::header_limit) {
        return refuse(status::request_header_fields_too_large, "the header is too long");
    }
    if (failed == error::body_limit) {
        return refuse(status::payload_too_large, "the body is too long");
    }
    if (failed && failed != error::need_more) {
        return refuse(status::bad_request, "this is not HTTP/1.1");
    }
    // In a body only the line before a chunk, or the fields after the last, can want more.
    if (failed && pending_.size() > context_.limits.header_bytes_max) {
        return refuse(status::request_header_fields_too_large, "the header is too long");
    }
    return true;
}

bool HttpConnection::refuse(status code, std::string_view text) {
    refusal_ = Refusal{code, text};
    return false;
}

/// Before the body is read.
std::optional<HttpConnection::Refusal> HttpConnection::check_header(Parser& parser) {
    const auto& header = parser.get();
    if (header.count(field::transfer_encoding) > 0 && !parser.chunked()) {
        // Where such a body ends nobody could say.
        return Refusal{status::not_implemented, "only the transfer coding chunked is understood"};
    }
    const auto expected = header[field::expect];
    if (!expected.empty() && !beast::iequals(expected, "100-continue")) {
        return Refusal{status::expectation_failed, "no such expectation can be met"};
    }
    if (parser.is_done() || context_.handler.takes_upload(header)) return std::nullopt;
    const std::size_t longest =
        is_tunnel(header) ? kTunnelBodyBytesMax
                          : context_.handler.body_bytes_max(header, context_.limits.body_bytes_max);
    const auto length = parser.content_length();
    if (length && *length > longest) {
        return Refusal{status::payload_too_large, "the body is too long"};
    }
    parser.body_limit(longest);
    if (!length || take_room(static_cast<std::size_t>(*length))) return std::nullopt;
    return Refusal{status::service_unavailable, kTooManyBodies};
}

/// Makes a body's part of the budget so large.
bool HttpConnection::take_room(std::size_t bytes) {
    if (body_share_) return bytes <= body_share_->bytes() || body_share_->grow_to(bytes);
    if (bytes <= kFreeBodyBytes) return true;
    auto share = context_.bodies.take(bytes);
    if (share) body_share_.emplace(std::move(*share));
    return share.has_value();
}

/// A body whose length nobody told takes its part as it comes: twice what is there.
bool HttpConnection::keep_room(const Parser& parser) {
    const std::size_t size = parser.get().body().size();
    const std::size_t room = body_share_ ? body_share_->bytes() : kFreeBodyBytes;
    if (size <= room || take_room(2 * size)) return true;
    return refuse(status::service_unavailable, kTooManyBodies);
}

/// Puts the answer into `response_`.
asio::awaitable<void> HttpConnection::answer(const Request& request) {
    response_.reset();
    if (is_tunnel(request)) {
        co_await answer_message(bytes_of(request.body()));
    } else {
        co_await answer_by_handler(request);
    }
}

asio::awaitable<void> HttpConnection::answer_by_handler(const Request& request) {
    const Caller caller = this->caller();
    const auto made = std::make_shared<Response>();
    // Request and caller are there until the answer is: this coroutine waits for it.
    auto work = [made, &handler = context_.handler, &request, &caller] {
        try {
            *made = handler.handle(request, caller);
        } catch (const std::exception&) {
            *made = refusal_response(status::internal_server_error,
                                     "the request could not be carried out");
        }
    };
    auto done = [made, self = shared_from_this()] {
        self->response_ = std::move(*made);
        self->resumed_.cancel();
    };
    if (!context_.dispatcher.on_pool(std::move(work), std::move(done))) {
        response_ =
            turned_away(request, status::service_unavailable, "too many requests are waiting");
        co_return;
    }
    co_await answered();
}

Caller HttpConnection::caller() {
    if (certificate_.empty()) certificate_ = transport_.peer_certificate();
    return {peer_, transport_.is_secure(), certificate_};
}

/// The tunnel of §3.7.
asio::awaitable<void> HttpConnection::answer_message(BytesView body) {
    const auto message = split_message(body);
    if (!message) {
        response_ = refusal_response(status::bad_request, "the body is no message");
        co_return;
    }
    Bytes out;
    if (!message->fault.empty()) {
        context_.dispatcher.engine().refuse(message->envelope, message->payload, peer_,
                                            message->code, message->fault, out);
        response_ = message_response(out);
        co_return;
    }
    const auto taken = context_.dispatcher.take(
        message->envelope, message->payload, peer_, out, [self = shared_from_this()] {
            return [self](const Bytes& answer, resolver::StreamPtr stream) {
                self->stream_ = std::move(stream);
                self->response_ = message_response(answer);
                self->resumed_.cancel();
            };
        });
    if (taken != resolver::Dispatcher::Taken::kLater) {
        response_ = message_response(out);
        co_return;
    }
    co_await answered();
}

asio::awaitable<void> HttpConnection::answered() {
    while (!response_) {
        co_await resumed_.async_wait(kAsTuple);
    }
}

/// The messages and what follows them in the same body, piece by piece as the peer takes it (§3.7).
/// The connection ends with it: an end without the last chunk tells the peer that it was cut.
asio::awaitable<bool> HttpConnection::send_stream(Response response) {
    const BytesView messages = bytes_of(response.body());
    piece_.assign(messages.begin(), messages.end());
    const bool chunked = response.version() == 11;
    bool goes_on = co_await begin_pieces(response);
    next_ = resolver::Stream::Next::kMore;
    while (goes_on && !ending_) {
        goes_on = co_await write_piece(chunked);
        if (!goes_on || next_ != resolver::Stream::Next::kMore) break;
        goes_on = co_await next_piece();
    }
    // A stream that waits for its peer waits in vain: the request is over.
    const bool whole = goes_on && (next_ == resolver::Stream::Next::kEnd ||
                                   next_ == resolver::Stream::Next::kClose);
    if (!whole || !chunked) co_return whole;
    co_return co_await transport_.write(bytes_of("0\r\n\r\n"), {});
}

/// The head of an answer whose length nobody knows yet. The connection ends with it.
asio::awaitable<bool> HttpConnection::begin_pieces(Response& response) {
    complete(response, context_.clock.now());
    response.content_length(boost::none);
    if (response.version() == 11) response.chunked(true);
    response.keep_alive(false);
    const std::string head = header_text(response);
    transport_.allow(context_.limits.request);
    co_return co_await transport_.write(bytes_of(head), {});
}

asio::awaitable<bool> HttpConnection::next_piece() {
    next_.reset();
    transport_.allow_any_time();
    const auto deliver = [self = shared_from_this()](Bytes piece, resolver::Stream::Next next) {
        self->piece_ = std::move(piece);
        self->next_ = next;
        self->resumed_.cancel();
    };
    while (!context_.dispatcher.advance(stream_, {}, deliver)) {
        asio::steady_timer pause(transport_.executor(), kPoolPause);
        co_await pause.async_wait(kAsTuple);
        if (ending_ || !transport_.is_open()) co_return false;
    }
    while (!next_) co_await resumed_.async_wait(kAsTuple);
    co_return true;
}

asio::awaitable<bool> HttpConnection::write_piece(bool chunked) {
    if (piece_.empty()) co_return true;  // an empty chunk would be the last
    transport_.allow(context_.limits.request);
    if (!chunked) co_return co_await transport_.write(piece_, {});
    const std::string size = chunk_head(piece_.size());
    piece_.insert(piece_.end(), {std::byte{'\r'}, std::byte{'\n'}});
    co_return co_await transport_.write(bytes_of(size), piece_);
}

asio::awaitable<bool> HttpConnection::send(Response response, bool is_head) {
    complete(response, context_.clock.now());
    const std::string head = header_text(response);
    transport_.allow(context_.limits.request);
    const BytesView body = is_head ? BytesView{} : bytes_of(response.body());
    co_return co_await transport_.write(bytes_of(head), body);
}

}  // namespace idnode::http
