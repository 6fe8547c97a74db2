// Writes the octets of the vectors as seeds: DIR/messages for complete messages, DIR/structures for
// everything else, there with the octet in front that chooses the decoder.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "tests/fuzz/structures.h"
#include "tests/support/vectors.h"

namespace {

using namespace idnode;

const std::map<std::string_view, test::Structure> kStructures = {
    {"value", test::Structure::kValues},
    {"record", test::Structure::kValueFile},
    {"site", test::Structure::kSite},
    {"admin", test::Structure::kAdmin},
    {"vlist", test::Structure::kVlist},
    {"key", test::Structure::kPublicKey},
    {"keyfile", test::Structure::kKeyFile},
    {"stream", test::Structure::kStream},
    {"seckey", test::Structure::kSecretKeyAnswer},
    {"pubkey-answer", test::Structure::kPublicKeyAnswer},
};

void write(const std::filesystem::path& path, BytesView octets) {
    std::ofstream file(path, std::ios::binary);
    file << as_text(octets);
    if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

// One value is a section of one value, less its count.
Bytes with_choice(test::Structure structure, const test::WireVector& vector) {
    Bytes out{static_cast<std::byte>(structure)};
    if (structure == test::Structure::kValues) {
        for (const unsigned octet : {0U, 0U, 0U, 1U}) out.push_back(static_cast<std::byte>(octet));
    }
    out.insert(out.end(), vector.octets.begin(), vector.octets.end());
    return out;
}

void write_all(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder / "messages");
    std::filesystem::create_directories(folder / "structures");
    for (const test::WireVector& vector : test::wire_vectors()) {
        if (vector.kind == "request" || vector.kind == "response" || vector.kind == "encrypted") {
            write(folder / "messages" / vector.name, vector.octets);
        } else if (const auto found = kStructures.find(vector.kind); found != kStructures.end()) {
            auto structure = found->second;
            if (vector.name.starts_with("key-private")) structure = test::Structure::kPrivateKey;
            if (vector.name == "record-local-info") structure = test::Structure::kLocalSites;
            write(folder / "structures" / vector.name, with_choice(structure, vector));
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: idnode_fuzz_seeds DIR\n";
        return 2;
    }
    try {
        write_all(argv[1]);
    } catch (const std::exception& problem) {
        std::cerr << problem.what() << '\n';
        return 1;
    }
    return 0;
}
