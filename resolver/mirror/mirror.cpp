#include "resolver/mirror/mirror.h"

#include <algorithm>
#include <condition_variable>
#include <utility>
#include <variant>

#include "proto/handle/replication.h"
#include "proto/handle/responses.h"
#include "resolver/mirror/changes.h"

namespace idnode::mirror {

namespace {

using handle::OpCode;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// How long a stop may wait for a read.
constexpr milliseconds kReadSlice{200};
// A position that moved in time alone is written this often: each write is a flush.
constexpr model::TimeMs kKeepPositionMs = 600'000;
constexpr std::uint64_t kReportEvery = 1'000;

/// One stream's connection: gives up when the server is silent for too long, or on a stop.
class StreamWire final : public Wire {
  public:
    StreamWire(client::Connection connection, milliseconds patience, const std::stop_token& stop)
        : connection_(std::move(connection)), patience_(patience), stop_(stop) {}

    Result<std::size_t> read_some(std::span<std::byte> out) override {
        const auto until = Clock::now() + patience_;
        for (;;) {
            auto got = connection_.read_some(out, std::min(until, Clock::now() + kReadSlice));
            const bool is_early =
                !got && got.error().code == Errc::kTimeout && Clock::now() < until;
            if (stop_.stop_requested()) return Error{Errc::kUnavailable, "this node stops"};
            if (!is_early) return got;
        }
    }
    Result<void> send(BytesView octets) override {
        return connection_.send(octets, Clock::now() + patience_);
    }

