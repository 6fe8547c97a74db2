#include "storage/packing.h"

#include <catch2/catch.hpp>
#include <random>

#include "proto/base/hex.h"
#include "proto/handle/value.h"
#include "tests/unit/storage/store_fixture.h"

/// Records as a store with a dictionary holds them. Invariants: what is packed unpacks to the same
/// octets; damaged octets are refused, whatever they are.
namespace idnode::test {
namespace {

const model::Key kKey = model::key_of("88.100.7/Ab");

Bytes as_stored(std::string_view handle, BytesView values) {
    Bytes out;
    storage::encode_record({kKey, handle, 0x010203040506, true, values}, out);
    return out;
}

handle::Value value(std::int32_t index, std::string_view type, std::string_view data) {
    handle::Value out;
    out.index = index;
    out.timestamp = 1'700'000'000;
    out.type = type;
    out.data = to_bytes(data);
    return out;
}

Bytes product(const std::string& number) {
    return handle::encode_values(
        std::vector<handle::Value>{value(1, "URL", "https://id.plant7.example.cn/q/" + number),
                                   value(2, "DESC", "Servo motor SM130-077"),
                                   value(3, "MFG", "batch=20240113-20;line=10;result=" + number)});
}

/// Values of every kind that the layout knows.
Bytes unusual_values() {
    std::vector<handle::Value> values{value(1, "URL", "https://a.example/"), value(2, "", ""),
                                      value(500, "HS_VLIST", "x"), value(501, "T", "y")};
    values[1].ttl_type = handle::TtlType::kAbsolute;
    values[1].ttl = 1'800'000'000;
    values[2].permissions = 0xFF;
    values[2].timestamp = 5;
    values[3].references = {{"0.NA/88.100", 300}, {"", 0}};
    return handle::encode_values(values);
}

struct Packed {
    storage::Dictionaries dictionaries;

