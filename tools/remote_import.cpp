#include "tools/remote_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <thread>
#include <unordered_map>
#include <utility>

#include "registry/model/identifier.h"
#include "tools/import_lines.h"
#include "tools/import_prefixes.h"
#include "tools/network_text.h"
#include "tools/progress.h"
#include "tools/value_text.h"

namespace idnode::tools {
namespace {

using client::CallError;
using client::Client;

// Under way on one connection: enough to hide the server's flush to the disk behind its
// neighbours', and below the two hundred counters that a server remembers (§5.6).
constexpr std::size_t kInFlightMax = 64;
// Read ahead for one connection.
constexpr std::size_t kWaitingMax = 256;
constexpr std::uint64_t kRefusalsPrinted = 20;

struct Item {
    std::string where;  // `file:line`
    std::string handle;
    model::Key key;  // equal for spellings of one identifier
    Bytes values;
};

/// What all connections report to. Thread-safe.
class Outcomes {
  public:
    Outcomes(const RemoteImportOptions& options, std::ostream& err)
        : options_(options), err_(err), progress_(err, Progress::style_for_stderr(options.quiet)) {}

    Result<void> open() {
        progress_.begin("importing");
        if (options_.errors_file.empty()) return {};
        errors_.open(options_.errors_file, std::ios::trunc);
        if (errors_) return {};
        return Error{Errc::kInvalid, options_.errors_file.string() + ": cannot be written"};
    }
    void add_registered(bool replaced) {
        const std::scoped_lock lock(mutex_);
        ++(replaced ? report_.replaced : report_.created);
        progress_.update({.records = report_.created + report_.replaced});
    }
    void add_refused(const std::string& where, const std::string& what) {
        const std::scoped_lock lock(mutex_);
        ++report_.refused;
        const std::string line = where + ": " + printable(what);
        if (errors_.is_open()) errors_ << line << '\n';
        if (report_.refused <= kRefusalsPrinted) {
            progress_.clear();
            err_ << "idnode: " << line << '\n';
        }
        stopped_ |= !options_.keep_going;
    }
    void add_lost(const Error& error) {
        const std::scoped_lock lock(mutex_);
        if (!report_.no_answer) {
            progress_.clear();
            err_ << "idnode: " << printable(error.detail) << '\n';
        }
        report_.no_answer = true;
        stopped_ = true;
    }
    bool has_stopped() const {
        const std::scoped_lock lock(mutex_);
        return stopped_;
    }
    RemoteImportReport finish() {
        const std::scoped_lock lock(mutex_);
        progress_.clear();
        return report_;
    }

  private:
    const RemoteImportOptions& options_;
    std::ostream& err_;
    mutable std::mutex mutex_;
    Progress progress_;
    std::ofstream errors_;
    RemoteImportReport report_;
    bool stopped_ = false;
};

/// One connection with its session and the thread that uses it.
class Lane {
  public:
    Lane(Client client, bool overwrite, Outcomes& outcomes)
        : client_(std::move(client)), overwrite_(overwrite), outcomes_(outcomes) {
        thread_ = std::thread([this] { run(); });
    }
    ~Lane() { finish(); }
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    void push(Item item) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ended_ || waiting_.size() < kWaitingMax; });
        if (ended_) return;
        waiting_.push_back(std::move(item));
        changed_.notify_all();
    }
    /// Waits for everything pushed.
    void finish() {
        {
            const std::scoped_lock lock(mutex_);
            closed_ = true;
            changed_.notify_all();
        }
        if (thread_.joinable()) thread_.join();
    }

  private:
    using InFlight = std::unordered_map<std::uint32_t, Item>;

    void run() {
        bool good = true;
        while (good) {
            auto item = pop();
            if (!item) break;
            good = authenticated_ ? send(std::move(*item)) : send_first(*item);
        }
        while (good && !in_flight_.empty()) good = receive();
        client_.close();
        const std::scoped_lock lock(mutex_);
        ended_ = true;
        changed_.notify_all();
    }

    std::optional<Item> pop() {
        for (;;) {
            {
                std::unique_lock lock(mutex_);
                if (in_flight_.empty()) {
                    changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
                }
                if (outcomes_.has_stopped()) return std::nullopt;
                if (!waiting_.empty()) {
                    Item out = std::move(waiting_.front());
                    waiting_.pop_front();
                    changed_.notify_all();
                    return out;
                }
                if (closed_) return std::nullopt;
            }
            // Nothing to send: hear what became of the others.
            if (!receive()) return std::nullopt;
        }
    }

    client::Request request_for(const Item& item) const {
        return client::create_request(item.handle, item.values, {.overwrite = overwrite_});
    }

    /// The session is authenticated by the first request that is challenged; a record that is
    /// refused before anybody asks who registers it leaves that to the next one.
    bool send_first(const Item& item) {
        auto response = client_.channel().call(request_for(item));
        if (!response) {
            if (response.error().response != handle::ResponseCode::kNone) {
                outcomes_.add_refused(item.where, response.error().detail);
                return true;
            }
            outcomes_.add_lost(
                {response.error().code, item.where + ": " + response.error().detail});
            return false;
        }
        authenticated_ = response->is_success() && client_.channel().has_session();
        settle(item, *response);
        return true;
    }

    bool send(Item item) {
        // The server may carry out what is under way in any order; two records of one identifier
        // follow each other.
        const auto is_same = [&item](const auto& entry) { return entry.second.key == item.key; };
        while (std::ranges::any_of(in_flight_, is_same) || in_flight_.size() >= kInFlightMax) {
            if (!receive()) return false;
        }
        const auto id = client_.channel().send(request_for(item));
        if (!id) return lose(id.error());
        in_flight_.emplace(*id, std::move(item));
        return true;
    }

    bool receive() {
        const auto arrived = client_.channel().receive();
        if (!arrived) return lose(arrived.error());
        const auto at = in_flight_.find(arrived->request_id);
        if (at == in_flight_.end()) return lose({{Errc::kInvalid, "an answer to nothing"}});
        settle(at->second, arrived->response);
        in_flight_.erase(at);
        return true;
    }

    void settle(const Item& item, const client::Response& response) {
        if (response.is_success()) {
            outcomes_.add_registered(response.has(handle::flag::kOverwrite));
        } else {
            outcomes_.add_refused(item.where, item.handle + ": " + response.error().detail);
        }
    }

    bool lose(const CallError& error) {
        std::string detail = error.detail;
        if (!in_flight_.empty()) {
            detail += fmt::format("; {} records may have been registered or not, the first is {}",
                                  in_flight_.size(), in_flight_.begin()->second.where);
        }
        outcomes_.add_lost({error.code, std::move(detail)});
        return false;
    }

    Client client_;
    const bool overwrite_;
    Outcomes& outcomes_;
    bool authenticated_ = false;
    InFlight in_flight_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Item> waiting_;
    bool closed_ = false;
    bool ended_ = false;
    std::thread thread_;
};

