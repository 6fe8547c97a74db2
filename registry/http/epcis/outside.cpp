#include "registry/http/epcis/outside.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace idnode::http {

using resolver::Networks;

namespace {

// What is not public: this machine, private and shared networks, links, tests, groups (RFC 6890),
// and ways to embed such an address in another.
constexpr std::array<std::string_view, 20> kNotPublic{
    "0.0.0.0/8",       "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12",   "192.0.0.0/24",   "192.0.2.0/24",  "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",   "240.0.0.0/4",    "::/96",
    "64:ff9b::/32",    "100::/64",       "2001::/23",     "2002::/16",      "fc00::/6",
};

}  // namespace

Result<Outside> Outside::make(std::span<const std::string> allowed) {
    const std::vector<std::string> not_public(kNotPublic.begin(), kNotPublic.end());
    const std::vector<std::string> loopback{"127.0.0.0/8", "::1/128"};
    auto permitted = Networks::parse(allowed);
    if (!permitted) return permitted.error();
    auto others = Networks::parse(not_public);
    if (!others) return others.error();
    auto own = Networks::parse(loopback);
    if (!own) return own.error();
    return Outside(*std::move(permitted), *std::move(others), *std::move(own));
}

Result<resolver::Endpoint> Outside::reach(const std::string& host, std::uint16_t port,
                                          bool is_secure) const {
    const auto found = resolver::look_up({.host = host, .port = port});
    if (!found) return found.error();
    for (const resolver::Endpoint& one : *found) {
        if (not_public_.contain(one.address) && !allowed_.contain(one.address)) continue;
        if (is_secure || loopback_.contain(one.address)) return one;
        return Error{Errc::kRefused, "http: is for this machine only; use https:"};
    }
    return Error{Errc::kRefused,
                 "the host has no public address, and none in events.webhook_networks"};
}

}  // namespace idnode::http
