#include <catch2/catch.hpp>

#include "proto/handle/fragment.h"
#include "proto/handle/message.h"
#include "tests/support/vectors.h"

namespace idnode::test {
namespace {

using namespace handle;
using namespace std::chrono_literals;

const BytesView kSource = as_bytes_view("198.51.100.7:4000");
const Reassembler::Clock::time_point kNow{1h};

// Datagrams of a message of `payload_bytes`.
struct Pieces {
    explicit Pieces(std::size_t payload_bytes, std::uint32_t request_id = 1) {
        Envelope envelope;
        envelope.request_id = request_id;
        envelope.message_length = static_cast<std::uint32_t>(payload_bytes);
        ByteWriter out(message);
        encode_envelope(envelope, out);
        message.resize(message.size() + payload_bytes);
        for (std::size_t i = limits::kEnvelopeBytes; i < message.size(); i += 11) {
            message[i] = static_cast<std::byte>(i);
        }
    }
    BytesView payload() const { return BytesView(message).subspan(limits::kEnvelopeBytes); }
    Bytes datagram(std::uint32_t sequence) const {
        Bytes out;
        write_datagram(message, sequence, out);
        return out;
    }
    Bytes message;
};

std::optional<Bytes> add(Reassembler& to, const Bytes& datagram,
                         Reassembler::Clock::time_point now = kNow, BytesView source = kSource) {
    const auto envelope = decode_envelope(datagram);
    REQUIRE(envelope);
    return to.add(source, *envelope, BytesView(datagram).subspan(limits::kEnvelopeBytes), now);
}

TEST_CASE("78: a response of 2,319 octets takes five datagrams with the lengths of the document") {
    const Pieces pieces(2'319);
    REQUIRE(datagram_count(2'319) == 5);
    constexpr std::array<std::size_t, 5> kSizes{512, 512, 512, 512, 371};
    for (std::uint32_t i = 0; i < 5; ++i) {
        const Bytes datagram = pieces.datagram(i);
        CHECK(datagram.size() == kSizes.at(i));
        const auto envelope = decode_envelope(datagram);
        REQUIRE(envelope);
        CHECK(envelope->sequence == i);
        CHECK(envelope->message_length == 2'319);
        CHECK(envelope->truncated);
    }
}

TEST_CASE("a message of one datagram carries no truncated flag and needs no table") {
    CHECK(datagram_count(0) == 1);
    CHECK(datagram_count(492) == 1);
    CHECK(datagram_count(493) == 2);
    const Pieces pieces(492);
    const auto envelope = decode_envelope(pieces.datagram(0));
    REQUIRE(envelope);
    CHECK_FALSE(envelope->truncated);
    Reassembler reassembler;
    const auto whole = add(reassembler, pieces.datagram(0));
    REQUIRE(whole);
    CHECK(same_octets(*whole, pieces.payload()));
    CHECK(reassembler.pending() == 0);
}

TEST_CASE("79: pieces in any order, with duplicates, make the message once") {
    const Pieces pieces(2'319);
    Reassembler reassembler;
    for (const std::uint32_t i : {4U, 1U, 1U, 0U, 3U, 4U}) {
        CHECK_FALSE(add(reassembler, pieces.datagram(i)));
    }
    const auto whole = add(reassembler, pieces.datagram(2));
    REQUIRE(whole);
    CHECK(same_octets(*whole, pieces.payload()));
    CHECK(reassembler.pending() == 0);
    CHECK(reassembler.pending_bytes() == 0);
}

TEST_CASE("pieces of different sources or requests never mix") {
    const Pieces first(900, 1);
    const Pieces second(900, 2);
    Reassembler reassembler;
    CHECK_FALSE(add(reassembler, first.datagram(0)));
    CHECK_FALSE(add(reassembler, second.datagram(1)));
    CHECK_FALSE(add(reassembler, first.datagram(1), kNow, as_bytes_view("198.51.100.8:4000")));
    CHECK(reassembler.pending() == 3);
    CHECK(add(reassembler, first.datagram(1)));
}

TEST_CASE(
    "H10: a hundred thousand first pieces leave a bounded table that empties within five seconds") {
    const Reassembler::Limits limits;
    Reassembler reassembler;
    Bytes first = Pieces(900).datagram(0);
    for (std::uint32_t i = 0; i < 100'000; ++i) {
        // Many sources, each within its own limit.
        const std::string source = "source " + std::to_string(i % 20'000);
        ByteWriter(first).patch_u32(8, i);  // the request id
        if (add(reassembler, first, kNow, as_bytes_view(source))) FAIL("nothing is complete");
        if (reassembler.pending() > limits.messages_max) FAIL("the table grows");
        if (reassembler.pending_bytes() > limits.bytes_max) FAIL("the table holds too much");
    }
    CHECK(reassembler.pending() == limits.messages_max);
    reassembler.expire(kNow + 5s);
    CHECK(reassembler.pending() == 0);
    CHECK(reassembler.pending_bytes() == 0);
}

TEST_CASE("H10: one source cannot push out the messages of others") {
    Reassembler reassembler;
    const Pieces honest(900, 7);
    CHECK_FALSE(add(reassembler, honest.datagram(0), kNow, as_bytes_view("honest")));
    for (std::uint32_t i = 0; i < 10'000; ++i) add(reassembler, Pieces(900, i).datagram(0));
    CHECK(reassembler.pending() == 1 + Reassembler::Limits().messages_per_source_max);
    CHECK(add(reassembler, honest.datagram(1), kNow, as_bytes_view("honest")));
}

TEST_CASE("H10: a piece costs what it holds, not what its total length promises") {
    Reassembler::Limits limits;
    limits.bytes_max = 10'000;
    limits.messages_per_source_max = 100;
    Reassembler reassembler(limits);
    for (std::uint32_t i = 0; i < 100; ++i) {
        add(reassembler, Pieces(262'144, i).datagram(0));
        CHECK(reassembler.pending_bytes() <= limits.bytes_max);
    }
    CHECK(reassembler.pending() > 5);
}

TEST_CASE("a message that is not complete after five seconds is forgotten") {
    const Pieces pieces(900);
    Reassembler reassembler;
    CHECK_FALSE(add(reassembler, pieces.datagram(0)));
    CHECK_FALSE(add(reassembler, pieces.datagram(1), kNow + 5s));
    CHECK(add(reassembler, pieces.datagram(0), kNow + 6s));
}

TEST_CASE("H11: pieces with an impossible number or size are dropped") {
    const Pieces pieces(900);
    Reassembler reassembler;
    const auto dropped = [&](std::uint32_t sequence, std::size_t bytes, std::uint32_t total) {
        Envelope envelope;
        envelope.request_id = 1;
        envelope.sequence = sequence;
        envelope.message_length = total;
        const Bytes piece(bytes);
        return !reassembler.add(kSource, envelope, piece, kNow) && reassembler.pending() == 0;
    };
    CHECK(dropped(0x7FFFFFFF, 492, 900));
    CHECK(dropped(0xFFFFFFFF, 492, 900));
    CHECK(dropped(2, 0, 900));
    CHECK(dropped(0, 491, 900));
    CHECK(dropped(1, 492, 900));
    CHECK(dropped(0, 492, 0));
    CHECK(dropped(0, 492, 262'145));
    CHECK(dropped(0, 492, 0xFFFFFFFF));
    CHECK(dropped(0, 100, 90));
}

TEST_CASE("H12: a piece with another total length than the first is dropped") {
    const Pieces pieces(900);
    const Pieces other(901);
    Reassembler reassembler;
    CHECK_FALSE(add(reassembler, pieces.datagram(0)));
    CHECK_FALSE(add(reassembler, other.datagram(1)));
    const auto whole = add(reassembler, pieces.datagram(1));
    REQUIRE(whole);
    CHECK(same_octets(*whole, pieces.payload()));
}

TEST_CASE("a piece of another session or encoding does not complete a message") {
    const Pieces pieces(900);
    Reassembler reassembler;
    CHECK_FALSE(add(reassembler, pieces.datagram(0)));
    auto envelope = decode_envelope(pieces.datagram(1));
    REQUIRE(envelope);
    const Bytes last = pieces.datagram(1);
    const BytesView piece = BytesView(last).subspan(limits::kEnvelopeBytes);
    envelope->session_id = 9;
    CHECK_FALSE(reassembler.add(kSource, *envelope, piece, kNow));
    envelope->session_id = 0;
    envelope->encrypted = true;
    CHECK_FALSE(reassembler.add(kSource, *envelope, piece, kNow));
    envelope->encrypted = false;
    CHECK(reassembler.add(kSource, *envelope, piece, kNow));
}

}  // namespace
}  // namespace idnode::test
