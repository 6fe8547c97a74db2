#include "tools/site_record.h"

#include <utility>

#include "tools/network_text.h"

namespace idnode::tools {
namespace {

std::vector<handle::Interface> interfaces_of(const SiteFacts& facts) {
    std::vector<handle::Interface> out;
    if (facts.tcp_port > 0) {
        out.push_back({handle::InterfaceType::kBoth, handle::Transport::kTcp,
                       static_cast<std::uint32_t>(facts.tcp_port)});
    }
    // Administration needs answers of any length and a session: over UDP only questions are asked.
    if (facts.udp_port > 0) {
        out.push_back({handle::InterfaceType::kQuery, handle::Transport::kUdp,
                       static_cast<std::uint32_t>(facts.udp_port)});
    }
    if (facts.http_port > 0) {
        for (const auto transport : {handle::Transport::kHttp, handle::Transport::kHttps}) {
            out.push_back({handle::InterfaceType::kBoth, transport,
                           static_cast<std::uint32_t>(facts.http_port)});
        }
    }
    return out;
}

}  // namespace

SiteAddress choose_site_address(const Settings& settings) {
    if (!settings.node.public_address.empty()) return {settings.node.public_address, {}};
    for (const std::string& address : settings.listen.address) {
        if (!is_wildcard(address)) return {address, {}};
    }
    std::string found = first_global_address();
    if (found.empty()) {
        return {
            "127.0.0.1",
            "no address of this machine can be reached by others: clients are told 127.0.0.1; set "
            "node.public_address"};
    }
    std::string warning =
        "clients are told to ask " + found +
        ", the first address of this machine; set node.public_address if that is not "
        "the right one";
    return {std::move(found), std::move(warning)};
}

Result<handle::Site> make_site(const SiteFacts& facts) {
    const auto address = handle::parse_site_address(facts.address);
    if (!address) return address.error();
    handle::Site site;
    site.serial = static_cast<std::int16_t>(facts.serial);
    if (!facts.description.empty()) site.attributes.emplace_back("desc", facts.description);
    handle::Server server;
    server.address = *address;
    server.public_key = facts.public_key;
    server.interfaces = interfaces_of(facts);
    site.servers.push_back(std::move(server));
    return site;
}

Result<handle::Site> make_site(const Settings& settings, const std::string& address,
                               const Bytes& public_key) {
    return make_site({.address = address,
                      .udp_port = settings.listen.udp_port,
                      .tcp_port = settings.listen.tcp_port,
                      .http_port = settings.listen.http_port,
                      .public_key = public_key,
                      .serial = settings.node.site_serial,
                      .description = settings.node.description});
}

}  // namespace idnode::tools
