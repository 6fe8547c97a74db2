#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/client.h"

namespace idnode::testing {

/// A request that came to a sink.
struct Sunk {
    std::string target;
    std::map<std::string, std::string> fields;  // names in lower case
    std::string body;
};

/// A small HTTP server on 127.0.0.1 that takes what is posted to it: one request a connection.
class HttpSink {
  public:
    HttpSink();
    ~HttpSink();
    HttpSink(const HttpSink&) = delete;
    HttpSink& operator=(const HttpSink&) = delete;

    std::uint16_t port() const { return port_; }
    /// What is answered from now on.
    void answer_with(unsigned status) { status_ = status; }
    /// Everything that came, whatever was answered, once there are so many; or what came in time.
    std::vector<Sunk> wait_for(std::size_t count, milliseconds patience = kPatience);

  private:
    void serve();
    void take(int connection);

    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<unsigned> status_{200};
    std::atomic<bool> ending_{false};
    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<Sunk> sunk_;
    std::thread thread_;
};

}  // namespace idnode::testing
