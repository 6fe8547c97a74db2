#include "random_records.h"

#include <iterator>

#include "proto/handle/admin.h"
#include "proto/handle/key.h"
#include "proto/handle/site.h"
#include "proto/handle/vlist.h"

namespace idnode::test {

Bytes RandomRecords::octets(std::size_t size_max) {
    Bytes out(below(size_max + 1));
    for (auto& octet : out) octet = static_cast<std::byte>(random_());
    return out;
}

std::string RandomRecords::text(std::size_t characters_max) {
    static constexpr const char* kCharacters[] = {"a",      "Z",      "0",  "/",  "\"", "\\",
                                                  "\n",     "\t",     " ",  "泵", "é",  "\u007F",
                                                  "\u0085", "\u2028", "😀", "."};
    std::string out;
    const std::size_t count = below(characters_max + 1);
    for (std::size_t i = 0; i < count; ++i) out += kCharacters[below(std::size(kCharacters))];
    return out;
}

std::uint32_t RandomRecords::number() {
    static constexpr std::uint32_t kEdges[] = {0, 1, 300, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    return chance(2) ? kEdges[below(std::size(kEdges))] : static_cast<std::uint32_t>(random_());
}

Bytes RandomRecords::key() {
    const auto integer = [this] { return handle::Integer(octets(20)); };
    switch (below(4)) {
        case 0:
            return handle::encode_public_key(handle::RsaPublicKey{integer(), integer()});
        case 1:
            return handle::encode_public_key(
                handle::DsaPublicKey{integer(), integer(), integer(), integer()});
        case 2:
            return handle::encode_public_key(handle::DhPublicKey{integer(), integer(), integer()});
        default:
            return octets(12);
    }
}

Bytes RandomRecords::site() {
    handle::Site site;
    site.serial = static_cast<std::int16_t>(random_());
    site.primary = chance(2);
    site.multi_primary = chance(2);
    site.hash_option = static_cast<handle::HashOption>(below(3));
    for (std::size_t i = below(3); i > 0; --i) site.attributes.emplace_back(text(4), text(8));
    for (std::size_t i = below(3); i > 0; --i) {
        handle::Server server;
        server.id = number();
        for (auto& octet : server.address) {
            octet = chance(2) ? std::byte{0} : static_cast<std::byte>(random_());
        }
        server.public_key = key();
        server.interfaces.push_back({static_cast<handle::InterfaceType>(below(4)),
                                     static_cast<handle::Transport>(below(4)),
                                     static_cast<std::uint32_t>(below(65'536))});
        site.servers.push_back(std::move(server));
    }
    return handle::encode_site(site);
}

Bytes RandomRecords::structure(const std::string& type) {
    if (type == "HS_PUBKEY") return key();
    if (type == "HS_SITE" || type == "HS_SITE.PREFIX") return site();
    if (type == "HS_VLIST") {
        std::vector<handle::Reference> members;
        for (std::size_t i = below(4); i > 0; --i) members.push_back({text(10), number()});
        return handle::encode_vlist(members);
    }
    return handle::encode_admin({.permissions = static_cast<std::uint16_t>(below(0x1000)),
                                 .administrator = {text(10), number()},
                                 .legacy_length = chance(8)});
}

handle::Value RandomRecords::ordinary_value(std::int32_t index) {
    static constexpr const char* kTypes[] = {"URL",      "DESC",    "EMAIL",          "HS_ADMIN",
                                             "HS_VLIST", "HS_SITE", "HS_SITE.PREFIX", "HS_PUBKEY"};
    handle::Value out;
    out.index = index;
    out.type = kTypes[below(std::size(kTypes))];
    out.data = out.type.starts_with("HS_") ? structure(out.type) : to_bytes(text(40));
    out.timestamp = chance(4) ? 0 : static_cast<std::uint32_t>(below(0x7FFFFFFF));
    if (chance(4)) out.permissions = static_cast<std::uint8_t>(below(16));
    if (chance(4)) out.ttl = static_cast<std::uint32_t>(below(1'000'000));
    if (chance(8)) out.ttl_type = handle::TtlType::kAbsolute;
    return out;
}

handle::Value RandomRecords::odd_value(std::int32_t index) {
    handle::Value out = ordinary_value(index);
    out.timestamp = number();
    out.ttl = number();
    if (chance(2)) out.permissions = static_cast<std::uint8_t>(random_());
    if (chance(4)) out.type = std::string(as_text(octets(6)));
    if (chance(4)) out.data = octets(60);
    if (chance(4) && !out.data.empty()) out.data[below(out.data.size())] ^= std::byte{1};
    if (chance(8)) out.data.push_back(std::byte{0});
    for (std::size_t i = chance(3) ? below(4) : 0; i > 0; --i) {
        const std::string name = chance(2) ? text(10) : std::string(as_text(octets(10)));
        out.references.push_back({name, number()});
    }
    return out;
}

model::Record RandomRecords::ordinary() {
    model::Record out{.handle = "88.100.7/" + text(12), .values = {}};
    std::int32_t index = 0;
    for (std::size_t i = below(6); i > 0; --i) {
        index += static_cast<std::int32_t>(1 + below(100));
        out.values.push_back(ordinary_value(index));
    }
    return out;
}

model::Record RandomRecords::odd() {
    model::Record out{.handle = chance(2) ? text(20) : std::string(as_text(octets(20))),
                      .values = {}};
    std::int32_t index = 0;
    for (std::size_t i = below(6); i > 0; --i) {
        index += static_cast<std::int32_t>(1 + below(100'000'000));
        out.values.push_back(odd_value(index));
    }
    return out;
}

}  // namespace idnode::test
