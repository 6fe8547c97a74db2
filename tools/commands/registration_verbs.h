#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

/// The commands of the registration API as a table.
namespace idnode::tools {

/// What an option becomes in the request.
enum class Place : std::uint8_t {
    kText,    // a member of the body, by a path of names
    kNumber,  // the same
    kQuery,   // a parameter of the path
    kSecret,  // a member, read from a file
};

struct Given {
    std::string_view name;   // `--name`
    std::string_view where;  // member or parameter
    Place place;
    bool required;
    std::string_view help;
};

/// One command: a request with `{0}`, `{1}` in its path for what stands on the command line.
struct Verb {
    std::string_view noun;
    std::string_view name;
    std::string_view method;
    std::string_view path;
    std::vector<std::string_view> subjects;
    std::string_view body;  // what the body begins with; empty: there is none
    std::vector<Given> given;
    std::string_view file;  // `--file`: a JSON file for this member; `.`: it is the body
    std::string_view help;
};

const std::vector<Verb>& registration_verbs();

}  // namespace idnode::tools
