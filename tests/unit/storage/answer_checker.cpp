#include "tests/unit/storage/answer_checker.h"

#include <cstdlib>
#include <random>
#include <thread>

namespace idnode::test {
namespace {

constexpr std::size_t kWriters = 4;
constexpr std::size_t kReaders = 4;
constexpr std::size_t kBatch = 16;
constexpr std::uint64_t kErasedEach = 5;

std::string key_of_record(std::size_t number) {
    return "88.100.7/R-" + std::to_string(number);
}

bool is_erasure(std::uint64_t version) {
    return version % kErasedEach == 0;
}

/// `number version` and then one letter, of a length that both tell.
std::string text_of_record(std::size_t number, std::uint64_t version) {
    std::string out = std::to_string(number) + ' ' + std::to_string(version) + ' ';
    out.append((number * 31 + version * 17) % 600, static_cast<char>('a' + version % 26));
    return out;
}

}  // namespace

AnswerChecker::AnswerChecker(Store store, std::size_t records)
    : store_(std::move(store)), records_(records) {}

AnswerChecker::Outcome AnswerChecker::run(std::chrono::milliseconds time) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kWriters; ++i) threads.emplace_back([this, i] { write(i); });
    for (std::size_t i = 0; i < kReaders; ++i) threads.emplace_back([this, i] { read(i); });
    std::this_thread::sleep_for(time);
    stop_ = true;
    for (std::thread& thread : threads) thread.join();
    return {fault_, writes_, reads_};
}

/// Each record has one writer: its versions are in order.
void AnswerChecker::write(std::size_t writer) {
    std::minstd_rand random(static_cast<unsigned>(writer) + 1);
    while (!stop_) {
        const std::size_t number = random() % (records_.size() / kWriters) * kWriters + writer;
        Record& record = records_[number];
        const std::uint64_t version = ++record.begun;
        store_.write(key_of_record(number), is_erasure(version)
                                                ? std::nullopt
                                                : std::optional(text_of_record(number, version)));
        record.acknowledged = version;
        ++writes_;
    }
}

/// Some records are asked for more often than others.
void AnswerChecker::read(std::size_t reader) {
    std::minstd_rand random(static_cast<unsigned>(reader) + 101);
    std::vector<std::uint64_t> told(records_.size());
    std::vector<std::size_t> numbers(kBatch);
    std::vector<std::string> keys(kBatch);
    while (!stop_) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            const std::size_t among = random() % 2 == 0 ? records_.size() / 8 : records_.size();
            numbers[i] = random() % among;
            keys[i] = key_of_record(numbers[i]);
        }
        store_.foresee(keys);
        for (std::size_t i = 0; i < kBatch; ++i) {
            const std::uint64_t acknowledged = records_[numbers[i]].acknowledged;
            const auto answer = store_.read(keys[i]);
            std::uint64_t& known = told[numbers[i]];
            const std::string fault =
                check(numbers[i], answer, std::max(acknowledged, known), known);
            ++reads_;
            if (fault.empty()) continue;
            const std::scoped_lock lock(mutex_);
            if (fault_.empty()) fault_ = fault;
            stop_ = true;
        }
    }
}

std::string AnswerChecker::check(std::size_t number, const std::optional<std::string>& answer,
                                 std::uint64_t at_least, std::uint64_t& told) const {
    const std::uint64_t begun = records_[number].begun;
    const std::string where = "record " + std::to_string(number) + ", versions " +
                              std::to_string(at_least) + " to " + std::to_string(begun) +
                              " may be told: ";
    std::uint64_t version = (at_least + kErasedEach - 1) / kErasedEach * kErasedEach;
    if (answer) {
        const std::size_t space = answer->find(' ');
        if (space == std::string::npos) return where + *answer;
        version = std::strtoull(answer->c_str() + space, nullptr, 10);
        if (is_erasure(version) || *answer != text_of_record(number, version)) {
            return where + "torn or foreign: " + *answer;
        }
    }
    if (version < at_least || version > begun) {
        return where + (answer ? "stale: " + *answer : "there is a record");
    }
    told = version;
    return {};
}

std::chrono::milliseconds checking_time() {
    if (const char* seconds = std::getenv("IDNODE_ANSWERS_TEST")) {
        return std::chrono::seconds(std::atoi(seconds));
    }
    return std::chrono::milliseconds(500);
}

}  // namespace idnode::test
