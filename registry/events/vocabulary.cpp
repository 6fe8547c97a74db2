#include "registry/events/vocabulary.h"

#include <algorithm>
#include <array>
#include <span>

namespace idnode::events {

namespace {

constexpr std::string_view kWeb = "https://ref.gs1.org/cbv/";
constexpr std::string_view kCompact = "cbv:";
constexpr std::string_view kUrn = "urn:epcglobal:cbv:";

// Each list is sorted.
constexpr auto kBizSteps = std::to_array<std::string_view>({
    "accepting",
    "arriving",
    "assembling",
    "collecting",
    "commissioning",
    "consigning",
    "creating_class_instance",
    "cycle_counting",
    "decommissioning",
    "departing",
    "destroying",
    "disassembling",
    "dispensing",
    "encoding",
    "entering_exiting",
    "holding",
    "inspecting",
    "installing",
    "killing",
    "loading",
    "other",
    "packing",
    "picking",
    "receiving",
    "removing",
    "repackaging",
    "repairing",
    "replacing",
    "reserving",
    "retail_selling",
    "sampling",
    "sensor_reporting",
    "shipping",
    "staging_outbound",
    "stock_taking",
    "stocking",
    "storing",
    "transporting",
    "unloading",
    "unpacking",
    "void_shipping",
});
constexpr auto kDispositions = std::to_array<std::string_view>({
    "active",
    "available",
    "completeness_inferred",
    "completeness_verified",
    "conformant",
    "container_closed",
    "container_open",
    "damaged",
    "destroyed",
    "dispensed",
    "disposed",
    "encoded",
    "expired",
    "in_progress",
    "in_transit",
    "inactive",
    "mismatch_class",
    "mismatch_instance",
    "mismatch_quantity",
    "needs_replacement",
    "no_pedigree_match",
    "non_conformant",
    "non_sellable_other",
    "partially_dispensed",
    "recalled",
    "reserved",
    "retail_sold",
    "returned",
    "sellable_accessible",
    "sellable_not_accessible",
    "stolen",
    "unavailable",
    "unknown",
});
constexpr auto kTransactionTypes = std::to_array<std::string_view>({
    "bol",
    "cert",
    "desadv",
    "inv",
    "pedigree",
    "po",
    "poc",
    "prodorder",
    "recadv",
    "rma",
    "testprd",
    "testres",
    "upevt",
});
constexpr auto kPartyTypes =
    std::to_array<std::string_view>({"location", "owning_party", "possessing_party"});
constexpr auto kErrorReasons = std::to_array<std::string_view>({"did_not_occur", "incorrect_data"});
static_assert(kBizSteps.size() == 41 && std::ranges::is_sorted(kBizSteps));
static_assert(kDispositions.size() == 33 && std::ranges::is_sorted(kDispositions));
static_assert(std::ranges::is_sorted(kTransactionTypes));

struct Words {
    std::string_view web;  // after `https://ref.gs1.org/cbv/`
    std::string_view urn;  // after `urn:epcglobal:cbv:`
    std::span<const std::string_view> words;
};

// In the order of `Vocabulary`.
constexpr std::array kVocabularies{
    Words{"BizStep-", "bizstep:", kBizSteps}, Words{"Disp-", "disp:", kDispositions},
    Words{"BTT-", "btt:", kTransactionTypes}, Words{"SDT-", "sdt:", kPartyTypes},
    Words{"ER-", "er:", kErrorReasons},
};

const Words& words_of(Vocabulary vocabulary) {
    return kVocabularies[static_cast<std::size_t>(vocabulary)];
}

std::optional<std::string_view> after(std::string_view text, std::string_view beginning) {
    if (!text.starts_with(beginning)) return std::nullopt;
    return text.substr(beginning.size());
}

constexpr bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

std::optional<std::string_view> short_word(Vocabulary vocabulary, std::string_view text) {
    const Words& list = words_of(vocabulary);
    std::string_view word = text;
    if (const auto urn = after(text, kUrn)) {
        const auto rest = after(*urn, list.urn);
        if (!rest) return std::nullopt;
        word = *rest;
    } else {
        auto web = after(text, kWeb);
        if (!web) web = after(text, kCompact);
        if (web) {
            const auto rest = after(*web, list.web);
            if (!rest) return std::nullopt;
            word = *rest;
        } else if (is_uri(text)) {
            return text;
        }
    }
    const auto at = std::ranges::lower_bound(list.words, word);
    if (at == list.words.end() || *at != word) return std::nullopt;
    return *at;
}

std::string full_word(Vocabulary vocabulary, std::string_view word) {
    if (is_uri(word)) return std::string(word);
    return std::string(kWeb).append(words_of(vocabulary).web).append(word);
}

bool is_uri(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon + 1 == text.size()) return false;
    if (!is_letter(text.front())) return false;
    const std::string_view scheme = text.substr(0, colon);
    const bool has_scheme = std::ranges::all_of(scheme, [](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' ||
               c == '_';
    });
    return has_scheme && std::ranges::none_of(text, [](char c) {
               return static_cast<unsigned char>(c) <= ' ' || c == '\x7F' || c == '"' || c == '<' ||
                      c == '>' || c == '\\' || c == '^' || c == '`' || c == '{' || c == '|' ||
                      c == '}';
           });
}

}  // namespace idnode::events
