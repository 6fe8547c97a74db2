#include "tests/support/http_sink.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>

namespace idnode::testing {

namespace {

constexpr int kBacklog = 16;
constexpr int kLookEveryMs = 20;
constexpr std::size_t kPiece = 65'536;

/// The request in the octets; nothing: more must come.
std::optional<Sunk> parse(const std::string& octets) {
    const std::size_t head_end = octets.find("\r\n\r\n");
    if (head_end == std::string::npos) return std::nullopt;
    std::istringstream head(octets.substr(0, head_end));
    Sunk out;
    std::string method;
    std::string line;
    head >> method >> out.target;
    std::getline(head, line);
    while (std::getline(head, line)) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos) continue;
        std::string name = line.substr(0, colon);
        std::ranges::transform(name, name.begin(), [](unsigned char one) {
            return static_cast<char>(std::tolower(one));
        });
        std::string value = line.substr(colon + 1);
        while (!value.empty() && value.back() == '\r') value.pop_back();
        out.fields[name] = value.substr(std::min(value.size(), value.find_first_not_of(' ')));
    }
    const auto length = out.fields.find("content-length");
    const std::size_t size = length == out.fields.end() ? 0 : std::stoul(length->second);
    out.body = octets.substr(head_end + 4);
    if (out.body.size() < size) return std::nullopt;
    return out;
}

}  // namespace

HttpSink::HttpSink() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, any, size) != 0 || ::listen(listener_, kBacklog) != 0 ||
        ::getsockname(listener_, any, &size) != 0) {
        throw std::runtime_error("no listening socket");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

HttpSink::~HttpSink() {
    ending_ = true;
    thread_.join();
    ::close(listener_);
}

void HttpSink::serve() {
    while (!ending_) {
        pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
        if (::poll(&waiting, 1, kLookEveryMs) <= 0) continue;
        const int connection = ::accept(listener_, nullptr, nullptr);
        if (connection < 0) continue;
        take(connection);
        ::close(connection);
    }
}

void HttpSink::take(int connection) {
    std::string octets;
    std::string piece(kPiece, '\0');
    std::optional<Sunk> request;
    while (!request) {
        const auto got = ::recv(connection, piece.data(), piece.size(), 0);
        if (got <= 0) return;
        octets.append(piece, 0, static_cast<std::size_t>(got));
        request = parse(octets);
    }
    {
        const std::scoped_lock lock(mutex_);
        sunk_.push_back(*std::move(request));
    }
    came_.notify_all();
    const std::string answer = "HTTP/1.1 " + std::to_string(status_) +
                               " Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    (void)::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
}

std::vector<Sunk> HttpSink::wait_for(std::size_t count, milliseconds patience) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, patience, [&] { return sunk_.size() >= count; });
    return sunk_;
}

}  // namespace idnode::testing
