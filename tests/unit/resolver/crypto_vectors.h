#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/result.h"

namespace idnode::test {

/// One entry of tests/vectors/handle-wire.json. Members of `decoded` and `signing` are kept by
/// name, texts as they are, numbers and truth values as text; the deeper ones are left out.
struct Vector {
    std::string name;
    std::string kind;
    Bytes octets;
    std::vector<std::pair<std::string, std::string>> members;

    /// A member; fails the test when it is missing.
    const std::string& text(std::string_view member) const;
    Bytes hex(std::string_view member) const;
};

std::vector<Vector> vectors_of(std::string_view kind);
/// The one vector of that name; fails the test when there is none.
Vector vector_named(std::string_view name);

Bytes from_hex(std::string_view hex);

/// The verdict of a check that must have been possible.
bool holds(const Result<bool>& verdict);
/// Whether `octets` are there and are `expected`.
bool yields(const Result<Bytes>& octets, const Bytes& expected);

}  // namespace idnode::test
