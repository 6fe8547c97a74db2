// The commands of `idnode` over the network, against a real node. Secrets are in files only.
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/server/setting.h"

namespace idnode::testing {
namespace {

using Words = std::vector<std::string>;

/// A node, and commands as its administrator.
class Administered {
  public:
    Administered() { REQUIRE(admin({"home", "88.100.1"}).exit_code == 0); }

    Finished command(Words words) const {
        words.insert(words.begin(), program("idnode"));
        words.insert(words.end(), {"--server", server()});
        return run(words);
    }
    Finished admin(Words words) const {
        words.insert(words.end(), {"--key", key("admin.key"), "--identity", "300:0.NA/88.100"});
        return command(std::move(words));
    }
    std::string key(std::string_view name) const { return node_.root() / "keys" / name; }
    std::string server() const { return "127.0.0.1:" + std::to_string(daemon_.tcp_port()); }
    const NodeFolder& node() const { return node_; }
    Daemon& daemon() { return daemon_; }
    /// What `resolve` prints about an identifier.
    std::string shown(const std::string& id) const { return command({"resolve", id}).output; }

  private:
    NodeFolder node_;
    Daemon daemon_{node_};
};

Words with(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("records are created, changed and deleted from the command line") {
    Administered node;
    const std::string id = "88.100.1/Cli";
    const auto created = node.admin(
        {"create", id, "--value", "1 URL https://one.example", "--value",
         "100 HS_ADMIN 300:0.NA/88.100 add-value,modify-value,remove-value,delete-handle", "--ttl",
         "60"});
    CHECK(created.errors == "");
    CHECK(created.exit_code == 0);
    CHECK(created.output == "created 88.100.1/Cli\n");
    const std::string table = node.shown(id);
    CHECK(has(table, "https://one.example"));
    CHECK(has(table, "may "));

    CHECK(node.admin({"create", id, "--value", "1 URL x"}).exit_code == 1);
    CHECK(node.admin({"add", id, "--value", "2 DESC two words"}).exit_code == 0);
    CHECK(node.admin({"modify", id, "--value", "2 DESC other words"}).exit_code == 0);
    CHECK(has(node.shown(id), "other words"));
    CHECK(node.admin({"remove", id, "--index", "2"}).exit_code == 0);
    CHECK_FALSE(has(node.shown(id), "other words"));
    CHECK(node.admin({"remove", id, "--index", "2"}).exit_code == 1);
    const auto deleted = node.admin({"delete", id, "--json"});
    CHECK(deleted.exit_code == 0);
    CHECK(deleted.output == "{\"responseCode\":1,\"handle\":\"88.100.1/Cli\"}\n");
    CHECK(node.admin({"delete", id}).exit_code == 1);
    CHECK(node.daemon().stop_and_find_faults() == "");
}

TEST_CASE("a record in JSON is created as it is, from a file") {
    Administered node;
    const auto file = node.node().scratch().write(
        "one.json",
        R"({"handle":"88.100.1/j","values":[{"index":3,"type":"DESC","data":"from JSON"}]})");
    CHECK(node.admin({"create", "88.100.1/j", "--record", file}).exit_code == 0);
    CHECK(has(node.shown("88.100.1/j"), "from JSON"));
    const auto other = node.admin({"create", "88.100.1/k", "--record", file});
    CHECK(other.exit_code == 2);
    CHECK(has(other.errors, "is the record of 88.100.1/j"));
}

TEST_CASE("prefixes are homed, listed and unhomed from the command line") {
    Administered node;
    CHECK(node.admin({"home", "88.100.5"}).exit_code == 0);
    CHECK(has(node.admin({"list", "--homed"}).output, "0.NA/88.100.5\n"));
    CHECK(node.admin({"unhome", "88.100.5"}).exit_code == 0);
    CHECK_FALSE(has(node.admin({"list", "--homed"}).output, "0.NA/88.100.5\n"));
    CHECK(node.admin({"home", "88.9/x"}).exit_code == 1);
    REQUIRE(node.admin({"create", "88.100/listed", "--value", "1 URL x"}).exit_code == 0);
    CHECK(has(node.admin({"list", "88.100"}).output, "88.100/LISTED\n"));
}

TEST_CASE("56: a wrong secret is refused; a right one from a file is taken") {
    Administered node;
    const Words words{"create",  "88.100.1/s", "--value",
                      "1 URL x", "--identity", "301:0.NA/88.100"};
    const auto wrong = node.node().scratch().write("wrong.secret", "guessed\n");
    CHECK(node.command(with(words, {"--secret-file", wrong})).exit_code == 4);
    CHECK(node.command(with(words, {"--secret-file", wrong, "--no-session"})).exit_code == 4);
    CHECK(node.command(with(words, {"--secret-file", node.key("admin.secret")})).exit_code == 0);
}

TEST_CASE("nobody's request is refused with the remedy, and no server is no answer") {
    Administered node;
    const auto anonymous = node.command({"create", "88.100.1/n", "--value", "1 URL x"});
    CHECK(anonymous.exit_code == 4);
    CHECK(has(anonymous.errors, "--key"));
    REQUIRE(node.daemon().stop() == 0);
    CHECK(node.admin({"create", "88.100.1/n", "--value", "1 URL x"}).exit_code == 3);
    CHECK(node.admin({"delete", "88.100.1/n", "--json"}).exit_code == 3);
}

TEST_CASE("H40: an answer that the given server key has not signed is refused") {
    Administered node;
    const std::string other = node.node().scratch().path() / "other.key";
    REQUIRE(run({program("idnode"), "key", "generate", other}).exit_code == 0);
    const Words words{"create", "88.100.1/h40", "--value", "1 URL x"};
    const auto fooled = node.admin(with(words, {"--server-key", other + ".pub"}));
    CHECK(fooled.exit_code == 3);
    CHECK(has(fooled.errors, "not signed"));
    CHECK(node.admin(with(words, {"--server-key", node.key("pubkey.bin")})).exit_code == 0);
}

TEST_CASE("an encrypted key needs its passphrase, from a file or the variable that names one") {
    Administered node;
    const auto& scratch = node.node().scratch();
    const auto right = scratch.write("right", "open sesame\n");
    const auto wrong = scratch.write("wrong", "open says me\n");
    const std::string key = scratch.path() / "locked.key";
    REQUIRE(run({program("idnode"), "key", "convert", node.key("admin.key"), "--to", "reference",
                 "--output", key, "--encrypt", "--new-passphrase-file", right})
                .exit_code == 0);
    const Words words{"create", "88.100.1/p", "--value",    "1 URL x",
                      "--key",  key,          "--identity", "300:0.NA/88.100"};
    const auto refused = node.command(with(words, {"--passphrase-file", wrong}));
    CHECK(refused.exit_code == 2);
    CHECK(has(refused.errors, "passphrase is wrong"));
    CHECK(node.command(with(words, {"--passphrase-file", right})).exit_code == 0);
    Words by_variable{"/usr/bin/env",
                      "IDNODE_PASSPHRASE_FILE=" + right.string(),
                      program("idnode"),
                      "delete",
                      "88.100.1/p",
                      "--server",
                      node.server(),
                      "--key",
                      key,
                      "--identity",
                      "300:0.NA/88.100"};
    CHECK(run(by_variable).exit_code == 0);
}

TEST_CASE("no secret is taken from the command line, where everybody could read it") {
    Administered node;
    const auto typed = node.admin({"create", "88.100.1/q", "--value", "301 HS_SECKEY hunter2"});
    CHECK(typed.exit_code == 2);
    CHECK(has(typed.errors, "@FILE"));
    for (const char* option : {"--secret", "--password", "--passphrase"}) {
        CHECK(node.command({"create", "88.100.1/q", option, "hunter2"}).exit_code == 2);
    }
    const auto file = node.node().scratch().write("new.secret", "hunter2\n");
    CHECK(node.admin({"create", "88.100.1/q", "--value", "301 HS_SECKEY @" + file.string()})
              .exit_code == 0);
    CHECK_FALSE(has(node.shown("88.100.1/q"), "hunter2"));
}

TEST_CASE("neither the process list nor the environment shows a secret while a command runs") {
    Administered node;
    const auto& scratch = node.node().scratch();
    constexpr std::string_view kSecret = "hunter2-in-a-file";
    const std::string secret = scratch.write("a.secret", kSecret).string();
    const std::string key = scratch / "locked.key";
    REQUIRE(run({program("idnode"), "key", "convert", node.key("admin.key"), "--to", "reference",
                 "--output", key, "--encrypt", "--new-passphrase-file", secret})
                .exit_code == 0);
    const std::string batch =
        scratch.write("s.batch", "AUTHENTICATE SECKEY:301:0.NA/88.100\n" + std::string(kSecret) +
                                     "\n\nDELETE 88.100.1/x\n");
    const Words identity{"--identity", "301:0.NA/88.100"};
    node.daemon().process().send_signal(SIGSTOP);  // each command waits for an answer
    for (const Words& words : {with({"delete", "88.100.1/x", "--secret-file", secret}, identity),
                               Words{"delete", "88.100.1/x", "--key", key, "--passphrase-file",
                                     secret, "--identity", "300:0.NA/88.100"},
                               with({"create", "88.100.1/x", "--value", "301 HS_SECKEY @" + secret,
                                     "--secret-file", secret},
                                    identity),
                               Words{"batch", batch}}) {
        Words command{program("idnode")};
        command = with(command, words);
        command = with(command, {"--server", node.server()});
        Process process(command);
        std::this_thread::sleep_for(milliseconds{200});
        CAPTURE(words.front());
        REQUIRE(process.is_running());
        CHECK(has(process.command_line(), words.front()));
        CHECK_FALSE(has(process.command_line(), kSecret));
        CHECK_FALSE(has(process.environment(), kSecret));
        CHECK_FALSE(has(process.output() + process.errors(), kSecret));
    }
    node.daemon().process().send_signal(SIGCONT);
}

TEST_CASE("a batch file is carried out operation by operation, and its failures are counted") {
    Administered node;
    const std::string batch = "AUTHENTICATE PUBKEY:300:0.NA/88.100\n" + node.key("admin.key") +
                              "|\n\n"
                              "CREATE 88.100.1/b1\n"
                              "100 HS_ADMIN 86400 1110 ADMIN 300:111111111111:0.NA/88.100\n"
                              "1 URL 86400 1110 UTF8 https://b1.example\n\n"
                              "CREATE 88.100.1/b1\n1 URL 86400 1110 UTF8 again\n\n"
                              "ADD 88.100.1/b1\n2 DESC 86400 1110 UTF8 two\n\n"
                              "MODIFY 88.100.1/b1\n2 DESC 86400 1110 UTF8 changed by batch\n\n"
                              "NONSENSE\n\n"
                              "REMOVE 1:88.100.1/b1\n"
                              "HOME " +
                              node.server() + ":TCP\n0.NA/88.100.8\n\n" +
                              "UNHOME 0.NA/88.100.8\n"
                              "SESSIONSETUP\nUSESESSION:0\n\n"
                              "DELETE 88.100.1/none\n";
    const auto file = node.node().scratch().write("one.batch", batch);
    const auto finished = node.command({"batch", file});
    INFO(finished.output << finished.errors);
    CHECK(finished.exit_code == 1);
    CHECK(has(finished.output, ":4: CREATE 88.100.1/b1: done"));
    CHECK(has(finished.output, ":8: CREATE 88.100.1/b1: failed: handle already exists"));
    CHECK(has(finished.output, ":17: unreadable: failed"));
    CHECK(has(finished.output, ": HOME 0.NA/88.100.8: done"));
    CHECK(has(finished.output, "DELETE 88.100.1/none: failed: handle not found"));
    CHECK(has(finished.output, "8 done, 3 failed\n"));
    const std::string table = node.shown("88.100.1/b1");
    CHECK(has(table, "changed by batch"));
    CHECK_FALSE(has(table, "https://b1.example"));
}

TEST_CASE("a batch ends where the server no longer answers") {
    Administered node;
    REQUIRE(node.daemon().stop() == 0);
    const auto file =
        node.node().scratch().write("two.batch", "DELETE 88.100/a\nDELETE 88.100/b\n");
    const auto finished = node.admin({"batch", file});
    CHECK(finished.exit_code == 3);
    CHECK(has(finished.output, "0 done, 1 failed\n"));
}

TEST_CASE("an import over the network registers every record and can be run again") {
    Administered node;
    std::string records;
    for (int i = 0; i < 300; ++i) {
        records += text_record("88.100.1/net-" + std::to_string(i), {"imported"});
    }
    records += text_record("88.100.1/net-7", {"the later of two"});
    const auto file = node.node().scratch().write("net.ndjson", records);
    const auto first = node.admin({"import", file, "--overwrite", "--quiet"});
    INFO(first.output << first.errors);
    CHECK(first.exit_code == 0);
    CHECK(has(first.output, "300 created, 1 replaced, 0 refused"));
    CHECK(has(node.shown("88.100.1/net-299"), "imported"));
    CHECK(has(node.shown("88.100.1/net-7"), "the later of two"));
    const auto again = node.admin({"import", file, "--overwrite", "--quiet", "--json"});
    CHECK(again.exit_code == 0);
    CHECK(has(again.output, "\"created\":0,"));
    CHECK(node.daemon().stop_and_find_faults() == "");
}

TEST_CASE("an import over the network names the line of each record that is refused") {
    Administered node;
    const auto file = node.node().scratch().write(
        "bad.ndjson", text_record("88.100.1/good", {"x"}) + "{\"handle\":7}\n" +
                          text_record("99.9/foreign", {"x"}) + text_record("88.100.1/last", {"x"}));
    const auto kept = node.admin({"import", file, "--keep-going", "--quiet"});
    INFO(kept.output << kept.errors);
    CHECK(kept.exit_code == 0);
    CHECK(has(kept.errors, "bad.ndjson:2: "));
    CHECK(has(kept.errors, "bad.ndjson:3: 99.9/foreign: server not responsible"));
    CHECK(has(kept.output, "2 created, 0 replaced, 2 refused"));
    CHECK(node.admin({"import", file, "--quiet"}).exit_code == 1);
    const auto good = node.node().scratch().write("good.ndjson", text_record("88.100.1/g", {"x"}));
    REQUIRE(node.daemon().stop() == 0);
    CHECK(node.admin({"import", good, "--quiet"}).exit_code == 3);
}

TEST_CASE("keys are made, shown and converted between the forms, and never replaced") {
    const ScratchFolder scratch;
    const std::string key = scratch / "one.key";
    const std::string idnode = program("idnode");
    REQUIRE(run({idnode, "key", "generate", key}).exit_code == 0);
    CHECK((std::filesystem::status(key).permissions() & std::filesystem::perms::all) ==
          std::filesystem::perms(0600));
    CHECK(run({idnode, "key", "generate", key}).exit_code == 1);
    const std::string original = read_file(key);
    const std::string public_half = read_file(key + ".pub");
    CHECK(has(run({idnode, "key", "show", key}).output,
              "private key, reference form\nRSA 2048 SHA256:"));

    const std::string pem = scratch / "one.pem";
    REQUIRE(run({idnode, "key", "convert", key, "--to", "pem", "--output", pem}).exit_code == 0);
    CHECK(read_file(pem).starts_with("-----BEGIN PRIVATE KEY-----"));
    const std::string back = scratch / "back.key";
    REQUIRE(run({idnode, "key", "convert", pem, "--to", "reference", "--output", back}).exit_code ==
            0);
    CHECK(read_file(back) == original);

    const auto jwk = run({idnode, "key", "convert", key, "--to", "jwk", "--public"});
    CHECK(has(jwk.output, "\"kty\":\"RSA\""));
    const auto jwk_file = scratch.write("one.jwk", jwk.output);
    const std::string from_jwk = scratch / "jwk.pub";
    REQUIRE(run({idnode, "key", "convert", jwk_file, "--to", "reference", "--output", from_jwk})
                .exit_code == 0);
    CHECK(read_file(from_jwk) == public_half);
    CHECK(run({idnode, "key", "convert", key, "--to", "pem"}).exit_code == 2);
}

}  // namespace idnode::testing
