#pragma once

#include <string_view>

namespace idnode::tools {

/// Tells the service manager (systemd's `sd_notify` protocol): one datagram with `state`, such as
/// `READY=1`, to the socket that NOTIFY_SOCKET names. Nothing happens without that variable; a
/// failure is nobody's concern but the manager's.
void notify_manager(std::string_view state);

}  // namespace idnode::tools
