#include "registry/http/server.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "registry/http/http_connection.h"
#include "resolver/net/pool.h"
#include "resolver/net/sockets.h"
#include "resolver/net/worker.h"

namespace idnode::http {

namespace {

using resolver::Worker;

class HttpServer final : public Server {
  public:
    HttpServer(const ServerSettings& settings, const Parts& parts)
        : settings_(settings),
          bodies_(settings.limits.bodies_bytes_max),
          pool_(parts.engine, settings.threads, settings.queue_max) {
        for (unsigned i = 0; i < settings_.io_threads; ++i) {
            workers_.push_back(std::make_unique<Worker>(parts.engine, pool_));
            connections_.push_back(std::make_unique<ConnectionContext>(ConnectionContext{
                workers_.back()->dispatcher(), workers_.back()->receive_buffer(),
                parts.engine.clock, parts.handler, parts.tls, settings_.limits, bodies_}));
        }
    }
    ~HttpServer() override { stop(); }

    Result<void> bind() {
        const auto bindings = resolver::bindings_for(
            settings_.addresses, {.kind = resolver::SocketKind::kStream,
                                  .port = static_cast<std::uint16_t>(settings_.port),
                                  .setting = "listen.http_port"});
        if (!bindings) return bindings.error();
        for (resolver::Binding binding : *bindings) {
            auto sockets = bind_shared(binding, settings_.io_threads);
            if (!sockets) return sockets.error();
            for (std::size_t i = 0; i < workers_.size(); ++i) {
                workers_[i]->add_streams(std::move((*sockets)[i]), binding.address.is_v6(),
                                         service_of(*connections_[i]));
            }
            endpoints_.push_back(resolver::to_text(binding.address, binding.port));
        }
        return {};
    }

    void start() {
        for (const auto& worker : workers_) worker->start();
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

    std::vector<std::string> endpoints() const override { return endpoints_; }

    ServerCounters counters() const override {
        ServerCounters out;
        for (const auto& worker : workers_) {
            const Worker::Counts counts = worker->counts();
            out.requests += counts.stream_requests;
            out.connections += counts.connections;
        }
        return out;
    }

  private:
    resolver::StreamService service_of(ConnectionContext& context) const {
        return {
            .carrier = resolver::Carrier::kHttp,
            .connections_max =
                std::max<std::size_t>(1, settings_.limits.connections_max / settings_.io_threads),
            .connect = [&context](boost::asio::ip::tcp::socket socket, const resolver::Peer& peer) {
                return std::make_shared<HttpConnection>(std::move(socket), peer, context);
            }};
    }

    const ServerSettings settings_;
    BodyBudget bodies_;
    resolver::StoragePool pool_;
    std::vector<std::unique_ptr<ConnectionContext>> connections_;  // one a worker
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::string> endpoints_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerSettings& settings, const Parts& parts) {
    auto server = std::make_unique<HttpServer>(settings, parts);
    if (const auto bound = server->bind(); !bound) return bound.error();
    server->start();
    return Result<std::unique_ptr<Server>>(std::move(server));
}

}  // namespace idnode::http
