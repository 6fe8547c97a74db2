#include "bench/exchange.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "tests/unit/bench/fake_node.h"

using namespace idnode;
using namespace idnode::bench;
using namespace idnode::bench::test;
using std::chrono::milliseconds;

namespace {

/// One exchange with a tally and a clock that the test moves.
struct Bench {
    explicit Bench(Questions questions = {}, std::size_t window = 4,
                   const std::vector<handle::Value>& values = node_values())
        : records(make_records(10, values)), exchange(records, questions, window, tally) {}

    Bytes ask() {
        Bytes request;
        exchange.ask(now, now, request);
        return request;
    }

    Tally tally;
    RecordSet records;
    Exchange exchange;
    TimePoint now{std::chrono::seconds(100)};
};

std::uint64_t answers(const Tally& tally) {
    return tally.correct + tally.wrong + tally.duplicate + tally.late;
}

}  // namespace

TEST_CASE("a request is the plain query that common clients send") {
    Bench bench;
    const Bytes request = bench.ask();
    const auto envelope = handle::decode_envelope(request);
    REQUIRE(envelope.has_value());
    CHECK(envelope->version == handle::kOwnVersion);
    CHECK(envelope->suggested == handle::kOwnVersion);
    CHECK(envelope->request_id > 0);
    CHECK(envelope->message_length == request.size() - limits::kEnvelopeBytes);
    const auto message =
        handle::decode_message(*envelope, BytesView(request).subspan(limits::kEnvelopeBytes));
    REQUIRE(message.has_value());
    CHECK(message->header.flags == 0x19000000);
    CHECK(message->header.op == handle::OpCode::kResolution);
    CHECK(message->header.response == handle::ResponseCode::kNone);
    CHECK(message->credential.empty());
    const auto question = handle::decode_resolution_request(message->body);
    REQUIRE(question.has_value());
    CHECK(question->handle.starts_with("88.100.1/P-"));
    CHECK(question->selects_everything());
    CHECK(question->extra.empty());
}

TEST_CASE("a right answer is correct, and its latency counts from when it was due") {
    Bench bench;
    Bytes request;
    bench.exchange.ask(bench.now - milliseconds(30), bench.now, request);
    bench.exchange.on_datagram(answer(request, Manner::kRight), bench.now + milliseconds(10));
    CHECK(bench.tally.correct == 1);
    CHECK(bench.tally.latency.max() == milliseconds(40));
    CHECK(bench.exchange.is_idle());
}

TEST_CASE("the order and the timestamps of the values do not matter") {
    Bench bench;
    auto values = node_values();
    std::swap(values[0], values[1]);
    for (auto& value : values) value.timestamp = 5;
    const Bytes request = bench.ask();
    bench.exchange.on_datagram(answer(request, Manner::kRight, values), bench.now);
    CHECK(bench.tally.correct == 1);
}

TEST_CASE("every kind of wrong answer is counted as wrong and explained") {
    for (const Manner manner :
         {Manner::kOtherData, Manner::kOtherIndex, Manner::kOtherType, Manner::kValueLeftOut,
          Manner::kOtherHandle, Manner::kNotFound, Manner::kOtherOperation, Manner::kCutOff}) {
        Bench bench;
        const Bytes request = bench.ask();
        bench.exchange.on_datagram(answer(request, manner), bench.now);
        INFO("manner " << static_cast<int>(manner));
        CHECK(bench.tally.wrong == 1);
        CHECK(bench.tally.correct == 0);
        CHECK_FALSE(bench.tally.first_wrong.empty());
        CHECK(bench.exchange.is_idle());
    }
}

TEST_CASE("an answer that ends too early is wrong at every length") {
    const Bytes whole = [] {
        Bench bench;
        return answer(bench.ask(), Manner::kRight);
    }();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        Bench bench;
        Bytes cut = answer(bench.ask(), Manner::kRight);
        cut.resize(size);
        bench.exchange.on_datagram(cut, bench.now);
        INFO("size " << size);
        CHECK(bench.tally.correct == 0);
        CHECK(bench.tally.wrong == 1);
    }
}

TEST_CASE("a handle that does not exist must be answered with not found") {
    Bench bench({.miss_ratio = 1.0});
    const Bytes first = bench.ask();
    bench.exchange.on_datagram(answer(first, Manner::kRight), bench.now);
    CHECK(bench.tally.correct == 1);
    CHECK(bench.tally.absent == 1);

    // The same success for a name that nobody registered is a lie.
    Bytes lie = answer(bench.ask(), Manner::kRight);
    lie[limits::kEnvelopeBytes + 7] = std::byte{1};
    bench.exchange.on_datagram(lie, bench.now);
    CHECK(bench.tally.wrong == 1);
}

