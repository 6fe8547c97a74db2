// Checks 84 to 86 of §10.1.
#include <catch2/catch.hpp>

#include "proto/handle/admin.h"
#include "proto/handle/hash.h"
#include "proto/handle/key.h"
#include "resolver/crypto/digests.h"
#include "tests/server/setting.h"

namespace idnode::testing {
namespace {

std::uint32_t hash_of(std::string_view handle, handle::HashOption option) {
    const std::string text = handle::text_to_hash(handle, option);
    const auto md5 = crypto::make_digests()->md5(as_bytes_view(text));
    return handle::hash_number(std::span<const std::byte, 16>(md5));
}

}  // namespace

TEST_CASE("84: the hashes that choose a server are those of the table") {
    struct Row {
        std::string_view handle;
        std::uint32_t prefix, suffix, whole;
    };
    for (const Row& row : {Row{"88.100.1/abc", 626612451, 891676978, 1235060187},
                           Row{"0.NA/88.100.1", 36223079, 626612451, 252776214},
                           Row{"20.500.12345/AbC-1", 1502227973, 1423856730, 954406310}}) {
        CAPTURE(row.handle);
        CHECK(hash_of(row.handle, handle::HashOption::kPrefix) == row.prefix);
        CHECK(hash_of(row.handle, handle::HashOption::kSuffix) == row.suffix);
        CHECK(hash_of(row.handle, handle::HashOption::kWhole) == row.whole);
    }
}

TEST_CASE("85: the server's RSA key ends with four zero octets and reads with and without them") {
    Setting setting;
    const handle::Site site = setting.site();
    const Bytes& octets = site.servers.at(0).public_key;
    REQUIRE(octets.size() > 4);
    CHECK(same_octets(BytesView(octets).last(4), Bytes(4)));

    const auto with = handle::decode_public_key(octets);
    const auto without = handle::decode_public_key(BytesView(octets).first(octets.size() - 4));
    REQUIRE(with);
    REQUIRE(without);
    CHECK(*with == *without);
    CHECK(std::holds_alternative<handle::RsaPublicKey>(*with));
    CHECK(same_octets(handle::encode_public_key(*without), octets));
}

TEST_CASE("86: an administrator value with two octets more is accepted, with three ignored") {
    Bytes octets = handle::encode_admin({0x0FFF, {"0.NA/88.100", 200}, false});
    CHECK(handle::decode_admin(octets));
    octets.resize(octets.size() + 2);
    const auto older = handle::decode_admin(octets);
    REQUIRE(older);
    CHECK(older->administrator == handle::Reference{"0.NA/88.100", 200});
    octets.resize(octets.size() + 1);
    CHECK_FALSE(handle::decode_admin(octets));
}

}  // namespace idnode::testing
