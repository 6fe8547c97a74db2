#include "registry/http/rest/parameters.h"

#include <boost/json/serialize.hpp>

#include "proto/base/text.h"
#include "registry/json/fields.h"

namespace idnode::http {

namespace {

namespace bj = boost::json;

// A lookup compares each value of a record with each index and type that is asked for.
constexpr std::size_t kParametersMax = 4'096;

std::optional<unsigned> hex_digit(char digit) {
    if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
    const char folded = fold_ascii(digit);
    if (folded >= 'A' && folded <= 'F') return static_cast<unsigned>(folded - 'A' + 10);
    return std::nullopt;
}

Result<std::string> decoded(std::string_view text) {
    auto out = percent_decode(text, true);
    if (out) return *std::move(out);
    return Error{Errc::kInvalid, "parameter \"" + std::string(text.substr(0, 100)) +
                                     "\": a % must be followed by two hexadecimal digits"};
}

/// A number or a word as a query would spell it; nothing for objects, arrays and null.
std::optional<std::string> as_parameter(const bj::value& value) {
    if (const auto* text = value.if_string()) return std::string(json::view(*text));
    if (value.is_int64() || value.is_uint64() || value.is_bool()) return bj::serialize(value);
    return std::nullopt;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += plus_is_space && text[i] == '+' ? ' ' : text[i];
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        const auto high = hex_digit(text[i + 1]);
        const auto low = hex_digit(text[i + 2]);
        if (!high || !low) return std::nullopt;
        out += static_cast<char>(*high * 16 + *low);
        i += 2;
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kEncoded = "%\"<>#?\\^`{|}";
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char one : text) {
        const auto octet = static_cast<unsigned char>(one);
        if (octet > 0x20 && octet < 0x7F && kEncoded.find(one) == std::string_view::npos) {
            out += one;
        } else {
            out += '%';
            out += kDigits[octet >> 4U];
            out += kDigits[octet & 0x0FU];
        }
    }
    return out;
}

Result<void> Parameters::add(std::string name, std::string value) {
    if (entries_.size() >= kParametersMax) {
        return Error{Errc::kLimit,
                     "more than " + std::to_string(kParametersMax) + " parameters: ask in parts"};
    }
    entries_.emplace_back(std::move(name), std::move(value));
    return {};
}

Result<void> Parameters::add_form(std::string_view text) {
    while (!text.empty()) {
        const std::string_view item = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), item.size() + 1));
        if (item.empty()) continue;
        const std::size_t equals = item.find('=');
        auto name = decoded(item.substr(0, equals));
        if (!name) return name.error();
        auto value = decoded(equals == std::string_view::npos ? std::string_view{}
                                                              : item.substr(equals + 1));
        if (!value) return value.error();
        if (auto added = add(*std::move(name), *std::move(value)); !added) return added;
    }
    return {};
}

Result<void> Parameters::add_json(const bj::value& value) {
    const json::Place place;
    const auto object = json::read_object(value, place);
    if (!object) return object.error();
    for (const auto& member : **object) {
        const std::string name(member.key().data(), member.key().size());
        const bj::array single{member.value()};
        const bj::array& items = member.value().is_array() ? member.value().get_array() : single;
        for (const bj::value& item : items) {
            auto text = as_parameter(item);
            if (!text) {
                return place.member(name).error(
                    "must be a string, an integer, true or false, or an array of these");
            }
            if (auto added = add(name, *std::move(text)); !added) return added;
        }
    }
    return {};
}

std::optional<std::string_view> Parameters::first(std::string_view name) const {
    for (const auto& [known, value] : entries_) {
        if (equal_folded(known, name)) return value;
    }
    return std::nullopt;
}

std::vector<std::string_view> Parameters::all(std::string_view name) const {
    std::vector<std::string_view> out;
    for (const auto& [known, value] : entries_) {
        if (equal_folded(known, name)) out.emplace_back(value);
    }
    return out;
}

bool Parameters::flag(std::string_view name, bool absent) const {
    const auto value = first(name);
    if (!value) return absent;
    return value->empty() || equal_folded(*value, "true") || equal_folded(*value, "yes");
}

}  // namespace idnode::http
