#include <catch2/catch.hpp>
#include <random>

#include "proto/base/hex.h"
#include "proto/base/text.h"
#include "proto/handle/credential.h"
#include "proto/handle/signing.h"
#include "resolver/engine/logins.h"
#include "tests/unit/resolver/engine_fixture.h"
#include "tests/unit/resolver/store_behind.h"

using namespace idnode;
using namespace idnode::test;
using handle::ResponseCode;
using resolver::Carrier;
using resolver::Effort;
using resolver::Outcome;

namespace {

constexpr std::uint32_t kPlain = 0x19000000;
constexpr std::uint32_t kNotPublicOnly = 0x18000000;
constexpr std::uint32_t kNotRecursive = 0x09000000;

/// A store that has everything on disk only: nothing is in memory.
class ColdStore final : public StoreBehind {
  public:
    using StoreBehind::StoreBehind;
    Result<model::Lookup> read(
        std::string_view key, model::ReadTier tier,
        model::FunctionRef<void(const model::RecordView&)> visit) const override {
        if (tier == model::ReadTier::kMemory) return model::Lookup::kNotInMemory;
        return StoreBehind::read(key, tier, visit);
    }
};

/// A store that keeps what it was told to expect.
class ToldStore final : public StoreBehind {
  public:
    using StoreBehind::StoreBehind;
    void foresee(std::span<const std::string_view> keys) const override {
        told.insert(told.end(), keys.begin(), keys.end());
    }
    mutable std::vector<std::string> told;
};

}  // namespace

TEST_CASE("a record is found in whatever case it is asked for and the spelling is echoed") {
    EngineFixture node;
    node.home("0.NA/88.100.1");
    node.put("88.100.1/Pump-7", {text_value(1, "URL", "https://pump.example/7")});

    for (const std::string name : {"88.100.1/Pump-7", "88.100.1/PUMP-7", "88.100.1/pump-7"}) {
        const Answer answer = node.ask(EngineFixture::request(name));
        CHECK(answer.code() == ResponseCode::kSuccess);
        CHECK(answer.handle() == name);
        REQUIRE(answer.values().size() == 1);
        CHECK(as_text(answer.values()[0].data) == "https://pump.example/7");
    }
}

TEST_CASE("a prefix homed with exact suffixes tells two spellings apart") {
    EngineFixture node;
    node.home("0.NA/88.100.2", model::SuffixCase::kKeep);
    node.put("88.100.2/a", {text_value(1, "URL", "lower")}, model::SuffixCase::kKeep);
    node.put("88.100.2/A", {text_value(1, "URL", "upper")}, model::SuffixCase::kKeep);

    CHECK(as_text(node.ask(EngineFixture::request("88.100.2/a")).values().at(0).data) == "lower");
    CHECK(as_text(node.ask(EngineFixture::request("88.100.2/A")).values().at(0).data) == "upper");
}

TEST_CASE("responses carry the authoritative flag, the site serial and the request's ids") {
    EngineFixture node;
    node.home("0.NA/88.100.1");
    node.put("88.100.1/a", {text_value(1, "URL", "x")});
    const Answer answer = node.ask(EngineFixture::request("88.100.1/a"));
    CHECK(answer.view.header.flags == 0x99000000);
    CHECK(answer.view.header.site_serial == 7);
    CHECK(answer.view.header.expiration == 1'800'000'000U + 43'200U);
    CHECK(answer.view.envelope.request_id == 0x01020304);
    CHECK(answer.view.envelope.suggested == handle::kOwnVersion);
}

TEST_CASE("an answer that is not in memory is asked for again on the pool, with nothing written") {
    FixedClock clock;
    EngineFixture node(std::make_unique<ColdStore>(storage::make_memory_store(clock)));
    node.home("0.NA/88.100.1");
    node.put("88.100.1/a", {text_value(1, "URL", "x")});

    Bytes out = to_bytes("earlier answers");
    const Bytes question = EngineFixture::request("88.100.1/a");
    CHECK(node.give(question, out) == Outcome::kRetryOnPool);
    CHECK(as_text(out) == "earlier answers");
    CHECK(node.ask(question, Effort::kPool).code() == ResponseCode::kSuccess);
}

