// Replication (§7) between real nodes, and what reference mirrors see of it.

#include "proto/handle/replication.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <thread>

#include "proto/handle/challenge.h"
#include "proto/handle/stream.h"
#include "resolver/client/client.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/key_file.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/tls.h"
#include "tests/server/setting.h"
#include "tests/support/effort.h"

namespace idnode::testing {
namespace {

namespace fs = std::filesystem;
using handle::OpCode;

constexpr std::string_view kAdmin = "0.NA/88.100";
constexpr std::uint32_t kSecretIndex = 301;
constexpr handle::Version kSignedStreams{2, 7};

std::string secret_of(const NodeFolder& node) {
    return read_file(node.root() / "keys" / "admin.secret");
}

Bytes public_key_of(const NodeFolder& node) {
    return to_bytes(read_file(node.root() / "keys" / "pubkey.bin"));
}

Request dump_request(handle::Version version = handle::kOwnVersion) {
    Request out;
    out.op = OpCode::kDumpHandles;
    out.version = version;
    out.suggested = version;
    ByteWriter body(out.body);
    handle::encode_dump_handles_request({}, body);
    return out;
}

Request transactions_request(handle::Version version = handle::kOwnVersion) {
    Request out;
    out.op = OpCode::kRetrieveTransactions;
    out.version = version;
    out.suggested = version;
    ByteWriter body(out.body);
    handle::encode_retrieve_transactions_request({.position = handle::SourcePosition{}}, version,
                                                 body);
    return out;
}

struct Prover {
    std::string handle{kAdmin};
    std::uint32_t index = kSecretIndex;
    std::string secret;
};

/// The answer to a challenge, on the same connection; what it brings may be followed by a stream.
Reply prove(TcpClient& client, const Request& request, const Reply& challenged,
            const Prover& prover) {
    const auto challenge =
        handle::decode_challenge(challenged.body(), challenged.envelope().version);
    REQUIRE(challenge);
    const auto entropy = crypto::make_entropy();
    const auto proof = crypto::answer_with_secret(as_bytes_view(prover.secret),
                                                  {challenge->nonce, challenge->digest.octets},
                                                  challenged.envelope().version, *entropy);
    REQUIRE(proof);
    Request answer;
    answer.op = OpCode::kChallengeResponse;
    answer.version = challenged.envelope().version;
    answer.suggested = request.suggested;
    answer.session_id = challenged.envelope().session_id;
    ByteWriter body(answer.body);
    handle::encode_challenge_answer(
        {handle::kSecretKeyAuthentication, prover.handle, prover.index, *proof}, body);
    return client.ask(answer);
}

Reply ask_as(TcpClient& client, const Request& request, const Prover& prover) {
    const Reply challenged = client.ask(request);
    REQUIRE(challenged.rc() == 402);
    return prove(client, request, challenged, prover);
}

Reply ask_as_admin(TcpClient& client, const NodeFolder& node, const Request& request) {
    return ask_as(client, request, {.secret = secret_of(node)});
}

bool eventually(const std::function<bool()>& holds, milliseconds patience = kPatience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(milliseconds{10});
    }
    return true;
}

Settings on_port(std::uint16_t port, Settings more = {}) {
    more.push_back("listen.tcp_port=" + std::to_string(port));
    return more;
}

/// The folder of a node that mirrors another one, with what it needs of that one's keys.
class MirrorFolder {
  public:
    explicit MirrorFolder(const NodeFolder& primary) { trust(primary); }

    void trust(const NodeFolder& primary) const {
        for (const auto& [from, to] : {std::pair{"pubkey.bin", "primary.bin"},
                                       std::pair{"admin.secret", "primary.secret"}}) {
            fs::copy_file(primary.root() / "keys" / from, node_.root() / "keys" / to,
                          fs::copy_options::overwrite_existing);
        }
    }
    Settings settings(std::uint16_t primary_port) const {
        return {"mirror.primary=127.0.0.1:" + std::to_string(primary_port),
                "mirror.primary_key_file=keys/primary.bin",
                "mirror.identity=301:0.NA/88.100",
                "mirror.secret_file=keys/primary.secret",
                "mirror.interval_ms=20",
                "log.level=debug"};
    }
    const NodeFolder& node() const { return node_; }

