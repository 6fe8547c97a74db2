// What holds for any identifier.
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

#include "proto/base/text.h"
#include "proto/schemes/canonical.h"
#include "proto/schemes/epc_urn.h"
#include "proto/schemes/gs1_ai.h"
#include "proto/schemes/gs1_element_string.h"
#include "proto/schemes/gs1_link.h"
#include "proto/schemes/oid.h"
#include "proto/schemes/text.h"

namespace idnode::test {
namespace {

using namespace schemes;

/// Few characters and short texts, so that beginnings of each other and near misses are common.
std::string some_text(std::string_view characters, int size_max) {
    std::string out;
    for (auto n = *rc::gen::inRange(1, size_max + 1); n > 0; --n) {
        out += characters[*rc::gen::inRange<std::size_t>(0, characters.size())];
    }
    return out;
}

std::string some_value() {
    return some_text("AB!%/z(.", 3);
}

/// A node of the tree of GS1: each element a code with its value.
using Path = std::vector<std::string>;

std::string with_check_digit(std::string digits) {
    digits += gs1::check_digit(digits);
    return digits;
}

Path some_gs1_path() {
    const std::string two = some_text("01", 2);
    const std::string company = "690123" + std::string(2 - two.size(), '1') + two;
    switch (*rc::gen::inRange(0, 5)) {
        case 0:
            return {"00" + with_check_digit("0" + company + "00000000")};
        case 1:
            return {"8003" + ("0" + with_check_digit(company + "0010")) + some_value()};
        case 2:
            return {"8004" + company + some_value()};
        case 3: {
            Path out{"414" + with_check_digit(company + "0001")};
            if (*rc::gen::arbitrary<bool>()) out.push_back("254" + some_value());
            return out;
        }
        default: {
            Path out{"01" + with_check_digit("0" + company + "6789")};
            for (const char* code : {"22", "10", "21"}) {
                if (*rc::gen::arbitrary<bool>()) out.push_back(code + some_value());
            }
            return out;
        }
    }
}

std::string cid_of(const Path& path) {
    std::string out = "gs1:";
    for (const std::string& element : path) {
        const std::size_t digits = gs1::code_digits(element);
        out.append(1, '/').append(element.substr(0, digits)).append(1, '/');
        append_encoded(element.substr(digits), out);
    }
    return out;
}

std::vector<std::uint64_t> some_arcs() {
    std::vector<std::uint64_t> out{2};
    for (auto n = *rc::gen::inRange(1, 5); n > 0; --n) {
        const auto shift = *rc::gen::inRange(0, 64);
        out.push_back(*rc::gen::arbitrary<std::uint64_t>() >> static_cast<unsigned>(shift));
    }
    return out;
}

std::string cid_of(const std::vector<std::uint64_t>& arcs) {
    std::string out = "oid:";
    for (const std::uint64_t arc : arcs) {
        if (out.size() > 4) out += '.';
        out += std::to_string(arc);
    }
    return out;
}

std::string some_handle() {
    return "88." + some_text("01", 3) + "." + some_text("07", 2) + "/" + some_text("aA/.7", 3);
}

std::string some_cid() {
    switch (*rc::gen::inRange(0, 7)) {
        case 0:
            return cid_of(some_arcs());
        case 1:
            return "hdl:" + some_handle();
        case 2:
            return "iac:VAA08810012345678/" + some_text("AB/.7", 3);
        case 3:
            return "ecode:10999" + some_text("01", 4);
        case 4:
            return "did:web:" + some_text("ab.", 3);
        case 5:
            return "https://a.cn/" + some_text("ab7?", 4);
        default:
            return cid_of(some_gs1_path());
    }
}

TEST_CASE("any CID parses to itself, in every place that takes one") {
    CHECK(rc::check([] {
        const std::string cid = some_cid();
        RC_LOG(cid);
        for (const auto& found : {parse_uri(cid), parse(cid), parse(" " + cid + "\n")}) {
            RC_ASSERT(found.has_value());
            RC_ASSERT(found->cid == cid);
            RC_ASSERT(found->scheme == scheme_of(cid));
            RC_ASSERT(key_of(cid).front() == static_cast<char>(found->scheme));
        }
    }));
}

TEST_CASE("no two different CIDs share a key, and the key leads back to its CID") {
    CHECK(rc::check([] {
        const std::string a = some_cid();
        const std::string b = some_cid();
        const bool is_folded = scheme_of(a) == Scheme::kHandle;
        RC_ASSERT((key_of(a, false) == key_of(b, false)) == (a == b));
        RC_ASSERT(cid_of_key(key_of(a, false)) == a);
        RC_ASSERT(is_folded || key_of(a, true) == key_of(a, false));
    }));
}

TEST_CASE("keys of GS1 sort as the tree does") {
    CHECK(rc::check([] {
        const Path a = some_gs1_path();
        const Path b = some_gs1_path();
        RC_ASSERT((key_of(cid_of(a)) < key_of(cid_of(b))) == (a < b));
    }));
}

TEST_CASE("keys of OIDs sort as their numbers do") {
    CHECK(rc::check([] {
        const auto a = some_arcs();
        const auto b = some_arcs();
        RC_ASSERT((key_of(cid_of(a)) < key_of(cid_of(b))) == (a < b));
    }));
}

TEST_CASE("the handles of a prefix are the keys that begin with it and a slash") {
    CHECK(rc::check([] {
        const std::string a = some_handle();
        const std::string b = some_handle();
        const std::string start = a.substr(0, a.find('/') + 1);
        const std::string key = key_of("hdl:" + start);
        RC_ASSERT(key_of("hdl:" + b).starts_with(key) == b.starts_with(start));
    }));
}

TEST_CASE("Digital Link, CID, URN and element string lead to each other") {
    CHECK(rc::check([] {
        const Path path = some_gs1_path();
        const std::string cid = cid_of(path);
        RC_LOG(cid);
        const std::string link = digital_link(cid).value();
        RC_ASSERT(parse_uri(link)->cid == cid);
        RC_ASSERT(parse("]d2" + element_string(cid, ElementForm::kScanned))->cid == cid);
        const auto has_bracket = [](const std::string& element) {
            return element.find('(') != std::string::npos;
        };
        if (std::ranges::none_of(path, has_bracket)) {
            RC_ASSERT(parse(element_string(cid))->cid == cid);
        }
        const auto urn = epc_urn(cid, 7);
        RC_ASSERT(urn.has_value() || path.size() > 1);
        if (!urn) return;
        const auto back = parse_uri(*urn);
        RC_ASSERT(back.has_value());
        RC_ASSERT(digital_link(back->cid).value() == link);
    }));
}

TEST_CASE("an OID leads to its IRI and its ORS name and back") {
    CHECK(rc::check([] {
        const std::string cid = cid_of(some_arcs());
        RC_ASSERT(parse(oid_iri(cid))->cid == cid);
        RC_ASSERT(oid_of_ors_name(ors_name(cid)) == cid);
    }));
}

TEST_CASE("whatever parses has a CID that parses to itself, and a key") {
    CHECK(rc::check([] {
        // Pieces of identifiers in any order come further into the parsers than octets do.
        static constexpr std::array<std::string_view, 34> kPieces{
            "hdl:", "gs1:",    "iac:",    "ecode:", "oid:", "did:", "urn:epc:", "https://",
            "/01/", "(01)",    "(10)",    "(21)",   "]d2",  "/10/", "/21/",     "06901234567892",
            "id:",  "sgtin:",  "6901234", "056789", ".",    "/",    "%2F",      "%",
            "88.1", "VAA0881", "MA.156",  "{",      "ISO",  "\x1D", "泵",       "?17=",
            "0",    "a"};
        std::string text;
        for (auto n = *rc::gen::inRange(1, 8); n > 0; --n) {
            text += kPieces[*rc::gen::inRange<std::size_t>(0, kPieces.size())];
        }
        RC_LOG(text);
        for (const auto& found : {parse(text), parse_uri(text)}) {
            if (!found) continue;
            RC_LOG(found->cid);
            const auto again = parse_uri(found->cid);
            RC_ASSERT(again.has_value());
            RC_ASSERT(again->cid == found->cid);
            RC_ASSERT(equal_folded(cid_of_key(key_of(found->cid)).value(), found->cid));
        }
    }));
}

}  // namespace
}  // namespace idnode::test
