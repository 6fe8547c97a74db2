// Checks H1 to H13 and H30 of §10.2. Each ends with the daemon serving as before; under a sanitizer
// its reports count too.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/server/setting.h"

namespace idnode::testing {
namespace {

using handle::OpCode;

Bytes with_u32(Bytes message, std::size_t at, std::uint32_t value) {
    ByteWriter(message).patch_u32(at, value);
    return message;
}

constexpr std::size_t kSequenceAt = 12;
constexpr std::size_t kLengthAt = 16;
constexpr std::size_t kBodyLengthAt = 20 + 20;
constexpr std::size_t kHandleLengthAt = 44;

/// One message over both transports; the response codes that came back, 0 for none.
std::vector<std::uint32_t> codes_for(const Setting& setting, const Bytes& message) {
    std::vector<std::uint32_t> out;
    UdpClient udp = setting.udp();
    udp.send(message);
    const auto datagram = udp.receive();
    out.push_back(datagram ? Reply(*datagram).rc() : 0);
    TcpClient tcp = setting.tcp();
    tcp.send(message);
    const auto reply = tcp.receive();
    out.push_back(reply ? Reply(*reply).rc() : 0);
    return out;
}

const std::vector<std::uint32_t> kErrors{2, 2};
const std::vector<std::uint32_t> kProtocolErrors{4, 4};

/// An envelope that announces `length` octets, and `octets` of them.
Bytes bare(std::uint32_t length, std::size_t octets) {
    Bytes out = encode(resolution("88.100.1/abc"));
    out.resize(20);
    out.resize(20 + octets);
    return with_u32(out, kLengthAt, length);
}

void check_unharmed(Setting& setting) {
    CHECK(setting.serves());
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

/// A question of two datagrams.
std::vector<Bytes> two_pieces() {
    std::vector<std::int32_t> indexes(200, 1);
    return datagrams(encode(resolution("88.100.1/abc", indexes)));
}

}  // namespace

TEST_CASE("H1: a message length out of range closes the connection and reserves nothing") {
    Setting setting;
    const std::size_t before = setting.daemon().process().resident_bytes();
    for (const std::uint32_t length : {262'145U, 0xFFFFFFFFU, 0x7FFFFFFFU}) {
        CAPTURE(length);
        TcpClient tcp = setting.tcp();
        tcp.send(bare(length, 0));
        const auto reply = tcp.receive();
        if (reply) CHECK(Reply(*reply).rc() == 2);
        CHECK(tcp.is_closed_within());
        // Over UDP an error or silence, never more than one datagram.
        UdpClient udp = setting.udp();
        udp.send(bare(length, 30));
        if (const auto datagram = udp.receive(kSilence)) CHECK(Reply(*datagram).rc() == 2);
        CHECK(udp.is_silent());
    }
    CHECK(setting.daemon().process().resident_bytes() < before + 64'000'000);
    check_unharmed(setting);
}

TEST_CASE("H2: a message shorter than its header is a protocol error") {
    Setting setting;
    for (const std::uint32_t length : {0U, 10U, 23U}) {
        CAPTURE(length);
        CHECK(codes_for(setting, bare(length, length)) == kProtocolErrors);
    }
    check_unharmed(setting);
}

TEST_CASE("H3: a connection that stops inside a message is dropped within the deadline") {
    Setting setting({"limits.tcp_partial_s=2"});
    const Bytes message = encode(resolution("88.100.1/abc"));
    TcpClient stops = setting.tcp();
    stops.send(BytesView(message).first(19));
    TcpClient drips = setting.tcp();
    drips.send(BytesView(message).first(1));
    // An octet now and then must not buy more time.
    for (std::size_t i = 1; i < 8; ++i) {
        if (drips.is_closed_within(std::chrono::seconds(1))) break;
        drips.send(BytesView(message).subspan(i, 1));
    }
    CHECK(stops.is_closed_within(std::chrono::seconds(10)));
    CHECK(drips.is_closed_within(std::chrono::seconds(10)));
    check_unharmed(setting);
}

TEST_CASE("H4: a body length beyond the message is an error") {
    Setting setting;
    const Bytes message = encode(resolution("88.100.1/abc"));
    for (const std::uint32_t length : {1'000U, 0xFFFFFFFFU, 0x7FFFFFFFU, 0xFFFFFFE8U}) {
        CAPTURE(length);
        CHECK(codes_for(setting, with_u32(message, kBodyLengthAt, length)) == kErrors);
    }
    check_unharmed(setting);
}

TEST_CASE("H5: a handle length beyond the body is an error") {
    Setting setting;
    const Bytes message = encode(resolution("88.100.1/abc"));
    for (const std::uint32_t length : {0x7FFFFFFFU, 0xFFFFFFFFU, 1'000U}) {
        CAPTURE(length);
        CHECK(codes_for(setting, with_u32(message, kHandleLengthAt, length)) == kErrors);
    }
    check_unharmed(setting);
}

TEST_CASE("H6: a count that the message cannot hold is an error") {
    Setting setting;
    const Bytes message = encode(resolution("88.100.1/abc"));
    const std::size_t index_count_at = kHandleLengthAt + 4 + 12;
    CHECK(codes_for(setting, with_u32(message, index_count_at, 1'000'000)) == kErrors);
    CHECK(codes_for(setting, with_u32(message, index_count_at, 0xFFFFFFFF)) == kErrors);
    CHECK(codes_for(setting, with_u32(message, index_count_at + 4, 0x7FFFFFFF)) == kErrors);
    CHECK(codes_for(setting, with_u32(message, index_count_at + 4, 0xFFFFFFFF)) == kErrors);
    check_unharmed(setting);
}

TEST_CASE("H6: a creation with absurd value and reference counts reserves nothing") {
    Setting setting;
    const std::size_t before = setting.daemon().process().resident_bytes();
    for (const std::uint32_t count : {0x7FFFFFFFU, 0xFFFFFFFFU}) {
        Request values = about(OpCode::kCreateHandle, "88.100.1/new");
        ByteWriter(values.body).u32(count);
        CHECK(setting.tcp().ask(values).rc() == 2);
        Request references = about(OpCode::kCreateHandle, "88.100.1/new");
        ByteWriter(references.body).u32(1);
        handle::Value value;
        value.index = 1;
        value.type = "DESC";
        ByteWriter body(references.body);
        handle::encode_value(value, body);
        body.patch_u32(references.body.size() - 4, count);
        CHECK(setting.tcp().ask(references).rc() == 2);
    }
    CHECK(setting.daemon().process().resident_bytes() < before + 64'000'000);
    check_unharmed(setting);
}

TEST_CASE("H7: a credential length beyond the message is an error") {
    Setting setting;
    const Bytes message = encode(resolution("88.100.1/abc"));
    for (const std::uint32_t length : {1U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
        CAPTURE(length);
        CHECK(codes_for(setting, with_u32(message, message.size() - 4, length)) == kErrors);
    }
    check_unharmed(setting);
}

TEST_CASE("H8: a response sent to the server is never answered over UDP") {
    Setting setting;
    Request request = resolution("88.100.1/abc");
    for (const std::uint32_t code : {1U, 2U, 301U, 402U}) {
        request.response = static_cast<handle::ResponseCode>(code);
        UdpClient udp = setting.udp();
        udp.send(encode(request));
        CHECK(udp.is_silent());
        TcpClient tcp = setting.tcp();
        tcp.send(encode(request));
        if (const auto reply = tcp.receive(kSilence)) CHECK(Reply(*reply).rc() == 2);
    }
    check_unharmed(setting);
}

TEST_CASE("H8: a broken response is never answered over UDP either") {
    Setting setting;
    Request request = resolution("88.100.1/abc");
    request.response = handle::ResponseCode::kError;
    UdpClient udp = setting.udp();
    const Bytes message = encode(request);
    udp.send(with_u32(message, kBodyLengthAt, 0x7FFFFFFF));
    udp.send(with_u32(message, kLengthAt, 0x7FFFFFFF));
    CHECK(udp.is_silent());
    check_unharmed(setting);
}

TEST_CASE("H9: datagrams below twenty and above 512 octets get silence") {
    Setting setting;
    const Bytes message = encode(resolution("88.100.1/abc"));
    UdpClient udp = setting.udp();
    for (std::size_t size = 0; size < 20; ++size) udp.send(BytesView(message).first(size));
    for (const std::size_t size : {513UL, 600UL, 1'500UL, 60'000UL}) {
        Bytes larger = message;
        larger.resize(size);
        udp.send(larger);
        udp.send(with_u32(larger, kLengthAt, static_cast<std::uint32_t>(size - 20)));
    }
    CHECK(udp.is_silent());
    check_unharmed(setting);
}

TEST_CASE("H10: a hundred thousand first fragments get silence and take bounded memory") {
    Setting setting;
    UdpClient udp = setting.udp();
    const std::size_t before = setting.daemon().process().resident_bytes();
    const Bytes piece = two_pieces().front();
    for (std::uint32_t id = 1; id <= 100'000; ++id) {
        udp.send(with_u32(piece, 8, id * 2'654'435'761U & 0x7FFFFFFFU));
    }
    CHECK(udp.is_silent());
    CHECK(setting.daemon().process().resident_bytes() < before + 128'000'000);
    check_unharmed(setting);
}

TEST_CASE("H11: fragments with an impossible sequence or size are dropped") {
    Setting setting;
    UdpClient udp = setting.udp();
    const auto pieces = two_pieces();
    for (const std::uint32_t sequence : {2U, 0x7FFFFFFFU, 0xFFFFFFFFU, 8'729'145U}) {
        udp.send(with_u32(pieces[0], kSequenceAt, sequence));
        udp.send(with_u32(pieces[1], kSequenceAt, sequence));
    }
    Bytes cut = pieces[0];
    cut.pop_back();
    udp.send(cut);
    udp.send(pieces[1]);  // would complete the question had the cut piece been taken
    CHECK(udp.is_silent());
    udp.send(pieces[0]);
    CHECK(udp.receive());  // the good piece is still there
    check_unharmed(setting);
}

TEST_CASE("H12: fragments of one question that tell different lengths are dropped") {
    Setting setting;
    UdpClient udp = setting.udp();
    const auto pieces = two_pieces();
    udp.send(pieces[0]);
    const auto length = static_cast<std::uint32_t>(pieces[0].size() + pieces[1].size() - 40);
    Bytes other = with_u32(pieces[1], kLengthAt, length + 1);
    other.push_back({});
    udp.send(other);
    CHECK(udp.is_silent());
    check_unharmed(setting);
}

TEST_CASE("H13: a record of 200 kB is not sent to whoever asks over UDP") {
    Setting setting;
    UdpClient udp = setting.udp();
    udp.send(encode(resolution("88.100.1/200kB")));
    const auto datagram = udp.receive();
    REQUIRE(datagram);
    CHECK(Reply(*datagram).rc() == 2);
    CHECK(udp.is_silent());
    check_unharmed(setting);
}

TEST_CASE("H30: a handle of 200 kB is answered and reserves nothing lasting") {
    Setting setting;
    const std::string handle = "88.100.1/" + std::string(200'000, 'a');
    const std::size_t before = setting.daemon().process().resident_bytes();
    for (int i = 0; i < 500; ++i) REQUIRE(setting.tcp().ask(resolution(handle)).rc() == 100);
    CHECK(setting.daemon().process().resident_bytes() < before + 64'000'000);
    check_unharmed(setting);
}

TEST_CASE("H30: handles with control characters, paths and odd octets are simply not found") {
    using namespace std::string_literals;
    Setting setting;
    for (const std::string& suffix :
         {"\0"s, "a\0b"s, "a\r\nevent=forged level=error"s, "%00"s, "../../etc/passwd"s,
          "\xC0\xAF"s, "\xFF\xFE"s, "\xED\xA0\x80"s, "\xF0\x9F\x8F\xAE"s, "\x1B[2J"s}) {
        CAPTURE(suffix);
        for (const Reply& reply : setting.ask_both(resolution("88.100.1/" + suffix))) {
            CHECK(reply.rc() == 100);
        }
    }
    CHECK(setting.daemon().process().errors().find("forged") == std::string::npos);
    check_unharmed(setting);
}

TEST_CASE("H30: a handle with UTF-8 of four octets resolves") {
    Setting setting;
    for (const Reply& reply : setting.ask_both(resolution("88.100.1/\xF0\x9F\x8F\xAD"))) {
        CHECK(reply.rc() == 1);
    }
}

TEST_CASE("every single changed octet of a question leaves the daemon serving") {
    Setting setting;
    UdpClient udp = setting.udp();
    const Bytes message = encode(resolution("88.100.1/abc", {1}, {"DESC"}));
    for (std::size_t at = 0; at < message.size(); ++at) {
        for (const unsigned value : {0x00U, 0x7FU, 0x80U, 0xFFU}) {
            Bytes changed = message;
            changed[at] = static_cast<std::byte>(value);
            udp.send(changed);
            setting.tcp().send(changed);
        }
    }
    check_unharmed(setting);
}

}  // namespace idnode::testing
