#include "resolver/engine/peer_text.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace idnode::resolver {

std::string to_text(const Address& address) {
    constexpr std::size_t kMappedAt = 12;
    in6_addr v6{};
    std::memcpy(&v6, address.data(), address.size());
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        ::inet_ntop(AF_INET, address.data() + kMappedAt, text.data(), text.size());
    } else {
        ::inet_ntop(AF_INET6, &v6, text.data(), text.size());
    }
    return text.data();
}

}  // namespace idnode::resolver
