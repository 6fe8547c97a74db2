#include "tools/value_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "proto/base/hex.h"
#include "proto/base/text.h"
#include "proto/handle/admin.h"
#include "proto/handle/key.h"
#include "proto/handle/vlist.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/sm2.h"

namespace idnode::tools {
namespace {

using Lines = std::vector<std::string>;

// More would only scroll away what can be read.
constexpr std::size_t kHexOctetsMax = 64;

std::string hex(BytesView octets) {
    std::string out = to_hex(octets.first(std::min(octets.size(), kHexOctetsMax)));
    if (octets.size() > kHexOctetsMax) out += fmt::format("... ({} octets)", octets.size());
    return out;
}

bool is_control(std::string_view text, std::size_t at) {
    const auto octet = static_cast<unsigned char>(text[at]);
    return octet < 0x20 || octet == 0x7F;
}

/// U+0080 to U+009F: some terminals obey them.
bool is_c1(std::string_view text, std::size_t at) {
    return text[at] == '\xC2' && at + 1 < text.size() &&
           static_cast<unsigned char>(text[at + 1]) < 0xA0;
}

std::string describe_permissions(std::uint16_t permissions) {
    constexpr std::array<std::pair<std::uint16_t, std::string_view>, 12> kNames{{
        {handle::admin_permission::kAddHandle, "add handle"},
        {handle::admin_permission::kDeleteHandle, "delete handle"},
        {handle::admin_permission::kAddDerivedPrefix, "add derived prefix"},
        {handle::admin_permission::kDeleteDerivedPrefix, "delete derived prefix"},
        {handle::admin_permission::kModifyValue, "modify value"},
        {handle::admin_permission::kRemoveValue, "remove value"},
        {handle::admin_permission::kAddValue, "add value"},
        {handle::admin_permission::kModifyAdmin, "modify admin"},
        {handle::admin_permission::kRemoveAdmin, "remove admin"},
        {handle::admin_permission::kAddAdmin, "add admin"},
        {handle::admin_permission::kReadValue, "read value"},
        {handle::admin_permission::kListHandles, "list handles"},
    }};
    if ((permissions & handle::admin_permission::kAll) == handle::admin_permission::kAll) {
        return "all rights";
    }
    std::vector<std::string_view> names;
    for (const auto& [bit, name] : kNames) {
        if ((permissions & bit) != 0) names.push_back(name);
    }
    return names.empty() ? "no rights" : fmt::format("may {}", fmt::join(names, ", "));
}

std::string describe_reference(const handle::Reference& reference) {
    return fmt::format("{}:{}", reference.index, printable(reference.handle));
}

std::string describe_interface(const handle::Interface& interface) {
    constexpr std::array<std::string_view, 4> kTransports{"UDP", "TCP", "HTTP", "HTTPS"};
    constexpr std::array<std::string_view, 4> kUses{"out of service", "administration", "questions",
                                                    "questions and administration"};
    const auto transport = static_cast<std::size_t>(interface.transport);
    const auto use = static_cast<std::size_t>(interface.type);
    return fmt::format("{} {} ({})", transport < kTransports.size() ? kTransports[transport] : "?",
                       interface.port, use < kUses.size() ? kUses[use] : "?");
}

/// Empty when the type has no structure or the data do not fit it.
Lines describe_structure(const handle::ValueView& value) {
    const std::string type = fold_ascii(value.type);
    if (type == "HS_ADMIN") {
        const auto admin = handle::decode_admin(value.data);
        if (!admin) return {};
        return {describe_reference(admin->administrator), describe_permissions(admin->permissions)};
    }
    if (type == "HS_VLIST") {
        const auto members = handle::decode_vlist(value.data);
        if (!members) return {};
        Lines out;
        for (const handle::Reference& member : *members) out.push_back(describe_reference(member));
        if (out.empty()) out.emplace_back("(no members)");
        return out;
    }
    if (type == "HS_SITE" || type.starts_with("HS_SITE.") || type == "HS_NA_DELEGATE") {
        const auto site = handle::decode_site(value.data);
        return site ? describe_site(*site) : Lines{};
    }
    if (type == "HS_PUBKEY") {
        std::string key = describe_key(value.data);
        return key.empty() ? Lines{} : Lines{std::move(key)};
    }
    return {};
}

Lines describe_plain(BytesView data) {
    const std::string_view text = as_text(data);
    if (!is_utf8(text)) return {"hex " + hex(data)};
    Lines out;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        out.push_back(printable(text.substr(begin, end - begin)));
        begin = end + 1;
    }
    return out;
}

std::string permission_text(std::uint8_t permissions) {
    return fmt::format("{:04b}", permissions & 0x0FU);
}

std::string ttl_text(const handle::ValueView& value) {
    return value.ttl_type == handle::TtlType::kRelative ? fmt::to_string(value.ttl)
                                                        : fmt::format("@{}", value.ttl);
}

}  // namespace

