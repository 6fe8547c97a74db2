#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "bench/commands.h"
#include "bench/record_generator.h"
#include "proto/base/result.h"

namespace idnode::bench {
namespace {

// Large enough that writing costs nothing beside making the records.
constexpr std::size_t kBufferBytes = 1U << 20U;

struct DataOptions {
    std::uint64_t count = 0;
    std::uint64_t start = 0;
    RecordGenerator::Options generator;
    std::string file = "-";
};

Result<void> write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0)
            return Error{Errc::kUnavailable, fmt::format("writing: {}", std::strerror(errno))};
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> write_records(const DataOptions& options, int fd) {
    const RecordGenerator generator(options.generator);
    std::string buffer;
    buffer.reserve(kBufferBytes + 4096);
    for (std::uint64_t i = 0; i < options.count; ++i) {
        generator.append_record(options.start + i, buffer);
        if (buffer.size() < kBufferBytes) continue;
        if (auto done = write_all(fd, buffer); !done) return done;
        buffer.clear();
    }
    return write_all(fd, buffer);
}

Result<void> run_data(const DataOptions& options) {
    if (options.file == "-") return write_records(options, STDOUT_FILENO);
    const int fd = ::open(options.file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        return Error{Errc::kInvalid, fmt::format("{}: {}", options.file, std::strerror(errno))};
    }
    auto done = write_records(options, fd);
    // The last of a full disk's complaints comes with close.
    if (::close(fd) != 0 && done) {
        return Error{Errc::kUnavailable, fmt::format("{}: {}", options.file, std::strerror(errno))};
    }
    if (!done) return Error{done.error().code, options.file + ": " + done.error().detail};
    return done;
}

}  // namespace

void add_data_command(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<DataOptions>();
    CLI::App* command = app.add_subcommand(
        "data", "Write realistic, reproducible records in the form that `idnode import` reads");
    command->add_option("--count", options->count, "How many records")->required();
    command
        ->add_option("--prefixes", options->generator.enterprises,
                     "Enterprises, each a prefix 88.100.y (default 50)")
        ->check(CLI::Range(1, 1'000'000));
    command->add_option("--seed", options->generator.seed, "The same seed gives the same octets");
    command->add_option("--start", options->start, "Number of the first record (default 0)");
    command->add_option("-o,--output", options->file, "File to write (default: standard output)");
    command->callback([options, &exit_code] {
        const auto done = run_data(*options);
        if (done) return;
        fmt::print(stderr, "idnode-bench data: {}\n", done.error().detail);
        exit_code = 1;
    });
}

}  // namespace idnode::bench
