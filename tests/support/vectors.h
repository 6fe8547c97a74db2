#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"

namespace idnode::test {

/// One entry of tests/vectors/handle-wire.json: octets that the reference implementation produced,
/// and what they mean.
struct WireVector {
    std::string name;
    std::string kind;
    Bytes octets;              // of `hex`; empty where the entry has none
    boost::json::object json;  // the whole entry

    const boost::json::object& decoded() const { return json.at("decoded").as_object(); }
};

/// All of them, in the order of the file; read once. Throws when the file cannot be read.
const std::vector<WireVector>& wire_vectors();
const WireVector& wire_vector(std::string_view name);

Bytes from_hex(std::string_view hex);

}  // namespace idnode::test
