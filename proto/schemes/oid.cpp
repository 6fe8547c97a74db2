#include "proto/schemes/oid.h"

#include <algorithm>
#include <array>

#include "proto/base/text.h"
#include "proto/schemes/limits.h"
#include "proto/schemes/text.h"

namespace idnode::schemes {
namespace {

constexpr std::string_view kTag = "oid:";
// 2^128 - 1, §5.1: UUIDs below 2.25 have 128 bits.
constexpr std::string_view kArcMax = "340282366920938463463374607431768211455";

__extension__ using Arc = unsigned __int128;

struct StandardLabel {
    std::string_view parent;
    std::string_view label;
    std::string_view number;
};
// ITU-T X.660: the top of the tree, in the spellings of IRI and of ASN.1.
constexpr std::array kStandardLabels{
    StandardLabel{"", "ITU-T", "0"},
    StandardLabel{"", "CCITT", "0"},
    StandardLabel{"", "ISO", "1"},
    StandardLabel{"", "Joint-ISO-ITU-T", "2"},
    StandardLabel{"", "Joint-ISO-CCITT", "2"},
    StandardLabel{"0", "Recommendation", "0"},
    StandardLabel{"0", "Question", "1"},
    StandardLabel{"0", "Administration", "2"},
    StandardLabel{"0", "Network-Operator", "3"},
    StandardLabel{"0", "Identified-Organization", "4"},
    StandardLabel{"1", "Standard", "0"},
    StandardLabel{"1", "Registration-Authority", "1"},
    StandardLabel{"1", "Member-Body", "2"},
    StandardLabel{"1", "Identified-Organization", "3"},
    StandardLabel{"1.2", "CN", "156"},
    StandardLabel{"1.3", "DOD", "6"},
    StandardLabel{"1.3.6", "Internet", "1"},
    StandardLabel{"2", "ASN.1", "1"},
    StandardLabel{"2", "Country", "16"},
    StandardLabel{"2", "International-Organizations", "23"},
    StandardLabel{"2", "UUID", "25"},
    StandardLabel{"2", "Tag-Based", "27"},
    StandardLabel{"2", "Example", "999"},
    StandardLabel{"2.16", "CN", "156"},
};

std::string_view untagged(std::string_view oid) {
    return oid.starts_with(kTag) ? oid.substr(kTag.size()) : oid;
}

Parsed<void> check_arc(std::string_view arc) {
    if (arc.empty()) return Problem{Fault::kOidEmptyArc, "", "an arc is empty"};
    if (!all_digits(arc)) return Problem{Fault::kOidArc, std::string(arc), "an arc is a number"};
    if (arc.size() > 1 && arc.front() == '0') {
        return Problem{Fault::kOidLeadingZero, std::string(arc), "an arc has no leading zero"};
    }
    if (arc.size() > kArcMax.size() || (arc.size() == kArcMax.size() && arc > kArcMax)) {
        return Problem{Fault::kOidTooLarge, std::string(arc), "an arc is below 2^128"};
    }
    return {};
}

/// Arcs one after another, checked as they come.
class Arcs {
  public:
    Parsed<void> add(std::string_view arc) {
        if (auto checked = check_arc(arc); !checked) return checked;
        if (count_ == 0 && (arc.size() > 1 || arc > "2")) {
            return Problem{Fault::kOidRoot, std::string(arc), "the first arc is 0, 1 or 2"};
        }
        const bool is_narrow = count_ == 1 && dotted_ < "2";
        if (is_narrow && (arc.size() > 2 || (arc.size() == 2 && arc > "39"))) {
            return Problem{Fault::kOidSecond, std::string(arc),
                           "the second arc is at most 39 under 0 and 1"};
        }
        if (count_ == limits::kOidArcsMax ||
            dotted_.size() + 1 + arc.size() > limits::kOidTextBytesMax) {
            return Problem{Fault::kOidTooMany, std::string(arc),
                           "an OID has at most " + std::to_string(limits::kOidArcsMax) +
                               " arcs and " + std::to_string(limits::kOidTextBytesMax) +
                               " characters"};
        }
        if (count_++ != 0) dotted_ += '.';
        dotted_ += arc;
        return {};
    }

    const std::string& dotted() const { return dotted_; }

    Parsed<Canonical> finish() const {
        if (count_ < 2) {
            return Problem{Fault::kOidEmptyArc, dotted_, "an OID has two arcs or more"};
        }
        return Canonical{
            .scheme = Scheme::kOid, .cid = std::string(kTag) + dotted_, .attributes = {}};
    }

