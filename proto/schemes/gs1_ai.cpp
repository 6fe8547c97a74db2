#include "proto/schemes/gs1_ai.h"

#include <algorithm>

#include "proto/schemes/text.h"

namespace idnode::schemes::gs1 {
namespace {

constexpr std::string_view kCset82 =
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kCset39 = "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kCset64 =
    "-0123456789=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

consteval Charset charset_of(char letter) {
    switch (letter) {
        case 'N':
            return Charset::kDigits;
        case 'Y':
            return Charset::kCset39;
        case 'X':
            return Charset::kCset82;
        case 'Z':
            return Charset::kCset64;
        default:
            throw "a format has the letters N, X, Y, Z";
    }
}

consteval std::uint8_t take_number(std::string_view& text) {
    std::uint8_t out = 0;
    while (!text.empty() && is_digit(text.front())) {
        out = static_cast<std::uint8_t>(out * 10 + (text.front() - '0'));
        text.remove_prefix(1);
    }
    return out;
}

/// `N13 X0..17`: thirteen digits, then up to seventeen characters; `X..20`: one to twenty.
consteval std::array<Component, 5> format(std::string_view text) {
    std::array<Component, 5> out{};
    for (Component& component : out) {
        if (text.empty()) break;
        component.charset = charset_of(text.front());
        text.remove_prefix(1);
        const bool has_min = is_digit(text.front());
        component.min = has_min ? take_number(text) : 1;
        component.max = component.min;
        if (text.starts_with("..")) {
            text.remove_prefix(2);
            component.max = take_number(text);
        }
        if (text.starts_with(' ')) text.remove_prefix(1);
    }
    return out;
}

// GS1 Barcode Syntax Dictionary. In order of their codes.
constexpr std::array kAis{
    Ai{"00", "SSCC", format("N18"), Rule::kCheckDigit},
    Ai{"01", "GTIN", format("N14"), Rule::kCheckDigit},
    Ai{"02", "content", format("N14"), Rule::kCheckDigit},
    Ai{"10", "batch or lot", format("X..20"), Rule::kNone},
    Ai{"11", "production date", format("N6"), Rule::kDate},
    Ai{"12", "due date", format("N6"), Rule::kDate},
    Ai{"13", "packaging date", format("N6"), Rule::kDate},
    Ai{"15", "best before date", format("N6"), Rule::kDate},
    Ai{"16", "sell by date", format("N6"), Rule::kDate},
    Ai{"17", "expiration date", format("N6"), Rule::kDate},
    Ai{"20", "variant", format("N2"), Rule::kNone},
    Ai{"21", "serial", format("X..20"), Rule::kNone},
    Ai{"22", "consumer product variant", format("X..20"), Rule::kNone},
    Ai{"235", "third-party serial", format("X..28"), Rule::kNone},
    Ai{"240", "additional identification", format("X..30"), Rule::kNone},
    Ai{"241", "customer part number", format("X..30"), Rule::kNone},
    Ai{"242", "made-to-order variation", format("N..6"), Rule::kNone},
    Ai{"243", "packaging component", format("X..20"), Rule::kNone},
    Ai{"250", "secondary serial", format("X..30"), Rule::kNone},
    Ai{"251", "reference to source", format("X..30"), Rule::kNone},
    Ai{"253", "GDTI", format("N13 X0..17"), Rule::kCheckDigit},
    Ai{"254", "GLN extension", format("X..20"), Rule::kNone},
    Ai{"255", "GCN", format("N13 N0..12"), Rule::kCheckDigit},
    Ai{"30", "variable count", format("N..8"), Rule::kNone},
    Ai{"310n", "net weight, kg", format("N6"), Rule::kNone},
    Ai{"311n", "length, m", format("N6"), Rule::kNone},
    Ai{"312n", "width, m", format("N6"), Rule::kNone},
    Ai{"313n", "height, m", format("N6"), Rule::kNone},
    Ai{"314n", "area, m2", format("N6"), Rule::kNone},
    Ai{"315n", "net volume, l", format("N6"), Rule::kNone},
    Ai{"316n", "net volume, m3", format("N6"), Rule::kNone},
    Ai{"320n", "net weight, lb", format("N6"), Rule::kNone},
    Ai{"321n", "length, in", format("N6"), Rule::kNone},
    Ai{"322n", "length, ft", format("N6"), Rule::kNone},
    Ai{"323n", "length, yd", format("N6"), Rule::kNone},
    Ai{"324n", "width, in", format("N6"), Rule::kNone},
    Ai{"325n", "width, ft", format("N6"), Rule::kNone},
    Ai{"326n", "width, yd", format("N6"), Rule::kNone},
    Ai{"327n", "height, in", format("N6"), Rule::kNone},
    Ai{"328n", "height, ft", format("N6"), Rule::kNone},
    Ai{"329n", "height, yd", format("N6"), Rule::kNone},
    Ai{"330n", "gross weight, kg", format("N6"), Rule::kNone},
    Ai{"331n", "logistic length, m", format("N6"), Rule::kNone},
    Ai{"332n", "logistic width, m", format("N6"), Rule::kNone},
    Ai{"333n", "logistic height, m", format("N6"), Rule::kNone},
    Ai{"334n", "logistic area, m2", format("N6"), Rule::kNone},
    Ai{"335n", "logistic volume, l", format("N6"), Rule::kNone},
    Ai{"336n", "logistic volume, m3", format("N6"), Rule::kNone},
    Ai{"337n", "kg per m2", format("N6"), Rule::kNone},
    Ai{"340n", "gross weight, lb", format("N6"), Rule::kNone},
    Ai{"341n", "logistic length, in", format("N6"), Rule::kNone},
    Ai{"342n", "logistic length, ft", format("N6"), Rule::kNone},
    Ai{"343n", "logistic length, yd", format("N6"), Rule::kNone},
    Ai{"344n", "logistic width, in", format("N6"), Rule::kNone},
    Ai{"345n", "logistic width, ft", format("N6"), Rule::kNone},
    Ai{"346n", "logistic width, yd", format("N6"), Rule::kNone},
    Ai{"347n", "logistic height, in", format("N6"), Rule::kNone},
    Ai{"348n", "logistic height, ft", format("N6"), Rule::kNone},
    Ai{"349n", "logistic height, yd", format("N6"), Rule::kNone},
    Ai{"350n", "area, in2", format("N6"), Rule::kNone},
    Ai{"351n", "area, ft2", format("N6"), Rule::kNone},
    Ai{"352n", "area, yd2", format("N6"), Rule::kNone},
    Ai{"353n", "logistic area, in2", format("N6"), Rule::kNone},
    Ai{"354n", "logistic area, ft2", format("N6"), Rule::kNone},
    Ai{"355n", "logistic area, yd2", format("N6"), Rule::kNone},
    Ai{"356n", "net weight, troy oz", format("N6"), Rule::kNone},
    Ai{"357n", "net volume, oz", format("N6"), Rule::kNone},
    Ai{"360n", "net volume, qt", format("N6"), Rule::kNone},
    Ai{"361n", "net volume, gal", format("N6"), Rule::kNone},
    Ai{"362n", "logistic volume, qt", format("N6"), Rule::kNone},
    Ai{"363n", "logistic volume, gal", format("N6"), Rule::kNone},
    Ai{"364n", "net volume, in3", format("N6"), Rule::kNone},
    Ai{"365n", "net volume, ft3", format("N6"), Rule::kNone},
    Ai{"366n", "net volume, yd3", format("N6"), Rule::kNone},
    Ai{"367n", "logistic volume, in3", format("N6"), Rule::kNone},
    Ai{"368n", "logistic volume, ft3", format("N6"), Rule::kNone},
    Ai{"369n", "logistic volume, yd3", format("N6"), Rule::kNone},
    Ai{"37", "count", format("N..8"), Rule::kNone},
    Ai{"390n", "amount", format("N..15"), Rule::kNone},
    Ai{"391n", "amount with currency", format("N3 N..15"), Rule::kNone},
    Ai{"392n", "price", format("N..15"), Rule::kNone},
    Ai{"393n", "price with currency", format("N3 N..15"), Rule::kNone},
    Ai{"394n", "percentage off", format("N4"), Rule::kNone},
    Ai{"395n", "price per unit", format("N6"), Rule::kNone},
    Ai{"400", "customer's order", format("X..30"), Rule::kNone},
    Ai{"401", "GINC", format("X..30"), Rule::kCompanyPrefix},
    Ai{"402", "GSIN", format("N17"), Rule::kCheckDigit},
    Ai{"403", "routing code", format("X..30"), Rule::kNone},
    Ai{"410", "ship to", format("N13"), Rule::kCheckDigit},
    Ai{"411", "bill to", format("N13"), Rule::kCheckDigit},
    Ai{"412", "purchased from", format("N13"), Rule::kCheckDigit},
    Ai{"413", "ship for", format("N13"), Rule::kCheckDigit},
    Ai{"414", "GLN", format("N13"), Rule::kCheckDigit},
    Ai{"415", "pay-to GLN", format("N13"), Rule::kCheckDigit},
    Ai{"416", "production location", format("N13"), Rule::kCheckDigit},
    Ai{"417", "party GLN", format("N13"), Rule::kCheckDigit},
    Ai{"420", "ship-to postal code", format("X..20"), Rule::kNone},
    Ai{"421", "ship-to postal code with country", format("N3 X..9"), Rule::kNone},
    Ai{"422", "country of origin", format("N3"), Rule::kNone},
    Ai{"423", "countries of first processing", format("N..15"), Rule::kNone},
    Ai{"424", "country of processing", format("N3"), Rule::kNone},
    Ai{"425", "countries of disassembly", format("N..15"), Rule::kNone},
    Ai{"426", "country of whole processing", format("N3"), Rule::kNone},
    Ai{"427", "subdivision of origin", format("X..3"), Rule::kNone},
    Ai{"4300", "ship-to company", format("X..35"), Rule::kNone},
    Ai{"4301", "ship-to contact", format("X..35"), Rule::kNone},
    Ai{"4302", "ship-to address", format("X..70"), Rule::kNone},
    Ai{"4303", "ship-to address, second line", format("X..70"), Rule::kNone},
    Ai{"4304", "ship-to suburb", format("X..70"), Rule::kNone},
    Ai{"4305", "ship-to locality", format("X..70"), Rule::kNone},
    Ai{"4306", "ship-to region", format("X..70"), Rule::kNone},
    Ai{"4307", "ship-to country", format("X2"), Rule::kNone},
    Ai{"4308", "ship-to telephone", format("X..30"), Rule::kNone},
    Ai{"4309", "ship-to coordinates", format("N10 N10"), Rule::kNone},
    Ai{"4310", "return-to company", format("X..35"), Rule::kNone},
    Ai{"4311", "return-to contact", format("X..35"), Rule::kNone},
    Ai{"4312", "return-to address", format("X..70"), Rule::kNone},
    Ai{"4313", "return-to address, second line", format("X..70"), Rule::kNone},
    Ai{"4314", "return-to suburb", format("X..70"), Rule::kNone},
    Ai{"4315", "return-to locality", format("X..70"), Rule::kNone},
    Ai{"4316", "return-to region", format("X..70"), Rule::kNone},
    Ai{"4317", "return-to country", format("X2"), Rule::kNone},
    Ai{"4318", "return-to postal code", format("X..20"), Rule::kNone},
    Ai{"4319", "return-to telephone", format("X..30"), Rule::kNone},
    Ai{"4320", "service", format("X..35"), Rule::kNone},
    Ai{"4321", "dangerous goods", format("N1"), Rule::kNone},
    Ai{"4322", "authority to leave", format("N1"), Rule::kNone},
    Ai{"4323", "signature required", format("N1"), Rule::kNone},
    Ai{"4324", "not before", format("N6 N4"), Rule::kDate},
    Ai{"4325", "not after", format("N6 N4"), Rule::kDate},
    Ai{"4326", "release date", format("N6"), Rule::kDate},
    Ai{"4330", "maximum temperature, F", format("N6 X0..1"), Rule::kNone},
    Ai{"4331", "maximum temperature, C", format("N6 X0..1"), Rule::kNone},
    Ai{"4332", "minimum temperature, F", format("N6 X0..1"), Rule::kNone},
    Ai{"4333", "minimum temperature, C", format("N6 X0..1"), Rule::kNone},
    Ai{"7001", "NATO stock number", format("N13"), Rule::kNone},
    Ai{"7002", "meat cut", format("X..30"), Rule::kNone},
    Ai{"7003", "expiration time", format("N6 N4"), Rule::kDate},
    Ai{"7004", "active potency", format("N..4"), Rule::kNone},
    Ai{"7005", "catch area", format("X..12"), Rule::kNone},
    Ai{"7006", "first freeze date", format("N6"), Rule::kDate},
    Ai{"7007", "harvest date", format("N6 N0..6"), Rule::kDate},
    Ai{"7008", "aquatic species", format("X..3"), Rule::kNone},
    Ai{"7009", "fishing gear", format("X..10"), Rule::kNone},
    Ai{"7010", "production method", format("X..2"), Rule::kNone},
    Ai{"7011", "test by date", format("N6 N0..4"), Rule::kDate},
    Ai{"7020", "refurbishment lot", format("X..20"), Rule::kNone},
    Ai{"7021", "functional status", format("X..20"), Rule::kNone},
    Ai{"7022", "revision status", format("X..20"), Rule::kNone},
    Ai{"7023", "GIAI of an assembly", format("X..30"), Rule::kCompanyPrefix},
    Ai{"703n", "processor", format("N3 X..27"), Rule::kNone},
    Ai{"7040", "unique identification code", format("N1 X3"), Rule::kNone},
    Ai{"710", "German reimbursement number", format("X..20"), Rule::kNone},
    Ai{"711", "French reimbursement number", format("X..20"), Rule::kNone},
    Ai{"712", "Spanish reimbursement number", format("X..20"), Rule::kNone},
    Ai{"713", "Brazilian reimbursement number", format("X..20"), Rule::kNone},
    Ai{"714", "Portuguese reimbursement number", format("X..20"), Rule::kNone},
    Ai{"715", "US reimbursement number", format("X..20"), Rule::kNone},
    Ai{"716", "Italian reimbursement number", format("X..20"), Rule::kNone},
    Ai{"717", "Costa Rican reimbursement number", format("X..20"), Rule::kNone},
    Ai{"723n", "certification", format("X2 X..28"), Rule::kNone},
    Ai{"7240", "protocol", format("X..20"), Rule::kNone},
    Ai{"7241", "media type", format("N2"), Rule::kNone},
    Ai{"7242", "version control number", format("X..25"), Rule::kNone},
    Ai{"8001", "roll dimensions", format("N4 N5 N3 N1 N1"), Rule::kNone},
    Ai{"8002", "mobile telephone", format("X..20"), Rule::kNone},
    Ai{"8003", "GRAI", format("N1 N13 X0..16"), Rule::kGrai},
    Ai{"8004", "GIAI", format("X..30"), Rule::kCompanyPrefix},
    Ai{"8005", "price per unit of measure", format("N6"), Rule::kNone},
    Ai{"8006", "ITIP", format("N14 N2 N2"), Rule::kPieces},
    Ai{"8007", "IBAN", format("X..34"), Rule::kNone},
    Ai{"8008", "production time", format("N8 N0..4"), Rule::kDate},
    Ai{"8009", "optical sensor", format("X..50"), Rule::kNone},
    Ai{"8010", "CPID", format("Y..30"), Rule::kCompanyPrefix},
    Ai{"8011", "component serial", format("N..12"), Rule::kNoLeadingZero},
    Ai{"8012", "software version", format("X..20"), Rule::kNone},
    Ai{"8013", "GMN", format("X..25"), Rule::kModel},
    Ai{"8017", "GSRN of a provider", format("N18"), Rule::kCheckDigit},
    Ai{"8018", "GSRN of a recipient", format("N18"), Rule::kCheckDigit},
    Ai{"8019", "service relation instance", format("N..10"), Rule::kNone},
    Ai{"8020", "payment slip reference", format("X..25"), Rule::kNone},
    Ai{"8026", "ITIP content", format("N14 N2 N2"), Rule::kPieces},
    Ai{"8030", "digital signature", format("Z..90"), Rule::kNone},
    Ai{"8110", "coupon", format("X..70"), Rule::kNone},
    Ai{"8111", "loyalty points", format("N4"), Rule::kNone},
    Ai{"8112", "coupon offer", format("X..70"), Rule::kNone},
    Ai{"8200", "product URL", format("X..70"), Rule::kNone},
    Ai{"90", "internal", format("X..30"), Rule::kNone},
    Ai{"91", "internal", format("X..90"), Rule::kNone},
    Ai{"92", "internal", format("X..90"), Rule::kNone},
    Ai{"93", "internal", format("X..90"), Rule::kNone},
    Ai{"94", "internal", format("X..90"), Rule::kNone},
    Ai{"95", "internal", format("X..90"), Rule::kNone},
    Ai{"96", "internal", format("X..90"), Rule::kNone},
    Ai{"97", "internal", format("X..90"), Rule::kNone},
    Ai{"98", "internal", format("X..90"), Rule::kNone},
    Ai{"99", "internal", format("X..90"), Rule::kNone},
};
static_assert(std::ranges::is_sorted(kAis, {}, &Ai::code));

/// Bit n of an entry: the octet belongs to the set with that number.
constexpr auto kCharsets = [] {
    std::array<std::uint8_t, 256> out{};
    const auto mark = [&out](std::string_view characters, Charset charset) {
        for (const char one : characters) {
            std::uint8_t& entry = out[static_cast<unsigned char>(one)];
            entry = static_cast<std::uint8_t>(entry | 1U << static_cast<unsigned>(charset));
        }
    };
    mark("0123456789", Charset::kDigits);
    mark(kCset39, Charset::kCset39);
    mark(kCset82, Charset::kCset82);
    mark(kCset64, Charset::kCset64);
    return out;
}();

bool belongs(char octet, Charset charset) {
    return (kCharsets[static_cast<unsigned char>(octet)] >> static_cast<unsigned>(charset) & 1U) !=
           0;
}

std::string_view describe(Charset charset) {
    switch (charset) {
        case Charset::kDigits:
            return "digits";
        case Charset::kCset39:
            return "characters of CSET 39";
        case Charset::kCset82:
            return "characters of CSET 82";
        default:
            return "characters of CSET 64";
    }
}

std::string label(const Ai& ai, std::string_view code) {
    return "(" + std::string(code) + ") " + std::string(ai.title);
}

Parsed<void> check_format(const Ai& ai, std::string_view code, std::string_view value) {
    if (value.size() < ai.min() || value.size() > ai.max()) {
        const std::string range =
            ai.min() == ai.max() ? std::to_string(ai.min())
                                 : std::to_string(ai.min()) + " to " + std::to_string(ai.max());
        return Problem{Fault::kGs1Length, std::string(value),
                       label(ai, code) + " has " + range + " characters"};
    }
    std::string_view rest = value;
    for (const Component& component : ai.components) {
        const std::string_view part = rest.substr(0, component.max);
        rest.remove_prefix(part.size());
        const auto belongs_here = [&](char octet) { return belongs(octet, component.charset); };
        if (!std::ranges::all_of(part, belongs_here)) {
            return Problem{Fault::kGs1Characters, std::string(value),
                           label(ai, code) + ": \"" + std::string(part) + "\" must be " +
                               std::string(describe(component.charset))};
        }
    }
    return {};
}

Parsed<void> check_check_digit(const Ai& ai, std::string_view code, std::string_view value,
                               std::string_view digits) {
    const char expected = check_digit(digits.substr(0, digits.size() - 1));
    if (digits.back() == expected) return {};
    return Problem{Fault::kGs1CheckDigit, std::string(value),
                   label(ai, code) + ": check digit " + digits.back() + ", expected " + expected};
}

Parsed<void> check_company_prefix(const Ai& ai, std::string_view code, std::string_view value) {
    if (begins_with_company_prefix(value)) return {};
    return Problem{Fault::kGs1CompanyPrefix, std::string(value),
                   label(ai, code) + " begins with the digits of a company prefix"};
}

Parsed<void> check_grai(const Ai& ai, std::string_view code, std::string_view value) {
    if (value.front() != '0') {
        return Problem{Fault::kGs1Filler, std::string(value),
                       label(ai, code) + ": the filler must be 0, not " + value.front()};
    }
    return check_check_digit(ai, code, value, value.substr(1, 13));
}

Parsed<void> check_model(const Ai& ai, std::string_view code, std::string_view value) {
    if (auto checked = check_company_prefix(ai, code, value); !checked) return checked;
    const auto pair = check_pair(value.substr(0, value.size() - 2));
    const std::string_view expected(pair.data(), pair.size());
    if (value.ends_with(expected)) return {};
    return Problem{Fault::kGs1CheckPair, std::string(value),
                   label(ai, code) + ": check characters " +
                       std::string(value.substr(value.size() - 2)) + ", expected " +
                       std::string(expected)};
}

Parsed<void> check_pieces(const Ai& ai, std::string_view code, std::string_view value) {
    auto checked = check_check_digit(ai, code, value, value.substr(0, 14));
    if (!checked) return checked;
    const std::string_view piece = value.substr(14, 2);
    const std::string_view total = value.substr(16, 2);
    if (piece != "00" && piece <= total) return {};
    return Problem{Fault::kGs1Pieces, std::string(value),
                   label(ai, code) + ": piece " + std::string(piece) + " of " + std::string(total)};
}

Parsed<void> check_date(const Ai& ai, std::string_view code, std::string_view value) {
    const int month = (value[2] - '0') * 10 + value[3] - '0';
    const int day = (value[4] - '0') * 10 + value[5] - '0';
    constexpr std::array kDays{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month >= 1 && month <= 12 && day <= kDays[static_cast<std::size_t>(month - 1)]) return {};
    return Problem{Fault::kGs1Date, std::string(value), label(ai, code) + " is a date YYMMDD"};
}

}  // namespace

std::size_t Ai::min() const {
    std::size_t out = 0;
    for (const Component& component : components) out += component.min;
    return out;
}

std::size_t Ai::max() const {
    std::size_t out = 0;
    for (const Component& component : components) out += component.max;
    return out;
}

std::size_t code_digits(std::string_view text) {
    if (text.size() < 2 || !is_digit(text[0]) || !is_digit(text[1])) return 0;
    const int first = (text[0] - '0') * 10 + text[1] - '0';
    if (first <= 22 || first == 30 || first == 37 || first >= 90) return 2;
    if (first <= 25 || (first >= 40 && first <= 42) || first == 71) return 3;
    return 4;
}

const Ai* find_ai(std::string_view code) {
    if (code.size() != code_digits(code) || !all_digits(code)) return nullptr;
    const auto at = std::ranges::lower_bound(kAis, code, {}, &Ai::code);
    if (at != kAis.end() && at->code == code) return &*at;
    if (code.size() != 4 || at == kAis.begin()) return nullptr;
    // A digit sorts before `n`: where the code ends with any digit, its row follows.
    const bool is_family =
        at != kAis.end() && at->code.ends_with('n') && at->code.substr(0, 3) == code.substr(0, 3);
    return is_family ? &*at : nullptr;
}

std::size_t predefined_length(std::string_view code) {
    const int first = (code[0] - '0') * 10 + code[1] - '0';
    if (first == 0) return 18;
    if (first <= 3) return 14;
    if (first == 4) return 16;
    if (first >= 11 && first <= 19) return 6;
    if (first == 20) return 2;
    if (first >= 31 && first <= 36) return 6;
    return first == 41 ? 13 : 0;
}

bool fits(const Ai& ai, std::string_view value) {
    if (value.size() < ai.min() || value.size() > ai.max()) return false;
    for (const Component& component : ai.components) {
        const std::string_view part = value.substr(0, component.max);
        value.remove_prefix(part.size());
        for (const char octet : part) {
            if (!belongs(octet, component.charset)) return false;
        }
    }
    return true;
}

Parsed<void> check_value(const Ai& ai, std::string_view code, std::string_view value) {
    if (!fits(ai, value)) return check_format(ai, code, value);
    switch (ai.rule) {
        case Rule::kNone:
            return {};
        case Rule::kCheckDigit:
            return check_check_digit(ai, code, value, value.substr(0, ai.components[0].max));
        case Rule::kGrai:
            return check_grai(ai, code, value);
        case Rule::kCompanyPrefix:
            return check_company_prefix(ai, code, value);
        case Rule::kModel:
            return check_model(ai, code, value);
        case Rule::kPieces:
            return check_pieces(ai, code, value);
        case Rule::kNoLeadingZero:
            if (value.size() == 1 || value.front() != '0') return {};
            return Problem{Fault::kGs1LeadingZero, std::string(value),
                           label(ai, code) + " begins with 0"};
        case Rule::kDate:
            return check_date(ai, code, value);
    }
    return {};
}

char check_digit(std::string_view digits) {
    int sum = 0;
    int weight = 3;
    for (auto at = digits.rbegin(); at != digits.rend(); ++at) {
        sum += (*at - '0') * weight;
        weight = 4 - weight;
    }
    return static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::array<char, 2> check_pair(std::string_view characters) {
    constexpr std::array kPrimes{2,  3,  5,  7,  11, 13, 17, 19, 23, 29, 31, 37,
                                 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83};
    constexpr std::string_view kAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    unsigned sum = 0;
    for (std::size_t i = 0; i < characters.size() && i < kPrimes.size(); ++i) {
        const char one = characters[characters.size() - 1 - i];
        sum += static_cast<unsigned>(kCset82.find(one)) * static_cast<unsigned>(kPrimes[i]);
    }
    sum %= 1021;
    return {kAlphabet[sum >> 5U], kAlphabet[sum & 31U]};
}

bool begins_with_company_prefix(std::string_view value) {
    constexpr std::size_t kDigitsMin = 4;
    return value.size() >= kDigitsMin && all_digits(value.substr(0, kDigitsMin));
}

}  // namespace idnode::schemes::gs1