  private:
    NodeFolder node_;
};

std::string exported(const NodeFolder& node) {
    const Finished done =
        run({program("idnode").string(), "export", "--quiet", "--config", node.config().string()});
    REQUIRE(done.exit_code == 0);
    return done.output;
}

std::uint32_t rc_of(std::uint16_t port, std::string_view handle) {
    return UdpClient(port).ask(resolution(handle)).rc();
}

client::Client admin_client(const NodeFolder& node, std::uint16_t port) {
    client::Client out(client::Channel({.port = port}));
    out.channel().authenticate_as(client::Authenticator::with_secret(
        {std::string(kAdmin), kSecretIndex}, to_bytes(secret_of(node))));
    return out;
}

std::vector<handle::Value> text_values(std::string_view text) {
    return {{.index = 1, .type = "DESC", .data = to_bytes(text)}};
}

/// Value 3 of the status, as an administrator sees it.
std::string replication_status(std::uint16_t port, const NodeFolder& keys) {
    Request status = resolution("0.SITE/status");
    status.flags = 0x18000000;
    TcpClient client(port);
    const Reply reply = ask_as_admin(client, keys, status);
    REQUIRE(reply.rc() == 1);
    for (const handle::Value& value : reply.values()) {
        if (value.index == 3) {
            CHECK(value.type == "CNRI.REPLICATION_STATUS");
            return std::string(as_text(value.data));
        }
    }
    return {};
}

std::string records(std::string_view prefix, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) {
        out +=
            text_record(std::string(prefix) + "/Item-" + std::to_string(i),
                        {"number " + std::to_string(i), "made in line " + std::to_string(i % 7)});
    }
    return out;
}

}  // namespace

TEST_CASE("82: op 1001 by a replication administrator at 2.7 is answered with a signed stream") {
    Setting setting;
    TcpClient client = setting.tcp();
    const Reply reply = ask_as_admin(client, setting.node(), transactions_request(kSignedStreams));
    REQUIRE(reply.rc() == 1);
    CHECK(reply.header().op == OpCode::kRetrieveTransactions);
    CHECK(reply.body().size() == 1);
    Bytes stream;
    REQUIRE(eventually([&] {
        const auto more = client.receive_some();
        stream.insert(stream.end(), more.begin(), more.end());
        return more.empty();
    }));
    ByteReader in(stream);
    const handle::StreamStart start = handle::read_stream_start(in);
    CHECK(start.protection == handle::StreamProtection::kSigned);
    CHECK(start.hash_name == "SHA1");
    const std::size_t from = in.at();
    const auto header = handle::read_transaction_stream_header(in);
    CHECK(header.format == handle::StreamFormat::kOneSource);
    CHECK(header.status == handle::TransactionStatus::kSending);
    const BytesView covered = BytesView(stream).subspan(from, in.at() - from);
    const Bytes signature = handle::read_stream_signature(in);
    CHECK(crypto::verify_signature(public_key_of(setting.node()), model::Signer::Hash::kSha1,
                                   covered, signature)
              .value_or(false));
    std::size_t count = 0;
    for (;;) {
        const auto record = handle::read_transaction_record(in, header.format);
        handle::read_stream_signature(in);
        REQUIRE(in.ok());
        if (std::holds_alternative<handle::EndOfTransactions>(record)) break;
        ++count;
    }
    CHECK(in.left() == 0);  // the end of the stream is the end of the connection
    CHECK(count > 5);
}

TEST_CASE(
    "83: op 1001 at 2.11 over TCP is answered with the TLS word, then TLS around the site key") {
    Setting setting;
    TcpClient client = setting.tcp();
    REQUIRE(ask_as_admin(client, setting.node(), transactions_request()).rc() == 1);
    const Bytes word = client.receive_some();
    CHECK(as_text(word) == std::string_view("TLS\0", 4));
    auto tls = crypto::TlsSession::client();
    Bytes to_server;
    tls.begin(to_server);
    Bytes plain;
    while (tls.state() == crypto::TlsSession::State::kHandshake) {
        client.send(to_server);
        to_server.clear();
        const Bytes octets = client.receive_some();
        REQUIRE_FALSE(octets.empty());
        tls.receive(octets, plain, to_server);
    }
    CHECK(tls.state() == crypto::TlsSession::State::kOpen);
    CHECK_FALSE(tls.peer_certificate().empty());
}

