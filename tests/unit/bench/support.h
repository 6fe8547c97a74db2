#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "proto/base/assert.h"

namespace idnode::bench::test {

/// A file with the given text, removed with the object.
class TemporaryFile {
  public:
    explicit TemporaryFile(std::string_view text) {
        std::string name =
            (std::filesystem::temp_directory_path() / "idnode-bench-XXXXXX").string();
        const int fd = ::mkstemp(name.data());
        IDNODE_ASSERT(fd >= 0);
        IDNODE_ASSERT(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        ::close(fd);
        path_ = name;
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { std::filesystem::remove(path_); }

    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace idnode::bench::test
