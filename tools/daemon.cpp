#include "tools/daemon.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "tools/exit_codes.h"
#include "tools/logging.h"
#include "tools/node.h"
#include "tools/notify.h"
#include "tools/settings.h"

namespace idnode::tools {
namespace {

// The database, the log, the listening sockets of each thread.
constexpr rlim_t kDescriptorsBesideConnections = 1024;

int cannot_start(const std::string& why) {
    fmt::print(stderr, "idnoded: cannot start: {}\n", why);
    return kExitFailed;
}

/// The signals that the main thread waits for; no other thread shall get them.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

/// As many open files as the system lets us have: each connection needs one.
void raise_descriptor_limit(const Settings& settings) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    const rlim_t needed = static_cast<rlim_t>(settings.limits.tcp_connections_max) +
                          static_cast<rlim_t>(settings.limits.http_connections_max) +
                          kDescriptorsBesideConnections;
    if (limit.rlim_cur < needed) {
        limit.rlim_cur = std::min(needed, limit.rlim_max);
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur < needed) {
        spdlog::warn("event=few_descriptors have={} need={} remedy={}", limit.rlim_cur, needed,
                     log_value("raise the limit of open files or lower limits.tcp_connections_max "
                               "and limits.http_connections_max"));
    }
}

void report_ready(const Node& node, const Settings& settings) {
    for (const std::string& warning : node.warnings()) {
        spdlog::warn("event=look_at_settings what={}", log_value(warning));
    }
    const std::string endpoints = node.endpoints();
    spdlog::info("event=ready version={} prefix={} {}", IDNODE_VERSION, settings.node.prefix,
                 endpoints);
    fmt::print("ready {}\n", endpoints);
    std::fflush(stdout);
    notify_manager(fmt::format("READY=1\nSTATUS=serving {}", endpoints));
}

/// Applies what can be applied now; a broken file changes nothing.
void reload(const DaemonOptions& options, Settings& settings, Node& node) {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    notify_manager(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                               now.tv_sec * 1'000'000 + now.tv_nsec / 1'000));
    const auto fresh = read_settings(options.config, options.overrides);
    if (!fresh) {
        spdlog::error("event=reload_failed reason={} effect={}", log_value(fresh.error().detail),
                      log_value("the settings stay as they were"));
    } else {
        for (const Setting* setting : changed_settings(settings, *fresh)) {
            const std::string value = log_value(value_text(*setting, *fresh));
            if (setting->needs_restart) {
                spdlog::warn("event=setting_waits_for_restart key={} value={}", setting->key,
                             value);
            } else {
                spdlog::info("event=setting_changed key={} value={}", setting->key, value);
            }
        }
        set_log_level(fresh->log.level);
        if (const auto done = node.reload(*fresh); !done) {
            spdlog::error("event=reload_incomplete reason={} effect={}",
                          log_value(done.error().detail), log_value("this stays as it was"));
        }
        take_what_needs_no_restart(*fresh, settings);
        spdlog::info("event=reloaded file={}", log_value(options.config.string()));
    }
    notify_manager("READY=1");
}

void serve(const sigset_t& signals, const DaemonOptions& options, Settings settings, Node& node) {
    constexpr timespec kHouseKeeping{.tv_sec = 1, .tv_nsec = 0};
    for (;;) {
        const int signal = ::sigtimedwait(&signals, nullptr, &kHouseKeeping);
        if (signal < 0) {
            node.keep_house();
            continue;
        }
        if (signal == SIGHUP) {
            reload(options, settings, node);
            continue;
        }
        spdlog::info("event=stopping signal={}", signal == SIGINT ? "SIGINT" : "SIGTERM");
        return;
    }
}

}  // namespace

int run_daemon(const DaemonOptions& options) {
    const sigset_t signals = block_signals();
    const auto settings = read_settings(options.config, options.overrides);
    if (!settings) return cannot_start(settings.error().detail);
    start_log(settings->log.level);
    raise_descriptor_limit(*settings);
    const auto node = Node::start(*settings);
    if (!node) return cannot_start(node.error().detail);
    report_ready(**node, *settings);

    serve(signals, options, *settings, **node);

    notify_manager("STOPPING=1");
    const auto counters = (*node)->counters();
    const auto http_counters = (*node)->http_counters();
    (*node)->stop();
    spdlog::info("event=stopped udp_requests={} tcp_requests={} http_requests={}",
                 counters.udp_requests, counters.tcp_requests, http_counters.requests);
    return kExitDone;
}

}  // namespace idnode::tools
