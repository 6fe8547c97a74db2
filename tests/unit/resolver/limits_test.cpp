// What the engine bounds: sessions, challenges, guesses, selectors, signatures.

#include "resolver/engine/signature_cache.h"
#include "tests/support/effort.h"
#include "tests/unit/resolver/administered_node.h"

using namespace idnode;
using namespace idnode::test;
using handle::OpCode;
using handle::ResponseCode;
using resolver::Carrier;
using resolver::Effort;

namespace {

// Half a million; where a sanitizer watches, still more than the tables take.
constexpr std::uint32_t kHalf = testing::kIsSanitized ? 80'000 : 500'000;

resolver::Address source(std::uint32_t number) {
    resolver::Address out{};
    out[10] = out[11] = std::byte{0xFF};
    for (std::size_t i = 0; i < 4; ++i) {
        out[12 + i] = static_cast<std::byte>(number >> (8 * (3 - i)));
    }
    return out;
}

/// Numbers that do not repeat, for floods.
class CheapEntropy final : public model::Entropy {
  public:
    void fill(std::span<std::byte> out) override {
        state_ += 0x9E3779B97F4A7C15U;
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = static_cast<std::byte>(state_ >> (8 * (i % 8)));
        }
    }

  private:
    std::uint64_t state_ = 0;
};

resolver::SessionPtr open_session(resolver::SessionTable& table, std::uint32_t from) {
    resolver::Session::Terms terms;
    terms.source = source(from);
    return table.open(std::move(terms), 0, 0);
}

/// A table of few sessions, of which a source may have three.
struct SmallTable {
    std::unique_ptr<model::Entropy> entropy = crypto::make_entropy();
    resolver::SessionTable table{{.sessions_max = 6, .sessions_per_source_max = 3}, *entropy};

    bool has(const resolver::SessionPtr& session) {
        return table.find(session->terms().id, 0) != nullptr;
    }
};

Bytes verification(const AdministeredNode& node, std::string_view secret,
                   std::string_view user = "0.NA/88.100.1") {
    const Bytes nonce(16, std::byte{1});
    const Bytes digest(32, std::byte{2});
    const auto proof = crypto::answer_with_secret(as_bytes_view(secret), {nonce, digest},
                                                  crypto::SecretAlgorithm::kSha256, *node.entropy);
    Bytes body;
    ByteWriter writer(body);
    handle::encode_verify_request({user, 301, nonce, digest, false, *proof}, writer);
    return message(OpCode::kVerifyResponse, body);
}

/// Counts what it signs.
class CountingSigner final : public model::Signer {
  public:
    explicit CountingSigner(int& count) : count_(count) {}
    Result<Bytes> sign(Hash, BytesView data) const override {
        ++count_;
        return Bytes(data.begin(), data.end());
    }
    bool is_dsa() const override { return false; }
    const Bytes& public_key() const override { return key_; }

  private:
    int& count_;
    Bytes key_;
};

struct Cached {
    explicit Cached(std::size_t signatures_max)
        : cache(std::make_unique<CountingSigner>(count), *digests, signatures_max) {}
    void sign(std::string_view text, model::Signer::Hash hash = model::Signer::Hash::kSha256) {
        CHECK(cache.sign(hash, as_bytes_view(text)).value_or(Bytes{}) == to_bytes(text));
    }
    int count = 0;
    std::unique_ptr<model::Digests> digests = crypto::make_digests();
    resolver::SignatureCache cache;
};

}  // namespace

TEST_CASE("H21: a source with too many sessions loses its oldest unauthenticated one") {
    SmallTable small;
    const auto first = open_session(small.table, 1);
    const auto second = open_session(small.table, 1);
    const auto third = open_session(small.table, 1);
    small.table.mark_authenticated(*first);
    const auto fourth = open_session(small.table, 1);
    CHECK(small.has(first));
    CHECK_FALSE(small.has(second));
    CHECK(small.has(third));
    CHECK(small.has(fourth));
}

TEST_CASE("H21: a source whose sessions are all authenticated loses the oldest") {
    SmallTable small;
    const auto first = open_session(small.table, 1);
    const auto second = open_session(small.table, 1);
    const auto third = open_session(small.table, 1);
    for (const auto& session : {second, first, third}) small.table.mark_authenticated(*session);
    open_session(small.table, 1);
    CHECK(small.has(first));
    CHECK_FALSE(small.has(second));
    CHECK(small.table.size() == 3);
}

TEST_CASE("H21: a full table drops the oldest unauthenticated session of anybody") {
    SmallTable small;
    const auto proven = open_session(small.table, 1);
    small.table.mark_authenticated(*proven);
    const auto oldest = open_session(small.table, 2);
    for (std::uint32_t from = 3; from < 8; ++from) open_session(small.table, from);
    CHECK(small.table.size() == 6);
    CHECK(small.has(proven));
    CHECK_FALSE(small.has(oldest));
}

