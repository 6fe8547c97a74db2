#include "resolver/net/server.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "resolver/net/pool.h"
#include "resolver/net/sockets.h"
#include "resolver/net/tcp_connection.h"
#include "resolver/net/worker.h"

namespace idnode::resolver {

namespace {

class NetServer final : public Server {
  public:
    NetServer(const ServerSettings& settings, const EngineContext& context)
        : settings_(settings),
          pool_(context, settings.storage_threads, settings.storage_queue_max) {
        for (unsigned i = 0; i < settings_.threads; ++i) {
            workers_.push_back(std::make_unique<Worker>(context, pool_));
            connections_.push_back(std::make_unique<ConnectionContext>(ConnectionContext{
                workers_.back()->dispatcher(), workers_.back()->batch(),
                workers_.back()->receive_buffer(), workers_.back()->send_buffer(),
                settings.tcp_inflight_max, settings.tcp_idle, settings.tcp_partial, settings.tls}));
        }
    }
    ~NetServer() override { stop(); }

    Result<void> bind() {
        if (settings_.udp_port >= 0) {
            const auto bound = bind_port({.kind = SocketKind::kDatagram,
                                          .port = static_cast<std::uint16_t>(settings_.udp_port),
                                          .setting = "listen.udp_port"});
            if (!bound) return bound.error();
        }
        if (settings_.tcp_port < 0) return {};
        return bind_port({.kind = SocketKind::kStream,
                          .port = static_cast<std::uint16_t>(settings_.tcp_port),
                          .setting = "listen.tcp_port"});
    }

    void start() {
        for (const auto& worker : workers_) worker->start(settings_.realtime);
    }

    void stop() override {
        for (const auto& worker : workers_) worker->stop_reading();
        // The workers must be there for what comes back from the pool and the upstream.
        const auto waiting = [](const auto& worker) { return worker->waiting() > 0; };
        while (std::ranges::any_of(workers_, waiting)) {
            std::this_thread::sleep_for(std::chrono::milliseconds{2});
        }
        pool_.stop();
        for (const auto& worker : workers_) worker->finish();
    }

    std::vector<std::string> udp_endpoints() const override { return udp_; }
    std::vector<std::string> tcp_endpoints() const override { return tcp_; }

    ServerCounters counters() const override {
        ServerCounters out;
        for (const auto& worker : workers_) {
            const Worker::Counts counts = worker->counts();
            out.udp_requests += counts.datagrams;
            out.udp_dropped += counts.datagrams_dropped;
            out.tcp_requests += counts.stream_requests;
            out.tcp_connections += counts.connections;
        }
        return out;
    }

  private:
    Result<void> bind_port(const Binding& port) {
        const auto bindings = bindings_for(settings_.addresses, port);
        if (!bindings) return bindings.error();
        for (const Binding& binding : *bindings) {
            if (auto bound = bind_all(binding); !bound) return bound.error();
        }
        return {};
    }

    /// One socket a worker, all on one port.
    Result<void> bind_all(Binding binding) {
        auto sockets = bind_shared(binding, settings_.threads);
        if (!sockets) return sockets.error();
        const bool is_datagram = binding.kind == SocketKind::kDatagram;
        const bool is_industrial =
            std::ranges::any_of(settings_.industrial_addresses, [&](const std::string& address) {
                return boost::asio::ip::make_address(address) == binding.address;
            });
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            if (is_datagram) {
                workers_[i]->add_udp(std::move((*sockets)[i]));
            } else {
                workers_[i]->add_streams(std::move((*sockets)[i]), binding.address.is_v6(),
                                         service_of(*connections_[i], is_industrial));
            }
        }
        (is_datagram ? udp_ : tcp_).push_back(to_text(binding.address, binding.port));
        return {};
    }

    StreamService service_of(ConnectionContext& context, bool is_industrial) const {
        return {.carrier = Carrier::kTcp,
                .connections_max =
                    std::max<std::size_t>(1, settings_.tcp_connections_max / settings_.threads),
                .connect = [&context, is_industrial](boost::asio::ip::tcp::socket socket,
                                                     const Peer& peer) {
                    const auto mode = is_industrial ? TcpConnection::Mode::kIndustrial
                                                    : TcpConnection::Mode::kPlain;
                    return std::make_shared<TcpConnection>(std::move(socket), peer, mode, context);
                }};
    }

    const ServerSettings settings_;
    StoragePool pool_;
    std::vector<std::unique_ptr<ConnectionContext>> connections_;  // one a worker
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::string> udp_;
    std::vector<std::string> tcp_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerSettings& settings,
                                              const EngineContext& context) {
    ServerSettings complete = settings;
    if (complete.threads == 0) complete.threads = std::max(1U, std::thread::hardware_concurrency());
    auto server = std::make_unique<NetServer>(complete, context);
    if (const auto bound = server->bind(); !bound) return bound.error();
    server->start();
    return Result<std::unique_ptr<Server>>(std::move(server));
}

}  // namespace idnode::resolver
