#include "proto/schemes/iac.h"

#include <algorithm>
#include <array>

#include "proto/base/text.h"
#include "proto/schemes/limits.h"
#include "proto/schemes/text.h"

namespace idnode::schemes {
namespace {

constexpr std::string_view kVaa = "VAA";
constexpr std::string_view kMa = "MA.";
constexpr std::size_t kVaaDigits = 14;  // country 3, industry 3, enterprise 8
constexpr std::size_t kMaCountryDigits = 3;

/// Data identifiers of ASC MH10, §3.1.
struct DataIdentifier {
    std::string_view text;
    Level level;
    std::size_t bytes_max;  // of the code after it
};
constexpr std::array kDataIdentifiers{
    DataIdentifier{"25S", Level::kInstance, limits::kIacItemBytesMax},
    DataIdentifier{"25P", Level::kClass, limits::kIacItemBytesMax},
    DataIdentifier{"J", Level::kInstance, limits::kIacTransportBytesMax},
};

/// Nothing: none. `J` may also begin an issuing agency code, so it counts only before VAA.
const DataIdentifier* data_identifier(std::string_view text) {
    for (const DataIdentifier& one : kDataIdentifiers) {
        const bool is_long = one.text.size() > 1;
        if (starts_with_folded(text, one.text) &&
            (is_long || starts_with_folded(text.substr(one.text.size()), kVaa))) {
            return &one;
        }
    }
    return nullptr;
}

bool is_upper_or_digit(char octet) {
    return is_upper(octet) || is_digit(octet);
}

Parsed<void> check_vaa(std::string_view code) {
    const std::string_view company = code.substr(kVaa.size(), code.find('/') - kVaa.size());
    if (company.size() == kVaaDigits && all_digits(company)) return {};
    return Problem{
        Fault::kIacDigits, std::string(company),
        "VAA is followed by 14 digits, here are " + std::to_string(company.size()) + " characters"};
}

/// `MA.156.…`, §3.4: a country in three digits, then one level or more.
Parsed<void> check_ma(std::string_view code) {
    std::string_view levels = code.substr(kMa.size());
    levels = levels.substr(0, levels.find('/'));
    std::string_view rest = levels;
    const std::string_view country = take_until(rest, '.');
    bool is_right = country.size() == kMaCountryDigits && all_digits(country) && !rest.empty() &&
                    !rest.ends_with('.');
    while (!rest.empty()) {
        const std::string_view level = take_until(rest, '.');
        is_right = is_right && !level.empty() && std::ranges::all_of(level, is_upper_or_digit);
    }
    if (is_right) return {};
    return Problem{Fault::kIacSyntax, std::string(levels),
                   "MA. is followed by a country of three digits and levels between dots"};
}

Parsed<void> check_other(std::string_view code) {
    constexpr std::size_t kCharactersMin = 4;  // an agency, a company, something of it
    const auto may_stand = [](char octet) {
        return is_upper_or_digit(octet) ||
               std::string_view("-./:+_").find(octet) != std::string_view::npos;
    };
    const bool is_right = code.size() >= kCharactersMin && is_upper_or_digit(code.front()) &&
                          std::ranges::all_of(code.substr(0, code.find('/')), may_stand);
    if (is_right) return {};
    return Problem{Fault::kIacSyntax, std::string(code),
                   "an agency code and a company in letters and digits, then /…"};
}

/// Whether a code names a company and nothing of it.
bool is_company_only(std::string_view code) {
    const bool has_slash = code.find('/') != std::string_view::npos;
    return !has_slash && (code.starts_with(kVaa) || code.starts_with(kMa));
}

}  // namespace

Parsed<Canonical> parse_iac(std::string_view text, Use use) {
    Canonical out{.scheme = Scheme::kIac, .cid = {}, .attributes = {}};
    const DataIdentifier* identifier = data_identifier(text);
    if (identifier != nullptr) {
        out.level = identifier->level;
        text.remove_prefix(identifier->text.size());
        if (data_identifier(text) != nullptr) {
            return Problem{Fault::kIacSyntax, std::string(text), "two data identifiers"};
        }
        out.attributes.push_back({"DI", std::string(identifier->text)});
        if (text.size() > identifier->bytes_max) {
            return Problem{Fault::kIacTooLong, std::string(text),
                           "at most " + std::to_string(identifier->bytes_max) +
                               " characters after " + std::string(identifier->text)};
        }
    }
    const std::string code = fold_ascii(text);
    const bool is_vaa = code.starts_with(kVaa);
    const bool is_ma = code.starts_with(kMa);
    auto checked = is_vaa ? check_vaa(code) : is_ma ? check_ma(code) : check_other(code);
    if (!checked) return checked.error();
    if (code.find('/') == code.size() - 1) {
        return Problem{Fault::kIacSyntax, code, "nothing follows the slash"};
    }
    const bool is_company = is_company_only(code);
    if (is_company && use == Use::kRegister) {
        return Problem{Fault::kIacCompanyOnly, code,
                       "names a company: an identifier has a slash and something after it"};
    }
    if (is_company) out.level = Level::kParty;
    out.cid.append("iac:").append(code);
    return out;
}

bool begins_as_iac(std::string_view text) {
    if (const DataIdentifier* one = data_identifier(text)) text.remove_prefix(one->text.size());
    const auto has_digit_after = [text](std::string_view start) {
        return starts_with_folded(text, start) && text.size() > start.size() &&
               is_digit(text[start.size()]);
    };
    return has_digit_after(kVaa) || has_digit_after(kMa);
}

}  // namespace idnode::schemes
