// A live engine over a store in memory takes what a stranger sends: every operation, with
// challenges that get their right answer and messages that carry the right MAC of a session.
//
// The first octet of an input chooses how it is sent (see `How`), the rest is one message.
//
// Invariants:
//  * nothing crashes, reads beyond a message, or takes memory by a number in it;
//  * what is answered are whole, decodable response messages (or encrypted ones, in a session);
//  * a response is never answered;
//  * the same message handled on the pool after kRetryOnPool is not postponed again;
//  * an answer over UDP stays within its bound.
#include "proto/base/assert.h"
#include "proto/handle/admin.h"
#include "proto/handle/challenge.h"
#include "proto/handle/message.h"
#include "proto/handle/signing.h"
#include "registry/model/record.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/session_cryptography.h"
#include "resolver/engine/challenges.h"
#include "resolver/engine/engine.h"
#include "resolver/engine/guess_limit.h"
#include "resolver/engine/sessions.h"
#include "storage/stores.h"
#include "tests/support/engine_ports.h"

namespace {

using namespace idnode;

enum How : std::uint8_t {
    kOverUdp = 1,     // else over TCP
    kAnswered = 2,    // a challenge is answered with the administrator's secret
    kInSession = 4,   // the message goes into an open session, with its MAC
    kRightLength = 8  // the envelope's length is corrected, so that more of the message is read
};

constexpr std::string_view kSecret = "secret";
constexpr std::string_view kAdmin = "0.NA/88.100.1";

class FixedClock final : public model::Clock {
  public:
    model::TimeMs now() const override { return 1'800'000'000'000; }
};

handle::Value value_of(std::int32_t index, std::string type, Bytes data, std::uint8_t permissions) {
    handle::Value out;
    out.index = index;
    out.type = std::move(type);
    out.data = std::move(data);
    out.permissions = permissions;
    return out;
}

/// What costs time to make and has no memory, but for the entropy's count.
struct Cryptography {
    testing::CountingEntropy entropy;
    std::unique_ptr<model::Digests> digests = crypto::make_digests();
    std::unique_ptr<model::Proofs> proofs = crypto::make_proofs();
    std::unique_ptr<model::SessionCryptography> sessions =
        crypto::make_session_cryptography({}, entropy);
};

Cryptography& cryptography() {
    static Cryptography made;
    made.entropy = {};
    return made;
}

/// A node that lives for one input.
class Node {
  public:
    Node() {
        for (const char* homed : {"0.NA/88.100.1", "0.NA/0.NA"}) {
            model::Edit home;
            home.kind = model::Edit::Kind::kHome;
            home.handle = homed;
            commit(std::move(home));
        }
        const Bytes admin = handle::encode_admin({0x0FFF, {std::string(kAdmin), 301}});
        put(std::string(kAdmin), {value_of(100, "HS_ADMIN", admin, 0x0E),
                                  value_of(301, "HS_SECKEY", to_bytes(kSecret), 0x0C)});
        put("88.100.1/abc", {value_of(1, "URL", to_bytes("https://example.org"), 0x0E),
                             value_of(2, "DESC", to_bytes("for some"), 0x0C),
                             value_of(100, "HS_ADMIN", admin, 0x0E)});
        resolver::Session::Terms terms;
        terms.identity = service::Identity{std::string(kAdmin), 301};
        terms.version = handle::kOwnVersion;
        terms.key = Bytes(32, std::byte{7});
        session_ = sessions_.open(std::move(terms), 0, clock_.now());
        sessions_.mark_authenticated(*session_);
    }

    void take(std::uint8_t how, Bytes message) {
        if ((how & kRightLength) != 0 && message.size() >= limits::kEnvelopeBytes) {
            ByteWriter(message).patch_u32(
                16, static_cast<std::uint32_t>(message.size() - limits::kEnvelopeBytes));
        }
        if ((how & kInSession) != 0) message = in_session(message);
        peer_.carrier = (how & kOverUdp) != 0 ? resolver::Carrier::kUdp : resolver::Carrier::kTcp;
        const Bytes answer = send(message);
        if ((how & kAnswered) != 0) answer_challenge(answer);
    }

  private:
    void commit(model::Edit edit) {
        IDNODE_ASSERT(store_->commit({"fuzz", {std::move(edit)}}).has_value());
    }
    void put(const std::string& handle, std::vector<handle::Value> values) {
        model::Edit edit;
        edit.handle = handle;
        edit.values = *model::encode_record_values({handle, std::move(values)});
        commit(std::move(edit));
    }

    /// The answer, checked.
    Bytes send(const Bytes& message) {
        const auto envelope = handle::decode_envelope(message);
        if (!envelope) return {};
        const BytesView payload = BytesView(message).subspan(limits::kEnvelopeBytes);
        if (payload.size() < envelope->message_length) return {};
        const BytesView whole = payload.first(envelope->message_length);
        const BytesView foreseen =
            BytesView(message).first(limits::kEnvelopeBytes + envelope->message_length);
        engine_.foresee(std::span(&foreseen, 1), peer_);
        Bytes early;
        const bool is_early = engine_.answer_foreseen(0, early);
        Bytes out;
        resolver::Question question;
        auto outcome =
            engine_.handle(*envelope, whole, peer_, resolver::Effort::kInline, out, question);
        if (outcome == resolver::Outcome::kRetryOnPool) {
            IDNODE_ASSERT(out.empty());
            outcome =
                engine_.handle(*envelope, whole, peer_, resolver::Effort::kPool, out, question);
            IDNODE_ASSERT(outcome != resolver::Outcome::kRetryOnPool);
        }
        // What is answered as soon as it was foreseen has the usual octets.
        if (is_early) IDNODE_ASSERT(outcome == resolver::Outcome::kReply && early == out);
        if (outcome == resolver::Outcome::kAskUpstream) return {};
        if (const resolver::StreamPtr stream = engine_.take_stream()) stream->next({}, out);
        if (outcome == resolver::Outcome::kSilent) IDNODE_ASSERT(out.empty());
        check(out);
        return out;
    }