TEST_CASE("H36: who is no replication administrator is refused before anything flows") {
    Setting setting;
    // The secret of the setting's record P administers P, and nothing of the server.
    for (const Request& request : {dump_request(), transactions_request()}) {
        TcpClient client = setting.tcp();
        const Reply refused =
            ask_as(client, request, {.handle = std::string(kP), .index = 301, .secret = "secret"});
        CHECK(refused.rc() == 400);
        CHECK(client.receive_some(kSilence).empty());
        CHECK(setting.udp().ask(resolution(kP)).rc() == 1);
    }
}

TEST_CASE("H36: an identity in replication.mirrors may mirror, and nothing else") {
    Setting setting(Settings{R"(replication.mirrors=["301:0.NA/88.100.1"])"});
    const Prover mirror{.handle = std::string(kP), .index = 301, .secret = "secret"};
    TcpClient client = setting.tcp();
    CHECK(ask_as(client, dump_request(), mirror).rc() == 1);
    TcpClient other = setting.tcp();
    CHECK(ask_as(other, about(OpCode::kBackup, "/"), mirror).rc() == 400);
}

TEST_CASE("H37: who never finishes the handshake of a stream loses the connection and its place") {
    Setting setting(Settings{"limits.tcp_partial_s=1", "replication.streams_max=1"});
    TcpClient idle = setting.tcp();
    REQUIRE(ask_as_admin(idle, setting.node(), dump_request()).rc() == 1);
    TcpClient second = setting.tcp();
    CHECK(ask_as_admin(second, setting.node(), dump_request()).rc() == 3);
    CHECK(idle.is_closed_within());
    CHECK(eventually([&] {
        TcpClient again = setting.tcp();
        return ask_as_admin(again, setting.node(), dump_request()).rc() == 1;
    }));
}

