#include "tests/support/daemon.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <random>
#include <stdexcept>

namespace idnode::testing {
namespace {

/// `ready udp=127.0.0.1:40001 tcp=[::1]:40002` -> the number after the last colon of the word.
std::uint16_t port_in(std::string_view ready_line, std::string_view name) {
    const std::string key = " " + std::string(name) + "=";
    const auto at = ready_line.find(key);
    if (at == std::string_view::npos) return 0;
    std::string_view word = ready_line.substr(at + key.size());
    word = word.substr(0, word.find_first_of(" ,"));
    const auto colon = word.rfind(':');
    if (colon == std::string_view::npos) return 0;
    std::uint16_t port = 0;
    std::from_chars(word.data() + colon + 1, word.data() + word.size(), port);
    return port;
}

std::vector<std::string> init_command(const std::filesystem::path& root,
                                      const NodeFolder::Options& options) {
    std::vector<std::string> out{program("idnode"), "init",     root,          "--prefix",
                                 options.prefix,    "--listen", options.listen};
    for (const std::string& server : options.upstream) {
        out.emplace_back("--upstream");
        out.push_back(server);
    }
    return out;
}

void require_success(const Finished& finished, std::string_view what) {
    if (finished.exit_code == 0 && !has_sanitizer_report(finished.errors)) return;
    throw std::runtime_error(std::string(what) + " ended with code " +
                             std::to_string(finished.exit_code) + "\n" + finished.output +
                             finished.errors);
}

}  // namespace

NodeFolder::NodeFolder(const Options& options) {
    require_success(run(init_command(root(), options)), "idnode init");
}

void NodeFolder::import(std::string_view ndjson) const {
    const auto file = scratch_.write("records.ndjson", ndjson);
    require_success(run(import_command(file)), "idnode import");
}

std::vector<std::string> NodeFolder::import_command(const std::filesystem::path& file) const {
    return {program("idnode"), "import", file, "--config", config(), "--home"};
}

std::vector<std::string> daemon_command(const std::filesystem::path& config,
                                        const Settings& settings) {
    std::vector<std::string> out{program("idnoded"), "--config", config};
    for (const std::string& setting : settings) {
        out.emplace_back("--set");
        out.push_back(setting);
    }
    return out;
}

namespace {

/// Free ports unless the test asks for others: the later setting counts.
Settings with_free_ports(const Settings& settings) {
    Settings out{"listen.udp_port=0", "listen.tcp_port=0", "listen.http_port=0"};
    out.insert(out.end(), settings.begin(), settings.end());
    return out;
}

bool is_free(std::uint16_t port, int kind) {
    const int socket = ::socket(AF_INET, kind | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const bool out = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return out;
}

}  // namespace

Daemon::Daemon(const NodeFolder& node, const Settings& settings)
    : Daemon(node.config(), settings) {}

Daemon::Daemon(const std::filesystem::path& config, const Settings& settings)
    : Daemon(daemon_command(config, with_free_ports(settings))) {}

Daemon::Daemon(const std::vector<std::string>& command) : process_(command) {
    const auto ready = process_.wait_for_line("ready");
    if (!ready) throw std::runtime_error("idnoded does not serve\n" + process_.errors());
    udp_port_ = port_in(*ready, "udp");
    tcp_port_ = port_in(*ready, "tcp");
    http_port_ = port_in(*ready, "http");
    if (udp_port_ == 0 || tcp_port_ == 0) throw std::runtime_error("no ports in: " + *ready);
}

int Daemon::stop() {
    process_.send_signal(SIGTERM);
    return process_.wait().value_or(-1000);
}

std::string Daemon::stop_and_find_faults() {
    const int code = stop();
    const std::string errors = process_.errors();
    if (code != 0) return "exit code " + std::to_string(code) + "\n" + errors;
    return has_sanitizer_report(errors) ? errors : std::string();
}

std::uint16_t free_port() {
    // Below the ports that the kernel gives to others: a node that is stopped finds it free again.
    static std::mt19937 random{std::random_device{}()};
    std::uniform_int_distribution<std::uint16_t> any(10'000, 32'000);
    for (;;) {
        const std::uint16_t port = any(random);
        if (is_free(port, SOCK_STREAM) && is_free(port, SOCK_DGRAM)) return port;
    }
}

}  // namespace idnode::testing