  private:
    client::Connection connection_;
    const milliseconds patience_;
    const std::stop_token& stop_;
};

/// False: a stop came first.
bool sleep(milliseconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

client::Request dump_request() {
    client::Request out;
    out.op = OpCode::kDumpHandles;
    ByteWriter body(out.body);
    handle::encode_dump_handles_request({}, body);
    return out;
}

client::Request transactions_request(const Position& position) {
    client::Request out;
    out.op = OpCode::kRetrieveTransactions;
    ByteWriter body(out.body);
    handle::encode_retrieve_transactions_request(
        {.position = handle::SourcePosition{position.last_transaction, position.last_query_ms}},
        handle::kOwnVersion, body);
    return out;
}

client::ChannelOptions channel_options() {
    client::ChannelOptions out;
    out.use_session = false;  // one request a connection: nothing to keep
    out.certify = true;
    return out;
}

}  // namespace

Mirror::Mirror(MirrorSettings settings, client::Authenticator authenticator,
               model::RecordStore& store, const model::Digests& digests, const model::Clock& clock,
               Report report)
    : settings_(std::move(settings)),
      authenticator_(std::move(authenticator)),
      store_(store),
      clock_(clock),
      report_(std::move(report)),
      primary_id_(digests.sha256(settings_.primary_key)) {}

MirrorStatus Mirror::status() const {
    const std::scoped_lock lock(mutex_);
    return status_;
}

template <class Change>
void Mirror::update(Change&& change) {
    const std::scoped_lock lock(mutex_);
    change(status_);
}

void Mirror::report(MirrorEvent event) const {
    if (report_) report_(event);
}

void Mirror::run(const std::stop_token& stop) {
    milliseconds retry = settings_.retry_min;
    while (!stop.stop_requested()) {
        const auto done = replicate(stop);
        if (stop.stop_requested()) return;
        if (done) {
            retry = settings_.retry_min;
            update([](MirrorStatus& status) {
                status.failures = 0;
                status.last_failure.clear();
            });
            if (!sleep(settings_.interval, stop)) return;
            continue;
        }
        update([&](MirrorStatus& status) {
            ++status.failures;
            status.last_failure = done.error().detail;
        });
        report({MirrorEvent::What::kFailed, 0, retry, done.error().detail});
        if (!sleep(retry, stop)) return;
        retry = std::min(retry * 2, settings_.retry_max);
    }
}

Result<void> Mirror::replicate(const std::stop_token& stop) {
    if (auto loaded = load_position(); !loaded) return loaded;
    if (!position_) {
        if (auto dumped = dump(stop, "this node has none of the primary's records yet"); !dumped) {
            return dumped;
        }
    }
    const auto followed = follow(stop);
    if (!followed) return followed.error();
    if (*followed == Followed::kInStep) return {};
    if (auto dumped = dump(stop, "the primary's log does not reach back to this mirror's position");
        !dumped) {
        return dumped;
    }
    const auto again = follow(stop);
    if (!again) return again.error();
    if (*again == Followed::kInStep) return {};
    return Error{Errc::kInvalid, "the primary wants a dump right after a dump"};
}

Result<void> Mirror::load_position() {
    if (position_) return {};
    const auto stored = store_.mirror_state();
    if (!stored) return stored.error();
    if (stored->empty()) return {};
    const auto position = decode_position(*stored);
    if (!position) return position.error();
    if (position->primary != primary_id_) return {};  // of another server: worth nothing here
    position_ = *position;
    update([&](MirrorStatus& status) { status.last_transaction = position->last_transaction; });
    return {};
}

/// The connection after the server's answer: the stream comes next.
Result<client::Connection> Mirror::request_stream(const client::Request& request) {
    client::Channel channel(settings_.primary, channel_options(),
                            {handle::kOwnVersion, settings_.primary_key});
    channel.authenticate_as(authenticator_);
    const auto response = channel.call(request);
    if (!response) return Error(response.error());
    if (!response->is_success()) return Error(response->error());
    return channel.release_connection();
}

Result<Mirror::Followed> Mirror::follow(const std::stop_token& stop) {
    update([](MirrorStatus& status) { status.phase = MirrorStatus::Phase::kFollowing; });
    auto connection = request_stream(transactions_request(*position_));
    if (!connection) return connection.error();
    StreamWire wire(*std::move(connection), settings_.patience, stop);
    StreamReader stream(wire, settings_.primary_key);
    if (auto opened = stream.open(); !opened) return opened.error();
    const auto header = stream.transaction_header();
    if (!header) return header.error();
    if (header->format != handle::StreamFormat::kOneSource) {
        return Error{Errc::kInvalid, "the primary sent transactions in a form not asked for"};
    }
    if (header->status == handle::TransactionStatus::kMustDump) return Followed::kMustDump;
    return apply(stream);
}

Result<Mirror::Followed> Mirror::apply(StreamReader& stream) {
    const auto begin = Clock::now();
    ChangeBatch batch(settings_.suffix_case);
    Position position = *position_;
    std::uint64_t changes = 0;
    const auto commit = [&]() -> Result<void> {
        model::Change change = batch.take("mirror of " + settings_.primary.text());
        change.mirror_state = encode_position(position);
        if (const auto committed = store_.commit(change); !committed) return committed.error();
        position_ = position;
        position_kept_at_ = clock_.now();
        changes += change.edits.size();
        update([&](MirrorStatus& status) {
            status.last_transaction = position.last_transaction;
            status.followed_changes += change.edits.size();
        });
        return {};
    };
    for (;;) {
        auto record = stream.transaction(handle::StreamFormat::kOneSource);
        if (!record) return record.error();
        if (const auto* end = std::get_if<handle::EndOfTransactions>(&*record)) {
            const bool moved = position.last_transaction != position_->last_transaction;
            position.last_query_ms = end->next_query_ms;
            if (moved || clock_.now() - position_kept_at_ > kKeepPositionMs) {
                if (auto committed = commit(); !committed) return committed.error();
            }
            position_ = position;
            break;
        }
        auto& transaction = std::get<handle::Transaction>(*record);
        if (transaction.id <= position.last_transaction) {
            return Error{Errc::kInvalid, "the primary's transactions are out of order"};
        }
        position.last_transaction = transaction.id;
        if (auto added = batch.add(std::move(transaction)); !added) return added.error();
        if (batch.is_full()) {
            if (auto committed = commit(); !committed) return committed.error();
        }
    }
    update([&](MirrorStatus& status) { status.in_step_at = clock_.now(); });
    if (changes > 0) {
        report({MirrorEvent::What::kFollowed,
                changes,
                std::chrono::duration_cast<milliseconds>(Clock::now() - begin),
                {}});
    }
    return Followed::kInStep;
}

Result<void> Mirror::dump(const std::stop_token& stop, std::string why) {
    const auto begin = Clock::now();
    report({MirrorEvent::What::kDumpBegins, 0, {}, std::move(why)});
    update([](MirrorStatus& status) {
        status.phase = MirrorStatus::Phase::kDumping;
        status.dumped_records = 0;
    });
    auto connection = request_stream(dump_request());
    if (!connection) return connection.error();
    StreamWire wire(*std::move(connection), settings_.patience, stop);
    StreamReader stream(wire, settings_.primary_key);
    if (auto opened = stream.open(); !opened) return opened;
    if (auto header = stream.dump_header(); !header) return header;
    if (auto replaced = replace(stream); !replaced) return replaced;
    report({MirrorEvent::What::kDumped,
            status().dumped_records,
            std::chrono::duration_cast<milliseconds>(Clock::now() - begin),
            {}});
    return {};
}

/// Takes the records of a dump and puts them in place of everything that is here.
Result<void> Mirror::replace(StreamReader& stream) {
    auto replacement = store_.begin_replacement("mirror of " + settings_.primary.text());
    if (!replacement) return replacement.error();
    std::optional<Position> position;
    std::uint64_t count = 0;
    for (;;) {
        auto record = stream.dump_record();
        if (!record) return record.error();
        if (auto* dumped = std::get_if<handle::DumpedHandle>(&*record)) {
            const auto values = stored_values(dumped->handle, std::move(dumped->values));
            if (!values) return values.error();
            auto added = (*replacement)->add(dumped->handle, settings_.suffix_case, *values);
            if (!added) return added;
            if (++count % kReportEvery == 0) {
                update([&](MirrorStatus& status) { status.dumped_records = count; });
            }
        } else if (const auto* prefix = std::get_if<handle::DumpedPrefix>(&*record)) {
            auto homed = (*replacement)->home(prefix->prefix_handle, settings_.suffix_case);
            if (!homed) return homed;
        } else if (const auto* at = std::get_if<handle::DumpPosition>(&*record)) {
            position = {primary_id_, at->last_transaction_id, at->time_ms};
        } else if (std::holds_alternative<handle::EndOfDump>(*record)) {
            break;
        }
        // States of other sites and dates of changes matter where several primaries write.
    }
    if (!position) return Error{Errc::kInvalid, "the dump does not say where it stands"};
    const auto finished = (*replacement)->finish(encode_position(*position));
    if (!finished) return finished.error();
    position_ = position;
    position_kept_at_ = clock_.now();
    update([&](MirrorStatus& status) {
        status.dumped_records = count;
        status.last_transaction = position->last_transaction;
    });
    return {};
}

}  // namespace idnode::mirror
