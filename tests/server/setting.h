#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/handle/site.h"
#include "tests/support/client.h"
#include "tests/support/daemon.h"

/// The setting of §10: one node with listed records, asked over both transports.
namespace idnode::testing {

/// P of §10: values at 1, 2, 100, 200, 300 for everyone, and a secret key at 301.
inline constexpr std::string_view kP = "0.NA/88.100.1";

/// The records of the setting, a line each, in the form of `idnode import`.
std::string setting_records();

/// One record of text values: `{1: DESC, 2: …}` in the order given.
std::string text_record(std::string_view handle, const std::vector<std::string>& texts);

/// A response of exactly `bytes` octets (without envelope) comes for a public question about this
/// record.
std::string record_for_response_of(std::size_t bytes, std::string_view handle);

class Setting {
  public:
    explicit Setting(const Settings& settings = {}) : Setting(setting_records(), settings) {}
    Setting(const std::string& records, const Settings& settings);

    const NodeFolder& node() const { return node_; }
    Daemon& daemon() { return daemon_; }
    UdpClient udp() const { return UdpClient(daemon_.udp_port()); }
    TcpClient tcp() const { return TcpClient(daemon_.tcp_port()); }

    /// The same question over UDP and over TCP.
    std::vector<Reply> ask_both(const Request& request) const;
    /// The answer to get-site-info, over TCP.
    handle::Site site() const;
    /// Whether a plain question is answered on a fresh socket: the daemon lives and serves.
    bool serves() const;

  private:
    static NodeFolder& filled(NodeFolder& node, const std::string& records);

    NodeFolder node_;
    Daemon daemon_;
};

}  // namespace idnode::testing
