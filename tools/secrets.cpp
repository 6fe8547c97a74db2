#include "tools/secrets.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "resolver/crypto/key_file.h"

namespace idnode::tools {
namespace {

constexpr std::size_t kSecretBytesMax = 65'536;
constexpr const char* kTerminal = "/dev/tty";

bool is_text(std::string_view octets) {
    return std::ranges::all_of(octets,
                               [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
}

/// Only behind text: the last octet of a random secret may look like a line end.
void take_line_end_off(Bytes& octets) {
    std::string_view text = as_text(octets);
    const bool ends = text.ends_with('\n');
    if (ends) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (ends && is_text(text)) octets.resize(text.size());
}

/// The terminal with its echo off until the end of the scope.
class SilentTerminal {
  public:
    SilentTerminal() : descriptor_(::open(kTerminal, O_RDWR | O_CLOEXEC | O_NOCTTY)) {
        if (descriptor_ < 0 || ::tcgetattr(descriptor_, &before_) != 0) return;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        silent.c_lflag |= ECHONL;
        is_silent_ = ::tcsetattr(descriptor_, TCSAFLUSH, &silent) == 0;
    }
    ~SilentTerminal() {
        if (is_silent_) ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    SilentTerminal(const SilentTerminal&) = delete;
    SilentTerminal& operator=(const SilentTerminal&) = delete;

    bool is_silent() const { return is_silent_; }
    void write(std::string_view text) const {
        // A prompt that cannot be shown is no reason not to read.
        [[maybe_unused]] const ssize_t written = ::write(descriptor_, text.data(), text.size());
    }
    Bytes read_line() const {
        Bytes out;
        std::byte octet{};
        while (out.size() < kSecretBytesMax && ::read(descriptor_, &octet, 1) == 1) {
            if (octet == std::byte{'\n'}) break;
            out.push_back(octet);
        }
        return out;
    }

  private:
    int descriptor_;
    termios before_{};
    bool is_silent_ = false;
};

}  // namespace

Result<Bytes> read_secret_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        return Error{Errc::kNotFound, path.string() + ": cannot be read: " + std::strerror(errno)};
    }
    Bytes out;
    for (char c = 0; out.size() <= kSecretBytesMax && in.get(c);) {
        out.push_back(static_cast<std::byte>(c));
    }
    if (out.size() > kSecretBytesMax) {
        return Error{Errc::kLimit, path.string() + ": longer than any secret"};
    }
    take_line_end_off(out);
    if (out.empty()) return Error{Errc::kInvalid, path.string() + ": holds no secret"};
    return out;
}

Result<Bytes> ask_at_terminal(std::string_view prompt) {
    const SilentTerminal terminal;
    if (!terminal.is_silent()) {
        return Error{Errc::kUnavailable, "there is no terminal to ask at"};
    }
    terminal.write(prompt);
    Bytes out = terminal.read_line();
    if (out.empty()) return Error{Errc::kInvalid, "nothing was typed"};
    return out;
}

Result<Bytes> find_secret(const SecretSource& source) {
    if (!source.file.empty()) return read_secret_file(source.file);
    const char* const named = std::getenv(source.variable);
    if (named != nullptr && *named != '\0') return read_secret_file(named);
    auto typed = ask_at_terminal(source.prompt);
    if (typed || typed.error().code != Errc::kUnavailable) return typed;
    return Error{Errc::kRefused,
                 std::string("give it in a file, which an option or the environment "
                             "variable ") +
                     source.variable + " names: " + typed.error().detail};
}

Result<Bytes> read_private_key(const std::filesystem::path& path,
                               const std::string& passphrase_file) {
    auto key = crypto::read_key_file(path);
    if (key || key.error().code != Errc::kRefused) return key;
    const auto passphrase = find_secret({.file = passphrase_file,
                                         .variable = kPassphraseFileVariable,
                                         .prompt = "Passphrase of " + path.string() + ": "});
    if (!passphrase) {
        return Error{passphrase.error().code,
                     path.string() + ": needs a passphrase: " + passphrase.error().detail};
    }
    return crypto::read_key_file(path, as_text(*passphrase));
}

Result<Bytes> find_new_passphrase(const std::string& passphrase_file) {
    const bool at_terminal =
        passphrase_file.empty() && std::getenv(kPassphraseFileVariable) == nullptr;
    auto passphrase = find_secret({.file = passphrase_file,
                                   .variable = kPassphraseFileVariable,
                                   .prompt = "New passphrase: "});
    if (!passphrase || !at_terminal) return passphrase;
    const auto again = ask_at_terminal("The same again: ");
    if (!again) return again;
    if (!same_octets(*again, *passphrase)) {
        return Error{Errc::kInvalid, "the two passphrases differ"};
    }
    return passphrase;
}

}  // namespace idnode::tools
