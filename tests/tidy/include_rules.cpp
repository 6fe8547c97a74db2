#include "tests/tidy/include_rules.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>

namespace idnode::tidy {
namespace {

/// What the files of one folder, and of the folders in it, may include. The first rule that fits a
/// path counts, so the deeper folder stands first.
struct Rule {
    std::string_view folder;
    std::vector<std::string_view> project;           // folders, with everything in them
    std::vector<std::string_view> libraries;         // in headers and .cpp files
    std::vector<std::string_view> source_libraries;  // in .cpp files only
};

constexpr std::string_view kAnything = "*";

/// The include table of the design, top to bottom: nothing includes what stands above it. Downwards
/// are the lines that follow; a folder always sees itself.
const std::vector<Rule>& rules() {
    static const std::vector<Rule> table{
        {"tools", {kAnything}, {kAnything}, {}},
        {"bench", {kAnything}, {kAnything}, {}},
        {"tests", {kAnything}, {kAnything}, {}},

        {"resolver/net", {"resolver", "registry", "proto"}, {"asio", "beast", "openssl"}, {}},
        {"resolver/forward",
         {"resolver/engine", "resolver/crypto", "registry", "proto"},
         {"asio", "beast", "openssl"},
         {}},
        {"resolver/client",
         {"resolver/engine", "resolver/crypto", "registry", "proto"},
         {"asio", "openssl"},
         {}},
        {"resolver/mirror",
         {"resolver/client", "resolver/crypto", "registry/model", "proto"},
         {},
         {}},
        {"resolver/crypto", {"registry/model", "proto"}, {"openssl"}, {}},
        {"resolver/engine", {"registry/model", "registry/service", "proto"}, {}, {}},

        {"registry/http",
         {"resolver", "registry", "proto"},
         {"asio", "beast", "openssl", "boost-json", "protobuf"},
         {}},
        {"registry/json",
         {"registry/model", "registry/service", "proto"},
         {"boost-json", "simdjson"},
         {}},
        {"registry/events",
         {"registry/registration", "registry/json", "registry/model", "proto"},
         {"boost-json", "protobuf"},
         {}},
        // The schemas are the vocabulary of registered objects.
        {"registry/registration",
         {"registry/json", "registry/model", "proto"},
         {"protobuf"},
         {"re2"}},
        {"registry/service", {"registry/model", "proto"}, {}, {}},
        {"registry/model", {"proto"}, {}, {}},

        // RocksDB and Protobuf types never appear in a header.
        {"storage", {"registry/model", "proto"}, {}, {"rocksdb", "protobuf", "lz4", "sodium"}},

        {"proto/handle", {"proto/base"}, {}, {}},
        {"proto/idnode", {"proto/base"}, {"protobuf"}, {}},
        {"proto/schemes", {"proto/base"}, {}, {}},
        {"proto/base", {}, {}, {}},
    };
    return table;
}

struct LibraryName {
    std::string_view beginning;  // of the header
    std::string_view library;
};

// Longer beginnings first: the first that fits counts.
constexpr std::array kLibraries{
    LibraryName{"boost/asio/ssl", "asio"},
    LibraryName{"boost/asio", "asio"},
    LibraryName{"boost/system", "asio"},
    LibraryName{"boost/beast", "beast"},
    LibraryName{"boost/json", "boost-json"},
    LibraryName{"boost/", "boost"},
    LibraryName{"openssl/", "openssl"},
    LibraryName{"rocksdb/", "rocksdb"},
    LibraryName{"lz4", "lz4"},
    LibraryName{"sodium/", "sodium"},
    LibraryName{"google/protobuf/", "protobuf"},
    LibraryName{"simdjson", "simdjson"},
    LibraryName{"re2/", "re2"},
    LibraryName{"spdlog/", "spdlog"},
    LibraryName{"fmt/", "fmt"},
    LibraryName{"CLI/", "cli11"},
    LibraryName{"toml++/", "toml++"},
    LibraryName{"catch2/", "catch2"},
    LibraryName{"rapidcheck", "rapidcheck"},
    LibraryName{"benchmark/", "benchmark"},
    LibraryName{"jemalloc/", "jemalloc"},
    // The system's own.
    LibraryName{"sys/", "std"},
    LibraryName{"arpa/", "std"},
    LibraryName{"netinet/", "std"},
    LibraryName{"linux/", "std"},
};

bool lies_in(std::string_view path, std::string_view folder) {
    return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

const Rule* rule_of(std::string_view path) {
    const auto at = std::ranges::find_if(
        rules(), [path](const Rule& rule) { return lies_in(path, rule.folder); });
    return at == rules().end() ? nullptr : &*at;
}

bool allows(std::span<const std::string_view> list, std::string_view name) {
    return std::ranges::any_of(
        list, [name](std::string_view allowed) { return allowed == kAnything || allowed == name; });
}

bool allows_folder(const Rule& rule, std::string_view header) {
    return lies_in(header, rule.folder) ||
           std::ranges::any_of(rule.project, [header](std::string_view folder) {
               return folder == kAnything || lies_in(header, folder);
           });
}

bool allows_library(const Rule& rule, const SourceFile& file, std::string_view library) {
    return library == "std" || allows(rule.libraries, library) ||
           (!file.is_header() && allows(rule.source_libraries, library));
}

/// Empty: nothing is wrong with the include.
std::string fault_of(const Rule& rule, const SourceFile& file, const Include& include) {
    // Generated from proto/idnode: Protobuf by another name.
    if (include.path.ends_with(".pb.h")) {
        if (allows_library(rule, file, "protobuf")) return {};
        return "generated Protobuf headers may not be included here";
    }
    if (rule_of(include.path) != nullptr) {
        if (!include.quoted) return "project headers are included with quotes";
        if (allows_folder(rule, include.path)) return {};
        return std::string(rule.folder) + " may not include " + include.path;
    }
    if (include.quoted && library_of(include.path) == include.path) {
        return "\"" + include.path + "\" is not spelt from the root of the tree";
    }
    const std::string_view library = library_of(include.path);
    if (allows_library(rule, file, library)) return {};
    return std::string(rule.folder) + " may not use " + std::string(library) + " (<" +
           include.path + ">)" + (file.is_header() ? " in a header" : "");
}

}  // namespace

std::string_view library_of(std::string_view header) {
    for (const auto& [beginning, library] : kLibraries) {
        if (header.starts_with(beginning)) return library;
    }
    // <vector>, <cstdint>; <unistd.h>, <signal.h>: no folder in the name.
    if (header.find('/') == std::string_view::npos) {
        const bool is_system = !header.ends_with(".hpp") && !header.ends_with("++");
        if (is_system) return "std";
    }
    return header;
}

bool has_rule(const SourceFile& file) {
    return rule_of(file.path) != nullptr;
}

std::vector<std::string> check_includes(const SourceFile& file) {
    std::vector<std::string> out;
    const Rule* rule = rule_of(file.path);
    if (rule == nullptr) return out;
    for (const Include& include : file.includes) {
        const std::string fault = fault_of(*rule, file, include);
        if (fault.empty()) continue;
        out.push_back(file.path + ":" + std::to_string(include.line) + ": " + fault);
    }
    return out;
}

}  // namespace idnode::tidy
