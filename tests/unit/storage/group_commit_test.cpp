#include "storage/group_commit.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace idnode;
using namespace idnode::storage;

namespace {

constexpr int kWriters = 8;
constexpr int kChanges = 200;

model::Change change_of(std::uint64_t number) {
    model::Change out;
    out.who = std::to_string(number);
    return out;
}

/// What a writer is told depends on its change alone, so that a mix-up shows.
void answer(GroupCommit::Entry& entry) {
    const std::uint64_t number = std::stoull(entry.change->who);
    entry.result = number % 7 == 0 ? Result<model::Committed>(Error{Errc::kConflict, "seven"})
                                   : model::Committed{number, number, 1};
}

bool is_answer(const Result<model::Committed>& result, std::uint64_t number) {
    return number % 7 == 0 ? !result.has_value() : result.has_value() && result->first == number;
}

}  // namespace

TEST_CASE("each change of concurrent writers is written once, and its writer learns of it alone") {
    std::atomic<int> writing = 0;
    std::atomic<int> overlaps = 0;
    std::vector<std::string> written;
    GroupCommit commits([&](std::span<GroupCommit::Entry> group) {
        if (writing.fetch_add(1) > 0) ++overlaps;
        for (GroupCommit::Entry& entry : group) {
            written.push_back(entry.change->who);
            answer(entry);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(20));  // as a flush does
        --writing;
    });
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> writers;
        for (int writer = 0; writer < kWriters; ++writer) {
            writers.emplace_back([&, writer] {
                for (int i = 0; i < kChanges; ++i) {
                    const auto number = static_cast<std::uint64_t>(writer * kChanges + i + 1);
                    if (!is_answer(commits.commit(change_of(number)), number)) ++wrong;
                }
            });
        }
    }
    CHECK(overlaps == 0);
    CHECK(wrong == 0);
    CHECK(written.size() == kWriters * kChanges);
    // One that comes alone after all of them is written, too, and then in its own thread.
    CHECK(is_answer(commits.commit(change_of(10'001)), 10'001));
    CHECK(is_answer(commits.commit(change_of(10'002)), 10'002));
}

TEST_CASE("a writer without company writes in its own thread") {
    std::thread::id writer;
    GroupCommit commits([&](std::span<GroupCommit::Entry> group) {
        writer = std::this_thread::get_id();
        for (GroupCommit::Entry& entry : group) answer(entry);
    });
    CHECK(is_answer(commits.commit(change_of(1)), 1));
    CHECK(writer == std::this_thread::get_id());
}
