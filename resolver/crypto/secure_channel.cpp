#include "resolver/crypto/secure_channel.h"

#include <utility>

namespace idnode::crypto {
namespace {

class TlsChannel final : public model::SecureChannel {
  public:
    explicit TlsChannel(const TlsServer& server) : session_(server) {}

    State receive(BytesView octets, Bytes& to_peer) override {
        Bytes dropped;
        switch (session_.receive(octets, dropped, to_peer)) {
            case TlsSession::State::kHandshake:
                return State::kHandshake;
            case TlsSession::State::kOpen:
                return State::kOpen;
            case TlsSession::State::kEnded:
                break;
        }
        return State::kEnded;
    }
    void send(BytesView plain, Bytes& to_peer) override { session_.send(plain, to_peer); }
    void end(Bytes& to_peer) override { session_.end(to_peer); }

  private:
    TlsSession session_;
};

class TlsChannels final : public model::SecureChannels {
  public:
    explicit TlsChannels(std::shared_ptr<TlsServer> server) : server_(std::move(server)) {}
    std::unique_ptr<model::SecureChannel> accept() const override {
        return std::make_unique<TlsChannel>(*server_);
    }

  private:
    const std::shared_ptr<TlsServer> server_;
};

}  // namespace

std::unique_ptr<model::SecureChannels> make_secure_channels(std::shared_ptr<TlsServer> server) {
    return std::make_unique<TlsChannels>(std::move(server));
}

}  // namespace idnode::crypto
