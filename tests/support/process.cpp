#include "tests/support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace idnode::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr milliseconds kPollInterval{2};
constexpr int kNeverEnded = -1000;

/// In the child between fork and exec: only calls that are safe there.
void redirect(const char* path, int descriptor) {
    const int file = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || ::dup2(file, descriptor) < 0) ::_exit(126);
}

/// Under a sanitizer the started programs give freed memory back soon, so that what they hold is
/// what they keep.
void keep_no_freed_memory() {
    static const int set = ::setenv("ASAN_OPTIONS", "quarantine_size_mb=8", /*overwrite=*/0);
    (void)set;
}

pid_t spawn(const std::vector<std::string>& command, const std::filesystem::path& folder) {
    const std::string out = folder / "stdout";
    const std::string err = folder / "stderr";
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    keep_no_freed_memory();
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    redirect("/dev/null", STDIN_FILENO);
    redirect(out.c_str(), STDOUT_FILENO);
    redirect(err.c_str(), STDERR_FILENO);
    ::execv(arguments.front(), arguments.data());
    ::_exit(127);
}

int exit_code_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::optional<std::string> find_line(const std::string& text, std::string_view beginning) {
    std::size_t at = 0;
    for (;;) {
        const std::size_t end = text.find('\n', at);
        if (end == std::string::npos) return std::nullopt;
        const std::string_view line = std::string_view(text).substr(at, end - at);
        if (line.starts_with(beginning)) return std::string(line);
        at = end + 1;
    }
}

}  // namespace

ScratchFolder::ScratchFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "idnode-test-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("no temporary folder like " + pattern);
    }
    path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path ScratchFolder::write(std::string_view name, std::string_view text) const {
    const auto file = path_ / name;
    std::ofstream(file, std::ios::binary) << text;
    return file;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::filesystem::path program(std::string_view name) {
    return std::filesystem::path(IDNODE_BIN_DIR) / name;
}

Process::Process(const std::vector<std::string>& command) : pid_(spawn(command, folder_.path())) {
    if (pid_ < 0) throw std::runtime_error("cannot start " + command.front());
}

Process::~Process() {
    if (exit_code_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

void Process::send_signal(int signal) const {
    if (!exit_code_) ::kill(pid_, signal);
}

std::optional<int> Process::wait(milliseconds patience) {
    const auto until = Clock::now() + patience;
    while (!exit_code_) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            exit_code_ = exit_code_of(status);
        } else if (Clock::now() >= until) {
            break;
        } else {
            std::this_thread::sleep_for(kPollInterval);
        }
    }
    return exit_code_;
}

std::optional<std::string> Process::wait_for_line(std::string_view beginning,
                                                  milliseconds patience) {
    const auto until = Clock::now() + patience;
    for (;;) {
        const bool ended = !is_running();  // before reading, so that the last line is not missed
        if (auto line = find_line(output(), beginning)) return line;
        if (ended || Clock::now() >= until) return std::nullopt;
        std::this_thread::sleep_for(kPollInterval);
    }
}

std::string Process::proc_file(std::string_view name) const {
    return read_file(std::filesystem::path("/proc") / std::to_string(pid_) / name);
}

std::size_t Process::resident_bytes() const {
    std::ifstream in("/proc/" + std::to_string(pid_) + "/statm");
    std::size_t size = 0;
    std::size_t resident = 0;
    in >> size >> resident;
    return in ? resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

Finished run(const std::vector<std::string>& command, milliseconds patience) {
    Process process(command);
    const auto code = process.wait(patience);
    return {code.value_or(kNeverEnded), process.output(), process.errors()};
}

bool has_sanitizer_report(std::string_view errors) {
    return errors.find("Sanitizer") != std::string_view::npos ||
           errors.find("runtime error:") != std::string_view::npos;
}

}  // namespace idnode::testing
