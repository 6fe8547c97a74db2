#include "resolver/net/dispatcher.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace idnode::resolver {

Dispatcher::Taken Dispatcher::later(Outcome outcome, const handle::Envelope& envelope,
                                    BytesView payload, const Peer& peer, Bytes& out,
                                    Deliver deliver) {
    auto deferred = std::make_shared<Deferred>(
        Deferred{envelope, Bytes(payload.begin(), payload.end()), peer, std::move(deliver)});
    waiting_.fetch_add(1, std::memory_order_relaxed);
    if (outcome == Outcome::kAskUpstream) {
        to_upstream(deferred, std::move(question_));
        return Taken::kLater;
    }
    if (to_pool(deferred)) return Taken::kLater;
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    const Bytes message = busy(*deferred);
    out.insert(out.end(), message.begin(), message.end());
    return Taken::kAnswered;
}

bool Dispatcher::to_pool(const DeferredPtr& deferred) {
    const auto header = handle::decode_header(deferred->payload);
    const bool signs = header && header->has(handle::flag::kCertify);
    return pool_.submit(
        [this, deferred](Engine& engine) {
            Bytes message;
            Question question;
            const Outcome outcome = engine.handle(deferred->envelope, deferred->payload,
                                                  deferred->peer, Effort::kPool, message, question);
            if (outcome == Outcome::kAskUpstream) {
                to_upstream(deferred, std::move(question));
            } else {
                deliver(deferred, std::move(message), engine.take_stream());
            }
        },
        signs ? StoragePool::Kind::kSigns : StoragePool::Kind::kReads);
}

bool Dispatcher::advance(StreamPtr stream, Bytes received, DeliverPiece deliver) {
    waiting_.fetch_add(1, std::memory_order_relaxed);
    const bool queued =
        pool_.submit([this, stream = std::move(stream), received = std::move(received),
                      deliver = std::move(deliver)](Engine&) {
            Bytes piece;
            const Stream::Next next = stream->next(received, piece);
            boost::asio::post(io_, [this, deliver, next, piece = std::move(piece)]() mutable {
                waiting_.fetch_sub(1, std::memory_order_relaxed);
                deliver(std::move(piece), next);
            });
        });
    if (!queued) waiting_.fetch_sub(1, std::memory_order_relaxed);
    return queued;
}

bool Dispatcher::on_pool(std::function<void()> work, std::function<void()> done) {
    waiting_.fetch_add(1, std::memory_order_relaxed);
    const bool queued =
        pool_.submit([this, work = std::move(work), done = std::move(done)](Engine&) mutable {
            work();
            boost::asio::post(io_, [this, done = std::move(done)] {
                waiting_.fetch_sub(1, std::memory_order_relaxed);
                done();
            });
        });
    if (!queued) waiting_.fetch_sub(1, std::memory_order_relaxed);
    return queued;
}

void Dispatcher::to_upstream(const DeferredPtr& deferred, Question question) {
    context_.upstream.ask(std::move(question), [this, deferred](const UpstreamAnswerPtr& answer) {
        boost::asio::post(io_, [this, deferred, answer] { from_upstream(deferred, answer); });
    });
}

void Dispatcher::from_upstream(const DeferredPtr& deferred, const UpstreamAnswerPtr& answer) {
    Bytes message;
    const Outcome outcome = engine_.answer_forwarded(
        deferred->envelope, deferred->payload, deferred->peer, Effort::kInline, *answer, message);
    if (outcome != Outcome::kRetryOnPool) {
        deliver(deferred, std::move(message));
        return;
    }
    const bool queued = pool_.submit(
        [this, deferred, answer](Engine& engine) {
            Bytes signed_message;
            engine.answer_forwarded(deferred->envelope, deferred->payload, deferred->peer,
                                    Effort::kPool, *answer, signed_message);
            deliver(deferred, std::move(signed_message));
        },
        StoragePool::Kind::kSigns);
    if (!queued) deliver(deferred, busy(*deferred));
}

/// From any thread.
void Dispatcher::deliver(const DeferredPtr& deferred, Bytes message, StreamPtr stream) {
    boost::asio::post(
        io_, [this, deferred, message = std::move(message), stream = std::move(stream)]() mutable {
            waiting_.fetch_sub(1, std::memory_order_relaxed);
            deferred->deliver(std::move(message), std::move(stream));
        });
}

Bytes Dispatcher::busy(const Deferred& deferred) {
    Bytes message;
    engine_.refuse(deferred.envelope, deferred.payload, deferred.peer,
                   handle::ResponseCode::kServerBusy, "too many requests are waiting", message);
    return message;
}

}  // namespace idnode::resolver
