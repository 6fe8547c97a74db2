#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Starting the real programs and looking at what they do. Used from one thread at a time.
namespace idnode::testing {

using std::chrono::milliseconds;

/// Long enough for a busy machine with a sanitizer; a test that waits this long has failed.
inline constexpr milliseconds kPatience{30'000};

/// A new folder below the system's temporary one, removed with everything in it at the end.
class ScratchFolder {
  public:
    ScratchFolder();
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
    /// Writes a file in it and returns its path.
    std::filesystem::path write(std::string_view name, std::string_view text) const;

  private:
    std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);

/// A program of this build by name: `idnode`, `idnoded`.
std::filesystem::path program(std::string_view name);

/// A running program. Its standard output and error go to files in a folder of its own, so it never
/// blocks on a full pipe. It is killed when the object, or the test that holds it, dies.
class Process {
  public:
    explicit Process(const std::vector<std::string>& command);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void send_signal(int signal) const;
    /// The exit code, or minus the signal that ended it; nothing when it still runs after
    /// `patience`.
    std::optional<int> wait(milliseconds patience = kPatience);
    bool is_running() { return !wait(milliseconds{0}); }

    /// The first complete line of standard output that begins so; nothing when the program ended
    /// or `patience` passed without one.
    std::optional<std::string> wait_for_line(std::string_view beginning,
                                             milliseconds patience = kPatience);
    std::string output() const { return read_file(folder_ / "stdout"); }
    std::string errors() const { return read_file(folder_ / "stderr"); }
    /// What everybody, or the same user, can read about it: `cmdline` and `environ` of /proc.
    std::string command_line() const { return proc_file("cmdline"); }
    std::string environment() const { return proc_file("environ"); }
    /// Resident memory now, from /proc. 0: it has ended.
    std::size_t resident_bytes() const;

  private:
    std::string proc_file(std::string_view name) const;

    ScratchFolder folder_;
    pid_t pid_ = -1;
    std::optional<int> exit_code_;
};

struct Finished {
    int exit_code = 0;
    std::string output;
    std::string errors;
};

/// Runs a program to its end. A program that does not end counts as exit code -1000.
Finished run(const std::vector<std::string>& command, milliseconds patience = kPatience * 4);

/// Whether a sanitizer reported something in what a program wrote to standard error.
bool has_sanitizer_report(std::string_view errors);

}  // namespace idnode::testing
