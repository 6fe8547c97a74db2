#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>

#include "bench/lookup.h"
#include "bench/socket.h"
#include "proto/base/result.h"

namespace idnode::bench {

/// The bare server as a process of its own, so that its CPU time and its address space are its own,
/// too. Ended with the object, or with this process if that dies first.
class EchoProcess {
  public:
    /// `cpu`: the one processor that it may use.
    static Result<EchoProcess> start(Transport transport, std::size_t reply_bytes,
                                     std::optional<int> cpu = std::nullopt);
    EchoProcess(EchoProcess&& other) noexcept;
    EchoProcess& operator=(EchoProcess&&) = delete;
    ~EchoProcess();

    pid_t pid() const { return pid_; }
    const std::string& server() const { return server_; }

  private:
    EchoProcess(pid_t pid, std::string server) : pid_(pid), server_(std::move(server)) {}

    pid_t pid_;
    std::string server_;
};

}  // namespace idnode::bench
