#include "bench/echo_process.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <utility>

namespace idnode::bench {
namespace {

/// In the new process: becomes `idnode-bench echo`, which says on its standard output when it is
/// ready.
[[noreturn]] void become_echo(Transport transport, std::size_t reply_bytes, std::optional<int> cpu,
                              int output) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (cpu) {
        cpu_set_t processors;
        CPU_ZERO(&processors);
        CPU_SET(static_cast<std::size_t>(*cpu), &processors);
        ::sched_setaffinity(0, sizeof processors, &processors);
    }
    ::dup2(output, STDOUT_FILENO);
    const std::string bytes = std::to_string(reply_bytes);
    const char* const tcp = transport == Transport::kTcp ? "--tcp" : nullptr;
    ::execl("/proc/self/exe", "idnode-bench", "echo", "--port", "0", "--reply-bytes", bytes.c_str(),
            tcp, nullptr);
    ::_exit(127);
}

/// The last word of the line `ready udp 127.0.0.1:40123`.
std::string read_server(int input) {
    std::string line;
    char octet = 0;
    while (::read(input, &octet, 1) == 1 && octet != '\n') line.push_back(octet);
    const std::size_t space = line.rfind(' ');
    return line.starts_with("ready ") ? line.substr(space + 1) : std::string();
}

}  // namespace

Result<EchoProcess> EchoProcess::start(Transport transport, std::size_t reply_bytes,
                                       std::optional<int> cpu) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return socket_error("pipe");
    const Descriptor read_end(pipe[0]);
    Descriptor write_end(pipe[1]);
    const pid_t pid = ::fork();
    if (pid < 0) return socket_error("fork");
    if (pid == 0) become_echo(transport, reply_bytes, cpu, write_end.get());

    EchoProcess out(pid, "");
    write_end = Descriptor();
    out.server_ = read_server(read_end.get());
    if (out.server_.empty()) return Error{Errc::kUnavailable, "the echo did not start"};
    return out;
}

EchoProcess::EchoProcess(EchoProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), server_(std::move(other.server_)) {}

EchoProcess::~EchoProcess() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
}

}  // namespace idnode::bench