TEST_CASE("questions among the first records ask for no other") {
    Questions questions;
    questions.among_first = 2;
    Bench bench(questions, 100);
    bool second = false;
    for (int i = 0; i < 100; ++i) {
        const Bytes request = bench.ask();
        const std::string text(as_text(request));
        const bool is_second = text.find("/P-1") != std::string::npos;
        second |= is_second;
        CHECK((is_second || text.find("/P-0") != std::string::npos));
    }
    CHECK(second);
}

TEST_CASE("an answer that comes twice is a duplicate") {
    Bench bench;
    const Bytes reply = answer(bench.ask(), Manner::kRight);
    bench.exchange.on_datagram(reply, bench.now);
    bench.exchange.on_datagram(reply, bench.now);
    CHECK(bench.tally.correct == 1);
    CHECK(bench.tally.duplicate == 1);
    CHECK(bench.tally.late == 0);
}

TEST_CASE("a question unanswered for a second is missing, and what comes then is late") {
    Bench bench({}, /*window=*/1);
    const Bytes reply = answer(bench.ask(), Manner::kRight);
    bench.exchange.expire(bench.now + kAnswerTimeout - milliseconds(1));
    CHECK(bench.tally.missing == 0);
    CHECK_FALSE(bench.exchange.has_room());
    bench.exchange.expire(bench.now + kAnswerTimeout);
    CHECK(bench.tally.missing == 1);
    REQUIRE(bench.exchange.has_room());

    // The place is taken by a new question: the old answer must not pass for the new one's.
    const Bytes next = bench.ask();
    bench.exchange.on_datagram(reply, bench.now);
    CHECK(bench.tally.late == 1);
    CHECK(bench.tally.correct == 0);
    bench.exchange.on_datagram(answer(next, Manner::kRight), bench.now);
    CHECK(bench.tally.correct == 1);
}

TEST_CASE("a request id that was never used is counted and harms nothing") {
    Bench bench;
    Bytes reply = answer(bench.ask(), Manner::kRight);
    for (std::size_t i = 8; i < 12; ++i) reply[i] = std::byte{0xFF};
    bench.exchange.on_datagram(reply, bench.now);
    CHECK(bench.tally.duplicate == 1);
    CHECK(bench.tally.correct == 0);
}

TEST_CASE("an answer of several datagrams is put together in any order") {
    const std::vector<handle::Value> values{make_value(1, "META", std::string(1'500, 'x'))};
    for (const bool backwards : {false, true}) {
        Bench bench({}, 4, values);
        auto parts = to_datagrams(answer(bench.ask(), Manner::kRight, values));
        REQUIRE(parts.size() == 4);
        if (backwards) std::reverse(parts.begin(), parts.end());
        bench.exchange.on_datagram(parts[0], bench.now);
        bench.exchange.on_datagram(parts[0], bench.now);
        for (const Bytes& part : parts) {
            if (&part != &parts[0]) bench.exchange.on_datagram(part, bench.now);
        }
        CHECK(bench.tally.correct == 1);
        CHECK(bench.tally.wrong == 0);
        CHECK(bench.tally.duplicate == 1);
        std::size_t octets = 0;
        for (const Bytes& part : parts) octets += part.size();
        CHECK(bench.tally.answer_bytes == octets);
    }
}

TEST_CASE("a part that does not belong makes the answer wrong") {
    const std::vector<handle::Value> values{make_value(1, "META", std::string(1'500, 'x'))};
    Bench bench({}, 4, values);
    auto parts = to_datagrams(answer(bench.ask(), Manner::kRight, values));
    parts[1].resize(parts[1].size() - 1);
    bench.exchange.on_datagram(parts[0], bench.now);
    bench.exchange.on_datagram(parts[1], bench.now);
    CHECK(bench.tally.wrong == 1);
    CHECK(bench.exchange.is_idle());
}

TEST_CASE("the echo's answer counts for the echo only") {
    Bench bench({.echo = true});
    const Bytes request = bench.ask();
    bench.exchange.on_datagram(answer(request, Manner::kOtherData), bench.now);
    CHECK(bench.tally.correct == 1);
    CHECK(answers(bench.tally) == 1);
}