TEST_CASE("a mirror that takes nothing holds no memory and keeps nobody waiting") {
    std::string all = setting_records();
    const std::string text(60'000, 'x');
    for (int i = 0; i < 1'600; ++i) {
        all += text_record("88.100.1/large-" + std::to_string(i), {text});
    }
    Setting setting(all, Settings{"limits.storage_threads=1"});
    const std::size_t before = setting.daemon().process().resident_bytes();
    TcpClient slow = setting.tcp();
    REQUIRE(ask_as_admin(slow, setting.node(), dump_request(kSignedStreams)).rc() == 1);
    for (int i = 0; i < 20; ++i) {
        TcpClient client = setting.tcp();
        CHECK(client.ask(resolution("88.100.1/200kB")).rc() == 1);
    }
    // 96 MB wait to be taken; what the kernel's buffers do not hold has not been made yet.
    CHECK(setting.daemon().process().resident_bytes() < before + 64'000'000);
}

TEST_CASE("29: op 1000 is not supported, and op 1003 leaves a copy that can be opened") {
    Setting setting;
    CHECK(setting.tcp().ask(about(OpCode::kGetNextTransactionId, "/")).rc() == 5);
    TcpClient client = setting.tcp();
    REQUIRE(ask_as_admin(client, setting.node(), about(OpCode::kBackup, "/")).rc() == 1);
    const std::string now = exported(setting.node());
    std::vector<fs::path> backups;
    for (const auto& entry : fs::directory_iterator(setting.node().data() / "backups")) {
        backups.push_back(entry.path());
    }
    REQUIRE(backups.size() == 1);
    auto admin = admin_client(setting.node(), setting.daemon().tcp_port());
    REQUIRE(admin.erase("88.100.1/abc"));
    const Daemon restored(setting.node(),
                          {"data.dir=data/backups/" + backups.front().filename().string()});
    CHECK(rc_of(setting.daemon().udp_port(), "88.100.1/abc") == 100);
    CHECK(rc_of(restored.udp_port(), "88.100.1/abc") == 1);
}

TEST_CASE("a mirror dumps, follows, answers without authority and refuses changes with RC 301") {
    Setting primary;
    const MirrorFolder folder(primary.node());
    Daemon mirror(folder.node(), folder.settings(primary.daemon().tcp_port()));
    REQUIRE(eventually([&] { return rc_of(mirror.udp_port(), "88.100.1/abc") == 1; }));
    CHECK(UdpClient(mirror.udp_port()).ask(resolution("88.100.1/abc")).header().flags ==
          0x19000000);

    auto admin = admin_client(primary.node(), primary.daemon().tcp_port());
    REQUIRE(admin.create("88.100.1/Followed", text_values("one")));
    REQUIRE(admin.erase("88.100.1/abc"));
    REQUIRE(admin.home("0.NA/88.200"));
    CHECK(eventually([&] { return rc_of(mirror.udp_port(), "88.200/x") == 100; }));
    CHECK(rc_of(mirror.udp_port(), "88.100.1/followed") == 1);
    CHECK(rc_of(mirror.udp_port(), "88.100.1/abc") == 100);
    CHECK(exported(primary.node()) == exported(folder.node()));

    // Before anybody is asked who they are (§4.10).
    for (const OpCode op : {OpCode::kDeleteHandle, OpCode::kHomePrefix, OpCode::kUnhomePrefix}) {
        CHECK(TcpClient(mirror.tcp_port()).ask(about(op, "88.100.1/Followed")).rc() == 301);
    }
    CHECK(TcpClient(mirror.tcp_port()).ask(dump_request()).rc() == 301);
    const auto site = handle::decode_site(
        TcpClient(mirror.tcp_port()).ask(about(OpCode::kGetSiteInfo, "/")).body());
    REQUIRE(site);
    CHECK_FALSE(site->primary);
}

TEST_CASE("77: value 3 of the status tells where replication stands, on both sides") {
    Setting primary;
    const MirrorFolder folder(primary.node());
    CHECK(replication_status(primary.daemon().tcp_port(), primary.node())
              .starts_with(R"({"latestTxnId":)"));
    Daemon mirror(folder.node(), folder.settings(primary.daemon().tcp_port()));
    REQUIRE(eventually([&] { return rc_of(mirror.udp_port(), "88.100.1/abc") == 1; }));
    // The primary's administrators are the mirror's too: their records came with the dump.
    CHECK(eventually([&] {
        const std::string status = replication_status(mirror.tcp_port(), primary.node());
        return status.find(R"("phase":"following")") != std::string::npos &&
               status.find("inStepMsAgo") != std::string::npos;
    }));
}

TEST_CASE("an import into the database of a stopped mirror is refused, with what to do instead") {
    const NodeFolder node;
    const auto file = node.scratch().write("one.ndjson", text_record("88.100/one", {"x"}));
    const std::string before = exported(node);
    constexpr std::string_view kNone = "\nprimary = \"\"";
    std::string settings = read_file(node.config());
    const std::size_t at = settings.find(kNone);
    REQUIRE(at != std::string::npos);
    settings.replace(at, kNone.size(), "\nprimary = \"127.0.0.1:2641\"");
    std::ofstream(node.config()) << settings;
    const Finished done = run(node.import_command(file));
    CHECK(done.exit_code == 1);
    CHECK_THAT(done.errors, Catch::Contains("mirrors 127.0.0.1:2641"));
    CHECK_THAT(done.errors, Catch::Contains("mirror.primary"));
    CHECK(exported(node) == before);
}

TEST_CASE("a primary with another key is not believed, and nothing of it is applied") {
    Setting primary;
    const NodeFolder stranger;
    const MirrorFolder folder(primary.node());
    fs::copy_file(stranger.root() / "keys" / "pubkey.bin",
                  folder.node().root() / "keys" / "primary.bin",
                  fs::copy_options::overwrite_existing);
    const std::string before = exported(folder.node());
    Daemon mirror(folder.node(), folder.settings(primary.daemon().tcp_port()));
    CHECK(eventually([&] {
        const std::string log = mirror.process().errors();
        return log.find("event=mirror_failed") != std::string::npos &&
               log.find("event=mirror_failed") != log.rfind("event=mirror_failed");
    }));
    CHECK(rc_of(mirror.udp_port(), "88.100.1/abc") == 301);
    CHECK(exported(folder.node()) == before);
}

TEST_CASE("a mirror whose primary was replaced by an older copy of itself dumps again") {
    Setting primary;
    const std::uint16_t port = free_port();
    const MirrorFolder folder(primary.node());
    TcpClient client = primary.tcp();
    REQUIRE(ask_as_admin(client, primary.node(), about(OpCode::kBackup, "/")).rc() == 1);
    const std::string backup =
        fs::directory_iterator(primary.node().data() / "backups")->path().filename().string();
    primary.daemon().stop();

    auto newer = std::make_unique<Daemon>(primary.node(), on_port(port));
    Daemon mirror(folder.node(), folder.settings(port));
    REQUIRE(admin_client(primary.node(), port).create("88.100.1/lost", text_values("soon")));
    REQUIRE(eventually([&] { return rc_of(mirror.udp_port(), "88.100.1/lost") == 1; }));
    newer->stop();
    Daemon older(primary.node(), on_port(port, {"data.dir=data/backups/" + backup}));
    // The mirror may have found nobody some times, and waits longer after each.
    CHECK(eventually([&] { return rc_of(mirror.udp_port(), "88.100.1/lost") == 100; },
                     kPatience * 4));
    CHECK(rc_of(mirror.udp_port(), "88.100.1/abc") == 1);
}

namespace {

struct Size {
    int records = effort(20'000);
    int changes = effort(500);
    int restarts = kIsSanitized ? 3 : 6;
};

/// `IDNODE_MIRROR_TEST=RECORDS,CHANGES,RESTARTS` for a run at full size.
Size wanted_size() {
    Size out;
    if (const char* text = std::getenv("IDNODE_MIRROR_TEST")) {
        if (std::sscanf(text, "%d,%d,%d", &out.records, &out.changes, &out.restarts) != 3) {
            throw std::runtime_error("IDNODE_MIRROR_TEST: RECORDS,CHANGES,RESTARTS");
        }
    }
    return out;
}

/// A node that is killed or stopped, and started again on the same port.
class Restarted {
  public:
    Restarted(const NodeFolder& node, std::uint16_t port, Settings settings)
        : node_(node), settings_(on_port(port, std::move(settings))) {
        start();
    }
    void restart(bool kill) {
        if (kill) {
            daemon_->process().send_signal(SIGKILL);
            REQUIRE(daemon_->process().wait());
        } else {
            REQUIRE(daemon_->stop() == 0);
        }
        start();
    }
    Daemon& daemon() { return *daemon_; }

  private:
    void start() {
        daemon_.reset();
        daemon_ = std::make_unique<Daemon>(node_, settings_);
    }

    const NodeFolder& node_;
    const Settings settings_;
    std::unique_ptr<Daemon> daemon_;
};

/// Creations, changes and deletions spread over the records.
void change_something(client::Client& admin, std::mt19937& random, const Size& size, int number) {
    const auto pick = [&](int bound) {
        return static_cast<int>(random() % static_cast<unsigned>(bound));
    };
    const std::string old = "88.100.1/Item-" + std::to_string(pick(size.records));
    const std::string text = "change " + std::to_string(number);
    switch (pick(4)) {
        case 0:
            REQUIRE(admin.create("88.100.1/New-" + std::to_string(number), text_values(text),
                                 {.overwrite = true}));
            break;
        case 1:
            (void)admin.erase(old);  // it may be gone already
            break;
        case 2:
            REQUIRE(admin.create(old, text_values(text), {.overwrite = true}));
            break;
        default: {
            handle::Value more = text_values(text).front();
            more.index = 9;
            (void)admin.add(old, std::vector{more}, /*overwrite=*/true);
        }
    }
}

}  // namespace

TEST_CASE("a mirror is equal to its primary after changes during which both restart at random") {
    const Size size = wanted_size();
    const NodeFolder source;
    source.import(setting_records() + records("88.100.1", size.records));
    const std::uint16_t port = free_port();
    Restarted primary(source, port, {});
    const MirrorFolder folder(source);
    Restarted mirror(folder.node(), free_port(), folder.settings(port));

    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const int between = std::max(1, size.changes / (size.restarts + 1));
    auto admin = std::make_unique<client::Client>(admin_client(source, port));
    for (int i = 1; i <= size.changes; ++i) {
        change_something(*admin, random, size, i);
        if (i % between != 0) continue;
        const bool kill = random() % 2 == 0;
        if (random() % 2 == 0) {
            mirror.restart(kill);
        } else {
            admin.reset();
            primary.restart(kill);
            admin = std::make_unique<client::Client>(admin_client(source, port));
        }
    }
    REQUIRE(admin->create("88.100.1/the-last", text_values("end")));
    REQUIRE(eventually([&] { return rc_of(mirror.daemon().udp_port(), "88.100.1/the-last") == 1; },
                       kPatience * 4));
    CHECK(exported(source) == exported(folder.node()));
    CHECK(mirror.daemon().stop_and_find_faults().empty());
    CHECK(primary.daemon().stop_and_find_faults().empty());
}

}  // namespace idnode::testing
