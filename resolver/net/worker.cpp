#include "resolver/net/worker.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <utility>

#include "resolver/net/scheduling.h"

namespace idnode::resolver {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kReceiveBytes = 65'536;
constexpr std::chrono::milliseconds kTick{500};

/// An exception that leaves a coroutine of ours is a bug or memory that ran out: end loudly.
void rethrow(const std::exception_ptr& exception) {
    if (exception) std::rethrow_exception(exception);
}

}  // namespace

Worker::Worker(const EngineContext& context, StoragePool& pool)
    : busy_(asio::make_work_guard(io_)),
      tick_(io_),
      receive_buffer_(kReceiveBytes),
      dispatcher_(io_, context, pool),
      batch_(io_, dispatcher_) {}

Worker::~Worker() {
    finish();
}

void Worker::add_udp(Descriptor socket) {
    udp_.push_back(std::make_unique<UdpListener>(io_, std::move(socket), dispatcher_));
}

void Worker::add_streams(Descriptor socket, bool is_v6, StreamService service) {
    streams_.push_back(
        std::make_unique<TcpListener>(io_, std::move(socket), is_v6, std::move(service)));
}

void Worker::start(bool before_all) {
    for (const auto& listener : udp_) asio::co_spawn(io_, listener->run(), rethrow);
    for (const auto& listener : streams_) asio::co_spawn(io_, listener->run(), rethrow);
    asio::co_spawn(io_, watch_deadlines(), rethrow);
    thread_ = std::thread([this, before_all] {
        if (!before_all || !come_before_all()) come_first();
        io_.run();
    });
}

asio::awaitable<void> Worker::watch_deadlines() {
    while (!stopping_) {
        tick_.expires_after(kTick);
        co_await tick_.async_wait(asio::as_tuple(asio::use_awaitable));
        const auto now = Connection::Clock::now();
        for (const auto& listener : streams_) listener->check_deadlines(now);
    }
}

void Worker::stop_reading() {
    if (!thread_.joinable()) return;
    std::promise<void> done;
    asio::post(io_, [this, &done] {
        for (const auto& listener : udp_) listener->stop_reading();
        for (const auto& listener : streams_) listener->stop_reading();
        done.set_value();
    });
    done.get_future().wait();
}

void Worker::finish() {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] {
        stopping_ = true;
        tick_.cancel();
        for (const auto& listener : udp_) listener->close();
        for (const auto& listener : streams_) listener->close_connections();
        busy_.reset();
    });
    thread_.join();
}

Worker::Counts Worker::counts() const {
    Counts out;
    for (const auto& listener : udp_) {
        out.datagrams += listener->requests();
        out.datagrams_dropped += listener->dropped();
    }
    for (const auto& listener : streams_) {
        out.stream_requests += listener->requests();
        out.connections += listener->connections();
    }
    return out;
}

}  // namespace idnode::resolver
