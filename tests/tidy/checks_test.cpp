// Every check of §10 of the protocol document has a test that is named after it, or a reason in
// tests/README.md why it cannot apply here.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace idnode::tidy {
namespace {

namespace fs = std::filesystem;

constexpr int kFunctionalChecks = 94;
constexpr int kHostileChecks = 40;

std::string text_of(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The checks that a name begins with: `70, 71: …`, `40 to 48: …`, `H17 and H18: …`.
std::set<std::string> checks_in(const std::string& name) {
    static const std::regex form("(H?[0-9]+(( to |, | and )H?[0-9]+)*): .*");
    static const std::regex part("( to )?(H?)([0-9]+)");
    std::set<std::string> out;
    std::smatch head;
    if (!std::regex_match(name, head, form)) return out;
    const std::string numbers = head[1];
    int last = 0;
    for (std::sregex_iterator at(numbers.begin(), numbers.end(), part), end; at != end; ++at) {
        const int number = std::stoi((*at)[3]);
        const int first = (*at)[1].matched ? last : number;
        for (int i = first; i <= number; ++i) out.insert((*at)[2].str() + std::to_string(i));
        last = number;
    }
    return out;
}

std::set<std::string> checks_with_tests() {
    static const std::regex name("TEST_CASE\\(\\s*\"([^\"]*)\"");
    std::set<std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(IDNODE_SOURCE_DIR "/tests")) {
        if (entry.path().extension() != ".cpp") continue;
        const std::string text = text_of(entry.path());
        for (std::sregex_iterator at(text.begin(), text.end(), name), end; at != end; ++at) {
            out.merge(checks_in((*at)[1].str() + " "));  // a name may go on in the next line
        }
    }
    return out;
}

/// The lines `* H34: reason` of the README.
std::set<std::string> checks_with_a_reason() {
    static const std::regex line("\\* (H?[0-9]+): \\S.*");
    std::ifstream readme(IDNODE_SOURCE_DIR "/tests/README.md");
    std::set<std::string> out;
    std::smatch match;
    for (std::string one; std::getline(readme, one);) {
        if (std::regex_match(one, match, line)) out.insert(match[1]);
    }
    return out;
}

}  // namespace

TEST_CASE("every check of §10 has a test of its name, or a reason why it cannot apply") {
    const auto tested = checks_with_tests();
    const auto excused = checks_with_a_reason();
    std::vector<std::string> forgotten;
    std::vector<std::string> both;
    const auto look = [&](const std::string& check) {
        if (!tested.contains(check) && !excused.contains(check)) forgotten.push_back(check);
        if (tested.contains(check) && excused.contains(check)) both.push_back(check);
    };
    for (int i = 1; i <= kFunctionalChecks; ++i) look(std::to_string(i));
    for (int i = 1; i <= kHostileChecks; ++i) look("H" + std::to_string(i));
    CHECK(forgotten == std::vector<std::string>{});
    CHECK(both == std::vector<std::string>{});
}

TEST_CASE("the checks that a test name begins with are read in all spellings") {
    using Checks = std::set<std::string>;
    CHECK(checks_in("70, 71: a wrong MAC") == Checks{"70", "71"});
    CHECK(checks_in("40 to 42 and H1: one after another") == Checks{"40", "41", "42", "H1"});
    CHECK(checks_in("200 kB come whole").empty());
    CHECK(checks_in("a name: 7").empty());
}

}  // namespace idnode::tidy
