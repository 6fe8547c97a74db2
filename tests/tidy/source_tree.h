#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace idnode::tidy {

/// One `#include` line. `path` is what stands between the quotes or brackets.
struct Include {
    std::size_t line = 0;  // from 1
    std::string path;
    bool quoted = false;  // "…", as project headers are spelt
};

struct SourceFile {
    std::string path;  // from the root of the tree, with slashes
    std::size_t line_count = 0;
    std::vector<Include> includes;

    bool is_header() const { return path.ends_with(".h"); }
    /// Everything before the last slash; empty for a file at the root.
    std::string_view folder() const;
};

/// What a C++ source text includes. Comments at the start of a line hide an include, as they do for
/// the compiler; `#if` does not.
SourceFile read_source(std::string path, std::string_view text);

/// Every .h and .cpp file of the tree; build folders and hidden ones are left out.
std::vector<SourceFile> read_tree(const std::filesystem::path& root);

}  // namespace idnode::tidy
