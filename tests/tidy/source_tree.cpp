#include "tests/tidy/source_tree.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>

namespace idnode::tidy {
namespace {

std::string_view skip_spaces(std::string_view text) {
    const auto at = text.find_first_not_of(" \t");
    return at == std::string_view::npos ? std::string_view{} : text.substr(at);
}

bool take(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word)) return false;
    text = skip_spaces(text.substr(word.size()));
    return true;
}

std::optional<Include> include_in(std::string_view line) {
    line = skip_spaces(line);
    if (!take(line, "#") || !take(line, "include") || line.empty()) return std::nullopt;
    const char closing = line.front() == '"' ? '"' : '>';
    const auto end = line.find(closing, 1);
    if (end == std::string_view::npos) return std::nullopt;
    return Include{0, std::string(line.substr(1, end - 1)), closing == '"'};
}

bool is_source(const std::filesystem::path& path) {
    return path.extension() == ".h" || path.extension() == ".cpp";
}

bool is_foreign_folder(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    return name.starts_with(".") || name.starts_with("build") || name == "demo";
}

std::string read_text(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

std::string_view SourceFile::folder() const {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string_view{}
                                      : std::string_view(path).substr(0, slash);
}

SourceFile read_source(std::string path, std::string_view text) {
    SourceFile out;
    out.path = std::move(path);
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        ++out.line_count;
        if (auto include = include_in(text.substr(0, end))) {
            include->line = out.line_count;
            out.includes.push_back(std::move(*include));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::vector<SourceFile> read_tree(const std::filesystem::path& root) {
    std::vector<SourceFile> out;
    auto entry = std::filesystem::recursive_directory_iterator(root);
    for (; entry != std::filesystem::recursive_directory_iterator(); ++entry) {
        if (entry->is_directory() && is_foreign_folder(entry->path())) {
            entry.disable_recursion_pending();
        } else if (entry->is_regular_file() && is_source(entry->path())) {
            out.push_back(
                read_source(std::filesystem::relative(entry->path(), root).generic_string(),
                            read_text(entry->path())));
        }
    }
    std::ranges::sort(out, {}, &SourceFile::path);
    return out;
}

}  // namespace idnode::tidy
