// Signatures in records (§2.9, §9.6): against signatures that the openssl program made.

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "proto/base/hex.h"
#include "resolver/crypto/keys.h"
#include "resolver/crypto/record_signature.h"
#include "resolver/crypto/sm2.h"

using namespace idnode;

namespace {

// openssl genpkey -algorithm RSA, openssl pkey -pubout
constexpr std::string_view kRsaKey =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAl4DYGb+M65iaUwjYk8f2\n"
    "d1HArI37JfbNwxYz5yGpBm2H+8Fmfiqgx/OM/D5O/NInYlofcjPuL23Z9ujZxsyV\n"
    "zvr1ZS0GcTiHcvctsfEx7QG1v7Sp49hZyp3QSAeXffvsbD7fjzfsncQtLpRWOpa/\n"
    "T8dxgW2MCnCbFmqF1rj6/l47RqaAvgymIlPI9CgC56AhFTFf8paWnpcsC3CP1U+K\n"
    "wcwiLQyD8MT4bduQm8innI6Ml/WcudswBNDfPge6jV0ubaGSFQdjbeeYKj5WVZZJ\n"
    "1WFmQpGun0ETZyx3RsJ+7le1FQ5sQm5F0RI+UIzkwY+bud2aqG+wWPAviWnLsnBH\n"
    "EwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
// openssl genpkey -algorithm SM2, openssl pkey -pubout
constexpr std::string_view kSm2Key =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAELC6HTM0mrspAvkCQurCSRczrrMB3\n"
    "WaQHskPjVMQB8cSjj88dOMPZDfmejdi4Xr3hDPk/I3/qMgxhxDGOt2yN3g==\n"
    "-----END PUBLIC KEY-----\n";
constexpr std::string_view kText = "header.payload";

struct Signed {
    std::string_view algorithm;
    std::string_view key;
    std::string_view signature;
};
// openssl dgst -sha256 -sign and so on
// openssl pkeyutl -sign -rawin -digest sm3 -pkeyopt distid:1234567812345678
constexpr std::array kSigned{
    Signed{"RS256", kRsaKey,
           "5d2491ced2767cc28b556cf9fab182bbb72779d7a6a3cc191cfcde9a2de108c9103cd93602ef5472f311"
           "4ceadcd4160d3335deab0ff954ff6ab830a0729b2f4e4b1bc5307dbc3c0f7ef930b3f4f739e8f1d8dc66"
           "669608ed79ce6c19bb3d9573b3b2408784b9cd701774457cb6c7db84543f1cfbdfd18eb004c5bad96ece"
           "673e4db531e729b0a492e6ad73873aa36c6ead515cd2255a7a3029d452c701144b16c6e29543c695294a"
           "157bc5b8e8f10d21b88815cc3de211a755b633188bb26021ec7baf353bbc7c3bf7952a447d9c523f3d8f"
           "5d051af87158b253024fc1b76002bdbdb48b86bc604f50ddeb9496be0aef690dc8b5574100ab52147907"
           "9d388756"},
    Signed{"RS384", kRsaKey,
           "46963290565596b16faa8f70294aab85484d4a7f9e7b2b9dcf8b0a1eb1a137a6cb7f7462bb540a4dcfd4"
           "04b98213bf9d77c4600aa44ebb22d424ad9983d343ceed862eb93a9420113afd095cd04af5cd8a94ad34"
           "52bfbd731857a475780e2c2f944669bb0ce0b39a2a3a537586e5d4be6abdde5c392a8cc10631034a2508"
           "6497e06ea7842ce9ccc6a159cbb42989ea7a703c09d25e7d68bcac5562a2908cee85061b9fb898801d5b"
           "1dafd1d46c2763fca02dadcc81e9eefc0b1975e2efcce0443feaa00f5de0c34544b5d7757c0b36706bd4"
           "d3eb6983a5587611792b942eb78193130380d9d7443cbe8c247f9eb1540a5395731132efb5ef7c023bbf"
           "2f49e4d7"},
    Signed{"RS512", kRsaKey,
           "1c27d7d81bdbc3459acc8519b23202881669bf08200890c97a5cd3c416ab17ae26d82e7253fe56eeb326"
           "dae75b9c4580ccc151fbc2f943d5294d2b7e6dde27c7214ba802544898e25eec01b1abd465eae9885d2b"
           "9996c5b5d8631df4641c6b46e1772533948f64d3f1124afd0f2903cb0a39dc3cb3e40fb5b1bb12263098"
           "e5c713061ac24265bec6bd0b3753ffd80f4f6a233629d8048b8346c4b1233a7639f9b14c83a6c165c715"
           "80cd8719fe0b8cb1f07956b18bc9c2545b5fb6c1daaf6ad2739a54d6b2c51822c14666a9aaf4403091c5"
           "48571cc92aeaff4e1f277c22f06a220ad32e0ceda311a25c258347be92200dea672508688b30c29cd841"
           "0845a582"},
    Signed{"SM2256", kSm2Key,
           "30460221008f16bad868ba5f1ef92f919f279fad0833559bdf16ab5770ca3083ce72a3769b022100d92f"
           "1e4ef6c83f3e5981ca9f1bbe75be0c773e60c061e1e10eadb508e28bbe1d"}};
// The same with distid:88.100.1/user.
constexpr std::string_view kByUser =
    "30440220195183c897e1380f651911bf53fb3a3f37f34fdec74ffa86e890a580e188d9c102201dad2853"
    "958fefdc85a72400144c552403ffc0286cfb8c2db5995b864db1a9b1";

Result<bool> verify(std::string_view algorithm, std::string_view key, std::string_view signature,
                    std::string_view text = kText) {
    return crypto::verify_record_signature(algorithm, as_bytes_view(key), as_bytes_view(text),
                                           *parse_hex(signature));
}

}  // namespace

TEST_CASE("record signatures: each algorithm verifies what another program signed with it") {
    for (const Signed& one : kSigned) {
        INFO(one.algorithm);
        CHECK(*verify(one.algorithm, one.key, one.signature));
        CHECK_FALSE(*verify(one.algorithm, one.key, one.signature, "header.payloaD"));
        for (const Signed& other : kSigned) {
            if (other.algorithm == one.algorithm) continue;
            CHECK_FALSE(verify(other.algorithm, one.key, one.signature).value_or(false));
        }
    }
}

TEST_CASE("record signatures: an unknown algorithm and none at all are refused") {
    for (const std::string_view name : {"none", "", "HS256", "rs256", "ES256"}) {
        const auto outcome = verify(name, kRsaKey, kSigned[0].signature);
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error().code == Errc::kUnsupported);
    }
}

TEST_CASE("an SM2 signature of another program names its user") {
    const auto verifies = [](std::string_view user) {
        return *crypto::verify_sm2_signature(as_bytes_view(kSm2Key), user, as_bytes_view(kText),
                                             *parse_hex(kByUser));
    };
    CHECK(verifies("88.100.1/user"));
    CHECK_FALSE(verifies("88.100.1/User"));
}
