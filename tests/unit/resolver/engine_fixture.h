#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proto/handle/message.h"
#include "proto/handle/resolution.h"
#include "registry/model/ports.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/session_cryptography.h"
#include "resolver/engine/challenges.h"
#include "resolver/engine/engine.h"
#include "resolver/engine/guess_limit.h"
#include "resolver/engine/sessions.h"
#include "storage/stores.h"

namespace idnode::test {

class FixedClock final : public model::Clock {
  public:
    model::TimeMs now() const override { return time; }
    model::TimeMs time = 1'800'000'000'000;
};

/// Signs with a digest, so that a test sees what was signed without the cost of a key.
class DigestSigner final : public model::Signer {
  public:
    explicit DigestSigner(const model::Digests& digests) : digests_(digests) {}
    Result<Bytes> sign(Hash, BytesView data) const override {
        return to_bytes(as_text(digests_.sha256(data)));
    }
    bool is_dsa() const override { return false; }
    const Bytes& public_key() const override { return key_; }

  private:
    const model::Digests& digests_;
    Bytes key_;
};

/// An upstream that keeps the questions and answers nothing by itself.
class ListeningUpstream final : public resolver::Upstream {
  public:
    bool serves(const resolver::Address&) const override { return open; }
    resolver::UpstreamAnswerPtr cached(const resolver::Question& question) override {
        const auto at = kept.find(question.handle);
        return at == kept.end() ? nullptr : at->second;
    }
    void ask(resolver::Question, std::function<void(resolver::UpstreamAnswerPtr)>) override {}

    bool open = true;
    std::map<std::string, resolver::UpstreamAnswerPtr> kept;
};

/// An RSA key made once for the whole program.
inline const Bytes& test_key() {
    static const Bytes key = *crypto::generate_rsa_key();
    return key;
}

inline handle::Value text_value(std::int32_t index, std::string type, std::string_view data,
                                std::uint8_t permissions = handle::permission::kDefault) {
    handle::Value out;
    out.index = index;
    out.type = std::move(type);
    out.data = to_bytes(data);
    out.permissions = permissions;
    return out;
}

class FixedStatus final : public resolver::StatusSource {
  public:
    std::vector<handle::Value> values() const override {
        return {text_value(1, "CNRI.SERVER_STATUS", "numreqs=1", 0x0C)};
    }
};

/// Audit events, kept.
class KeptAudit final : public model::AuditSink {
  public:
    struct Event {
        model::AuditEvent::What what;
        std::string who;
        std::string handle;
        handle::OpCode operation;
        handle::ResponseCode outcome;
        model::TransactionId transaction;
    };
    void record(const model::AuditEvent& event) override {
        events.push_back({event.what, std::string(event.who), std::string(event.handle),
                          event.operation, event.outcome, event.transaction});
    }
    std::vector<Event> events;
};

/// A reply taken apart; owns its octets.
struct Answer {
    Bytes octets;
    handle::MessageView view;

    handle::ResponseCode code() const { return view.header.response; }
    std::vector<handle::Value> values() const {
        const auto body = handle::decode_resolution_response(view.body);
        if (!body) return {};
        return handle::decode_values(body->values).value_or(std::vector<handle::Value>{});
    }
    std::string handle() const {
        const auto body = handle::decode_resolution_response(view.body);
        return body ? std::string(body->handle) : std::string();
    }
};

/// One engine over a store in memory with the prefix 88.100.1 homed, and derived prefixes
/// of 88.100.
class EngineFixture {
  public:
    EngineFixture() : EngineFixture(nullptr) {}
    /// With a store of the test's own instead.
    explicit EngineFixture(std::unique_ptr<model::RecordStore> own)
        : store(own ? std::move(own) : storage::make_memory_store(clock)) {}

    void home(const std::string& prefix_handle,
              model::SuffixCase suffix_case = model::SuffixCase::kFold) {
        model::Edit edit;
        edit.kind = model::Edit::Kind::kHome;
        edit.handle = prefix_handle;
        edit.suffix_case = suffix_case;
        REQUIRE(store->commit({"test", {edit}}));
    }

