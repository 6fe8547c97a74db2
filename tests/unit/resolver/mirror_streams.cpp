// Replication streams from both ends (§7.4): what a server writes, and what a mirror believes.

#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <utility>

#include "proto/base/limits.h"
#include "registry/json/replication_state.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/secure_channel.h"
#include "resolver/engine/protected_stream.h"
#include "resolver/engine/replication.h"
#include "resolver/engine/replication_records.h"
#include "resolver/mirror/position.h"
#include "resolver/mirror/stream_reader.h"
#include "storage/stores.h"
#include "tests/unit/resolver/crypto_vectors.h"

namespace idnode::test {
namespace {

using handle::StreamProtection;
using mirror::StreamReader;
using resolver::Stream;

/// Octets that lie ready, handed out in pieces; then the end, or more of the same for ever.
class ReadyWire final : public mirror::Wire {
  public:
    explicit ReadyWire(Bytes octets, std::size_t piece = 7, bool endless = false)
        : octets_(std::move(octets)), piece_(piece), endless_(endless) {}

    Result<std::size_t> read_some(std::span<std::byte> out) override {
        if (at_ == octets_.size() && endless_) at_ = 0;
        const std::size_t size = std::min({piece_, octets_.size() - at_, out.size()});
        std::copy_n(octets_.begin() + static_cast<std::ptrdiff_t>(at_), size, out.begin());
        at_ += size;
        given_ += size;
        return size;
    }
    Result<void> send(BytesView) override { return {}; }
    std::size_t given() const { return given_; }

  private:
    const Bytes octets_;
    const std::size_t piece_;
    const bool endless_;
    std::size_t at_ = 0;
    std::size_t given_ = 0;
};

/// A stream of a server in this process at the other end.
class StreamWire final : public mirror::Wire {
  public:
    explicit StreamWire(Stream& stream) : stream_(stream) {}

    Result<std::size_t> read_some(std::span<std::byte> out) override {
        while (at_ == ready_.size() && !ended_) {
            ready_.clear();
            at_ = 0;
            const auto next = stream_.next(std::exchange(to_server_, {}), ready_);
            ended_ = next == Stream::Next::kClose;
            largest_piece_ = std::max(largest_piece_, ready_.size());
        }
        const std::size_t size = std::min(ready_.size() - at_, out.size());
        std::copy_n(ready_.begin() + static_cast<std::ptrdiff_t>(at_), size, out.begin());
        at_ += size;
        return size;
    }
    Result<void> send(BytesView octets) override {
        to_server_.insert(to_server_.end(), octets.begin(), octets.end());
        return {};
    }
    std::size_t largest_piece() const { return largest_piece_; }

  private:
    Stream& stream_;
    Bytes ready_;
    std::size_t at_ = 0;
    Bytes to_server_;
    bool ended_ = false;
    std::size_t largest_piece_ = 0;
};

class SteadyClock final : public model::Clock {
  public:
    model::TimeMs now() const override { return time; }
    model::TimeMs time = 1'700'000'000'000;
};

struct ServerKey {
    Bytes private_key = *crypto::generate_rsa_key();
    std::unique_ptr<model::Signer> signer = *crypto::make_signer(private_key);
    std::unique_ptr<model::SecureChannels> channels =
        crypto::make_secure_channels(*crypto::TlsServer::make(private_key, "0.NA/88.100"));
};
const ServerKey& server_key() {
    static const ServerKey key;
    return key;
}

/// A store with a few records, changed and deleted ones among them.
struct Source {
    SteadyClock clock;
    std::unique_ptr<model::Digests> digests = crypto::make_digests();
    std::unique_ptr<model::RecordStore> store = storage::make_memory_store(clock);
    resolver::StreamSlots slots{1};

    Source() {
        edit({.kind = model::Edit::Kind::kHome, .handle = "0.NA/88.100"});
        for (const char* handle : {"88.100/A", "88.100/b", "88.100/gone", "88.100/\xE8\xAE\xBE"}) {
            put(handle, "first");
        }
        put("88.100/A", "second");
        edit({.kind = model::Edit::Kind::kErase, .handle = "88.100/gone"});
    }
    void edit(model::Edit edit) {
        REQUIRE(store->commit({.who = "test", .edits = {std::move(edit)}}));
    }
    void put(const std::string& handle, std::string_view text) {
        const handle::Value value{.index = 1, .type = "DESC", .data = to_bytes(text)};
        edit({.handle = handle, .values = *model::encode_record_values({handle, {value}})});
    }
    model::TransactionId last() const { return store->counts()->log_end.front(); }