namespace {

/// Shows the same of everything, and counts how often it was asked.
class CountingLifecycle final : public model::LifecycleView {
  public:
    Result<std::optional<Shown>> show(std::string_view handle) const override {
        ++asked;
        if (handle.ends_with("/silent")) return std::optional<Shown>{};
        return std::optional(Shown{.json = "{}", .timestamp = 5});
    }
    mutable int asked = 0;
};

}  // namespace

TEST_CASE("the state of a product is worked out for its own name only, and on the pool") {
    CountingLifecycle lifecycle;
    EngineFixture node;
    node.context.lifecycle = &lifecycle;
    node.home("0.NA/88.100.1");
    node.put("88.100.1/a", {text_value(1, "URL", "x"), text_value(1'002, "DESC", "taken"),
                            text_value(1'004, "DESC", "behind")});
    node.put("88.100.1/silent", {text_value(1, "URL", "x")});
    const auto ask = [](std::string_view handle, std::vector<std::string> types) {
        return EngineFixture::request(handle, kPlain, {}, std::move(types));
    };
    for (const auto& types : std::vector<std::vector<std::string>>{{}, {"URL"}, {"IDN."}}) {
        Bytes out;
        CHECK(node.give(ask("88.100.1/a", types), out) == Outcome::kReply);
    }
    CHECK(lifecycle.asked == 0);
    Bytes out;
    CHECK(node.give(ask("88.100.1/a", {"idn.lifecycle"}), out) == Outcome::kRetryOnPool);
    CHECK(lifecycle.asked == 0);

    const auto shown = node.ask(ask("88.100.1/a", {"IDN.LIFECYCLE"}), Effort::kPool).values();
    REQUIRE(shown.size() == 1);
    CHECK(shown[0].index == 1'003);  // the next that is free
    CHECK(shown[0].timestamp == 5);
    CHECK(shown[0].ttl == model::kLifecycleTtl);
    const auto both = node.ask(ask("88.100.1/a", {"IDN.LIFECYCLE", "DESC"}), Effort::kPool);
    std::vector<std::int32_t> indexes;
    for (const auto& value : both.values()) indexes.push_back(value.index);
    CHECK(indexes == std::vector<std::int32_t>{1'002, 1'003, 1'004});
    CHECK(node.ask(ask("88.100.1/silent", {"IDN.LIFECYCLE"}), Effort::kPool).code() ==
          ResponseCode::kValuesNotFound);
    CHECK(node.ask(ask("88.100.1/none", {"IDN.LIFECYCLE"}), Effort::kPool).code() ==
          ResponseCode::kHandleNotFound);
}

TEST_CASE("before a batch is answered the store is told which records of ours its lookups need") {
    FixedClock clock;
    auto own = std::make_unique<ToldStore>(storage::make_memory_store(clock));
    const ToldStore& store = *own;
    EngineFixture node(std::move(own));
    node.home("0.NA/88.100.1");
    node.home("0.NA/88.100.2", model::SuffixCase::kKeep);

    Bytes site_info = EngineFixture::request("88.100.1/c");
    site_info[limits::kEnvelopeBytes + 3] = std::byte{2};
    const std::vector<Bytes> messages{
        EngineFixture::request("88.100.1/a"), EngineFixture::request("88.101/elsewhere"), site_info,
        EngineFixture::request("88.100.2/b"), to_bytes("neither envelope nor header"),    {}};
    const std::vector<BytesView> views(messages.begin(), messages.end());
    node.engine.foresee(views, node.peer);
    CHECK(store.told == std::vector{model::key_of("88.100.1/a"),
                                    model::key_of("88.100.2/b", model::SuffixCase::kKeep)});

    const std::vector<BytesView> many(resolver::Engine::kBatchMax + 1, views.front());
    node.engine.foresee(many, node.peer);
    CHECK(store.told.size() == 2 + resolver::Engine::kBatchMax);
}

TEST_CASE("what was foreseen is answered by its number, in any order and again") {
    EngineFixture node;
    node.home("0.NA/88.100.1");
    node.home("0.NA/88.100.2", model::SuffixCase::kKeep);
    const std::vector<std::string> names{"88.100.1/A", "88.100.2/B", "88.100.2/b", "88.100.1/c"};
    std::vector<Bytes> messages;
    for (const std::string& name : names) {
        const bool keeps_case = name.starts_with("88.100.2/");
        node.put(name, {text_value(1, "DESC", "of " + name)},
                 keeps_case ? model::SuffixCase::kKeep : model::SuffixCase::kFold);
        messages.push_back(EngineFixture::request(name));
    }
    node.engine.foresee(std::vector<BytesView>(messages.begin(), messages.end()), node.peer);
    for (const std::size_t first : {0U, 1U, 3U}) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            const std::size_t number = (first + i) % names.size();
            Bytes out;
            REQUIRE(node.engine.answer_foreseen(number, out));
            const auto values = EngineFixture::parse(out).values();
            REQUIRE(values.size() == 1);
            CHECK(as_text(values[0].data) == "of " + names[number]);
        }
    }
    Bytes out;
    CHECK_FALSE(node.engine.answer_foreseen(names.size(), out));
    CHECK(out.empty());
}

TEST_CASE("a prefix that is given up is given up for what was foreseen, too") {
    EngineFixture node;
    node.home("0.NA/88.100.1");
    node.put("88.100.1/a", {text_value(1, "URL", "x")});
    const std::vector<Bytes> messages(2, EngineFixture::request("88.100.1/a", kNotRecursive));
    node.engine.foresee(std::vector<BytesView>(messages.begin(), messages.end()), node.peer);
    Bytes out;
    CHECK(node.engine.answer_foreseen(0, out));
    node.unhome("0.NA/88.100.1");
    CHECK_FALSE(node.engine.answer_foreseen(1, out));
    CHECK(node.ask(messages[1]).code() == ResponseCode::kServerNotResponsible);
}

namespace {

/// Whether the message is answered when it was foreseen. Then the answer is what `handle` gives.
bool is_answered_alike(EngineFixture& node, BytesView message, Carrier carrier) {
    node.peer.carrier = carrier;
    node.engine.foresee(std::span(&message, 1), node.peer);
    Bytes foreseen = to_bytes("what was there before");
    const std::size_t before = foreseen.size();
    const bool answered = node.engine.answer_foreseen(0, foreseen);
    if (!answered) {
        CHECK(foreseen.size() == before);
        return false;
    }
    const Bytes answer(foreseen.begin() + static_cast<std::ptrdiff_t>(before), foreseen.end());
    Bytes handled;
    CHECK(node.give(message, handled, Effort::kInline, carrier) == Outcome::kReply);
    if (answer != handled) FAIL(to_hex(message) + "\n" + to_hex(answer) + "\n" + to_hex(handled));
    return true;
}

/// A node with records of every kind that a lookup tells apart.
struct RichNode : EngineFixture {
    RichNode() {
        home("0.NA/88.100.1");
        home("0.NA/88.100.2", model::SuffixCase::kKeep);
        put("88.100.1/plain", {text_value(1, "URL", "https://a.example"), text_value(2, "D", "x")});
        put("88.100.2/Kept", {text_value(1, "URL", "y")}, model::SuffixCase::kKeep);
        put("88.100.1/secret", {text_value(1, "URL", "y"), text_value(2, "KEY", "z", 0x0C)});
        put("88.100.1/large", {text_value(1, "D", std::string(5000, 'x'))});
        put("0.NA/88.100.1", {text_value(1, "D", "of the prefix")});
    }
};

}  // namespace

TEST_CASE("plain lookups are answered as soon as they were foreseen, with the usual octets") {
    RichNode node;
    SECTION("on a primary") {}
    SECTION("on a mirror") {
        node.context.is_mirror = true;
    }
    const auto ask = [&](const Bytes& message, Carrier carrier = Carrier::kTcp) {
        return is_answered_alike(node, message, carrier);
    };
    for (const Carrier carrier : {Carrier::kUdp, Carrier::kTcp}) {
        CHECK(ask(EngineFixture::request("88.100.1/plain"), carrier));
        CHECK(ask(EngineFixture::request("88.100.1/PLAIN", kNotPublicOnly), carrier));
        CHECK(ask(EngineFixture::request("88.100.2/Kept", 0), carrier));
        CHECK(ask(EngineFixture::request("88.100.2/kept"), carrier));  // not found
        CHECK(ask(EngineFixture::request("88.100.1/", 0x81100000), carrier));
    }
    CHECK(ask(EngineFixture::request("88.100.1/large")));
    // Left to those who know about it.
    CHECK_FALSE(ask(EngineFixture::request("88.100.1/large"), Carrier::kUdp));
    CHECK_FALSE(ask(EngineFixture::request("88.100.1/secret")));
    CHECK_FALSE(ask(EngineFixture::request("88.100.1/plain", kPlain, {1})));
    CHECK_FALSE(ask(EngineFixture::request("88.100.1/plain", kPlain, {}, {"URL"})));
    CHECK_FALSE(ask(EngineFixture::request("88.100.1/plain", kPlain | 0x40000000)));
    CHECK_FALSE(ask(EngineFixture::request("88.100.1/plain", kPlain | 0x20000000)));
    CHECK_FALSE(ask(EngineFixture::request("88.100.1/plain", kPlain | 0x00800000)));
    CHECK_FALSE(ask(EngineFixture::request("88.100.1/plain", kPlain, {}, {}, 255)));
    CHECK_FALSE(ask(EngineFixture::request("88.101/elsewhere")));
    CHECK_FALSE(ask(EngineFixture::request("0.NA/88.100.1")));
    CHECK_FALSE(ask(EngineFixture::request("0.SITE/status")));
    CHECK_FALSE(ask(EngineFixture::request("88.100.1")));
    CHECK_FALSE(ask(to_bytes("neither envelope nor header")));
    CHECK_FALSE(ask({}));
    // Somebody may be logged in on a connection of industrial clients.
    resolver::Logins logins;
    node.peer.logins = &logins;
    CHECK(ask(EngineFixture::request("88.100.1/plain")));
    CHECK_FALSE(ask(EngineFixture::request("88.100.1/plain", kNotPublicOnly)));
}

TEST_CASE("whatever a message is, it is answered alike whether it was foreseen or not") {
    RichNode node;
    std::vector<Bytes> messages;
    for (const char* name : {"88.100.1/plain", "88.100.2/Kept", "88.100.1/secret", "88.100.1/large",
                             "0.NA/88.100.1", "88.100.1/none"}) {
        messages.push_back(EngineFixture::request(name));
        messages.push_back(EngineFixture::request(name, kNotPublicOnly, {1}, {"URL"}));
    }
    std::mt19937 random(3);
    std::size_t answered = 0;
    for (int round = 0; round < 40'000; ++round) {
        Bytes message = messages[random() % messages.size()];
        const auto changes = random() % 3;
        for (unsigned i = 0; i < changes; ++i) {
            // Mostly in what stands before the handle: small numbers and single bits.
            const std::size_t at = random() % message.size();
            message[at] = random() % 2 == 0
                              ? static_cast<std::byte>(random() % 4)
                              : message[at] ^ static_cast<std::byte>(1U << random() % 8);
        }
        if (random() % 8 == 0) message.resize(random() % (message.size() + 4));
        if (message.size() < limits::kEnvelopeBytes) continue;
        // As much as the network gives to `handle`: the message and nothing else.
        const auto envelope = handle::decode_envelope(message);
        const std::size_t length = limits::kEnvelopeBytes + envelope->message_length;
        if (length > message.size() || envelope->truncated) {
            const Carrier carrier = Carrier::kTcp;
            node.peer.carrier = carrier;
            const BytesView view(message);
            node.engine.foresee(std::span(&view, 1), node.peer);
            Bytes out;
            REQUIRE_FALSE(node.engine.answer_foreseen(0, out));
            continue;
        }
        message.resize(length);
        answered +=
            is_answered_alike(node, message, random() % 2 == 0 ? Carrier::kUdp : Carrier::kTcp) ? 1
                                                                                                : 0;
    }
    CHECK(answered > 5'000);
}

TEST_CASE("a question after a prefix was homed or given up meets what is homed now") {
    EngineFixture node;
    const auto ask = [&](const std::string& name) {
        return node.ask(EngineFixture::request(name, kNotRecursive)).code();
    };
    CHECK(ask("88.100.1/a") == ResponseCode::kServerNotResponsible);
    node.home("0.NA/88.100.1");
    node.put("88.100.1/a", {text_value(1, "URL", "x")});
    for (int again = 0; again < 2; ++again) {
        CHECK(ask("88.100.1/a") == ResponseCode::kSuccess);
        CHECK(ask("88.100.1/A") == ResponseCode::kSuccess);
    }
    node.unhome("0.NA/88.100.1");
    CHECK(ask("88.100.1/a") == ResponseCode::kServerNotResponsible);

    node.home("0.NA/88.100.1", model::SuffixCase::kKeep);
    CHECK(ask("88.100.1/a") == ResponseCode::kHandleNotFound);  // its key is the folded one
    CHECK(ask("88.100.1/A") == ResponseCode::kSuccess);
}

TEST_CASE("a referral that needs the disk is asked for again on the pool") {
    FixedClock clock;
    EngineFixture node(std::make_unique<ColdStore>(storage::make_memory_store(clock)));
    node.home("0.NA/0.NA");
    Bytes out;
    CHECK(node.give(EngineFixture::request("0.NA/88.100.9.4"), out) == Outcome::kRetryOnPool);
    CHECK(out.empty());
    CHECK(node.ask(EngineFixture::request("0.NA/88.100.9.4"), Effort::kPool).code() ==
          ResponseCode::kHandleNotFound);
}

TEST_CASE("a signed answer is never made on the thread that serves lookups") {
    EngineFixture node;
    node.home("0.NA/88.100.1");
    node.put("88.100.1/a", {text_value(1, "URL", "x")});
    const Bytes question = EngineFixture::request("88.100.1/a", kPlain | handle::flag::kCertify);
    Bytes out;
    CHECK(node.give(question, out) == Outcome::kRetryOnPool);

    const Answer answer = node.ask(question, Effort::kPool);
    const auto credential = handle::decode_credential(answer.view.credential);
    REQUIRE(credential);
    CHECK(credential->type == handle::kSignedCredential);
    CHECK(as_text(credential->algorithm) == "SHA-256");
    const Bytes input =
        handle::signature_input(answer.view.envelope, 0, answer.view.header_and_body);
    CHECK(same_octets(credential->signature, node.digests->sha256(input)));
}

TEST_CASE(
    "the prefix handle of the node's own prefix is answered although its parent is not homed") {
    EngineFixture node;
    node.put("0.NA/88.100", {text_value(100, "HS_ADMIN", "x")});
    node.put("0.NA/88.200", {text_value(100, "HS_ADMIN", "x")});
    CHECK(node.ask(EngineFixture::request("0.na/88.100")).code() == ResponseCode::kSuccess);
    CHECK(node.ask(EngineFixture::request("88.100")).code() == ResponseCode::kSuccess);
    CHECK(node.ask(EngineFixture::request("0.NA/88.200", kNotRecursive)).code() ==
          ResponseCode::kServerNotResponsible);
}

TEST_CASE("homing a prefix does not make the node answer for its prefix handle") {
    EngineFixture node;
    node.home("0.NA/88.300.1");
    node.put("0.NA/88.300.1", {text_value(1, "URL", "x")});
    CHECK(node.ask(EngineFixture::request("0.NA/88.300.1", kNotRecursive)).code() ==
          ResponseCode::kServerNotResponsible);
    node.home("0.NA/0.NA/88.300");
    CHECK(node.ask(EngineFixture::request("0.NA/88.300.1", kNotRecursive)).code() ==
          ResponseCode::kSuccess);
}

TEST_CASE("a missing derived prefix is referred to the nearest ancestor that delegates") {
    EngineFixture node;
    node.home("0.NA/0.NA");
    node.put("0.NA/88.100", {text_value(2, "HS_SITE.PREFIX", "far")});
    node.put("0.NA/88.100.1", {text_value(1, "URL", "x"), text_value(2, "hs_na_delegate", "near"),
                               text_value(3, "HS_SERV.PREFIX", "hidden", 0x0C)});
    const Answer answer = node.ask(EngineFixture::request("0.NA/88.100.1.7.8"));
    CHECK(answer.code() == ResponseCode::kPrefixReferral);
    CHECK(answer.handle().empty());
    REQUIRE(answer.values().size() == 1);
    CHECK(as_text(answer.values()[0].data) == "near");

    CHECK(node.ask(EngineFixture::request("88.100.1.7")).code() == ResponseCode::kPrefixReferral);
    CHECK(node.ask(EngineFixture::request("0.NA/88.100.1.7", kPlain | handle::flag::kDoNotRefer))
              .code() == ResponseCode::kHandleNotFound);
}

TEST_CASE("a prefix of a thousand segments costs a bounded number of reads") {
    EngineFixture node;
    node.home("0.NA/0.NA");
    std::string prefix = "88";
    for (int i = 0; i < 1000; ++i) prefix += ".1";
    CHECK(node.ask(EngineFixture::request("0.NA/" + prefix)).code() ==
          ResponseCode::kHandleNotFound);
}

TEST_CASE("a handle of another prefix becomes a question for the upstream") {
    EngineFixture node;
    Bytes out;
    const Bytes request = EngineFixture::request("99.9/Spelled", kPlain, {1, 2}, {"URL"}, 3);
    CHECK(node.give(request, out) == Outcome::kAskUpstream);
    CHECK(out.empty());
    CHECK(node.question.handle == "99.9/Spelled");
    CHECK(node.question.indexes == std::vector<std::int32_t>{1, 2});
    CHECK(node.question.types == std::vector<std::string>{"URL"});
    CHECK(node.question.recursion_count == 3);

    const auto value = handle::encode_values(std::vector{text_value(1, "URL", "there")});
    const resolver::UpstreamAnswer theirs{ResponseCode::kSuccess, value, false};
    const auto envelope = handle::decode_envelope(request);
    REQUIRE(node.engine.answer_forwarded(*envelope, BytesView(request).subspan(20), node.peer,
                                         Effort::kInline, theirs, out) == Outcome::kReply);
    const Answer answer = EngineFixture::parse(std::move(out));
    CHECK(answer.handle() == "99.9/Spelled");
    CHECK(answer.values().size() == 1);
    CHECK_FALSE(answer.view.header.has(handle::flag::kAuthoritative));
}

TEST_CASE("nothing is forwarded without the recursive flag or for a client that is not served") {
    EngineFixture node;
    CHECK(node.ask(EngineFixture::request("99.9/x", kNotRecursive)).code() ==
          ResponseCode::kServerNotResponsible);
    node.upstream.open = false;
    CHECK(node.ask(EngineFixture::request("99.9/x")).code() == ResponseCode::kServerNotResponsible);
}

TEST_CASE("H25: a recursion count above ten, also with the top bit, ends with RC 6") {
    EngineFixture node;
    for (const int count : {11, 200, 255}) {
        const auto recursion = static_cast<std::uint8_t>(count);
        CHECK(node.ask(EngineFixture::request("99.9/x", kPlain, {}, {}, recursion)).code() ==
              ResponseCode::kRecursionLimit);
    }
    Bytes out;
    CHECK(node.give(EngineFixture::request("99.9/x", kPlain, {}, {}, 10), out) ==
          Outcome::kAskUpstream);
}

TEST_CASE("a kept answer is used at once") {
    EngineFixture node;
    node.upstream.kept["99.9/x"] = std::make_shared<resolver::UpstreamAnswer>(
        resolver::UpstreamAnswer{ResponseCode::kHandleNotFound, {}, false});
    CHECK(node.ask(EngineFixture::request("99.9/x")).code() == ResponseCode::kHandleNotFound);
}

TEST_CASE("restricted values are challenged, refused or left out by the first one selected") {
    EngineFixture node;
    node.home("0.NA/88.100.1");
    node.put("88.100.1/a", {text_value(1, "URL", "open"), text_value(2, "KEY", "admin", 0x0C),
                            text_value(3, "KEY", "nobody", 0x04)});
    const auto ask = [&](std::uint32_t flags, std::vector<std::int32_t> indexes) {
        return node.ask(EngineFixture::request("88.100.1/a", flags, indexes));
    };
    CHECK(ask(kPlain, {}).values().size() == 1);
    CHECK(ask(kPlain, {2}).code() == ResponseCode::kValuesNotFound);
    CHECK(ask(kNotPublicOnly, {1}).code() == ResponseCode::kSuccess);
    CHECK(ask(kNotPublicOnly, {3}).code() == ResponseCode::kInsufficientPermissions);
    CHECK(ask(kNotPublicOnly, {4}).code() == ResponseCode::kValuesNotFound);
    const Answer challenged = ask(kNotPublicOnly, {});
    CHECK(challenged.code() == ResponseCode::kAuthenticationNeeded);
    CHECK(challenged.view.envelope.session_id > 0);
    CHECK(challenged.view.body.size() == 33 + 20);
    CHECK(node.challenges.is_known(challenged.view.envelope.session_id, node.clock.time));
}

TEST_CASE("an answer above the UDP bound is an error over UDP and whole over TCP") {
    EngineFixture node;
    node.home("0.NA/88.100.1");
    node.put("88.100.1/large", {text_value(1, "DESC", std::string(5000, 'x'))});
    const Bytes question = EngineFixture::request("88.100.1/large");
    const Answer small = node.ask(question, Effort::kInline, Carrier::kUdp);
    CHECK(small.code() == ResponseCode::kError);
    CHECK(small.octets.size() < 200);
    CHECK(node.ask(question).code() == ResponseCode::kSuccess);
}

TEST_CASE("H8: a response sent to the node is not answered") {
    EngineFixture node;
    Bytes response = EngineFixture::request("88.100.1/a");
    response[20 + 7] = std::byte{1};
    Bytes out;
    CHECK(node.give(response, out, Effort::kInline, Carrier::kUdp) == Outcome::kSilent);
    CHECK(node.give(response, out, Effort::kInline, Carrier::kTcp) == Outcome::kSilent);
    CHECK(out.empty());
}

TEST_CASE("a flood of challenges stays bounded, and one source cannot push out another's") {
    const auto entropy = crypto::make_entropy();
    resolver::ChallengeTable table({.pending_max = 100, .pending_per_source_max = 10}, *entropy);
    resolver::Address calm{};
    calm[15] = std::byte{1};
    resolver::Address flooding{};
    flooding[15] = std::byte{2};

    const auto issue = [&](const resolver::Address& source, model::TimeMs now) {
        return table.issue(source, 0, {}, {}, now);
    };
    const auto kept = issue(calm, 0);
    for (int i = 0; i < 1000; ++i) issue(flooding, 1);
    CHECK(table.size() == 11);
    CHECK(table.is_known(kept.session_id, 1));

    for (std::uint8_t i = 3; i < 203; ++i) {
        resolver::Address other{};
        other[15] = std::byte{i};
        issue(other, 2);
    }
    CHECK(table.size() == 100);
    CHECK_FALSE(table.is_known(kept.session_id, 60'001));
    CHECK(table.size() == 100);
    table.is_known(0, 120'000);
    CHECK(table.size() == 0);
}
