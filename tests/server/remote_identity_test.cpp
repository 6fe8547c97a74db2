// Administrators whose keys lie on another node (§5.4, §5.5): a secondary node asks the top-level
// one.

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>

#include "proto/base/hex.h"
#include "proto/handle/key.h"
#include "resolver/client/client.h"
#include "resolver/crypto/keys.h"
#include "tests/server/setting.h"

using namespace idnode;
using namespace idnode::testing;
using client::Authenticator;
using client::Channel;
using client::Client;
using handle::ResponseCode;

namespace {

constexpr std::string_view kSecret = "the secret that stays above";

/// The key pair of the user whose record lies above.
const Bytes& user_key() {
    static const Bytes key = *crypto::generate_rsa_key();
    return key;
}

/// 99.1/user with a public key (300) and a secret (301), and a group (200) of both on this node.
std::string records_above() {
    return R"({"handle":"99.1/user","values":[)"
           R"({"index":200,"type":"HS_VLIST","data":{"format":"vlist","value":[)"
           R"({"handle":"99.1/user","index":300},{"handle":"99.1/user","index":301}]}},)"
           R"({"index":300,"type":"HS_PUBKEY","data":{"format":"hex","value":")" +
           to_hex(*crypto::public_key_of(user_key())) +
           R"("}},{"index":301,"type":"HS_SECKEY","permissions":"1100",)"
           R"("data":{"format":"string","value":")" +
           std::string(kSecret) + R"("}}]})" + "\n";
}

std::string administered_record(std::string_view handle, int index,
                                std::string_view user = "99.1/user") {
    return R"({"handle":")" + std::string(handle) +
           R"(","values":[{"index":100,"type":"HS_ADMIN","data":{"format":"admin","value":)"
           R"({"handle":")" +
           std::string(user) + R"(","index":)" + std::to_string(index) +
           R"(,"permissions":"111111111111"}}}]})" + "\n";
}

NodeFolder::Options node_options(const std::string& prefix,
                                 const std::vector<std::string>& upstream) {
    NodeFolder::Options out;
    out.prefix = prefix;
    out.upstream = upstream;
    return out;
}

/// What deleting a handle at a node comes to, as somebody.
ResponseCode erase(const Daemon& node, std::string_view handle, Authenticator somebody) {
    client::ChannelOptions options;
    options.use_session = false;
    Client client(Channel({.port = node.tcp_port()}, options));
    client.channel().authenticate_as(std::move(somebody));
    const auto erased = client.erase(handle);
    return erased ? ResponseCode::kSuccess : erased.error().response;
}

struct TwoNodes {
    TwoNodes() : above(node_options("99.1", {})) {
        above.import(records_above());
        upper = std::make_unique<Daemon>(above);
        below = std::make_unique<NodeFolder>(
            node_options("88.100", {"127.0.0.1:" + std::to_string(upper->udp_port())}));
        below->import(administered_record("88.100/by-key", 300) +
                      administered_record("88.100/by-secret", 301) +
                      administered_record("88.100/by-group", 200));
        lower = std::make_unique<Daemon>(*below);
    }

    ResponseCode erase(std::string_view handle, Authenticator somebody) const {
        return ::erase(*lower, handle, std::move(somebody));
    }

    NodeFolder above;
    std::unique_ptr<Daemon> upper;
    std::unique_ptr<NodeFolder> below;
    std::unique_ptr<Daemon> lower;
};

Authenticator with_secret(std::string_view secret) {
    return Authenticator::with_secret({"99.1/user", 301}, to_bytes(secret));
}

Authenticator with_key(const Bytes& key) {
    return *Authenticator::with_key({"99.1/user", 300}, key);
}

}  // namespace

TEST_CASE("65: an administrator whose key lies on another node is known by it") {
    const TwoNodes nodes;
    CHECK(nodes.erase("88.100/by-key", with_key(*crypto::generate_rsa_key())) ==
          ResponseCode::kAuthenticationFailed);
    CHECK(nodes.erase("88.100/by-secret", with_secret("a guess")) ==
          ResponseCode::kAuthenticationFailed);
    CHECK(nodes.erase("88.100/by-secret", with_key(user_key())) == ResponseCode::kInvalidAdmin);
    CHECK(nodes.erase("88.100/by-key", with_key(user_key())) == ResponseCode::kSuccess);
    CHECK(nodes.erase("88.100/by-secret", with_secret(kSecret)) == ResponseCode::kSuccess);
    CHECK(nodes.erase("88.100/by-group", with_secret(kSecret)) == ResponseCode::kSuccess);
}

TEST_CASE(
    "65: when the node that keeps a key is silent, the answer comes all the same, and refuses") {
    const TwoNodes nodes;
    nodes.upper->process().send_signal(SIGSTOP);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(nodes.erase("88.100/by-secret", with_secret(kSecret)) ==
          ResponseCode::kAuthenticationError);
    CHECK(std::chrono::steady_clock::now() - begin < kPatience);
    nodes.upper->process().send_signal(SIGCONT);
}

namespace {

/// The site record of a running node, as one value of a bulk line.
std::string site_value(const Daemon& node, std::string_view type) {
    Client client(Channel({.port = node.tcp_port()}));
    const auto site = client.site();
    REQUIRE(site);
    return R"({"index":1,"type":")" + std::string(type) + R"(","data":{"format":"hex","value":")" +
           to_hex(handle::encode_site(*site)) + R"("}})";
}

std::string one_value(std::string_view handle, const std::string& value) {
    return R"({"handle":")" + std::string(handle) + R"(","values":[)" + value + "]}\n";
}

}  // namespace

TEST_CASE("65: a top-level node that only refers leads to the node that keeps a key") {
    // Top node 99 refers what lies below 99.1 to the node of 99.1, which knows where 99.1.5 is.
    NodeFolder keeper_folder(node_options("99.1.5", {}));
    std::string records = records_above();
    for (auto at = records.find("99.1/"); at != std::string::npos; at = records.find("99.1/")) {
        records.replace(at, 5, "99.1.5/");
    }
    keeper_folder.import(records);
    const Daemon keeper(keeper_folder);
    NodeFolder middle_folder(node_options("99.1", {}));
    middle_folder.import(one_value("0.NA/99.1.5", site_value(keeper, "HS_SITE")));
    const Daemon middle(middle_folder);
    NodeFolder top_folder(node_options("99", {}));
    top_folder.import(one_value("0.NA/99.1", site_value(middle, "HS_SITE.PREFIX")));
    const Daemon top(top_folder);
    NodeFolder below(node_options("88.100", {"127.0.0.1:" + std::to_string(top.udp_port())}));
    below.import(administered_record("88.100/by-key", 300, "99.1.5/user") +
                 administered_record("88.100/by-secret", 301, "99.1.5/user"));
    const Daemon lower(below);

    const Authenticator key = *Authenticator::with_key({"99.1.5/user", 300}, user_key());
    const auto secret = [](std::string_view text) {
        return Authenticator::with_secret({"99.1.5/user", 301}, to_bytes(text));
    };
    CHECK(erase(lower, "88.100/by-secret", secret("a guess")) ==
          ResponseCode::kAuthenticationFailed);
    CHECK(erase(lower, "88.100/by-key", key) == ResponseCode::kSuccess);
    CHECK(erase(lower, "88.100/by-secret", secret(kSecret)) == ResponseCode::kSuccess);
}
