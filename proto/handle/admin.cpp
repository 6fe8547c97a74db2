#include "proto/handle/admin.h"

namespace idnode::handle {

namespace {

constexpr std::size_t kLegacyBytes = 2;
constexpr std::size_t kPermissionDigits = 12;

}  // namespace

Result<Admin, WireError> decode_admin(BytesView data) {
    ByteReader in(data);
    Admin out;
    out.permissions = in.u16("permissions");
    out.administrator = read_reference(in);
    if (in.left() == kLegacyBytes) {
        in.take(kLegacyBytes, "surplus octets");
        out.legacy_length = true;
    }
    return in.finish(std::move(out));
}

Bytes encode_admin(const Admin& admin) {
    Bytes octets;
    ByteWriter out(octets);
    out.u16(admin.permissions);
    encode_reference(admin.administrator, out);
    if (admin.legacy_length) out.u16(0);
    return octets;
}

std::string format_admin_permissions(std::uint16_t permissions) {
    std::string out;
    for (std::size_t i = 0; i < kPermissionDigits; ++i) {
        const bool set = (permissions >> (kPermissionDigits - 1 - i) & 1U) != 0;
        out.push_back(set ? '1' : '0');
    }
    return out;
}

Result<std::uint16_t> parse_admin_permissions(std::string_view text) {
    if (text.size() != kPermissionDigits ||
        text.find_first_not_of("01") != std::string_view::npos) {
        return Error{Errc::kInvalid, "administrator permissions '" + std::string(text) +
                                         "' are not twelve binary digits, such as 011111110011"};
    }
    unsigned out = 0;
    for (const char digit : text) out = out << 1U | (digit == '1' ? 1U : 0U);
    return static_cast<std::uint16_t>(out);
}

}  // namespace idnode::handle
