#include "tools/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "tests/support/process.h"
#include "tools/logging.h"

using namespace idnode::tools;

namespace {

/// The service manager's end.
class Manager {
  public:
    explicit Manager(const std::string& name) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::ranges::copy(name, address.sun_path);
        if (name.front() == '@') address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
        ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    }
    ~Manager() {
        ::unsetenv("NOTIFY_SOCKET");
        ::close(socket_);
    }
    std::string heard() {
        char buffer[256];
        const ssize_t size = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
        return size < 0 ? "" : std::string(buffer, static_cast<std::size_t>(size));
    }

  private:
    int socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

}  // namespace

TEST_CASE("the service manager hears a state on a socket in a folder") {
    const idnode::testing::ScratchFolder scratch;
    Manager manager((scratch / "notify").string());
    notify_manager("READY=1");
    CHECK(manager.heard() == "READY=1");
}

TEST_CASE("the service manager hears a state on an abstract socket") {
    Manager manager("@idnode-test-" + std::to_string(::getpid()));
    notify_manager("STOPPING=1");
    CHECK(manager.heard() == "STOPPING=1");
}

TEST_CASE("a log value is one word or in quotes, and never breaks the line") {
    CHECK(log_value("plain:1") == "plain:1");
    CHECK(log_value("") == "\"\"");
    CHECK(log_value("two words") == "\"two words\"");
    CHECK(log_value("a=\"b\"") == "\"a=\\\"b\\\"\"");
    CHECK(log_value("a\nb") == "\"a b\"");
}