    Packed() {
        Bytes octets;
        for (int i = 0; i < 20; ++i) {
            storage::add_to_dictionary(product("A" + std::to_string(i)), octets);
        }
        dictionaries.add(1, octets);
    }
    Bytes pack(std::string_view handle, BytesView values) const {
        storage::Packer packer(*dictionaries.newest());
        const auto out = packer.pack({kKey, handle, 0x010203040506, true, values});
        return {out.begin(), out.end()};
    }
    Result<Bytes> unpack(BytesView stored) const {
        Bytes scratch;
        const auto out = storage::unpack_record(kKey, stored, dictionaries, scratch);
        if (!out) return out.error();
        return Bytes(out->begin(), out->end());
    }
};

TEST_CASE("a packed record has the octets that packing.h draws") {
    storage::Dictionaries dictionaries;
    dictionaries.add(1, to_bytes("no such octets"));
    storage::Packer packer(*dictionaries.newest());
    handle::Value two = value(5, "B", "c");
    two.ttl = 60;
    two.permissions = 0x0F;
    two.references = {{"x", 3}};
    const Bytes values = handle::encode_values(std::vector{value(1, "A", "bb"), two});
    CHECK(to_hex(packer.pack({kKey, "88.100.7/Ab", 7, true, values})) ==
          "0205"
          "000000000007"
          "01"
          "46"
          "0b38382e3130302e372f4162"
          "02"
          "01"
          "6553f100"
          "0141"
          "026262"
          "3a"
          "05"
          "0000003c"
          "0f"
          "0142"
          "0163"
          "0109000000017800000003");
}

TEST_CASE("packed records unpack to the same octets, and are shorter where a dictionary helps") {
    const Packed packed;
    for (const std::string_view handle : {"88.100.7/Ab", "88.100.7/AB"}) {
        for (const Bytes& values :
             {product("B7"), unusual_values(), handle::encode_values({}),
              handle::encode_values(std::vector{value(1, "T", std::string(200'000, 'x'))})}) {
            const Bytes stored = packed.pack(handle, values);
            const auto unpacked = packed.unpack(stored);
            if (!unpacked) FAIL(unpacked.error().detail);
            CHECK(*unpacked == as_stored(handle, values));
            CHECK(*storage::stored_handle(kKey, stored) == handle);
        }
    }
    CHECK(packed.pack("88.100.7/AB", product("B7")).size() < product("B7").size() / 3);
}

TEST_CASE("random octets as data survive packing") {
    const Packed packed;
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (int i = 0; i < 300; ++i) {
        std::vector<handle::Value> values;
        for (auto count = random() % 6; count-- > 0;) {
            std::string data(random() % 300, '\0');
            for (char& octet : data) octet = static_cast<char>(random() % 4 == 0 ? random() : 'e');
            const auto last = values.empty() ? 0 : values.back().index;
            values.push_back(value(last + 1 + static_cast<std::int32_t>(random() % 3), "T", data));
            values.back().timestamp = random() % 2;
        }
        const Bytes octets = handle::encode_values(values);
        CHECK(*packed.unpack(packed.pack("88.100.7/AB", octets)) ==
              as_stored("88.100.7/AB", octets));
    }
}

TEST_CASE("a record that is not packed is left as it is") {
    const Packed packed;
    const Bytes stored = as_stored("88.100.7/Ab", product("1"));
    CHECK(*packed.unpack(stored) == stored);
    CHECK(*storage::stored_handle(kKey, stored) == "88.100.7/Ab");
}

TEST_CASE("the version of either form can be set afterwards") {
    const Packed packed;
    for (Bytes stored :
         {packed.pack("88.100.7/Ab", product("1")), as_stored("88.100.7/Ab", product("1"))}) {
        storage::set_stored_version(stored, 0xA1B2C3D4E5F6);
        const auto unpacked = packed.unpack(stored);
        REQUIRE(unpacked);
        CHECK(storage::decode_record(kKey, *unpacked)->version == 0xA1B2C3D4E5F6);
    }
}

TEST_CASE("a packed record that is cut short or changed is damaged or something else, never more") {
    const Packed packed;
    const Bytes stored = packed.pack("88.100.7/Ab", product("C9"));
    for (std::size_t size = 1; size < stored.size(); ++size) {
        const Bytes cut(stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(size));
        const auto unpacked = packed.unpack(cut);
        REQUIRE_FALSE(unpacked);
        CHECK(unpacked.error().code == Errc::kDamaged);
        CHECK(unpacked.error().detail.find("'88.100.7/AB'") != std::string::npos);
    }
    for (std::size_t at = 1; at < stored.size(); ++at) {
        for (const unsigned bit : {0U, 3U, 7U}) {
            Bytes changed = stored;
            changed[at] ^= static_cast<std::byte>(1U << bit);
            const auto unpacked = packed.unpack(changed);
            if (!unpacked) {
                CHECK(unpacked.error().code == Errc::kDamaged);
            } else if (const auto view = storage::decode_record(kKey, *unpacked)) {
                CHECK(view->values.size() < 1'000);
            }
        }
    }
}

TEST_CASE("a record whose dictionary is missing is damaged, and the number is named") {
    const Packed packed;
    Bytes stored = packed.pack("88.100.7/AB", product("C9"));
    stored[8] = std::byte{9};
    const auto unpacked = packed.unpack(stored);
    REQUIRE_FALSE(unpacked);
    CHECK(unpacked.error().code == Errc::kDamaged);
    CHECK(unpacked.error().detail.find("dictionary 9") != std::string::npos);
}

TEST_CASE("records of several dictionaries lie in one store") {
    Packed packed;
    const Bytes old = packed.pack("88.100.7/AB", product("1"));
    Bytes octets;
    storage::add_to_dictionary(unusual_values(), octets);
    packed.dictionaries.add(2, octets);
    const Bytes young = packed.pack("88.100.7/AB", unusual_values());
    CHECK(young[8] == std::byte{2});
    CHECK(*packed.unpack(old) == as_stored("88.100.7/AB", product("1")));
    CHECK(*packed.unpack(young) == as_stored("88.100.7/AB", unusual_values()));
}

}  // namespace
}  // namespace idnode::test
