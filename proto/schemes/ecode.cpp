#include "proto/schemes/ecode.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "proto/base/text.h"
#include "proto/schemes/gs1_ai.h"
#include "proto/schemes/limits.h"
#include "proto/schemes/text.h"

namespace idnode::schemes {
namespace {

constexpr std::string_view kTag = "ecode:";

enum class Characters : std::uint8_t { kDigits, kAlphanumeric, kAny };

struct Version {
    char letter;
    std::size_t nsi;
    std::size_t master_max;
    Characters characters;
};
// The length table of §4. Version 0 is binary; 5 to 9 are reserved, A to F prohibited.
constexpr std::array kVersions{
    Version{'1', 4, 20, Characters::kDigits},
    Version{'2', 4, 28, Characters::kDigits},
    Version{'3', 5, 39, Characters::kAlphanumeric},
    Version{'4', 5, limits::kIdentifierBytesMax, Characters::kAny},
};

const Version* find_version(char letter) {
    const auto at = std::ranges::find(kVersions, letter, &Version::letter);
    return at == kVersions.end() ? nullptr : &*at;
}

Problem wrong_version(std::string_view text) {
    const std::string_view letter = text.substr(0, 1);
    const char one = text.empty() ? '\0' : fold_ascii(text.front());
    const char* detail = "no version of Ecode";
    if (one == '0') detail = "version 0 is binary and has no text form";
    if (one >= '5' && one <= '9') detail = "a reserved version";
    if (one >= 'A' && one <= 'F') detail = "a prohibited version";
    return {Fault::kEcodeVersion, std::string(letter), detail};
}

/// Of version 4 the NSI, too, may be beyond ASCII; it is counted in octets of ASCII all the same,
/// because registered NSIs are.
bool belongs(char octet, Characters characters) {
    switch (characters) {
        case Characters::kDigits:
            return is_digit(octet);
        case Characters::kAlphanumeric:
            return is_digit(octet) || is_upper(octet);
        case Characters::kAny:
            return true;
    }
    return false;
}

Parsed<void> check_characters(std::string_view text, const Version& version) {
    const auto is_foreign = [&version](char octet) { return !belongs(octet, version.characters); };
    const auto foreign = std::ranges::find_if(text, is_foreign);
    if (foreign == text.end()) return {};
    return Problem{Fault::kEcodeCharacter, std::string(text),
                   std::string("'") + *foreign + "' is not allowed in version " + version.letter};
}

Parsed<void> check_master(std::string_view master, const Version& version) {
    if (master.empty()) {
        return Problem{Fault::kEcodeEmpty, "", "the master data code is missing"};
    }
    if (master.size() <= version.master_max) return {};
    return Problem{Fault::kEcodeTooLong, std::string(master),
                   "a master data code of version " + std::string(1, version.letter) +
                       " has at most " + std::to_string(version.master_max) + " characters, not " +
                       std::to_string(master.size())};
}

Parsed<void> check_nsi(const EcodeNsi& nsi, std::string_view master) {
    const bool is_long = nsi.characters_max != 0 && master.size() > nsi.characters_max;
    const bool is_right =
        master.size() >= nsi.characters_min && !is_long && (!nsi.digits_only || all_digits(master));
    if (!is_right) {
        return Problem{Fault::kEcodeCheck, std::string(master),
                       "not a master data code of " + nsi.name};
    }
    const bool has_check = nsi.has_check_digit && master.size() > 1 && all_digits(master);
    const char expected =
        has_check ? gs1::check_digit(master.substr(0, master.size() - 1)) : master.back();
    if (master.back() == expected) return {};
    return Problem{Fault::kEcodeCheck, std::string(master),
                   std::string("check digit ") + master.back() + ", expected " + expected};
}

Error wrong_row(std::size_t line) {
    return {Errc::kInvalid, "line " + std::to_string(line) +
                                ": expected version,nsi,format,rule,name such as "
                                "1,0999,N13,check,Parts of a works"};
}

/// `N13`, `N1..20`, `X..39`.
bool read_format(std::string_view text, EcodeNsi& out) {
    if (!text.starts_with('N') && !text.starts_with('X')) return false;
    out.digits_only = text.front() == 'N';
    text.remove_prefix(1);
    const std::size_t dots = text.find("..");
    const bool is_range = dots != std::string_view::npos;
    const std::string_view min = text.substr(0, dots);
    const std::string_view max = is_range ? text.substr(dots + 2) : min;
    const auto number = [](std::string_view digits, std::size_t& to) {
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), to);
        return error == std::errc{} && end == digits.data() + digits.size();
    };
    if (!(is_range && min.empty()) && !number(min, out.characters_min)) return false;
    return number(max, out.characters_max) && out.characters_min >= 1 &&
           out.characters_min <= out.characters_max;
}

