// The two programs as people and scripts call them: what they print and the code they end with.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/process.h"

namespace fs = std::filesystem;
using namespace idnode::testing;

namespace {

const std::string kIdnode = program("idnode");
const std::string kIdnoded = program("idnoded");

struct Made {
    ScratchFolder scratch;
    fs::path dir = scratch / "node";
    fs::path config = dir / "idnode.toml";

    Made() {
        const auto done =
            run({kIdnode, "init", dir, "--prefix", "88.100", "--port", "0", "--http-port", "0"});
        INFO(done.errors);
        REQUIRE(done.exit_code == 0);
    }
    void replace(const std::string& old_text, const std::string& new_text) const {
        std::string text = read_file(config);
        const auto at = text.find(old_text);
        REQUIRE(at != std::string::npos);
        text.replace(at, old_text.size(), new_text);
        std::ofstream(config) << text;
    }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// The endpoint of one transport in `ready udp=127.0.0.1:40001 tcp=...`.
std::string endpoint(const std::string& ready, const std::string& name) {
    const auto begin = ready.find(name) + name.size();
    return ready.substr(begin, ready.find(' ', begin) - begin);
}
std::string udp_endpoint(const std::string& ready) {
    return endpoint(ready, "udp=");
}

std::string tcp_endpoint(const std::string& ready) {
    return endpoint(ready, "tcp=");
}

/// Until the daemon's log says so.
bool wait_for_log(const Process& daemon, const std::string& part) {
    for (int tries = 0; tries < 1000; ++tries) {
        if (contains(daemon.errors(), part)) return true;
        ::usleep(10'000);
    }
    return false;
}

}  // namespace

TEST_CASE("wrong usage ends with code 2 and says what is wrong") {
    CHECK(run({kIdnode}).exit_code == 2);
    CHECK(run({kIdnode, "frobnicate"}).exit_code == 2);
    CHECK(run({kIdnode, "resolve"}).exit_code == 2);
    CHECK(run({kIdnode, "resolve", "88.100/x", "--server", "nowhere"}).exit_code == 2);
    CHECK(run({kIdnode, "resolve", "88.100/x", "--udp", "--tcp"}).exit_code == 2);
    CHECK(run({kIdnode, "init", "/nonexistent/x", "--prefix", "88.100", "--port", "65536"})
              .exit_code == 2);
    CHECK(run({kIdnoded}).exit_code == 2);
    CHECK(contains(run({kIdnoded}).errors, "--config"));
}

TEST_CASE("help and version end with code 0") {
    for (const std::string& one : {kIdnode, kIdnoded}) {
        CHECK(run({one, "--help"}).exit_code == 0);
        CHECK(contains(run({one, "--version"}).output, "0."));
    }
    CHECK(contains(run({kIdnoded, "--help"}).output, "upstream.timeout_ms"));
    CHECK(contains(run({kIdnode, "settings"}).output, "limits.tcp_idle_s"));
}

TEST_CASE("init writes the ports it is told and refuses a folder that holds something") {
    const ScratchFolder scratch;
    const std::string dir = scratch / "node";
    const auto made = run({kIdnode, "init", dir, "--prefix", "88.100", "--listen", "::1", "--port",
                           "2700", "--http-port", "8001", "--upstream", "192.0.2.1:2641"});
    INFO(made.errors);
    REQUIRE(made.exit_code == 0);
    const std::string text = read_file(dir + "/idnode.toml");
    CHECK(contains(text, "\naddress = [\"::1\"]\n"));
    CHECK(contains(text, "\nudp_port = 2700\n"));
    CHECK(contains(text, "\ntcp_port = 2700\n"));
    CHECK(contains(text, "\nhttp_port = 8001\n"));
    CHECK(contains(text, "\nservers = [\"192.0.2.1:2641\"]\n"));
    const auto again = run({kIdnode, "init", dir, "--prefix", "88.100"});
    CHECK(again.exit_code == 1);
    CHECK(contains(again.errors, "is not empty"));
}

TEST_CASE("a daemon that cannot start says why on one line and ends with code 1") {
    const Made node;
    const auto why = [&](const std::string& setting) {
        const auto ended = run({kIdnoded, "--config", node.config, "--set", setting});
        INFO(ended.errors);
        CHECK(ended.exit_code == 1);
        CHECK(ended.output.empty());
        CHECK(std::count(ended.errors.begin(), ended.errors.end(), '\n') == 1);
        return ended.errors;
    };
    CHECK(contains(why("listen.udp_prot=1"), "did you mean 'listen.udp_port'?"));
    CHECK(contains(why("node.prefix=88.101"), "node.prefix"));
    CHECK(contains(why("data.dir=elsewhere"), "elsewhere"));
    CHECK(contains(why("listen.address=192.0.2.1"), "192.0.2.1"));
    fs::remove(node.dir / "keys/privkey.bin");
    CHECK(contains(why("log.level=info"), "privkey.bin"));
}

TEST_CASE("resolve finds over UDP and TCP, and its exit codes tell the outcomes apart") {
    const Made node;
    Process daemon({kIdnoded, "--config", node.config});
    const auto ready = daemon.wait_for_line("ready ");
    INFO(daemon.errors());
    REQUIRE(ready);
    const std::string udp = udp_endpoint(*ready);
    const std::string tcp = tcp_endpoint(*ready);

    const auto found = run({kIdnode, "resolve", "0.NA/88.100", "--udp", "--server", udp});
    INFO(found.errors);
    CHECK(found.exit_code == 0);
    CHECK(contains(found.output, "HS_SITE"));
    CHECK(contains(found.output, "all rights"));
    CHECK(!contains(found.output, "HS_SECKEY"));
    const auto json = run({kIdnode, "resolve", "0.NA/88.100", "--tcp", "--json", "--type",
                           "HS_VLIST", "--server", tcp});
    CHECK(json.exit_code == 0);
    CHECK(json.output.starts_with(
        "{\"responseCode\":1,\"handle\":\"0.NA/88.100\",\"values\":[{\"index\":200,"));

    const auto missing =
        run({kIdnode, "resolve", "88.100/none", "--udp", "--json", "--server", udp});
    CHECK(missing.exit_code == 1);
    CHECK(missing.output.starts_with("{\"responseCode\":100,\"handle\":\"88.100/none\""));
    CHECK(run({kIdnode, "resolve", "0.NA/88.100", "--tcp", "--index", "7", "--server", tcp})
              .exit_code == 1);
    CHECK(run({kIdnode, "resolve", "88.999/x", "--udp", "--server", udp}).exit_code == 4);
    daemon.send_signal(SIGTERM);
    CHECK(daemon.wait() == 0);
    const auto silent = run({kIdnode, "resolve", "88.100/x", "--server", tcp, "--timeout", "0.2"});
    CHECK(silent.exit_code == 3);
    CHECK(contains(silent.errors, tcp));
}

TEST_CASE("status tells of site and database beside the running node") {
    const Made node;
    Process daemon({kIdnoded, "--config", node.config});
    const auto ready = daemon.wait_for_line("ready ");
    REQUIRE(ready);
    const auto status = run({kIdnode, "status", "--server", tcp_endpoint(*ready), "--config",
                             node.config, "--timeout", "1", "--json"});
    INFO(status.output);
    INFO(status.errors);
    CHECK(status.exit_code == 0);
    CHECK(contains(status.output, "\"tcp\":{\"ok\":true"));
    CHECK(contains(status.output, "\"serialNumber\":1"));
    CHECK(contains(status.output, "\"homedPrefixes\":2"));
    CHECK(contains(status.output, "\"keySha256\":\""));
    // The site record names the ports that the system chose.
    const std::string port = udp_endpoint(*ready).substr(udp_endpoint(*ready).rfind(':') + 1);
    CHECK(contains(status.output, "\"port\":" + port));
}

TEST_CASE("status without an answer ends with code 3") {
    const auto status = run({kIdnode, "status", "--server", "127.0.0.1:1", "--timeout", "0.2"});
    CHECK(status.exit_code == 3);
    CHECK(contains(status.output, "no answer"));
}

TEST_CASE("a hang-up applies what it can, names what waits, and survives a broken file") {
    const Made node;
    Process daemon({kIdnoded, "--config", node.config});
    REQUIRE(daemon.wait_for_line("ready "));
    node.replace("level = \"info\"", "level = \"debug\"");
    node.replace("threads = 0", "threads = 1");
    daemon.send_signal(SIGHUP);
    CHECK(wait_for_log(daemon, "event=reloaded"));
    CHECK(contains(daemon.errors(), "event=setting_changed key=log.level"));
    CHECK(contains(daemon.errors(), "event=setting_waits_for_restart key=node.threads"));
    node.replace("threads = 1", "thread = 1");
    daemon.send_signal(SIGHUP);
    CHECK(wait_for_log(daemon, "event=reload_failed"));
    CHECK(contains(daemon.errors(), "did you mean 'node.threads'?"));
    CHECK(daemon.is_running());
    daemon.send_signal(SIGINT);
    CHECK(daemon.wait() == 0);
    CHECK(contains(daemon.errors(), "event=stopped"));
}

TEST_CASE("what import takes, export gives back") {
    const Made node;
    const std::string line =
        R"({"handle":"88.100.7/P-1","values":[{"index":1,"type":"DESC","data":{"format":"string","value":"泵"},"ttl":86400,"timestamp":"2026-01-01T00:00:00Z"}]})";
    const auto file = node.scratch.write("records.ndjson", line + "\n");
    const auto imported = run({kIdnode, "import", file, "--config", node.config, "--quiet"});
    INFO(imported.errors);
    REQUIRE(imported.exit_code == 0);
    const auto exported =
        run({kIdnode, "export", "--config", node.config, "--prefix", "88.100.7", "--quiet"});
    INFO(exported.errors);
    CHECK(exported.exit_code == 0);
    CHECK(exported.output == line + "\n");
    const auto broken = node.scratch.write("broken.ndjson", line + "\nnonsense\n");
    const auto refused = run({kIdnode, "import", broken, "--config", node.config, "--quiet"});
    CHECK(refused.exit_code == 1);
    CHECK(contains(refused.errors, "broken.ndjson:2"));
}
