#include "resolver/client/site_walk.h"

#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <utility>

#include "proto/base/text.h"
#include "proto/handle/hash.h"
#include "registry/model/identifier.h"

namespace idnode::client {

namespace {

using handle::ResponseCode;
using Values = std::vector<handle::Value>;

/// Twelve zero octets and IPv4, or IPv6 (§2.7), which may hold an IPv4 address as well.
bool is_usable(const std::array<std::byte, 16>& address, bool loopback) {
    const auto octet = [&](std::size_t at) { return std::to_integer<unsigned>(address.at(at)); };
    const bool ten_zeros = std::all_of(address.begin(), address.begin() + 10,
                                       [](std::byte b) { return b == std::byte{0}; });
    const bool is_mapped = octet(10) == 0xFF && octet(11) == 0xFF;
    if (ten_zeros && (is_mapped || (octet(10) == 0 && octet(11) == 0))) {
        const bool is_v6_loopback = octet(12) == 0 && octet(13) == 0 && octet(14) == 0;
        if (is_v6_loopback) return loopback && octet(15) == 1;
        if (octet(12) == 127) return loopback;
        const bool link_local = octet(12) == 169 && octet(13) == 254;
        return octet(12) != 0 && octet(12) < 224 && !link_local;
    }
    const bool multicast = octet(0) == 0xFF;
    const bool link_local = octet(0) == 0xFE && (octet(1) & 0xC0U) == 0x80;
    return !multicast && !link_local;
}

bool is_about_prefix(std::string_view handle) {
    return model::is_prefix_handle(handle) || !model::split_handle(handle).has_slash;
}

Error unavailable(std::string_view handle, std::string_view why) {
    return {Errc::kUnavailable, std::string(handle) + ": " + std::string(why)};
}

}  // namespace

std::string service_handle_of(std::string_view handle) {
    const model::HandleParts parts = model::split_handle(handle);
    if (!is_about_prefix(handle)) return model::prefix_handle_of(parts.prefix);
    const auto parent = model::parent_prefix(parts.has_slash ? parts.suffix : parts.prefix);
    return parent ? model::prefix_handle_of(*parent) : std::string("0.NA/0.NA");
}

const std::vector<std::string>& service_types() {
    static const std::vector<std::string> kTypes{"HS_SITE", "HS_SITE.6", "HS_SERV"};
    return kTypes;
}

bool SiteWalk::may_ask() {
    return ++questions_ <= kQuestionsMax;
}

/// Past the cache of answers for clients: a key that was withdrawn must not live as long as its
/// time to live.
Result<SiteWalk::Answer> SiteWalk::ask_top(const Wanted& wanted) {
    if (!may_ask()) return unavailable(wanted.handle, "too many steps lead to it");
    resolver::Question question;
    question.handle = wanted.handle;
    question.types = wanted.types;
    question.flags = kOrdinaryFlags | handle::flag::kAuthoritative;
    const auto promise = std::make_shared<std::promise<resolver::UpstreamAnswerPtr>>();
    auto future = promise->get_future();
    upstream_.ask(std::move(question), [promise](const resolver::UpstreamAnswerPtr& answer) {
        promise->set_value(answer);
    });
    if (future.wait_until(rules_.deadline) != std::future_status::ready) {
        return Error{Errc::kTimeout, "no answer about " + wanted.handle + " in time"};
    }
    const resolver::UpstreamAnswerPtr answer = future.get();
    return Answer{answer->code, answer->content};
}

Result<Channel> SiteWalk::open(const handle::Site& site, std::string_view handle,
                               handle::Version version) const {
    if (site.servers.empty()) return unavailable(handle, "the site record names no server to ask");
    const std::uint32_t number = handle::hash_number(
        digests_.md5(as_bytes_view(handle::text_to_hash(handle, site.hash_option))));
    const handle::Server& server = site.servers[number % site.servers.size()];
    const auto tcp = std::ranges::find_if(server.interfaces, [](const handle::Interface& one) {
        return one.transport == handle::Transport::kTcp &&
               one.type != handle::InterfaceType::kOutOfService && one.port > 0;
    });
    if (tcp == server.interfaces.end() || !is_usable(server.address, rules_.loopback)) {
        return Error{Errc::kUnavailable, "the site record names no server to ask by TCP"};
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        rules_.deadline - std::chrono::steady_clock::now());
    if (left <= std::chrono::milliseconds::zero()) {
        return Error{Errc::kTimeout, "no time is left for other nodes"};
    }
    ChannelOptions options;
    options.timeout = left;
    options.use_session = false;
    options.certify = true;
    const ServerAddress address{handle::format_site_address(server.address),
                                static_cast<std::uint16_t>(tcp->port)};
    return Channel(address, options, {lower_of(site.protocol, version), server.public_key});
}

Result<SiteWalk::Answer> SiteWalk::ask_site(const handle::Site& site, const Wanted& wanted) const {
    auto channel = open(site, wanted.handle, handle::Version{2, 11});
    if (!channel) return channel.error();
    Request request;
    request.flags |= handle::flag::kAuthoritative;
    ByteWriter body(request.body);
    handle::encode_resolution_request(wanted.handle, {}, wanted.types, body);
    auto response = channel->call(request);
    if (!response) return response.error();
    if (response->code == ResponseCode::kSuccess) {
        const auto content = handle::decode_resolution_response(response->body);
        if (!content) return unavailable(wanted.handle, "a broken answer");
        return Answer{response->code, Bytes(content->values.begin(), content->values.end())};
    }
    return Answer{response->code, std::move(response->body)};
}

/// The next one where a site is silent or busy (§6.2); every other answer is final.
Result<SiteWalk::Answer> SiteWalk::ask_sites(const std::vector<handle::Site>& sites,
                                             const Wanted& wanted) {
    Error last = unavailable(wanted.handle, "no site record leads to a server");
    for (const handle::Site& site : sites) {
        if (!may_ask()) return unavailable(wanted.handle, "too many steps lead to it");
        auto answer = ask_site(site, wanted);
        if (answer && answer->code != ResponseCode::kError) return answer;
        if (!answer) last = unavailable(wanted.handle, answer.error().detail);
    }
    return last;
}

std::vector<handle::Site> SiteWalk::sites_of(const Values& values, bool for_prefixes) {
    std::vector<handle::Site> out;
    const auto add = [&](const std::vector<std::string_view>& types, std::string_view service) {
        for (const handle::Value& value : values) {
            if (out.size() >= kSitesMax) return;
            const auto is = [&](std::string_view type) { return equal_folded(value.type, type); };
            if (std::ranges::any_of(types, is)) {
                const auto site = handle::decode_site(value.data);
                if (site && !site->servers.empty()) out.push_back(*site);
            } else if (is(service)) {
                const auto behind = resolve(std::string(as_text(value.data)), service_types());
                if (!behind) continue;
                for (handle::Site& site : sites_of(*behind)) {
                    if (out.size() < kSitesMax) out.push_back(std::move(site));
                }
            }
        }
    };
    if (for_prefixes) add({"HS_SITE.PREFIX", "HS_NA_DELEGATE"}, "HS_SERV.PREFIX");
    if (out.empty()) add({"HS_SITE", "HS_SITE.6"}, "HS_SERV");
    return out;
}

/// The sites of a referral, in it or behind the handle that it names (§6.6).
Result<std::vector<handle::Site>> SiteWalk::referred(const Answer& answer, const Wanted& wanted) {
    const auto referral = handle::decode_referral(answer.content);
    if (!referral) return unavailable(wanted.handle, "a broken referral");
    const bool for_prefixes = answer.code == ResponseCode::kPrefixReferral;
    if (referral->values) {
        const auto values = handle::decode_values(*referral->values);
        if (!values) return unavailable(wanted.handle, "a broken referral");
        auto sites = sites_of(*values, for_prefixes);
        if (!sites.empty()) return sites;
    }
    if (referral->handle.empty()) return std::vector<handle::Site>{};
    const auto values = resolve(std::string(referral->handle), service_types());
    if (!values) return values.error();
    return sites_of(*values, for_prefixes);
}

Result<Values> SiteWalk::follow(Answer answer, const Wanted& wanted) {
    for (;;) {
        switch (answer.code) {
            case ResponseCode::kSuccess: {
                auto values = handle::decode_values(answer.content);
                if (!values) return unavailable(wanted.handle, "a broken answer");
                return std::move(*values);
            }
            case ResponseCode::kHandleNotFound:
            case ResponseCode::kValuesNotFound:
                return Error{Errc::kNotFound, wanted.handle};
            case ResponseCode::kPrefixReferral:
                // Where handles of a prefix lie is not for its parents to say (§6.6).
                if (!is_about_prefix(wanted.handle)) {
                    return unavailable(wanted.handle, "a referral for prefixes alone");
                }
                [[fallthrough]];
            case ResponseCode::kServiceReferral: {
                const auto sites = referred(answer, wanted);
                if (!sites) return sites.error();
                auto next = ask_sites(*sites, wanted);
                if (!next) return next.error();
                answer = *std::move(next);
                break;
            }
            default:
                return unavailable(wanted.handle, handle::name_of(answer.code));
        }
    }
}

Result<Values> SiteWalk::resolve(const std::string& handle, const std::vector<std::string>& types) {
    const Wanted wanted{handle, types};
    auto answer = ask_top(wanted);
    if (!answer) return answer.error();
    const bool elsewhere = answer->code == ResponseCode::kServerNotResponsible ||
                           answer->code == ResponseCode::kPrefixReferral;
    if (elsewhere && !is_about_prefix(handle)) {
        const auto service = resolve(service_handle_of(handle), service_types());
        if (!service) return service.error();
        answer = ask_sites(sites_of(*service), wanted);
        if (!answer) return answer.error();
    }
    return follow(*std::move(answer), wanted);
}

}  // namespace idnode::client