    void check(BytesView octets) const {
        if (peer_.carrier == resolver::Carrier::kUdp) {
            IDNODE_ASSERT(octets.size() <= context_.udp_answer_bytes_max + limits::kEnvelopeBytes +
                                               limits::kSignedCredentialBytesMax);
        }
        while (!octets.empty()) {
            const auto envelope = handle::decode_envelope(octets);
            IDNODE_ASSERT(envelope.has_value());
            const BytesView payload = octets.subspan(limits::kEnvelopeBytes);
            IDNODE_ASSERT(envelope->message_length <= payload.size());
            if (!envelope->encrypted) {
                const auto view =
                    handle::decode_message(*envelope, payload.first(envelope->message_length));
                IDNODE_ASSERT(view.has_value());
                IDNODE_ASSERT(view->header.response != handle::ResponseCode::kNone);
            }
            octets = payload.subspan(envelope->message_length);
        }
    }

    /// The message with the session's id and a MAC; as it is when it cannot be taken apart.
    Bytes in_session(const Bytes& message) {
        auto envelope = handle::decode_envelope(message);
        if (!envelope || envelope->encrypted) return message;
        envelope->session_id = session_->terms().id;
        const auto view =
            handle::decode_message(*envelope, BytesView(message).subspan(limits::kEnvelopeBytes));
        if (!view) return message;
        const Bytes mac = shared_.sessions->mac(*envelope, ++counter_, session_->terms().key,
                                                view->header_and_body);
        handle::Credential credential;
        credential.session_counter = counter_;
        credential.type = handle::kMacCredential;
        credential.algorithm = as_bytes_view(handle::mac_algorithm_field(envelope->version));
        credential.signature = mac;
        Bytes encoded;
        ByteWriter writer(encoded);
        handle::encode_credential(credential, writer);
        Bytes out;
        handle::MessageWriter sealed(out);
        sealed.body().raw(view->body);
        sealed.finish(*envelope, view->header, encoded);
        return out;
    }

    void answer_challenge(const Bytes& challenged) {
        if (challenged.empty()) return;
        auto envelope = handle::decode_envelope(challenged);
        if (!envelope || envelope->encrypted) return;
        const auto view = handle::decode_message(
            *envelope, BytesView(challenged).subspan(limits::kEnvelopeBytes));
        if (!view || view->header.response != handle::ResponseCode::kAuthenticationNeeded) return;
        const auto challenge = handle::decode_challenge(view->body, envelope->version);
        IDNODE_ASSERT(challenge.has_value());
        const auto proof = crypto::answer_with_secret(
            as_bytes_view(kSecret), {challenge->nonce, challenge->digest.octets},
            crypto::SecretAlgorithm::kSha256, shared_.entropy);
        IDNODE_ASSERT(proof.has_value());
        Bytes out;
        handle::MessageWriter answer(out);
        handle::encode_challenge_answer({handle::kSecretKeyAuthentication, kAdmin, 301, *proof},
                                        answer.body());
        handle::Header header;
        header.op = handle::OpCode::kChallengeResponse;
        envelope->request_id += 1;
        answer.finish(*envelope, header);
        const Bytes answered =
            send((envelope->session_id == session_->terms().id) ? in_session(out) : out);
        // The same answer again brings the same response, and nothing is done twice.
        const Bytes again = send(out);
        if (envelope->session_id != session_->terms().id && !again.empty()) {
            IDNODE_ASSERT(same_octets(again, answered));
        }
    }

    FixedClock clock_;
    Cryptography& shared_ = cryptography();
    testing::EmptySigner signer_;
    testing::NoUpstream upstream_;
    testing::NoStatus status_;
    std::unique_ptr<model::RecordStore> store_ = storage::make_memory_store(clock_);
    resolver::ChallengeTable challenges_{{}, shared_.entropy};
    resolver::SessionTable sessions_{{}, shared_.entropy};
    resolver::GuessLimit guesses_{{}};
    resolver::EngineContext context_{
        .store = *store_,
        .clock = clock_,
        .entropy = shared_.entropy,
        .digests = *shared_.digests,
        .signer = signer_,
        .proofs = *shared_.proofs,
        .cryptography = *shared_.sessions,
        .challenges = challenges_,
        .sessions = sessions_,
        .guesses = guesses_,
        .upstream = upstream_,
        .status = status_,
        .site = to_bytes("site"),
        .authority = {.server_administrators = {{std::string(kAdmin), 301}}},
        .administration = {.own_prefix = "88.100.1"}};
    resolver::Engine engine_{context_};
    resolver::Peer peer_;
    resolver::SessionPtr session_;
    std::uint32_t counter_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1 + limits::kEnvelopeBytes) return 0;
    const BytesView octets = std::as_bytes(std::span(data + 1, size - 1));
    Node().take(data[0], Bytes(octets.begin(), octets.end()));
    return 0;
}
