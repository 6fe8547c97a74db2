#include "resolver/net/turn_batch.h"

#include <array>
#include <boost/asio/post.hpp>
#include <span>
#include <utility>

#include "resolver/net/tcp_connection.h"

namespace idnode::resolver {

void TurnBatch::add(std::shared_ptr<TcpConnection> connection, BytesView message, Logins* logins) {
    if (items_.size() == Engine::kBatchMax) serve();
    octets_.insert(octets_.end(), message.begin(), message.end());
    items_.push_back({std::move(connection), message.size()});
    if (logins != nullptr) logins_ = logins;
    if (std::exchange(will_serve_, true)) return;
    boost::asio::post(io_, [this] {
        will_serve_ = false;
        serve();
    });
}

void TurnBatch::serve() {
    std::array<BytesView, Engine::kBatchMax> messages;
    BytesView left(octets_);
    for (std::size_t i = 0; i < items_.size(); ++i) {
        messages[i] = left.first(items_[i].bytes);
        left = left.subspan(items_[i].bytes);
    }
    const Peer peer{.carrier = Carrier::kTcp, .logins = logins_};
    dispatcher_.engine().foresee(std::span(messages).first(items_.size()), peer);
    for (std::size_t i = 0; i < items_.size(); ++i) {
        items_[i].connection->answer_foreseen(i, messages[i]);
    }
    items_.clear();
    octets_.clear();
    logins_ = nullptr;
}

}  // namespace idnode::resolver
