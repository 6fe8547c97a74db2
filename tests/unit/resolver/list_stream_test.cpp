#include "resolver/engine/list_stream.h"

#include "tests/unit/resolver/administered_node.h"

using namespace idnode;
using namespace idnode::test;
using handle::OpCode;
using handle::ResponseCode;
using resolver::Effort;
using resolver::Stream;

namespace {

/// So many names, made when they are asked for.
class Counted final : public service::NameList {
  public:
    explicit Counted(std::size_t count) : count_(count) {}
    Result<std::optional<std::string>> next() override {
        if (at == count_) return std::optional<std::string>();
        return std::optional("88.100.1/" + std::to_string(at++));
    }
    std::size_t at = 0;

  private:
    std::size_t count_;
};

class FailingList final : public service::NameList {
  public:
    Result<std::optional<std::string>> next() override {
        return Error{Errc::kStorage, "the disk is gone"};
    }
};

struct Totals {
    std::size_t names = 0;
    std::size_t messages = 0;
    std::size_t ends = 0;  // messages without the continuous flag
};

void add_messages(BytesView octets, Totals& totals) {
    while (!octets.empty()) {
        const auto envelope = handle::decode_envelope(octets);
        REQUIRE(envelope);
        const auto view = handle::decode_message(
            *envelope, octets.subspan(limits::kEnvelopeBytes, envelope->message_length));
        REQUIRE(view);
        REQUIRE(view->header.response == ResponseCode::kSuccess);
        const auto names = handle::decode_list_response(view->body);
        REQUIRE(names);
        CHECK(names->size() <= 50);
        totals.names += names->size();
        ++totals.messages;
        if (!view->header.has(handle::flag::kContinuous)) ++totals.ends;
        octets = octets.subspan(limits::kEnvelopeBytes + envelope->message_length);
    }
}

/// A list of `count` names as it is sent; the largest piece made at once goes to `piece_max`.
Totals listed(EngineFixture& node, std::size_t count, std::size_t& piece_max) {
    const Bytes request = message(OpCode::kListHandles, handle_body("0.NA/88.100.1"));
    const Answer parsed = EngineFixture::parse(request);
    Bytes out;
    resolver::ListStream stream({node.context, parsed.view, node.peer, node.clock.now(), out},
                                std::make_unique<Counted>(count));
    Totals totals;
    Stream::Next next = Stream::Next::kMore;
    while (next == Stream::Next::kMore) {
        Bytes piece;
        next = stream.next({}, piece);
        piece_max = std::max(piece_max, piece.size());
        add_messages(piece, totals);
    }
    CHECK(next == Stream::Next::kEnd);
    return totals;
}

}  // namespace

TEST_CASE("53: a list comes fifty handles a message, the last one without the continuous flag") {
    AdministeredNode node;
    std::size_t piece_max = 0;
    for (const std::size_t count : {0U, 1U, 49U, 50U, 51U, 100U, 101U}) {
        const Totals totals = listed(node, count, piece_max);
        CHECK(totals.names == count);
        CHECK(totals.messages == std::max<std::size_t>(1, (count + 49) / 50));
        CHECK(totals.ends == 1);
    }
}

TEST_CASE("53: a long list is made piece by piece, however long it is") {
    AdministeredNode node;
    std::size_t piece_max = 0;
    const Totals totals = listed(node, 100'000, piece_max);
    CHECK(totals.names == 100'000);
    CHECK(totals.ends == 1);
    CHECK(piece_max < 100'000);
}

TEST_CASE("a list that the disk ends is told to be broken") {
    AdministeredNode node;
    const Bytes request = message(OpCode::kListHandles, handle_body("0.NA/88.100.1"));
    const Answer parsed = EngineFixture::parse(request);
    Bytes out;
    resolver::ListStream stream({node.context, parsed.view, node.peer, node.clock.now(), out},
                                std::make_unique<FailingList>());
    CHECK(stream.next({}, out) == Stream::Next::kEnd);
    CHECK(EngineFixture::parse(out).code() == ResponseCode::kError);
}

TEST_CASE("53: of a long list the engine gives the beginning and the stream of the rest") {
    AdministeredNode node;
    for (int i = 0; i < 5'000; ++i) node.put("88.100.1/Item-" + std::to_string(i), {});
    const Answer challenged =
        node.send(message(OpCode::kListHandles, handle_body("0.NA/88.100.1")));
    Bytes out;
    REQUIRE(node.give(node.answer(challenged, kSecret), out, Effort::kPool) ==
            resolver::Outcome::kReply);
    const resolver::StreamPtr stream = node.engine.take_stream();
    REQUIRE(stream);
    Totals totals;
    add_messages(out, totals);
    CHECK(totals.ends == 0);
    for (Stream::Next next = Stream::Next::kMore; next == Stream::Next::kMore;) {
        Bytes piece;
        next = stream->next({}, piece);
        add_messages(piece, totals);
    }
    CHECK(totals.names == 5'000);
    CHECK(totals.ends == 1);
}
