#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace idnode::test {

/// Four writers and four readers of a few thousand records, each of which says whose it is and
/// which version. No answer may be
///   stale: older than what was acknowledged before the question, or than what the same reader has
///          been told already;
///   torn: made of pieces of two versions;
///   foreign: another record's, or one that was never written.
/// Every fifth version of a record is its erasure.
class AnswerChecker {
  public:
    struct Store {
        /// Nothing: it is erased. Returns when the change is acknowledged.
        std::function<void(const std::string& key, const std::optional<std::string>& text)> write;
        std::function<std::optional<std::string>(const std::string& key)> read;
        /// These are going to be read.
        std::function<void(const std::vector<std::string>& keys)> foresee;
    };
    struct Outcome {
        std::string fault;  // of the first wrong answer; empty: all were right
        std::uint64_t writes = 0;
        std::uint64_t reads = 0;
    };

    AnswerChecker(Store store, std::size_t records);
    Outcome run(std::chrono::milliseconds time);

  private:
    struct Record {
        std::atomic<std::uint64_t> begun{0};
        std::atomic<std::uint64_t> acknowledged{0};
    };

    void write(std::size_t writer);
    void read(std::size_t reader);
    std::string check(std::size_t number, const std::optional<std::string>& answer,
                      std::uint64_t at_least, std::uint64_t& told) const;

    const Store store_;
    std::vector<Record> records_;
    std::atomic<bool> stop_{false};
    std::atomic<std::uint64_t> writes_{0};
    std::atomic<std::uint64_t> reads_{0};
    std::mutex mutex_;
    std::string fault_;
};

/// How long it runs: a moment, or as many seconds as IDNODE_ANSWERS_TEST says.
std::chrono::milliseconds checking_time();

}  // namespace idnode::test
