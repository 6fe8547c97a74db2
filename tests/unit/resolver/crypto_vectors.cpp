#include "crypto_vectors.h"

#include <boost/json/src.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace idnode::test {
namespace {

namespace json = boost::json;

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    throw std::runtime_error("not a hexadecimal digit");
}

void keep_members(const json::object& entry, std::string_view section, Vector& out) {
    const json::value* found = entry.if_contains(section);
    if (found == nullptr) return;
    for (const auto& member : found->as_object()) {
        if (member.value().is_structured()) continue;
        const std::string text = member.value().is_string()
                                     ? json::value_to<std::string>(member.value())
                                     : json::serialize(member.value());
        out.members.emplace_back(std::string(member.key()), text);
    }
}

std::vector<Vector> read_all() {
    std::ifstream file(IDNODE_SOURCE_DIR "/tests/vectors/handle-wire.json");
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    const json::value document = json::parse(text);
    std::vector<Vector> out;
    for (const json::value& item : document.at("vectors").as_array()) {
        const json::object& entry = item.as_object();
        Vector vector;
        vector.name = json::value_to<std::string>(entry.at("name"));
        vector.kind = json::value_to<std::string>(entry.at("kind"));
        if (const json::value* hex = entry.if_contains("hex"); hex != nullptr && hex->is_string()) {
            vector.octets = from_hex(json::value_to<std::string>(*hex));
        }
        keep_members(entry, "decoded", vector);
        keep_members(entry, "signing", vector);
        out.push_back(std::move(vector));
    }
    return out;
}

const std::vector<Vector>& all() {
    static const std::vector<Vector> vectors = read_all();
    return vectors;
}

}  // namespace

const std::string& Vector::text(std::string_view member) const {
    for (const auto& [key, value] : members) {
        if (key == member) return value;
    }
    throw std::runtime_error(name + " has no member " + std::string(member));
}

Bytes Vector::hex(std::string_view member) const {
    return from_hex(text(member));
}

std::vector<Vector> vectors_of(std::string_view kind) {
    std::vector<Vector> out;
    for (const Vector& vector : all()) {
        if (vector.kind == kind) out.push_back(vector);
    }
    REQUIRE_FALSE(out.empty());
    return out;
}

Vector vector_named(std::string_view name) {
    for (const Vector& vector : all()) {
        if (vector.name == name) return vector;
    }
    throw std::runtime_error("no vector " + std::string(name));
}

Bytes from_hex(std::string_view hex) {
    if (hex.size() % 2 != 0) throw std::runtime_error("hexadecimal text of odd length");
    Bytes out;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        out.push_back(static_cast<std::byte>(digit(hex[i]) * 16 + digit(hex[i + 1])));
    }
    return out;
}

bool holds(const Result<bool>& verdict) {
    REQUIRE(verdict.has_value());
    return *verdict;
}

bool yields(const Result<Bytes>& octets, const Bytes& expected) {
    return octets.has_value() && same_octets(*octets, expected);
}

}  // namespace idnode::test
