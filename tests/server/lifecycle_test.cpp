// Starting, reloading and ending, and what an operator sees when it cannot start.
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/server/setting.h"
#include "tests/support/tls_socket.h"

namespace idnode::testing {
namespace {

Finished start_and_end(const std::filesystem::path& config, const Settings& settings = {}) {
    Settings all{"listen.udp_port=0", "listen.tcp_port=0", "listen.http_port=0"};
    all.insert(all.end(), settings.begin(), settings.end());
    return run(daemon_command(config, all));
}

/// Lines of standard error that say why; the daemon's log lines before that do not count.
std::string last_line(std::string_view text) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    const auto start = text.rfind('\n');
    return std::string(start == std::string_view::npos ? text : text.substr(start + 1));
}

bool mentions(std::string_view text, std::string_view what) {
    return text.find(what) != std::string_view::npos;
}

/// Of all programs that this one has started.
int threads_in_real_time() {
    namespace fs = std::filesystem;
    int count = 0;
    for (const auto& process : fs::directory_iterator("/proc")) {
        const std::string status = read_file(process.path() / "status");
        if (!mentions(status, "\nPPid:\t" + std::to_string(::getpid()) + "\n")) continue;
        for (const auto& task : fs::directory_iterator(process.path() / "task")) {
            const int policy = ::sched_getscheduler(std::stoi(task.path().filename()));
            if ((policy & ~SCHED_RESET_ON_FORK) == SCHED_RR) ++count;
        }
    }
    return count;
}

std::string config_with(const NodeFolder& node, std::string_view line) {
    return read_file(node.config()) + "\n" + std::string(line) + "\n";
}

}  // namespace

TEST_CASE("SIGTERM and SIGINT end the daemon cleanly with code 0") {
    NodeFolder node;
    for (const int signal : {SIGTERM, SIGINT}) {
        Daemon daemon(node);
        daemon.process().send_signal(signal);
        CHECK(daemon.process().wait() == 0);
        CHECK_FALSE(has_sanitizer_report(daemon.process().errors()));
    }
}

TEST_CASE("threads that answer lookups run in real time where that is wished and permitted") {
    NodeFolder node;
    Daemon usual(node);
    CHECK(threads_in_real_time() == 0);
    CHECK(usual.stop() == 0);
    Daemon daemon(node, {"node.realtime=on", "node.threads=2"});
    const bool is_permitted = !mentions(daemon.process().errors(), "LimitRTPRIO");
    // A thread takes its priority when it starts, a moment after the daemon says that it is ready.
    int found = 0;
    for (int i = 0; i < 500 && found != (is_permitted ? 2 : 0); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        found = threads_in_real_time();
    }
    CHECK(found == (is_permitted ? 2 : 0));
    CHECK(daemon.stop() == 0);
}

TEST_CASE("standard output holds the ready line and nothing else") {
    NodeFolder node;
    Daemon daemon(node);
    CHECK(daemon.stop_and_find_faults() == "");
    const std::string output = daemon.process().output();
    CHECK(std::ranges::count(output, '\n') == 1);
    CHECK(output.starts_with("ready "));
}

TEST_CASE("a daemon that is ended while clients ask ends with code 0 and in time") {
    Setting setting;
    std::atomic<bool> over = false;
    std::vector<std::thread> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back([&setting, &over] {
            const Bytes question = encode(resolution("88.100.1/abc"));
            UdpClient udp = setting.udp();
            TcpClient tcp = setting.tcp();
            while (!over) {
                udp.send(question);
                tcp.send(question);
                udp.receive(milliseconds(1));
                tcp.receive(milliseconds(1));
            }
        });
    }
    std::this_thread::sleep_for(milliseconds(300));
    const std::string faults = setting.daemon().stop_and_find_faults();
    over = true;
    for (std::thread& client : clients) client.join();
    CHECK(faults == "");
}