    void unhome(const std::string& prefix_handle) {
        model::Edit edit;
        edit.kind = model::Edit::Kind::kUnhome;
        edit.handle = prefix_handle;
        REQUIRE(store->commit({"test", {edit}}));
    }

    void put(const std::string& name, const std::vector<handle::Value>& values,
             model::SuffixCase suffix_case = model::SuffixCase::kFold) {
        model::Edit edit;
        edit.handle = name;
        edit.suffix_case = suffix_case;
        auto encoded = model::encode_record_values({name, values});
        REQUIRE(encoded);
        edit.values = std::move(*encoded);
        REQUIRE(store->commit({"test", {edit}}));
    }

    /// A resolution request as a complete message.
    static Bytes request(std::string_view name, std::uint32_t flags = 0x19000000,
                         const std::vector<std::int32_t>& indexes = {},
                         const std::vector<std::string>& types = {}, std::uint8_t recursion = 0) {
        Bytes out;
        handle::MessageWriter writer(out);
        handle::encode_resolution_request(name, indexes, types, writer.body());
        handle::Envelope envelope;
        envelope.request_id = 0x01020304;
        envelope.suggested = handle::kOwnVersion;
        handle::Header header;
        header.op = handle::OpCode::kResolution;
        header.flags = flags;
        header.recursion_count = recursion;
        writer.finish(envelope, header);
        return out;
    }

    resolver::Outcome give(BytesView message, Bytes& out,
                           resolver::Effort effort = resolver::Effort::kInline,
                           resolver::Carrier carrier = resolver::Carrier::kTcp) {
        const auto envelope = handle::decode_envelope(message);
        REQUIRE(envelope);
        peer.carrier = carrier;
        return engine.handle(*envelope, message.subspan(limits::kEnvelopeBytes), peer, effort, out,
                             question);
    }

    static Answer parse(Bytes octets) {
        Answer out;
        out.octets = std::move(octets);
        const auto envelope = handle::decode_envelope(out.octets);
        REQUIRE(envelope);
        const auto view = handle::decode_message(
            *envelope, BytesView(out.octets).subspan(limits::kEnvelopeBytes));
        REQUIRE(view);
        out.view = *view;
        return out;
    }

    Answer ask(BytesView message, resolver::Effort effort = resolver::Effort::kInline,
               resolver::Carrier carrier = resolver::Carrier::kTcp) {
        Bytes out;
        REQUIRE(give(message, out, effort, carrier) == resolver::Outcome::kReply);
        return parse(std::move(out));
    }

    FixedClock clock;
    std::unique_ptr<model::Digests> digests = crypto::make_digests();
    std::unique_ptr<model::Entropy> entropy = crypto::make_entropy();
    DigestSigner signer{*digests};
    resolver::ChallengeTable challenges{{}, *entropy};
    resolver::SessionTable sessions{{}, *entropy};
    resolver::GuessLimit guesses{{}};
    ListeningUpstream upstream;
    FixedStatus status;
    KeptAudit audit;
    std::unique_ptr<model::Proofs> proofs = crypto::make_proofs();
    std::unique_ptr<model::SessionCryptography> cryptography =
        crypto::make_session_cryptography(test_key(), *entropy);
    std::unique_ptr<model::RecordStore> store;
    resolver::EngineContext context{.store = *store,
                                    .clock = clock,
                                    .entropy = *entropy,
                                    .digests = *digests,
                                    .signer = signer,
                                    .proofs = *proofs,
                                    .cryptography = *cryptography,
                                    .challenges = challenges,
                                    .sessions = sessions,
                                    .guesses = guesses,
                                    .upstream = upstream,
                                    .status = status,
                                    .audit = audit,
                                    .site = to_bytes("site record"),
                                    .site_serial = 7,
                                    .authority = {.server_administrators = {{"0.NA/88.100", 300}}},
                                    .administration = {.own_prefix = "88.100"}};
    resolver::Engine engine{context};
    resolver::Peer peer;
    resolver::Question question;
};

}  // namespace idnode::test
