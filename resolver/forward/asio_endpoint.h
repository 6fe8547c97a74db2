#pragma once

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/udp.hpp>

#include "resolver/forward/endpoint.h"

namespace idnode::resolver {

/// As Asio has it: an IPv4 address when it is one.
inline boost::asio::ip::address asio_address(const Endpoint& endpoint) {
    boost::asio::ip::address_v6::bytes_type octets{};
    std::ranges::transform(endpoint.address, octets.begin(),
                           [](std::byte octet) { return std::to_integer<unsigned char>(octet); });
    const boost::asio::ip::address_v6 v6(octets);
    if (v6.is_v4_mapped()) {
        return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6);
    }
    return v6;
}

inline Endpoint to_endpoint(const boost::asio::ip::udp::endpoint& endpoint) {
    const boost::asio::ip::address address = endpoint.address();
    const boost::asio::ip::address_v6 v6 =
        address.is_v6()
            ? address.to_v6()
            : boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, address.to_v4());
    Endpoint out{.port = endpoint.port()};
    std::ranges::transform(v6.to_bytes(), out.address.begin(),
                           [](unsigned char octet) { return std::byte{octet}; });
    return out;
}

}  // namespace idnode::resolver
