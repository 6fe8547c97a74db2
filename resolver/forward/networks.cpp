#include "resolver/forward/networks.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "resolver/forward/endpoint.h"

namespace idnode::resolver {
namespace {

constexpr unsigned kAddressBits = 128;
constexpr unsigned kMappedBits = 96;  // before the IPv4 address in ::ffff:a.b.c.d

bool same_beginning(const Address& a, const Address& b, unsigned bits) {
    const unsigned whole = bits / 8;
    if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
    if (bits % 8 == 0) return true;
    const std::byte mask{static_cast<std::uint8_t>(0xFF00U >> (bits % 8))};
    return (a[whole] & mask) == (b[whole] & mask);
}

/// The length after the slash, as one of the 128 bits.
std::optional<unsigned> parse_bits(std::string_view text, bool v4) {
    unsigned bits = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), bits);
    const bool whole = failure == std::errc{} && end == text.data() + text.size();
    const unsigned offset = v4 ? kMappedBits : 0;
    if (!whole || bits > kAddressBits - offset) return {};
    return bits + offset;
}

}  // namespace

Result<Networks> Networks::parse(std::span<const std::string> texts) {
    Networks out;
    for (const std::string& text : texts) {
        const std::size_t slash = text.find('/');
        const std::optional<Address> address = parse_address(text.substr(0, slash));
        const bool v4 = text.find(':') == std::string::npos;
        const std::optional<unsigned> bits =
            slash == std::string::npos ? std::optional(kAddressBits)
                                       : parse_bits(std::string_view(text).substr(slash + 1), v4);
        if (!address || !bits) {
            return Error{Errc::kInvalid,
                         "\"" + text + "\": not a network such as 10.0.0.0/8 or fc00::/7"};
        }
        out.networks_.push_back({*address, *bits});
    }
    return out;
}

bool Networks::contain(const Address& address) const {
    return std::ranges::any_of(networks_, [&](const Network& network) {
        return same_beginning(network.address, address, network.bits);
    });
}

}  // namespace idnode::resolver