std::string printable(std::string_view text) {
    const bool utf8 = is_utf8(text);
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto octet = static_cast<unsigned char>(text[at]);
        if (is_control(text, at) || (!utf8 && octet >= 0x80)) {
            out += fmt::format("\\x{:02x}", octet);
        } else if (is_c1(text, at)) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++at]));
        } else {
            out += text[at];
        }
    }
    return out;
}

std::string fingerprint(BytesView octets) {
    const auto digest = crypto::make_digests()->sha256(octets);
    return hex(digest);
}

std::string describe_key(BytesView public_key) {
    if (crypto::is_sm2_public_key(public_key)) {
        return fmt::format("SM2 256 SHA256:{}", fingerprint(public_key));
    }
    const auto key = handle::decode_public_key(public_key);
    if (!key) return {};
    std::string kind = "DH";
    if (const auto* rsa = std::get_if<handle::RsaPublicKey>(&*key)) {
        kind = fmt::format("RSA {}", rsa->modulus.bits());
    } else if (const auto* dsa = std::get_if<handle::DsaPublicKey>(&*key)) {
        kind = fmt::format("DSA {}", dsa->p.bits());
    }
    return fmt::format("{} SHA256:{}", kind, fingerprint(public_key));
}

Lines describe_site(const handle::Site& site) {
    Lines out{fmt::format("{} site, serial {}, protocol {}.{}", site.primary ? "primary" : "mirror",
                          site.serial, site.protocol.major, site.protocol.minor)};
    for (const auto& [name, value] : site.attributes) {
        out.push_back(fmt::format("{}: {}", printable(name), printable(value)));
    }
    for (const handle::Server& server : site.servers) {
        std::vector<std::string> interfaces;
        for (const auto& one : server.interfaces) interfaces.push_back(describe_interface(one));
        if (interfaces.empty()) interfaces.emplace_back("no interfaces");
        out.push_back(fmt::format("server {} at {}: {}", server.id,
                                  handle::format_site_address(server.address),
                                  fmt::join(interfaces, ", ")));
        const std::string key = describe_key(server.public_key);
        if (!key.empty()) out.push_back("  key " + key);
    }
    return out;
}

Lines describe_data(const handle::ValueView& value) {
    Lines out = describe_structure(value);
    return out.empty() ? describe_plain(value.data) : out;
}

std::string values_table(const std::vector<handle::ValueView>& values) {
    std::size_t type_columns = 4;
    for (const auto& value : values) {
        type_columns = std::max(type_columns, printable(value.type).size());
    }
    std::string out = fmt::format("{:>6}  {:<{}}  {:>6}  {:<4}  {}\n", "INDEX", "TYPE",
                                  type_columns, "TTL", "PERM", "DATA");
    for (const auto& value : values) {
        const Lines lines = describe_data(value);
        out += fmt::format("{:>6}  {:<{}}  {:>6}  {:<4}  {}\n", value.index, printable(value.type),
                           type_columns, ttl_text(value), permission_text(value.permissions),
                           lines.front());
        for (std::size_t i = 1; i < lines.size(); ++i) {
            out += fmt::format("{:{}}{}\n", "", type_columns + 24, lines[i]);
        }
    }
    return out;
}

}  // namespace idnode::tools