bool read_rule(std::string_view text, EcodeNsi& out) {
    out.has_check_digit = text == "check";
    if (text.empty() || out.has_check_digit) return true;
    out.gs1_code = text;
    return gs1::find_ai(text) != nullptr;
}

}  // namespace

Result<EcodeTable> EcodeTable::read(std::string_view rows) {
    EcodeTable out;
    for (std::size_t number = 1; !rows.empty(); ++number) {
        std::string_view line = take_until(rows, '\n');
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.starts_with('#')) continue;
        const std::string_view letter = take_until(line, ',');
        const std::string_view nsi = take_until(line, ',');
        const Version* version = letter.size() == 1 ? find_version(letter.front()) : nullptr;
        EcodeNsi entry;
        const bool has_format = read_format(take_until(line, ','), entry);
        const bool has_rule = read_rule(take_until(line, ','), entry);
        if (version == nullptr || nsi.size() != version->nsi || !has_format || !has_rule) {
            return wrong_row(number);
        }
        entry.name = line;
        out.add(version->letter, nsi, std::move(entry));
    }
    return out;
}

void EcodeTable::add(char version, std::string_view nsi, EcodeNsi entry) {
    entries_.insert_or_assign({version, std::string(nsi)}, std::move(entry));
}

const EcodeNsi* EcodeTable::find(char version, std::string_view nsi) const {
    const auto at = entries_.find(std::pair(version, std::string(nsi)));
    return at == entries_.end() ? nullptr : &at->second;
}

Parsed<Canonical> parse_ecode(std::string_view text, const Options& options, Use use) {
    const Version* version = text.empty() ? nullptr : find_version(text.front());
    if (version == nullptr) return wrong_version(text);
    std::string code(text);
    if (version->characters == Characters::kAlphanumeric) code = fold_ascii(text);
    const std::string_view body = std::string_view(code).substr(1);
    if (auto checked = check_characters(body, *version); !checked) return checked.error();
    const std::string_view nsi = body.substr(0, version->nsi);
    if (nsi.size() < version->nsi) {
        return Problem{Fault::kEcodeNsi, std::string(nsi),
                       "the NSI of version " + std::string(1, version->letter) + " has " +
                           std::to_string(version->nsi) + " characters"};
    }
    const std::string_view master = body.substr(version->nsi);
    if (auto checked = check_master(master, *version); !checked) return checked.error();

    const EcodeNsi* known =
        options.ecode_nsis == nullptr ? nullptr : options.ecode_nsis->find(version->letter, nsi);
    if (known != nullptr) {
        if (auto checked = check_nsi(*known, master); !checked) return checked.error();
    } else if (use == Use::kRegister && !options.ecode_allow_unknown_nsi) {
        return Problem{Fault::kEcodeNsiUnknown, std::string(nsi), "an unknown NSI"};
    }
    return Canonical{.scheme = Scheme::kEcode, .cid = std::string(kTag) + code, .attributes = {}};
}

std::optional<EcodeParts> ecode_parts(std::string_view cid) {
    if (!cid.starts_with(kTag) || cid.size() == kTag.size()) return std::nullopt;
    const std::string_view code = cid.substr(kTag.size());
    const Version* version = find_version(code.front());
    if (version == nullptr || code.size() < 1 + version->nsi) return std::nullopt;
    return EcodeParts{.version = code.front(),
                      .nsi = code.substr(1, version->nsi),
                      .master = code.substr(1 + version->nsi)};
}

}  // namespace idnode::schemes