    std::unique_ptr<Stream> stream(std::unique_ptr<resolver::StreamRecords> records, bool tls) {
        auto slot = slots.take();
        REQUIRE(slot);
        return std::make_unique<resolver::ProtectedStream>(
            std::move(records), *std::move(slot), *server_key().signer,
            tls ? server_key().channels.get() : nullptr);
    }
    std::unique_ptr<Stream> transactions(resolver::TransactionRecords::Terms terms, bool tls) {
        terms.last = last();
        terms.now = clock.time;
        return stream(std::make_unique<resolver::TransactionRecords>(*store, *digests, terms), tls);
    }
    std::unique_ptr<Stream> dump(resolver::DumpRecords::Terms terms, bool tls) {
        terms.position = {static_cast<std::uint64_t>(clock.time), last()};
        return stream(std::make_unique<resolver::DumpRecords>(*store, *digests, clock, terms), tls);
    }
};

struct Dumped {
    std::map<std::string, std::string> records;  // the first value's data
    std::vector<std::string> prefixes;
    std::optional<handle::DumpPosition> position;
};

Result<Dumped> read_dump(mirror::Wire& wire, const Bytes& key) {
    StreamReader reader(wire, key);
    if (auto opened = reader.open(); !opened) return opened.error();
    if (auto header = reader.dump_header(); !header) return header.error();
    Dumped out;
    for (;;) {
        const auto record = reader.dump_record();
        if (!record) return record.error();
        if (const auto* one = std::get_if<handle::DumpedHandle>(&*record)) {
            out.records[one->handle] = as_text(one->values.at(0).data);
        } else if (const auto* prefix = std::get_if<handle::DumpedPrefix>(&*record)) {
            out.prefixes.push_back(prefix->prefix_handle);
        } else if (const auto* at = std::get_if<handle::DumpPosition>(&*record)) {
            out.position = *at;
        } else if (std::holds_alternative<handle::EndOfDump>(*record)) {
            return out;
        }
    }
}

template <class T>
std::optional<Error> error_of(const Result<T>& result) {
    return result ? std::nullopt : std::optional(result.error());
}

struct Followed {
    handle::TransactionStreamHeader header;
    std::vector<handle::TransactionRecord> records;  // with the end
};

Result<Followed> read_transactions(mirror::Wire& wire, const Bytes& key) {
    StreamReader reader(wire, key);
    if (auto opened = reader.open(); !opened) return opened.error();
    const auto header = reader.transaction_header();
    if (!header) return header.error();
    Followed out{*header, {}};
    for (;;) {
        auto record = reader.transaction(header->format);
        if (!record) return record.error();
        out.records.push_back(*std::move(record));
        if (std::holds_alternative<handle::EndOfTransactions>(out.records.back())) return out;
    }
}

}  // namespace

TEST_CASE("every stream of the reference is read in pieces of any size, or refused when unsigned") {
    const Bytes key = vector_named("key-public-rsa2048").octets;
    for (const Vector& vector : vectors_of("stream")) {
        INFO(vector.name);
        const bool is_signed = vector.text("streamType") == "0";
        const bool is_dump = vector.name.find("stream-dump") == 0;
        for (const std::size_t piece : {1U, 3U, 1'000U, 100'000U}) {
            ReadyWire wire(vector.octets, piece);
            const auto error = is_dump ? error_of(read_dump(wire, key))
                                       : error_of(read_transactions(wire, key));
            CHECK(error.has_value() != is_signed);
            if (error) CHECK(error->code == Errc::kRefused);
        }
    }
}

TEST_CASE("no octet of a signed stream can be changed") {
    const Bytes key = vector_named("key-public-rsa2048").octets;
    const Bytes octets = vector_named("stream-dump-signed-rsa").octets;
    // The last one is the end mark, which is not signed.
    for (std::size_t at = 0; at + 1 < octets.size(); at += 5) {
        Bytes changed = octets;
        changed[at] ^= std::byte{0x20};
        ReadyWire wire(changed, 4'096);
        CHECK_FALSE(read_dump(wire, key));
    }
}

TEST_CASE("a stream that breaks off anywhere is no dump") {
    const Bytes key = vector_named("key-public-rsa2048").octets;
    const Bytes octets = vector_named("stream-dump-signed-rsa").octets;
    for (std::size_t size = 0; size < octets.size(); size += 3) {
        ReadyWire wire(Bytes(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size)),
                       4'096);
        const auto dumped = read_dump(wire, key);
        REQUIRE_FALSE(dumped);
        CHECK(dumped.error().code == Errc::kUnavailable);
    }
}

TEST_CASE("an endless record, an endless handshake and garbage end at a bound") {
    const Bytes key = vector_named("key-public-rsa2048").octets;
    const auto after_start = [](StreamProtection protection, BytesView more) {
        Bytes out;
        ByteWriter writer(out);
        handle::encode_stream_start({protection, "SHA1"}, writer);
        writer.raw(more);
        return out;
    };
    SECTION("a record whose signature never comes: 65,536 values, each of nearly a megabyte") {
        // The header says "dump"; what follows repeats the start, which is no record.
        ReadyWire wire(Bytes(1 << 20, std::byte{0x01}), 65'536, true);
        CHECK_FALSE(read_dump(wire, key));
        CHECK(wire.given() <= 65'536);
    }
    SECTION("a TLS handshake that goes on and on") {
        Bytes records;
        while (records.size() < 60'000) {
            // Handshake records with an unfinished message in them.
            const auto head = from_hex("160303000402ffffff");
            records.insert(records.end(), head.begin(), head.end());
        }
        ReadyWire wire(after_start(StreamProtection::kTls, records), 4'096, true);
        CHECK_FALSE(read_dump(wire, key));
        CHECK(wire.given() <= 1U << 20U);
    }
    SECTION("an unknown protection") {
        ReadyWire wire(from_hex("12345678"));
        const auto dumped = read_dump(wire, key);
        REQUIRE_FALSE(dumped);
        CHECK(dumped.error().code == Errc::kInvalid);
    }
}

TEST_CASE("a dump arrives whole, inside TLS and signed, in pieces that stay small") {
    Source source;
    for (int i = 0; i < 200; ++i) {
        source.put("88.100/large-" + std::to_string(i), std::string(4'000, 'x'));
    }
    for (const bool tls : {true, false}) {
        const auto stream = source.dump({}, tls);
        StreamWire wire(*stream);
        const auto dumped = read_dump(wire, server_key().signer->public_key());
        REQUIRE(dumped);
        CHECK(dumped->records.size() == 203);
        CHECK(dumped->records.at("88.100/A") == "second");
        CHECK_FALSE(dumped->records.contains("88.100/gone"));
        CHECK(dumped->prefixes == std::vector<std::string>{"0.NA/88.100"});
        REQUIRE(dumped->position);
        CHECK(dumped->position->last_transaction_id == source.last());
        CHECK(wire.largest_piece() < 150'000);
    }
}

TEST_CASE("a stream of another server's key is refused, inside TLS and signed") {
    Source source;
    const Bytes other = vector_named("key-public-rsa2048").octets;
    for (const bool tls : {true, false}) {
        const auto stream = source.dump({}, tls);
        StreamWire wire(*stream);
        const auto dumped = read_dump(wire, other);
        REQUIRE_FALSE(dumped);
        CHECK(dumped.error().code == Errc::kRefused);
    }
}

TEST_CASE("transactions carry records as they are now, and leave out what a later one makes void") {
    Source source;
    const auto stream = source.transactions({}, true);
    StreamWire wire(*stream);
    const auto followed = read_transactions(wire, server_key().signer->public_key());
    REQUIRE(followed);
    CHECK(followed->header.status == handle::TransactionStatus::kSending);
    std::vector<std::string> seen;
    for (const auto& record : followed->records) {
        const auto* one = std::get_if<handle::Transaction>(&record);
        if (one == nullptr) continue;
        seen.push_back(std::to_string(static_cast<int>(one->action)) + " " + one->handle);
        if (one->handle == "88.100/A") CHECK(as_text(one->values.at(0).data) == "second");
    }
    // The creation of what is gone is left out.
    CHECK(seen == std::vector<std::string>{"4 0.NA/88.100", "1 88.100/A", "1 88.100/b",
                                           "1 88.100/\xE8\xAE\xBE", "3 88.100/A", "2 88.100/gone"});
    const auto& end = std::get<handle::EndOfTransactions>(followed->records.back());
    CHECK(end.next_query_ms == static_cast<std::uint64_t>(source.clock.time));
}

TEST_CASE("a mirror that must dump gets no transactions, and its own time back") {
    Source source;
    const auto stream = source.transactions(
        {.position = {.last_transaction_id = 2, .last_query_ms = 77}, .must_dump = true}, true);
    StreamWire wire(*stream);
    const auto followed = read_transactions(wire, server_key().signer->public_key());
    REQUIRE(followed);
    CHECK(followed->header.status == handle::TransactionStatus::kMustDump);
    REQUIRE(followed->records.size() == 1);
    CHECK(std::get<handle::EndOfTransactions>(followed->records[0]).next_query_ms == 77);
}

TEST_CASE("transactions of all sources name their queue and until when it is complete") {
    Source source;
    const auto stream = source.transactions(
        {.position = {.last_transaction_id = source.last() - 1}, .queue = "0:1:0.NA/88.100"}, true);
    StreamWire wire(*stream);
    const auto followed = read_transactions(wire, server_key().signer->public_key());
    REQUIRE(followed);
    CHECK(followed->header.format == handle::StreamFormat::kAllSources);
    REQUIRE(followed->records.size() == 4);
    CHECK(std::get<handle::QueueName>(followed->records[0]).name == "0:1:0.NA/88.100");
    CHECK(std::get<handle::Transaction>(followed->records[1]).handle == "88.100/gone");
    CHECK(std::get<handle::QueueComplete>(followed->records[2]).time_ms ==
          static_cast<std::uint64_t>(source.clock.time));
}

TEST_CASE("84: the servers of a mirror's site get each handle exactly once, and all prefixes") {
    Source source;
    for (int i = 0; i < 50; ++i) source.put("88.100/item-" + std::to_string(i), "x");
    std::map<std::string, int> seen;
    for (std::uint32_t server = 0; server < 3; ++server) {
        const auto stream = source.dump({.bucket = {.servers = 3, .server = server}}, false);
        StreamWire wire(*stream);
        const auto dumped = read_dump(wire, server_key().signer->public_key());
        REQUIRE(dumped);
        CHECK(dumped->prefixes.size() == 1);
        CHECK(dumped->records.size() > 5);
        for (const auto& [handle, text] : dumped->records) ++seen[handle];
    }
    CHECK(seen.size() == 53);
    CHECK(std::ranges::all_of(seen, [](const auto& one) { return one.second == 1; }));
}

TEST_CASE("a dump that broke off goes on behind the last handle, without a newer position") {
    Source source;
    const auto stream = source.dump(
        {.resume = resolver::DumpRecords::Resume{handle::DumpStart::kHandles, "88.100/A"}}, true);
    StreamWire wire(*stream);
    const auto dumped = read_dump(wire, server_key().signer->public_key());
    REQUIRE(dumped);
    CHECK(dumped->records.size() == 2);
    CHECK_FALSE(dumped->records.contains("88.100/A"));
    CHECK(dumped->prefixes.size() == 1);
    CHECK_FALSE(dumped->position);
}

TEST_CASE("whether a mirror must dump follows from where the log begins and ends") {
    using resolver::must_dump;
    constexpr model::TimeMs kDay = 86'400'000;
    constexpr model::TimeMs kNow = 1'700'000'000'000;
    const auto at = [](std::uint64_t id, model::TimeMs time) {
        return handle::SourcePosition{id, static_cast<std::uint64_t>(time)};
    };
    const resolver::LogSpan whole{1, kNow - 100 * kDay, 500};
    CHECK_FALSE(must_dump({}, at(0, 0), kNow));
    CHECK(must_dump({}, at(7, 0), kNow));
    CHECK_FALSE(must_dump(whole, at(400, kNow - kDay), kNow));  // seen since the log began
    CHECK(must_dump(whole, at(400, kNow - 200 * kDay), kNow));
    CHECK(must_dump(whole, at(501, kNow), kNow));  // more than there is
    CHECK(must_dump(whole, at(0, 0), kNow));       // new, and the log is old
    CHECK_FALSE(must_dump({1, kNow - 9 * kDay, 500}, at(0, 0), kNow));
    CHECK(must_dump({1, kNow - 9 * kDay, 500}, at(3, 0), kNow));
    const resolver::LogSpan cut{101, kNow - 3 * kDay, 500};
    CHECK_FALSE(must_dump(cut, at(100, kNow - 3 * kDay - kDay / 2), kNow));
    CHECK(must_dump(cut, at(100, kNow - 5 * kDay), kNow));
    CHECK(must_dump(cut, at(99, kNow - 3 * kDay - kDay / 2), kNow));
}

TEST_CASE("a position is kept as 49 octets and nothing else is taken for one") {
    mirror::Position position{.last_transaction = 7, .last_query_ms = 9};
    position.primary.fill(std::byte{0xAB});
    const Bytes stored = mirror::encode_position(position);
    CHECK(stored.size() == 49);
    CHECK(mirror::decode_position(stored).value() == position);
    CHECK_FALSE(mirror::decode_position(BytesView(stored).first(48)));
    Bytes newer = stored;
    newer[0] = std::byte{2};
    CHECK(mirror::decode_position(newer).error().code == Errc::kUnsupported);
}

TEST_CASE("a replication state in JSON says where a queue stands, or is refused") {
    const auto read = [](std::string_view text) {
        return json::read_queue_position(text, "0:1:0.NA/88.100");
    };
    const auto found =
        read(R"({"replicationServerStates":{"0:1:0.NA/88.100":{"lastTxnId":55,"lastTimestamp":9}},)"
             R"("ownName":"siteB"})");
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->last_transaction_id == 55);
    CHECK((*found)->last_query_ms == 9);
    CHECK(read(R"({"replicationServerStates":{}})").value() == std::nullopt);
    for (const char* broken :
         {"", "[]", "{}", R"({"replicationServerStates":[]})",
          R"({"replicationServerStates":{"0:1:0.NA/88.100":{"lastTxnId":"x"}}})"}) {
        CHECK_FALSE(read(broken));
    }
}

}  // namespace idnode::test