TEST_CASE("H21: a million session setups, from one source and from many, keep within the bounds") {
    const resolver::SessionTable::Limits limits;
    CheapEntropy entropy;
    resolver::SessionTable table(limits, entropy);
    const auto proven = open_session(table, 2);
    table.mark_authenticated(*proven);
    for (std::uint32_t i = 0; i < kHalf; ++i) open_session(table, 1);
    CHECK(table.size() == limits.sessions_per_source_max + 1);
    for (std::uint32_t i = 0; i < kHalf; ++i) open_session(table, 10 + i);
    CHECK(table.size() == limits.sessions_max);
    CHECK(table.find(proven->terms().id, 0) != nullptr);
}

TEST_CASE("H22: a session lives no longer than the server allows, whatever its client wishes") {
    const auto entropy = crypto::make_entropy();
    resolver::SessionTable table({.timeout_max = std::chrono::seconds{100}}, *entropy);
    const auto session = table.open({}, 0x7FFFFFFF, 0);
    CHECK(table.find(session->terms().id, 100'000) != nullptr);
    CHECK(table.find(session->terms().id, 300'000) == nullptr);
}

TEST_CASE("H16: a million unauthenticated administrative requests leave a bounded table") {
    const resolver::ChallengeTable::Limits limits;
    CheapEntropy entropy;
    resolver::ChallengeTable table(limits, entropy);
    const auto issue = [&](std::uint32_t from) {
        return table.issue(source(from), 0, {{}, Bytes(100)}, Bytes(32), 0);
    };
    const auto first = issue(7);
    for (std::uint32_t i = 0; i < kHalf; ++i) issue(1);
    CHECK(table.size() == limits.pending_per_source_max + 1);
    CHECK(table.is_known(first.session_id, 0));
    for (std::uint32_t i = 0; i < kHalf; ++i) issue(1'000 + i);
    CHECK(table.size() == limits.pending_max);
    CHECK_FALSE(table.is_known(first.session_id, 0));
}

TEST_CASE("H16: requests of the largest size are kept up to a bound in octets") {
    const auto entropy = crypto::make_entropy();
    resolver::ChallengeTable table({}, *entropy);
    for (std::uint32_t i = 0; i < 2'000; ++i) {
        table.issue(source(i), 0, {{}, Bytes(limits::kMessageBytesMax)}, Bytes(32), 0);
    }
    CHECK(table.size() * limits::kMessageBytesMax <= resolver::ChallengeTable::Limits{}.bytes_max);
    CHECK(table.size() > 200);
}

TEST_CASE(
    "H23: repeated counters and 0 are refused, and a peer that skips ahead is not locked out") {
    resolver::ReplayWindow window;
    CHECK_FALSE(window.accept(0));
    CHECK(window.accept(5));
    CHECK_FALSE(window.accept(5));
    CHECK(window.accept(0x7FFFFFFF));
    CHECK(window.accept(6));
    CHECK(window.accept(3));
    CHECK_FALSE(window.accept(0));
    for (std::uint32_t counter = 1'000; counter < 1'300; ++counter) CHECK(window.accept(counter));
    CHECK_FALSE(window.accept(4));
    CHECK_FALSE(window.accept(1'299));
    CHECK(window.accept(1'300));
}

TEST_CASE("63: whoever guesses secrets by operation 201 is refused after some wrong answers") {
    AdministeredNode node;
    int looked_at = 0;
    while (node.send(verification(node, "guess")).code() == ResponseCode::kSuccess) ++looked_at;
    CHECK(looked_at == 60);
    CHECK(node.send(verification(node, kSecret)).code() == ResponseCode::kServerBusy);
    node.peer.address = source(9);
    CHECK(node.send(verification(node, kSecret)).code() == ResponseCode::kSuccess);
    node.peer.address = {};
    node.clock.time += 2'000;
    CHECK(node.send(verification(node, kSecret)).code() == ResponseCode::kSuccess);
}

TEST_CASE("63: right answers are never too many") {
    AdministeredNode node;
    for (int i = 0; i < 200; ++i) {
        CHECK(node.send(verification(node, kSecret)).code() == ResponseCode::kSuccess);
    }
}

TEST_CASE("63: guesses at one handle from everywhere are bounded too") {
    AdministeredNode node;
    std::uint32_t from = 0;
    const auto guess = [&] {
        node.peer.address = source(++from);
        return node.send(verification(node, "guess")).code();
    };
    while (from < 700 && guess() == ResponseCode::kSuccess) {
    }
    CHECK(from == 601);
    node.peer.address = source(5'000);
    CHECK(node.send(verification(node, "guess", "0.NA/88.100")).code() == ResponseCode::kSuccess);
}

TEST_CASE("63: guesses over UDP, where sources can be forged, refuse nobody over TCP") {
    AdministeredNode node;
    for (int i = 0; i < 60; ++i) {
        node.ask(verification(node, "guess"), Effort::kPool, Carrier::kUdp);
    }
    CHECK(node.ask(verification(node, "guess"), Effort::kPool, Carrier::kUdp).code() ==
          ResponseCode::kError);
    CHECK(node.send(verification(node, kSecret)).code() == ResponseCode::kSuccess);
}

TEST_CASE("the neighbours in an IPv6 network of 64 bits share their wrong guesses") {
    resolver::GuessLimit limit({.per_source_a_minute = 2});
    resolver::Peer peer;
    peer.address[0] = std::byte{0x20};
    for (int i = 0; i < 2; ++i) {
        peer.address[15] = static_cast<std::byte>(i);
        limit.count_wrong(peer, std::to_string(i), 0);
    }
    peer.address[15] = std::byte{77};
    CHECK_FALSE(limit.allows(peer, "x", 0));
    peer.address[7] = std::byte{1};
    CHECK(limit.allows(peer, "x", 0));
}

TEST_CASE("wrong guesses of more keys than are kept forget the oldest") {
    resolver::WrongCounter counter(1, 10);
    for (int i = 0; i < 1'000; ++i) counter.count(std::to_string(i), 0);
    CHECK(counter.size() == 10);
    CHECK(counter.is_exhausted("999", 0));
    CHECK_FALSE(counter.is_exhausted("0", 0));
}

TEST_CASE("H6: a question with more selectors than values may have is refused") {
    AdministeredNode node;
    std::vector<std::int32_t> indexes(limits::kIndexSelectorsMax, 1);
    CHECK(node.send(EngineFixture::request("0.NA/88.100.1", kPlain, indexes)).code() ==
          ResponseCode::kValuesNotFound);
    indexes.push_back(100);
    CHECK(node.send(EngineFixture::request("0.NA/88.100.1", kPlain, indexes)).code() ==
          ResponseCode::kError);
    std::vector<std::string> types(limits::kTypeSelectorsMax, "HS_ADMIN");
    CHECK(node.send(EngineFixture::request("0.NA/88.100.1", kPlain, {}, types)).code() ==
          ResponseCode::kSuccess);
    types.emplace_back("URL");
    CHECK(node.send(EngineFixture::request("0.NA/88.100.1", kPlain, {}, types)).code() ==
          ResponseCode::kError);
}

TEST_CASE("a question with many selectors is answered apart from those with few") {
    AdministeredNode node;
    const std::vector<std::int32_t> many(limits::kSelectorsInlineMax + 1, 100);
    const Bytes question = EngineFixture::request("0.NA/88.100.1", kPlain, many);
    Bytes out;
    CHECK(node.give(question, out, Effort::kInline) == resolver::Outcome::kRetryOnPool);
    CHECK(out.empty());
    CHECK(node.send(question).code() == ResponseCode::kSuccess);
}

TEST_CASE("the same octets are signed once, by each hash") {
    Cached cached(10);
    for (int i = 0; i < 5; ++i) {
        cached.sign("a");
        cached.sign("b");
        cached.sign("a", model::Signer::Hash::kSha1);
    }
    CHECK(cached.count == 3);
}

TEST_CASE("signatures that were not used lately make room for others") {
    Cached cached(2);
    cached.sign("a");
    cached.sign("b");
    cached.sign("a");
    cached.sign("c");
    CHECK(cached.cache.size() == 2);
    CHECK(cached.count == 3);
    cached.sign("a");
    CHECK(cached.count == 3);
    cached.sign("b");
    CHECK(cached.count == 4);
}

TEST_CASE("23: an old client's certified answer has the same octets for as long as it holds") {
    AdministeredNode node;
    const auto ask = [&](std::uint32_t request_id) {
        Bytes question = EngineFixture::request("0.NA/88.100.1", 0x59000000);
        question[1] = question[3] = std::byte{5};
        ByteWriter(question).patch_u32(8, request_id);
        return to_bytes(as_text(node.send(question).view.credential));
    };
    const Bytes first = ask(1);
    node.clock.time += 599'000;
    CHECK(ask(2) == first);
    node.clock.time += 1'000;
    CHECK(ask(3) != first);
}

TEST_CASE(
    "22: from 2.7 on a signature covers the request id, and an equal request has an equal one") {
    AdministeredNode node;
    const auto ask = [&](std::uint32_t request_id) {
        Bytes question = EngineFixture::request("0.NA/88.100.1", 0x59000000);
        ByteWriter(question).patch_u32(8, request_id);
        return to_bytes(as_text(node.send(question).view.credential));
    };
    CHECK(ask(1) == ask(1));
    CHECK(ask(1) != ask(2));
}
