#include "proto/base/nfc.h"

#include <catch2/catch.hpp>

namespace idnode::test {
namespace {

TEST_CASE("text of composed characters is in normalisation form C") {
    for (const std::string_view text :
         {"", "PUMP-1", "泵-1", "\u00E9", "\u1E69", "\uAC01", "\u09BE", "x\u0301", "q\u0323\u0307",
          "\u00E9\u0316x", "\u0301", "\U0001F600"}) {
        INFO(text);
        CHECK(is_nfc(text));
    }
}

TEST_CASE("text that could be composed, or has characters the form does not, is not in it") {
    for (const std::string_view text : {
             "e\u0301",              // one character
             "\u00E9\u0323",         // the dot belongs to e before the accent
             "q\u0307\u0323",        // marks out of order
             "\u1100\u1161",         // Hangul
             "\uAC00\u11A8",         // Hangul, with its end
             "\u09C7\u09BE",         // two vowel signs that are one
             "\u212B",               // Angstrom sign
             "\u0958",               // excluded from composition
             "s\u0323\u0307",        // through two steps
             "\u304B\u3099",         // kana with its voicing mark
             "\U000110A5\U000110BA"  // beyond the first plane
         }) {
        INFO(text);
        CHECK_FALSE(is_nfc(text));
    }
}

}  // namespace
}  // namespace idnode::test
