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

std::string administered_record(std::string_view handle, int index) {
    return R"({"handle":")" + std::string(handle) +
           R"(","values":[{"index":100,"type":"HS_ADMIN","data":{"format":"admin","value":)"
           R"({"handle":"99.1/user","index":)" +
           std::to_string(index) + R"(,"permissions":"111111111111"}}}]})" + "\n";
}

NodeFolder::Options node_options(const std::string& prefix,
                                 const std::vector<std::string>& upstream) {
    NodeFolder::Options out;
    out.prefix = prefix;
    out.upstream = upstream;
    return out;
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

    /// What deleting a handle below comes to, as somebody.
    ResponseCode erase(std::string_view handle, Authenticator somebody) const {
        client::ChannelOptions options;
        options.use_session = false;
        Client client(Channel({.port = lower->tcp_port()}, options));
        client.channel().authenticate_as(std::move(somebody));
        const auto erased = client.erase(handle);
        return erased ? ResponseCode::kSuccess : erased.error().response;
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
