// Invariants:
//  * no octets make a decoder crash or read beyond them;
//  * what decodes encodes to the same octets, or, where the structure has other spellings (keys,
//  the
//    size word of local site files, surplus octets of administrator records), to octets that decode
//    to the same.
#include "proto/base/assert.h"
#include "proto/handle/admin.h"
#include "proto/handle/challenge.h"
#include "proto/handle/key.h"
#include "proto/handle/keyfile.h"
#include "proto/handle/site.h"
#include "proto/handle/stream.h"
#include "proto/handle/value_file.h"
#include "proto/handle/vlist.h"
#include "tests/fuzz/structures.h"

namespace {

using namespace idnode;
using namespace idnode::handle;
using test::Structure;

template <class Decode, class Encode>
void same_again(BytesView octets, Decode decode, Encode encode) {
    const auto decoded = decode(octets);
    if (decoded) IDNODE_ASSERT(same_octets(encode(*decoded), octets));
}

template <class Decode, class Encode>
void equal_again(BytesView octets, Decode decode, Encode encode) {
    const auto decoded = decode(octets);
    if (!decoded) return;
    const Bytes written = encode(*decoded);
    const auto again = decode(written);
    IDNODE_ASSERT(again.has_value());
    IDNODE_ASSERT(*again == *decoded);
}

void read_transactions(ByteReader& in, bool is_signed) {
    const TransactionStreamHeader header = read_transaction_stream_header(in);
    if (is_signed) read_stream_signature(in);
    while (in.ok() && in.left() > 0) {
        const std::size_t before = in.at();
        const BytesView rest = in.rest();
        const TransactionRecord record = read_transaction_record(in, header.format);
        if (!in.ok()) return;
        Bytes written;
        ByteWriter out(written);
        encode_transaction_record(record, header.format, out);
        IDNODE_ASSERT(same_octets(written, rest.first(in.at() - before)));
        if (is_signed) read_stream_signature(in);
    }
}

void read_dump(ByteReader& in, bool is_signed) {
    read_dump_header(in);
    if (is_signed) read_stream_signature(in);
    while (in.ok() && in.left() > 0) {
        const std::size_t before = in.at();
        const BytesView rest = in.rest();
        const DumpRecord record = read_dump_record(in);
        if (!in.ok()) return;
        Bytes written;
        ByteWriter out(written);
        encode_dump_record(record, out);
        IDNODE_ASSERT(same_octets(written, rest.first(in.at() - before)));
        if (is_signed) read_stream_signature(in);
    }
}

void read_stream(BytesView octets) {
    ByteReader transactions(octets);
    const bool is_signed = read_stream_start(transactions).protection == StreamProtection::kSigned;
    ByteReader dump = transactions;
    read_transactions(transactions, is_signed);
    read_dump(dump, is_signed);
}

constexpr Version kNow{2, 11};

void read_as(Structure structure, BytesView octets) {
    switch (structure) {
        case Structure::kValues:
            return same_again(octets, decode_values,
                              [](const auto& values) { return encode_values(values); });
        case Structure::kValueFile:
            return same_again(octets, decode_value_file, encode_value_file);
        case Structure::kSite:
            return same_again(octets, decode_site,
                              [](const Site& site) { return encode_site(site); });
        case Structure::kAdmin:
            return equal_again(octets, decode_admin, encode_admin);
        case Structure::kVlist:
            return same_again(octets, decode_vlist, encode_vlist);
        case Structure::kPublicKey:
            return equal_again(octets, decode_public_key, encode_public_key);
        case Structure::kPrivateKey:
            return equal_again(octets, decode_private_key, encode_private_key);
        case Structure::kKeyFile:
            return same_again(octets, decode_key_file, encode_key_file);
        case Structure::kStream:
            return read_stream(octets);
        case Structure::kSecretKeyAnswer:
            return same_again(
                octets, [](BytesView one) { return decode_secret_key_answer(one, kNow); },
                [](const auto& answer) { return encode_secret_key_answer(answer, kNow); });
        case Structure::kPublicKeyAnswer:
            return same_again(octets, decode_public_key_answer, encode_public_key_answer);
        case Structure::kLocalSites:
            return equal_again(octets, decode_local_sites, encode_local_sites);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    read_as(static_cast<Structure>(data[0]), std::as_bytes(std::span(data + 1, size - 1)));
    return 0;
}
