#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "resolver/engine/engine.h"
#include "resolver/net/pool.h"

namespace idnode::resolver {

/// Takes messages from the sockets of one thread to the engine, and those that cannot be answered
/// at once to the pool and the upstream and back. Used on the thread of `io` only.
class Dispatcher {
  public:
    enum class Taken : std::uint8_t { kAnswered, kNothing, kLater };
    /// Called once on the thread of `io`; an empty message means that there is nothing to send.
    /// Mostly no stream follows the message.
    using Deliver = std::function<void(Bytes message, StreamPtr stream)>;
    /// Called once on the thread of `io` with a stream's next piece.
    using DeliverPiece = std::function<void(Bytes piece, Stream::Next next)>;

    Dispatcher(boost::asio::io_context& io, const EngineContext& context, StoragePool& pool)
        : io_(io), context_(context), pool_(pool), engine_(context) {}

    /// Appends the answer to `out`, or promises to call `make_deliver()` later. `make_deliver` is
    /// only called in that case, so that the plain lookup allocates nothing.
    template <class MakeDeliver>
    Taken take(const handle::Envelope& envelope, BytesView payload, const Peer& peer, Bytes& out,
               MakeDeliver&& make_deliver) {
        const Outcome outcome =
            engine_.handle(envelope, payload, peer, Effort::kInline, out, question_);
        if (outcome == Outcome::kReply) return Taken::kAnswered;
        if (outcome == Outcome::kSilent) return Taken::kNothing;
        return later(outcome, envelope, payload, peer, out, make_deliver());
    }

    /// Has the next piece of a stream made on the pool. False: the pool is full, try again later.
    bool advance(StreamPtr stream, Bytes received, DeliverPiece deliver);

    /// Has `work` done by the pool, and then `done` on the thread of `io`. False: the pool is full,
    /// and neither will be called.
    bool on_pool(std::function<void()> work, std::function<void()> done);

    Engine& engine() { return engine_; }
    /// Messages that were taken, and streams, that wait for pool or upstream.
    std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

  private:
    /// A request that outlives its datagram.
    struct Deferred {
        handle::Envelope envelope;
        Bytes payload;
        Peer peer;
        Deliver deliver;
    };
    using DeferredPtr = std::shared_ptr<Deferred>;

    Taken later(Outcome outcome, const handle::Envelope& envelope, BytesView payload,
                const Peer& peer, Bytes& out, Deliver deliver);
    bool to_pool(const DeferredPtr& deferred);
    void to_upstream(const DeferredPtr& deferred, Question question);
    void from_upstream(const DeferredPtr& deferred, const UpstreamAnswerPtr& answer);
    void deliver(const DeferredPtr& deferred, Bytes message, StreamPtr stream = nullptr);
    Bytes busy(const Deferred& deferred);

    boost::asio::io_context& io_;
    const EngineContext& context_;
    StoragePool& pool_;
    Engine engine_;
    Question question_;
    std::atomic<std::size_t> waiting_ = 0;
};

}  // namespace idnode::resolver
