// Whatever can be written reads back as it was.
#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "proto/handle/admin.h"
#include "proto/handle/resolution.h"
#include "proto/handle/site.h"
#include "proto/handle/value.h"
#include "proto/handle/vlist.h"

namespace idnode::test {
namespace {

using namespace handle;

rc::Gen<Bytes> some_bytes() {
    return rc::gen::map(rc::gen::arbitrary<std::vector<std::uint8_t>>(), [](const auto& numbers) {
        Bytes out;
        for (const std::uint8_t number : numbers) out.push_back(static_cast<std::byte>(number));
        return out;
    });
}

Reference some_reference() {
    return {*rc::gen::arbitrary<std::string>(), *rc::gen::arbitrary<std::uint32_t>()};
}

Value some_value() {
    Value out;
    out.index = *rc::gen::arbitrary<std::int32_t>();
    out.timestamp = *rc::gen::arbitrary<std::uint32_t>();
    out.ttl_type = *rc::gen::element(TtlType::kRelative, TtlType::kAbsolute);
    out.ttl = *rc::gen::arbitrary<std::uint32_t>();
    out.permissions = *rc::gen::arbitrary<std::uint8_t>();
    out.type = *rc::gen::arbitrary<std::string>();
    out.data = *some_bytes();
    for (auto n = *rc::gen::inRange(0, 4); n > 0; --n) out.references.push_back(some_reference());
    return out;
}

Server some_server() {
    Server out;
    out.id = *rc::gen::arbitrary<std::uint32_t>();
    for (std::byte& octet : out.address) {
        octet = static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
    }
    out.public_key = *some_bytes();
    for (auto n = *rc::gen::inRange(0, 4); n > 0; --n) {
        out.interfaces.push_back({static_cast<InterfaceType>(*rc::gen::inRange(0, 4)),
                                  static_cast<Transport>(*rc::gen::inRange(0, 4)),
                                  *rc::gen::inRange<std::uint32_t>(0, 65'536)});
    }
    return out;
}

Site some_site() {
    Site out;
    out.format_version = *rc::gen::arbitrary<std::uint16_t>();
    out.protocol = {*rc::gen::arbitrary<std::uint8_t>(), *rc::gen::arbitrary<std::uint8_t>()};
    out.serial = *rc::gen::arbitrary<std::int16_t>();
    out.primary = *rc::gen::arbitrary<bool>();
    out.multi_primary = *rc::gen::arbitrary<bool>();
    out.spare_flags = *rc::gen::inRange<std::uint8_t>(0, 0x40);
    out.hash_option = static_cast<HashOption>(*rc::gen::inRange(0, 3));
    out.hash_filter = *some_bytes();
    for (auto n = *rc::gen::inRange(0, 4); n > 0; --n) {
        out.attributes.emplace_back(*rc::gen::arbitrary<std::string>(),
                                    *rc::gen::arbitrary<std::string>());
    }
    for (auto n = *rc::gen::inRange(0, 4); n > 0; --n) out.servers.push_back(some_server());
    return out;
}

TEST_CASE("any values read back as they were written") {
    CHECK(rc::check([] {
        std::vector<Value> values;
        for (auto n = *rc::gen::inRange(0, 5); n > 0; --n) values.push_back(some_value());
        const auto read = decode_values(encode_values(values));
        RC_ASSERT(read.has_value());
        RC_ASSERT(*read == values);
    }));
}

TEST_CASE("any site reads back as it was written") {
    CHECK(rc::check([] {
        const Site site = some_site();
        const auto read = decode_site(encode_site(site));
        RC_ASSERT(read.has_value());
        RC_ASSERT(*read == site);
    }));
}

TEST_CASE("any administrator and any group read back as they were written") {
    CHECK(rc::check([] {
        const Admin admin{*rc::gen::arbitrary<std::uint16_t>(), some_reference(),
                          *rc::gen::arbitrary<bool>()};
        RC_ASSERT(decode_admin(encode_admin(admin)).value() == admin);
        std::vector<Reference> members;
        for (auto n = *rc::gen::inRange(0, 5); n > 0; --n) members.push_back(some_reference());
        RC_ASSERT(decode_vlist(encode_vlist(members)).value() == members);
    }));
}

TEST_CASE("any resolution request reads back as it was written and selects what it lists") {
    CHECK(rc::check([](const std::string& handle, const std::vector<std::int32_t>& indexes,
                       const std::vector<std::string>& types) {
        Bytes body;
        ByteWriter out(body);
        encode_resolution_request(handle, indexes, types, out);
        const auto request = decode_resolution_request(body);
        RC_ASSERT(request.has_value());
        RC_ASSERT(request->handle == handle);
        RC_ASSERT(request->index_count == indexes.size());
        RC_ASSERT(request->type_count == types.size());
        RC_ASSERT(request->extra.empty());
        ValueView value;
        for (const std::int32_t index : indexes) {
            value.index = index;
            RC_ASSERT(request->selects(value));
        }
    }));
}

TEST_CASE("no octets, however random, make a decoder read beyond them") {
    CHECK(rc::check([] {
        const Bytes octets = *some_bytes();
        const auto values = decode_values(octets);
        if (values) RC_ASSERT(same_octets(encode_values(*values), octets));
        const auto site = decode_site(octets);
        if (site) RC_ASSERT(same_octets(encode_site(*site), octets));
    }));
}

}  // namespace
}  // namespace idnode::test
