// What is decoded next to keys and proofs: the credential section of a message, and private key
// files down to their decryption.
//
// The first octet of an input chooses between them. Invariants:
//  * no octets make a decoder crash or read beyond them;
//  * a credential that decodes encodes to the same octets;
//  * a key file opens to something or is refused, and a parameter in it cannot make us compute
//  long.
#include "proto/base/assert.h"
#include "proto/handle/credential.h"
#include "proto/handle/keyfile.h"
#include "resolver/crypto/key_file.h"
#include "resolver/crypto/keys.h"

namespace {

using namespace idnode;

constexpr std::uint32_t kIterationsFuzzed = 1'000;  // more only costs time here

void read_credential(BytesView octets) {
    const auto credential = handle::decode_credential(octets);
    if (!credential) return;
    Bytes again;
    ByteWriter writer(again);
    handle::encode_credential(*credential, writer);
    IDNODE_ASSERT(same_octets(again, octets));
}

void open_key(BytesView octets) {
    const auto file = handle::decode_key_file(octets);
    if (!file || file->iterations > kIterationsFuzzed) return;
    const auto key = crypto::open_key_file(octets, "passphrase");
    if (key) static_cast<void>(crypto::public_key_of(*key));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const BytesView octets = std::as_bytes(std::span(data + 1, size - 1));
    (data[0] & 1U) != 0 ? open_key(octets) : read_credential(octets);
    return 0;
}
