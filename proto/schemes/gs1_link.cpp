#include "proto/schemes/gs1_link.h"

#include <algorithm>

#include "proto/schemes/gs1_key.h"
#include "proto/schemes/text.h"

namespace idnode::schemes::gs1 {
namespace {

struct WordAlias {
    std::string_view word;
    std::string_view code;
};
// Of versions 1.0 and 1.1, §6.4.5: read, never written.
constexpr std::array kWords{
    WordAlias{"cpid", "8010"},  WordAlias{"cpsn", "8011"},  WordAlias{"cpv", "22"},
    WordAlias{"gcn", "255"},    WordAlias{"gdti", "253"},   WordAlias{"giai", "8004"},
    WordAlias{"ginc", "401"},   WordAlias{"gln", "414"},    WordAlias{"glnx", "254"},
    WordAlias{"gmn", "8013"},   WordAlias{"grai", "8003"},  WordAlias{"gsin", "402"},
    WordAlias{"gsrn", "8018"},  WordAlias{"gsrnp", "8017"}, WordAlias{"gtin", "01"},
    WordAlias{"itip", "8006"},  WordAlias{"lot", "10"},     WordAlias{"party", "417"},
    WordAlias{"refno", "8020"}, WordAlias{"ser", "21"},     WordAlias{"srin", "8019"},
    WordAlias{"sscc", "00"},
};
static_assert(std::ranges::is_sorted(kWords, {}, &WordAlias::word));

/// The code that a path segment stands for; empty: none.
std::string_view code_of(std::string_view segment) {
    if (segment.empty()) return {};
    if (is_digit(segment.front())) return find_ai(segment) != nullptr ? segment : "";
    const auto at = std::ranges::lower_bound(kWords, segment, {}, &WordAlias::word);
    return at != kWords.end() && at->word == segment ? at->code : "";
}

/// Takes the last segment off a path, and the slash before it. False: there is no slash.
bool take_last(std::string_view& path, std::string_view& segment) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return false;
    segment = path.substr(slash + 1);
    path = path.substr(0, slash);
    return true;
}

struct Pair {
    std::string_view code;
    std::string_view value;
};
/// Pairs from the end of a path to the first that is a key.
struct Tail {
    std::string_view stem;  // what stands before
    std::array<Pair, kQualifiersMax + 2> pairs;
    std::size_t count = 0;

    const Pair& key() const { return pairs[count - 1]; }
};

bool find_tail(std::string_view path, Tail& out) {
    while (out.count < out.pairs.size()) {
        Pair& pair = out.pairs[out.count];
        std::string_view segment;
        if (!take_last(path, pair.value) || !take_last(path, segment)) return false;
        pair.code = code_of(segment);
        if (pair.code.empty()) return false;
        ++out.count;
        out.stem = path;
        if (key_rule(pair.code) != nullptr) return true;
    }
    return false;
}

/// GTINs of 8, 12 and 13 digits were allowed once (§6.4.4).
void pad_gtin(std::string_view code, Value& value) {
    constexpr std::string_view kZeros = "000000";
    constexpr std::size_t kDigits = 14;
    const std::string_view text = value.text();
    const bool is_short = text.size() == 8 || text.size() == 12 || text.size() == 13;
    if (code != "01" || !is_short || !all_digits(text)) return;
    Value padded(kZeros.substr(0, kDigits - text.size()));
    for (const char digit : text) padded.append(digit);
    value = padded;
}

/// Data attributes of the query are kept apart; everything else there is not ours (§6.4.6).
Parsed<void> read_attributes(std::string_view query, std::vector<Attribute>& out) {
    while (!query.empty()) {
        std::string_view member = take_until(query, '&');
        const std::string_view code = take_until(member, '=');
        const Ai* ai = find_ai(code);
        if (ai == nullptr || key_rule(code) != nullptr || is_qualifier(code)) continue;
        Value value;
        if (auto decoded = decode_value(member, value); !decoded) return decoded;
        if (auto checked = check_value(*ai, code, value.text()); !checked) return checked;
        out.push_back({std::string(code), std::string(value.text())});
    }
    return {};
}

Parsed<Canonical> read_tail(const Tail& tail, const Value& key, std::string_view query, Use use) {
    KeyParts parts{.key = {tail.key().code, key}, .qualifiers = {}};
    for (std::size_t i = tail.count - 1; i-- > 0;) {
        Value value;
        if (auto decoded = decode_value(tail.pairs[i].value, value); !decoded) {
            return decoded.error();
        }
        if (!parts.add(tail.pairs[i].code, value)) {
            return Problem{Fault::kGs1Qualifier, std::string(tail.pairs[i].code),
                           "more qualifiers than any key has"};
        }
    }
    auto out = canonical(parts, Order::kFixed, use);
    if (!out) return out;
    if (auto read = read_attributes(query, out->attributes); !read) return read.error();
    return out;
}

/// Length and characters are those of the key, and it begins as such keys do.
bool is_of_form(std::string_view code, std::string_view value) {
    const Ai& ai = *find_ai(code);
    const bool has_prefix = ai.rule == Rule::kCompanyPrefix || ai.rule == Rule::kModel;
    return fits(ai, value) && (!has_prefix || begins_with_company_prefix(value));
}

}  // namespace

std::optional<Parsed<Canonical>> parse_link(std::string_view tail, Use use) {
    std::string_view query = tail.substr(0, tail.find('#'));
    std::string_view path = take_until(query, '?');
    if (path.ends_with('/')) path.remove_suffix(1);
    Tail found;
    if (!find_tail(path, found)) return std::nullopt;
    Value key;
    if (!decode_value(found.key().value, key)) return std::nullopt;
    pad_gtin(found.key().code, key);
    if (!is_of_form(found.key().code, key.text())) return std::nullopt;
    return read_tail(found, key, query, use);
}

Parsed<Canonical> parse_path(std::string_view path, Use use) {
    Tail found;
    if (!find_tail(path, found) || !found.stem.empty()) {
        return Problem{Fault::kGs1KeyMissing, std::string(path),
                       "after gs1: comes /key/value, and pairs of its qualifiers"};
    }
    Value key;
    if (auto decoded = decode_value(found.key().value, key); !decoded) return decoded.error();
    pad_gtin(found.key().code, key);
    return read_tail(found, key, {}, use);
}

}  // namespace idnode::schemes::gs1

namespace idnode::schemes {

Parsed<std::string> digital_link(std::string_view cid, std::string_view base) {
    constexpr std::string_view kTag = "gs1:";
    if (!cid.starts_with(kTag)) {
        return Problem{Fault::kGs1Ai, std::string(cid),
                       "only identifiers of GS1 have a Digital Link"};
    }
    while (base.ends_with('/')) base.remove_suffix(1);
    std::string out;
    out.reserve(base.size() + cid.size());
    out += base;
    out += cid.substr(kTag.size());
    return out;
}

}  // namespace idnode::schemes
