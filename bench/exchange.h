#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/choice.h"
#include "bench/histogram.h"
#include "bench/random.h"
#include "bench/record_set.h"
#include "proto/base/bytes.h"
#include "proto/handle/envelope.h"

namespace idnode::bench {

using SteadyClock = std::chrono::steady_clock;
using TimePoint = SteadyClock::time_point;

// As long as a patient client waits for one answer; then it asks again.
inline constexpr std::chrono::seconds kAnswerTimeout{1};
// So that a request id can carry the slot in its lower bits.
inline constexpr std::size_t kWindowMax = 4096;

/// What to ask.
struct Questions {
    Choice::Kind choice = Choice::Kind::kUniform;
    double zipf_exponent = 1.0;
    std::size_t among_first = 0;  // only so many records, the first; 0: all
    double miss_ratio = 0.0;      // share of handles that do not exist
    bool certify = false;         // every answer must be signed
    bool echo = false;  // the peer is the echo: only request id, response code and length count
    std::uint64_t seed = 1;
};

/// What came of it. Every answer is counted once in correct, wrong, duplicate or late.
struct Tally {
    std::uint64_t asked = 0;
    std::uint64_t correct = 0;
    std::uint64_t absent = 0;  // of the correct ones: not found, as it should be
    std::uint64_t wrong = 0;
    std::uint64_t missing = 0;       // no answer within kAnswerTimeout
    std::uint64_t late = 0;          // came after that
    std::uint64_t duplicate = 0;     // came again, or for a question that was never asked
    std::uint64_t answer_bytes = 0;  // of correct answers, with all envelopes
    std::uint64_t reconnects = 0;
    Histogram latency;        // of correct answers
    std::string first_wrong;  // why the first wrong answer was wrong

    void merge(const Tally& other);
};

/// The questions outstanding on one socket and the check of every answer; no I/O and no clock. Not
/// thread-safe. Keeps references to `records` and `tally`.
class Exchange {
  public:
    Exchange(const RecordSet& records, const Questions& questions, std::size_t window,
             Tally& tally);

    bool has_room() const { return !free_.empty(); }
    bool is_idle() const { return free_.size() == slots_.size(); }

    /// Appends the next request, envelope first, to `out`. `due` is when it should have been sent:
    /// a latency counts from there, so that a stalled peer is not spared the questions that had to
    /// wait for it. Only when `has_room`.
    void ask(TimePoint due, TimePoint now, Bytes& out);

    /// One datagram: an answer or a part of one (§3.5).
    void on_datagram(BytesView datagram, TimePoint now);
    /// A whole message from a stream, envelope first.
    void on_message(BytesView message, TimePoint now);

    /// Gives up on what has waited too long. `all`: on everything, as when the connection broke.
    void expire(TimePoint now, bool all = false);

  private:
    struct Slot {
        std::uint32_t generation = 0;
        bool open = false;
        bool was_answered = false;  // the generation before this one, or this one once closed
        bool absent = false;        // the handle asked for does not exist
        std::size_t record = 0;
        TimePoint due;
        TimePoint sent;
        std::string handle;      // as it was asked for
        Bytes parts;             // of an answer of several datagrams
        std::uint64_t have = 0;  // which parts, one bit each
    };

    void choose(Slot& slot);
    Slot* slot_of(std::uint32_t request_id);
    void take_part(Slot& slot, const handle::Envelope& envelope, BytesView payload, TimePoint now);
    void settle(Slot& slot, const handle::Envelope& envelope, BytesView payload, TimePoint now);
    /// Empty: the answer is right.
    std::string fault_of(const Slot& slot, const handle::Envelope& envelope,
                         BytesView payload) const;
    void close(Slot& slot, bool answered);

    const RecordSet& records_;
    Questions questions_;
    Choice choice_;
    Random random_;
    Tally& tally_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    Bytes request_head_;  // envelope, header and the room for the handle's length
};

}  // namespace idnode::bench