  private:
    std::string dotted_;
    std::size_t count_ = 0;
};

const OidLabels& standard_labels() {
    static const OidLabels labels;
    return labels;
}

Parsed<void> add_label(std::string_view label, const OidLabels& labels, Arcs& arcs) {
    if (label.empty() || all_digits(label)) return arcs.add(label);
    const auto number = labels.number_of(arcs.dotted(), label);
    if (!number) {
        return Problem{Fault::kOidLabel, std::string(label),
                       "no known label below " +
                           (arcs.dotted().empty() ? std::string("the root") : arcs.dotted())};
    }
    return arcs.add(*number);
}

Parsed<Canonical> parse_dotted(std::string_view text) {
    Arcs arcs;
    for (bool goes_on = true; goes_on;) {
        goes_on = text.find('.') != std::string_view::npos;
        if (auto added = arcs.add(take_until(text, '.')); !added) return added.error();
    }
    return arcs.finish();
}

Parsed<Canonical> parse_iri(std::string_view text, const OidLabels& labels) {
    Arcs arcs;
    text.remove_prefix(1);
    for (bool goes_on = true; goes_on;) {
        goes_on = text.find('/') != std::string_view::npos;
        std::string label;
        const std::string_view segment = take_until(text, '/');
        if (!append_decoded(segment, label)) {
            return Problem{Fault::kPercent, std::string(segment),
                           "% must be followed by two hexadecimal digits"};
        }
        if (auto added = add_label(label, labels, arcs); !added) return added.error();
    }
    return arcs.finish();
}

/// `{iso(1) member-body(2) 156}`: a name, a number, or a name with its number.
Parsed<Canonical> parse_value_notation(std::string_view text, const OidLabels& labels) {
    if (!text.ends_with('}')) return Problem{Fault::kOidArc, std::string(text), "} is missing"};
    text = text.substr(1, text.size() - 2);
    Arcs arcs;
    while (!text.empty()) {
        const std::string_view word = take_until(text, ' ');
        if (word.empty()) continue;
        const std::size_t bracket = word.find('(');
        const bool has_number = bracket != std::string_view::npos && word.ends_with(')');
        auto added = has_number ? arcs.add(word.substr(bracket + 1, word.size() - bracket - 2))
                                : add_label(word, labels, arcs);
        if (!added) return added.error();
    }
    return arcs.finish();
}

void append_arc_key(std::string_view arc, std::string& out) {
    Arc number = 0;
    for (const char digit : arc) number = number * 10 + static_cast<unsigned>(digit - '0');
    unsigned octets = 1;
    while (octets < sizeof(Arc) && (number >> (octets * 8)) != 0) ++octets;
    out += static_cast<char>(octets);
    for (unsigned i = octets; i-- > 0;) out += static_cast<char>(number >> (i * 8) & 0xFFU);
}

std::string decimal(Arc number) {
    std::string out;
    do {
        out += static_cast<char>('0' + static_cast<int>(number % 10));
        number /= 10;
    } while (number != 0);
    std::ranges::reverse(out);
    return out;
}

}  // namespace

OidLabels::OidLabels() {
    for (const StandardLabel& one : kStandardLabels) add(one.parent, one.label, one.number);
}

Result<OidLabels> OidLabels::read(std::string_view rows) {
    OidLabels out;
    for (std::size_t line_number = 1; !rows.empty(); ++line_number) {
        std::string_view line = take_until(rows, '\n');
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.starts_with('#')) continue;
        const std::string_view parent = take_until(line, ',');
        const std::string_view label = take_until(line, ',');
        const bool is_root = !parent.empty() && parent.find('.') == std::string_view::npos &&
                             check_arc(parent).has_value();
        const bool is_parent = parent.empty() || is_root || parse_dotted(parent).has_value();
        if (!is_parent || label.empty() || !check_arc(line)) {
            return Error{Errc::kInvalid,
                         "line " + std::to_string(line_number) + ": expected parent,label,number"};
        }
        out.add(parent, label, line);
    }
    return out;
}

void OidLabels::add(std::string_view parent, std::string_view label, std::string_view number) {
    numbers_.insert_or_assign({std::string(parent), fold_ascii(label)}, number);
}

std::optional<std::string_view> OidLabels::number_of(std::string_view parent,
                                                     std::string_view label) const {
    const auto at = numbers_.find(std::pair(std::string(parent), fold_ascii(label)));
    if (at == numbers_.end()) return std::nullopt;
    return at->second;
}

Parsed<Canonical> parse_oid(std::string_view text, const OidLabels* labels) {
    if (labels == nullptr) labels = &standard_labels();
    if (text.starts_with('/')) return parse_iri(text, *labels);
    if (text.starts_with('{')) return parse_value_notation(text, *labels);
    return parse_dotted(text);
}

std::string oid_iri(std::string_view oid) {
    std::string out = "/" + std::string(untagged(oid));
    std::ranges::replace(out, '.', '/');
    return out;
}

std::string ors_name(std::string_view oid, std::string_view domain) {
    std::string_view rest = untagged(oid);
    std::string out;
    while (!rest.empty()) {
        const std::size_t dot = rest.rfind('.');
        const std::size_t start = dot == std::string_view::npos ? 0 : dot + 1;
        out.append(rest.substr(start)).append(1, '.');
        rest = rest.substr(0, start == 0 ? 0 : dot);
    }
    return out.append(domain);
}

std::optional<std::string> oid_of_ors_name(std::string_view name, std::string_view domain) {
    if (name.size() <= domain.size() + 1 ||
        !equal_folded(name.substr(name.size() - domain.size()), domain)) {
        return std::nullopt;
    }
    std::string_view reversed = name.substr(0, name.size() - domain.size());
    if (!reversed.ends_with('.')) return std::nullopt;
    reversed.remove_suffix(1);
    std::string dotted = ors_name(reversed, "");
    dotted.pop_back();
    const auto oid = parse_dotted(dotted);
    if (!oid) return std::nullopt;
    return oid->cid;
}

void append_oid_key(std::string_view dotted, std::string& out) {
    while (!dotted.empty()) append_arc_key(take_until(dotted, '.'), out);
}

std::optional<std::string> oid_of_key(std::string_view body) {
    std::string out(kTag);
    while (!body.empty()) {
        const auto octets = static_cast<unsigned char>(body.front());
        if (octets == 0 || octets > sizeof(Arc) || octets >= body.size()) return std::nullopt;
        Arc number = 0;
        for (const char octet : body.substr(1, octets)) {
            number = number << 8U | static_cast<unsigned char>(octet);
        }
        if (out.size() > kTag.size()) out += '.';
        out += decimal(number);
        body.remove_prefix(1U + octets);
    }
    return out;
}

}  // namespace idnode::schemes
