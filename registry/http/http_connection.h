#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "registry/http/handler.h"
#include "registry/http/limits.h"
#include "registry/http/transport.h"
#include "registry/model/ports.h"
#include "resolver/net/connection.h"
#include "resolver/net/dispatcher.h"

namespace idnode::http {

/// What all connections of one thread share.
struct ConnectionContext {
    resolver::Dispatcher& dispatcher;
    std::vector<std::byte>& receive_buffer;  // used between two suspensions only
    const model::Clock& clock;
    Handler& handler;
    const crypto::TlsServer& tls;
    const Limits& limits;
    BodyBudget& bodies;
};

/// A persistent connection, plain or TLS. Requests that were sent ahead wait unread: one is
/// answered at a time, in order. Used on one thread; kept alive by its coroutine and by answers
/// under way.
class HttpConnection final : public resolver::Connection,
                             public std::enable_shared_from_this<HttpConnection> {
  public:
    HttpConnection(boost::asio::ip::tcp::socket socket, const resolver::Peer& peer,
                   ConnectionContext& context);

    boost::asio::awaitable<void> run() override;
    void end() override;
    void close() override { transport_.close(); }
    void check_deadlines(Clock::time_point now) override { transport_.check_deadline(now); }
    std::uint64_t take_requests() override { return std::exchange(requests_, 0); }

  private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
    using UploadParser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;

    /// Why a request does not get as far as a handler.
    struct Refusal {
        boost::beast::http::status status;
        std::string_view text;
    };

    boost::asio::awaitable<bool> serve_one();
    boost::asio::awaitable<void> tell_refusal(const Parser& parser);
    Response turned_away(const RequestHeader& header, boost::beast::http::status status,
                         std::string_view text) const;
    boost::asio::awaitable<bool> receive_header(Parser& parser);
    boost::asio::awaitable<bool> parse_header(Parser& parser);
    boost::asio::awaitable<bool> parse_body(Parser& parser);
    boost::asio::awaitable<bool> continue_if_asked(const RequestHeader& header, bool is_done);
    boost::asio::awaitable<bool> read_more();
    bool feed(Parser& parser);
    std::optional<Refusal> check_header(Parser& parser);
    bool take_room(std::size_t bytes);
    bool keep_room(const Parser& parser);
    bool refuse(boost::beast::http::status status, std::string_view text);

    boost::asio::awaitable<void> answer(const Request& request);
    boost::asio::awaitable<void> answer_by_handler(const Request& request);
    boost::asio::awaitable<void> answer_message(BytesView body);
    boost::asio::awaitable<void> answered();
    Caller caller();
    template <class Work>
    boost::asio::awaitable<bool> on_pool(Work work);

    boost::asio::awaitable<void> serve_upload(Parser& header_parser);
    boost::asio::awaitable<bool> fill_piece(UploadParser& parser);
    boost::asio::awaitable<bool> take_pieces(UploadParser& parser, Upload& upload, bool chunked);
    boost::asio::awaitable<void> serve_download(const Request& request);
    boost::asio::awaitable<bool> give_pieces(Download& download, bool chunked);
    boost::asio::awaitable<bool> begin_pieces(Response& response);
    boost::asio::awaitable<bool> send_stream(Response response);
    boost::asio::awaitable<bool> next_piece();
    boost::asio::awaitable<bool> write_piece(bool chunked);

    boost::asio::awaitable<bool> send(Response response, bool is_head);

    Transport transport_;
    const resolver::Peer peer_;
    ConnectionContext& context_;
    boost::asio::steady_timer resumed_;  // cancelled when the answer is there

    Bytes pending_;  // received and not yet parsed
    std::optional<BodyBudget::Share> body_share_;
    std::optional<Refusal> refusal_;
    std::optional<Response> response_;
    resolver::StreamPtr stream_;                  // that follows the response's body
    Bytes piece_;                                 // of it, to be sent
    std::optional<resolver::Stream::Next> next_;  // what comes after the piece
    Bytes upload_;                                // the piece of an upload that came last
    Bytes certificate_;
    bool used_ = false;     // at least one request was answered
    bool reading_ = false;  // waiting for the peer, with no answer owed
    bool ending_ = false;
    std::uint64_t requests_ = 0;
};

}  // namespace idnode::http