/// Reads the files and hands their records to the lanes.
class RemoteImport {
  public:
    RemoteImport(const RemoteImportOptions& options, std::istream& in, std::ostream& err)
        : options_(options),
          in_(in),
          outcomes_(options, err),
          prefixes_({.own_prefix = {}, .home_foreign = true},
                    std::make_shared<model::PrefixTable>()),
          parser_(prefixes_, kPrefixLevelsMax) {}

    Result<RemoteImportReport> run() {
        const auto begin = std::chrono::steady_clock::now();
        if (auto opened = outcomes_.open(); !opened) return opened.error();
        if (auto opened = open_lanes(); !opened) return opened.error();
        Result<void> read;
        for (const std::string& file : options_.files) {
            if (read && !outcomes_.has_stopped()) read = read_file(file);
        }
        for (const auto& lane : lanes_) lane->finish();
        RemoteImportReport report = outcomes_.finish();
        if (!read) return read.error();
        report.seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        return report;
    }

  private:
    Result<void> open_lanes() {
        const auto authenticator = make_authenticator(options_.remote);
        if (!authenticator) return authenticator.error();
        for (unsigned i = 0; i < options_.connections; ++i) {
            auto client = make_client(options_.remote, &*authenticator);
            if (!client) return client.error();
            lanes_.push_back(
                std::make_unique<Lane>(std::move(*client), options_.overwrite, outcomes_));
        }
        return {};
    }

    Result<void> read_file(const std::string& file) {
        std::ifstream opened;
        if (file != "-") opened.open(file, std::ios::binary);
        if (file != "-" && !opened) return Error{Errc::kNotFound, file + ": cannot be read"};
        BlockReader blocks(file == "-" ? in_ : opened, file == "-" ? "(standard input)" : file,
                           options_.format);
        while (!outcomes_.has_stopped()) {
            const auto block = blocks.next();
            if (!block) return block.error();
            if (!*block) break;
            HandOut hand_out(*this, **block);
            bad_.clear();
            const auto parsed = parser_.parse(**block, options_.keep_going, hand_out, bad_);
            if (!parsed) return parsed.error();
            for (const auto& bad : bad_) outcomes_.add_refused(bad.where, bad.what);
        }
        return {};
    }

    /// Records of one block on their way to the connections.
    class HandOut final : public RecordSink {
      public:
        HandOut(RemoteImport& import, const ImportBlock& block) : import_(import), block_(block) {}
        Result<void> take(const ParsedRecord& record) override {
            Item item{.where = place_in(block_, record.line, record.record),
                      .handle = std::string(record.handle),
                      .key = model::key_of(record.handle),
                      .values = {record.values.begin(), record.values.end()}};
            const std::size_t lane = std::hash<std::string>{}(item.key) % import_.lanes_.size();
            import_.lanes_[lane]->push(std::move(item));
            return {};
        }

      private:
        RemoteImport& import_;
        const ImportBlock& block_;
    };

    const RemoteImportOptions& options_;
    std::istream& in_;
    Outcomes outcomes_;
    ImportPrefixes prefixes_;
    LineParser parser_;
    std::vector<BadLine> bad_;
    std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace

Result<RemoteImportReport> import_remotely(const RemoteImportOptions& options, std::istream& in,
                                           std::ostream& out, std::ostream& err) {
    auto report = RemoteImport(options, in, err).run();
    if (!report) return report;
    if (options.json) {
        out << fmt::format("{{\"created\":{},\"replaced\":{},\"refused\":{},\"seconds\":{:.3f}}}\n",
                           report->created, report->replaced, report->refused, report->seconds);
    } else {
        out << fmt::format("{} created, {} replaced, {} refused in {:.1f} s\n",
                           with_thousands(report->created), with_thousands(report->replaced),
                           with_thousands(report->refused), report->seconds);
    }
    return report;
}

}  // namespace idnode::tools
