#include "tests/support/vectors.h"

#include <boost/json/src.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace idnode::test {

namespace {

std::uint8_t digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    throw std::runtime_error("not a lower-case hexadecimal digit");
}

std::vector<WireVector> load() {
    const std::string path = IDNODE_SOURCE_DIR "/tests/vectors/handle-wire.json";
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const boost::json::value root = boost::json::parse(text);

    std::vector<WireVector> out;
    for (const boost::json::value& entry : root.at("vectors").as_array()) {
        WireVector one;
        one.json = entry.as_object();
        one.name = one.json.at("name").as_string();
        one.kind = one.json.at("kind").as_string();
        if (const auto* hex = one.json.if_contains("hex")) one.octets = from_hex(hex->as_string());
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace

const std::vector<WireVector>& wire_vectors() {
    static const std::vector<WireVector> all = load();
    return all;
}

const WireVector& wire_vector(std::string_view name) {
    for (const WireVector& one : wire_vectors()) {
        if (one.name == name) return one;
    }
    throw std::runtime_error("no vector named " + std::string(name));
}

Bytes from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) throw std::runtime_error("odd number of hexadecimal digits");
    Bytes out;
    out.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        out.push_back(static_cast<std::byte>(digit(hex[i]) << 4U | digit(hex[i + 1])));
    }
    return out;
}

}  // namespace idnode::test
