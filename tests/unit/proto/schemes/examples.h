#pragma once

#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>
#include <string_view>

#include "proto/schemes/canonical.h"

namespace idnode::test {

using schemes::Fault;
using schemes::Options;
using schemes::Use;

/// A text and what it is an identifier of.
struct Spelling {
    std::string_view text;
    std::string_view cid;
};

/// A text, the fault in it and the part that the problem names.
struct Misspelling {
    std::string_view text;
    Fault fault;
    std::string_view part;
};

/// Each text has its CID, and the CID is its own.
inline void check_read(std::initializer_list<Spelling> rows, const Options& options = {},
                       Use use = Use::kLookUp) {
    for (const Spelling& row : rows) {
        INFO(row.text);
        const auto found = schemes::parse(row.text, options, use);
        if (!found) FAIL_CHECK(schemes::text_of(found.error()));
        if (!found) continue;
        CHECK(found->cid == row.cid);
        const auto again = schemes::parse_uri(found->cid, options);
        REQUIRE(again);
        CHECK(again->cid == row.cid);
        CHECK(again->scheme == found->scheme);
        CHECK(schemes::scheme_of(row.cid) == found->scheme);
    }
}

/// Each text is refused for its fault alone, and the offending part is named.
inline void check_refused(std::initializer_list<Misspelling> rows, Use use = Use::kLookUp,
                          const Options& options = {}) {
    for (const Misspelling& row : rows) {
        INFO(row.text);
        const auto found = schemes::parse(row.text, options, use);
        if (found) FAIL_CHECK("read as " << found->cid);
        if (found) continue;
        CHECK(schemes::name_of(found.error().fault) == schemes::name_of(row.fault));
        CHECK(found.error().part == row.part);
        CHECK(schemes::text_of(found.error()).find(row.part) != std::string::npos);
    }
}

}  // namespace idnode::test
