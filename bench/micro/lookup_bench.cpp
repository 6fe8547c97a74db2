// A lookup through the engine, octets in and octets out, without sockets: what the node itself adds
// to the kernel's part and the store's. The store is the one in memory.

#include <benchmark/benchmark.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/micro/sample.h"
#include "bench/random.h"
#include "proto/base/assert.h"
#include "proto/handle/message.h"
#include "proto/handle/resolution.h"
#include "registry/model/record.h"
#include "resolver/crypto/answers.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/session_cryptography.h"
#include "resolver/engine/challenges.h"
#include "resolver/engine/engine.h"
#include "resolver/engine/guess_limit.h"
#include "resolver/engine/lookup_counts.h"
#include "resolver/engine/sessions.h"
#include "storage/stores.h"
#include "tests/support/engine_ports.h"
#include "tools/system_clock.h"

namespace idnode::bench {
namespace {

constexpr unsigned kPrefixes = 50;
constexpr std::size_t kQuestions = 1'024;
constexpr std::size_t kBatch = 32;
static_assert(kQuestions % kBatch == 0);

std::string handle_of(std::uint64_t prefix, std::string_view end) {
    return "88.100." + std::to_string(prefix) + "/SN-2026-0000123456" + std::string(end);
}

/// An engine, one record of each of its prefixes, and questions for them.
class Node {
  public:
    Node() {
        for (unsigned i = 0; i < kPrefixes; ++i) {
            model::Edit home;
            home.kind = model::Edit::Kind::kHome;
            home.handle = "0.NA/88.100." + std::to_string(i);
            model::Edit put;
            put.handle = handle_of(i, "");
            put.values = *model::encode_record_values({put.handle, sample_values()});
            IDNODE_ASSERT(store_->commit({"bench", {home, put}}).has_value());
        }
    }

    std::vector<Bytes> questions(std::string_view end) {
        std::vector<Bytes> out(kQuestions);
        Random random(1);
        for (Bytes& one : out) {
            handle::MessageWriter writer(one);
            handle::encode_resolution_request(handle_of(random.below(kPrefixes), end), {}, {},
                                              writer.body());
            handle::Header header;
            header.op = handle::OpCode::kResolution;
            header.flags = handle::flag::kRecursive | handle::flag::kPublicOnly;
            handle::Envelope envelope;
            envelope.suggested = handle::kOwnVersion;
            writer.finish(envelope, header);
        }
        return out;
    }

    /// The message with this number of those foreseen.
    bool answer_foreseen(std::size_t number, Bytes& out) {
        return engine_.answer_foreseen(number, out);
    }
    bool answer(BytesView message, Bytes& out) {
        const auto envelope = handle::decode_envelope(message);
        return envelope && engine_.handle(*envelope, message.subspan(limits::kEnvelopeBytes), peer_,
                                          resolver::Effort::kInline, out,
                                          question_) == resolver::Outcome::kReply;
    }

    void foresee(std::span<const BytesView> messages) { engine_.foresee(messages, peer_); }

  private:
    tools::CoarseClock clock_;
    testing::CountingEntropy entropy_;
    testing::EmptySigner signer_;
    testing::NoUpstream upstream_;
    testing::NoStatus status_;
    std::unique_ptr<model::Digests> digests_ = crypto::make_digests();
    std::unique_ptr<model::Proofs> proofs_ = crypto::make_proofs();
    std::unique_ptr<model::SessionCryptography> cryptography_ =
        crypto::make_session_cryptography({}, entropy_);
    resolver::ChallengeTable challenges_{{}, entropy_};
    resolver::SessionTable sessions_{{}, entropy_};
    resolver::GuessLimit guesses_{{}};
    resolver::LookupCounts lookups_;
    std::unique_ptr<model::RecordStore> store_ = storage::make_memory_store(clock_);
    resolver::EngineContext context_{.store = *store_,
                                     .clock = clock_,
                                     .entropy = entropy_,
                                     .digests = *digests_,
                                     .signer = signer_,
                                     .proofs = *proofs_,
                                     .cryptography = *cryptography_,
                                     .challenges = challenges_,
                                     .sessions = sessions_,
                                     .guesses = guesses_,
                                     .upstream = upstream_,
                                     .status = status_,
                                     .site = {},
                                     .administration = {.own_prefix = "88.100"},
                                     .lookups = &lookups_};
    resolver::Engine engine_{context_};
    resolver::Peer peer_;
    resolver::Question question_;
};

/// `batch`: so many are foreseen together before each is answered.
void lookup(benchmark::State& state, std::string_view end, std::size_t batch = 1) {
    Node node;
    const std::vector<Bytes> questions = node.questions(end);
    const std::vector<BytesView> views(questions.begin(), questions.end());
    Bytes out;
    std::size_t next = 0;
    for (auto _ : state) {
        if (batch > 1 && next % batch == 0) {
            node.foresee(std::span(views).subspan(next % kQuestions, batch));
        }
        out.clear();
        const bool answered = batch > 1 ? node.answer_foreseen(next % batch, out)
                                        : node.answer(questions[next % kQuestions], out);
        ++next;
        if (!answered) {
            state.SkipWithError("no answer");
            break;
        }
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations());
}

void lookup_found(benchmark::State& state) {
    lookup(state, "");
}
BENCHMARK(lookup_found);

void lookup_foreseen(benchmark::State& state) {
    lookup(state, "", kBatch);
}
BENCHMARK(lookup_foreseen);

void lookup_absent(benchmark::State& state) {
    lookup(state, "-absent");
}
BENCHMARK(lookup_absent);

}  // namespace
}  // namespace idnode::bench