TEST_CASE("SIGHUP reloads and the daemon goes on serving") {
    Setting setting;
    TcpClient open = setting.tcp();
    CHECK(open.ask(resolution("88.100.1/abc")).rc() == 1);
    setting.daemon().process().send_signal(SIGHUP);
    for (int i = 0; i < 20; ++i) CHECK(setting.serves());
    CHECK(open.ask(resolution("88.100.1/abc")).rc() == 1);
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

TEST_CASE("SIGHUP with a broken settings file keeps the daemon serving with the old ones") {
    Setting setting;
    setting.node().scratch().write("node/idnode.toml", "this is = = not TOML\n");
    setting.daemon().process().send_signal(SIGHUP);
    for (int i = 0; i < 20; ++i) CHECK(setting.serves());
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

TEST_CASE(
    "SIGHUP shows a renewed certificate, applies limits, and names what waits for a restart") {
    const NodeFolder node;
    node.import(setting_records());
    write_certificate(node.root(), "web", "before.example");
    const auto write_settings = [&](const std::string& limits) {
        std::string text = read_file(node.config());
        const auto set = [&text](std::string_view key, std::string_view value) {
            const std::size_t at = text.find("\n" + std::string(key) + " = ") + 1;
            REQUIRE(at != 0);
            text.replace(at, text.find('\n', at) - at,
                         std::string(key) + " = " + std::string(value));
        };
        set("tls_certificate", "\"web.crt\"");
        set("tls_key", "\"web.key\"");
        set("wrong_answers_per_minute", limits);
        set("tcp_idle_s", limits);
        std::ofstream(node.config()) << text;
    };
    write_settings("100");
    Daemon daemon(node, {});
    const auto shown = [&] {
        return TlsSocket(daemon.http_port(), {.host_name = "a.example"}).server_name();
    };
    CHECK(shown() == "before.example");

    write_certificate(node.root(), "web", "after.example");
    write_settings("200");
    daemon.process().send_signal(SIGHUP);
    const auto logged = [&](std::string_view text) {
        for (int i = 0; i < 500; ++i) {
            if (mentions(daemon.process().errors(), text)) return true;
            std::this_thread::sleep_for(milliseconds{10});
        }
        return false;
    };
    REQUIRE(logged("event=reloaded"));
    CHECK(shown() == "after.example");
    CHECK(logged("event=setting_changed key=limits.wrong_answers_per_minute value=200"));
    CHECK(logged("event=setting_waits_for_restart key=limits.tcp_idle_s value=200"));

    std::ofstream(node.root() / "web.crt") << "no certificate";
    daemon.process().send_signal(SIGHUP);
    REQUIRE(logged("event=reload_incomplete"));
    CHECK(shown() == "after.example");
    CHECK(daemon.stop_and_find_faults() == "");
}

TEST_CASE("a port in use stops the start with code 1 and names the port") {
    Setting setting;
    NodeFolder second;
    const std::string port = std::to_string(setting.daemon().tcp_port());
    const auto tcp = start_and_end(second.config(), {"listen.tcp_port=" + port});
    CHECK(tcp.exit_code == 1);
    CHECK(mentions(last_line(tcp.errors), port));
    const std::string udp_port = std::to_string(setting.daemon().udp_port());
    const auto udp = start_and_end(second.config(), {"listen.udp_port=" + udp_port});
    CHECK(udp.exit_code == 1);
    CHECK(mentions(last_line(udp.errors), udp_port));
    CHECK(setting.serves());
}

TEST_CASE("a misspelt key in the settings stops the start and names its line and what was meant") {
    NodeFolder node;
    const std::string text = config_with(node, "[limits2]\ntcp_idle_s = 3");
    const auto lines = std::ranges::count(text, '\n');
    const auto config = node.scratch().write("node/typo.toml", text);
    const auto finished = start_and_end(config);
    CHECK((finished.exit_code == 1 || finished.exit_code == 2));
    CHECK(mentions(finished.errors, "limits2"));
    CHECK(mentions(finished.errors, "typo.toml:" + std::to_string(lines - 1)));
}

TEST_CASE("a setting of the wrong type or out of range stops the start and names the key") {
    NodeFolder node;
    for (const std::string setting : {"limits.tcp_idle_s=soon", "listen.udp_port=70000",
                                      "limits.tcp_idel_s=3", "log.level=loud"}) {
        CAPTURE(setting);
        const auto finished = start_and_end(node.config(), {setting});
        CHECK((finished.exit_code == 1 || finished.exit_code == 2));
        CHECK(mentions(finished.errors, setting.substr(0, setting.find('='))));
    }
}

TEST_CASE(
    "a settings file that is not there, and a wrong option, are told apart by the exit code") {
    ScratchFolder folder;
    CHECK(start_and_end(folder / "none.toml").exit_code == 1);
    CHECK(run({program("idnoded"), "--no-such-option"}).exit_code == 2);
}

TEST_CASE("a folder of data that is not ours stops the start with code 1 and is left as it was") {
    NodeFolder node;
    std::filesystem::remove_all(node.data());
    std::filesystem::create_directory(node.data());
    node.scratch().write("node/data/holiday.txt", "not a database");
    const auto finished = start_and_end(node.config());
    CHECK(finished.exit_code == 1);
    CHECK(mentions(last_line(finished.errors), node.data().filename().string()));
    CHECK(read_file(node.data() / "holiday.txt") == "not a database");
}

TEST_CASE("a damaged database stops the start with code 1 and one line that says so") {
    Setting setting;
    CHECK(setting.daemon().stop_and_find_faults() == "");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(setting.node().data())) {
        if (!entry.is_regular_file() || !entry.path().filename().string().starts_with("MANIFEST")) {
            continue;
        }
        setting.node().scratch().write(
            std::filesystem::relative(entry.path(), setting.node().scratch().path()).string(),
            std::string(entry.file_size(), '\x55'));
    }
    const auto finished = start_and_end(setting.node().config());
    CHECK(finished.exit_code == 1);
    CHECK_FALSE(finished.errors.empty());
    CHECK_FALSE(has_sanitizer_report(finished.errors));
}

TEST_CASE("a second daemon on the same data is refused with code 1 and the first goes on") {
    Setting setting;
    const auto finished = start_and_end(setting.node().config());
    CHECK(finished.exit_code == 1);
    CHECK_FALSE(last_line(finished.errors).empty());
    CHECK(setting.serves());
}

TEST_CASE("an import while the daemon runs is refused and the daemon goes on") {
    Setting setting;
    const auto file =
        setting.node().scratch().write("late.ndjson", text_record("88.100.1/late", {"x"}));
    const auto finished = run(setting.node().import_command(file));
    CHECK(finished.exit_code != 0);
    CHECK_FALSE(finished.errors.empty());
    CHECK(setting.serves());
    CHECK(setting.tcp().ask(resolution("88.100.1/late")).rc() == 100);
}

TEST_CASE("records are there again after the daemon was killed and started anew") {
    NodeFolder node;
    node.import(setting_records());
    for (int i = 0; i < 3; ++i) {
        Daemon daemon(node);
        CHECK(UdpClient(daemon.udp_port()).ask(resolution("88.100.1/abc")).rc() == 1);
        daemon.process().send_signal(SIGKILL);
        CHECK(daemon.process().wait() == -SIGKILL);
    }
}

TEST_CASE("idnode resolve finds, does not find, and reaches nobody, each with its exit code") {
    Setting setting;
    const auto resolve = [&](const std::string& handle, const std::string& port,
                             const std::string& carrier) {
        return run(
            {program("idnode"), "resolve", handle, "--server", "127.0.0.1:" + port, carrier});
    };
    const std::string udp = std::to_string(setting.daemon().udp_port());
    const std::string tcp = std::to_string(setting.daemon().tcp_port());
    const auto found = resolve("88.100.1/abc", udp, "--udp");
    CHECK(found.exit_code == 0);
    CHECK(mentions(found.output, "first"));
    CHECK(resolve("88.100.1/abc", tcp, "--tcp").exit_code == 0);
    CHECK(resolve("88.100.1/missing", udp, "--udp").exit_code == 1);
    const std::string nobody = std::to_string(free_port());
    CHECK(resolve("88.100.1/abc", nobody, "--tcp").exit_code == 3);
}

}  // namespace idnode::testing
