#include "resolver/net/server.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <thread>
#include <utility>

#include "resolver/net/pool.h"
#include "resolver/net/sockets.h"
#include "resolver/net/worker.h"

namespace idnode::resolver {

namespace {

using Addresses = std::vector<boost::asio::ip::address>;

Result<Addresses> parse_addresses(const std::vector<std::string>& texts) {
    Addresses out;
    for (const std::string& text : texts) {
        boost::system::error_code error;
        const auto address = boost::asio::ip::make_address(text, error);
        if (error) {
            return Error{Errc::kInvalid,
                         "listen.address: '" + text + "' is not an IPv4 or IPv6 address"};
        }
        out.push_back(address);
    }
    return out;
}

class NetServer final : public Server {
  public:
    NetServer(const ServerSettings& settings, const EngineContext& context)
        : settings_(settings),
          pool_(context, settings.storage_threads, settings.storage_queue_max) {
        for (unsigned i = 0; i < settings_.threads; ++i) {
            workers_.push_back(std::make_unique<Worker>(settings_, context, pool_));
        }
    }
    ~NetServer() override { stop(); }

    Result<void> bind(const Addresses& addresses) {
        const bool has_v4 = std::ranges::any_of(addresses, [](const auto& a) { return a.is_v4(); });
        for (const auto& address : addresses) {
            const bool v6_only = address.is_v6() && (has_v4 || !address.is_unspecified());
            for (const auto kind : {SocketKind::kDatagram, SocketKind::kStream}) {
                const int port =
                    kind == SocketKind::kDatagram ? settings_.udp_port : settings_.tcp_port;
                if (port < 0) continue;
                const auto bound =
                    bind_all({kind, address, static_cast<std::uint16_t>(port), v6_only});
                if (!bound) return bound.error();
            }
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

    std::vector<std::string> udp_endpoints() const override { return udp_; }
    std::vector<std::string> tcp_endpoints() const override { return tcp_; }

    ServerCounters counters() const override {
        ServerCounters out;
        for (const auto& worker : workers_) worker->add_to(out);
        return out;
    }

  private:
    /// One socket a worker, all on one port.
    Result<void> bind_all(Binding binding) {
        if (binding.port != 0) {
            if (const auto is_free = check_free(binding); !is_free) return is_free.error();
        }
        for (const auto& worker : workers_) {
            auto socket = bind_shared(binding);
            if (!socket) return socket.error();
            binding.port = bound_port(*socket);
            if (binding.kind == SocketKind::kDatagram) {
                worker->add_udp(std::move(*socket));
            } else {
                worker->add_tcp(std::move(*socket), binding.address.is_v6());
            }
        }
        auto& endpoints = binding.kind == SocketKind::kDatagram ? udp_ : tcp_;
        endpoints.push_back(to_text(binding.address, binding.port));
        return {};
    }

    const ServerSettings settings_;
    StoragePool pool_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::string> udp_;
    std::vector<std::string> tcp_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerSettings& settings,
                                              const EngineContext& context) {
    ServerSettings complete = settings;
    if (complete.threads == 0) complete.threads = std::max(1U, std::thread::hardware_concurrency());
    const auto addresses = parse_addresses(complete.addresses);
    if (!addresses) return addresses.error();
    auto server = std::make_unique<NetServer>(complete, context);
    if (const auto bound = server->bind(*addresses); !bound) return bound.error();
    server->start();
    return Result<std::unique_ptr<Server>>(std::move(server));
}

}  // namespace idnode::resolver
