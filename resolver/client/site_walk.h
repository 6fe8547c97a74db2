#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "proto/handle/resolution.h"
#include "proto/handle/site.h"
#include "proto/handle/value.h"
#include "registry/model/ports.h"
#include "resolver/client/channel.h"
#include "resolver/engine/remote.h"
#include "resolver/engine/upstream.h"

namespace idnode::client {

/// One walk from the top-level node to the servers that answer for a handle (§6.8). A node that
/// recurses answers at once; one that does not refers us to sites (302, 303), or is not responsible
/// and knows the sites of the prefix. Blocks until the deadline at most; used by one thread.
///
/// What the top-level node says is believed; what others say, only if it is signed by the key of
/// the site record that led to them.
class SiteWalk {
  public:
    struct Rules {
        bool loopback = false;  // whether site records may name this machine
        resolver::Deadline deadline;
    };
    SiteWalk(resolver::Upstream& upstream, const model::Digests& digests, Rules rules)
        : upstream_(upstream), digests_(digests), rules_(rules) {}

    /// The public values of these types. kNotFound: no record, or none of these values;
    /// kUnavailable, kTimeout: nobody told us.
    Result<std::vector<handle::Value>> resolve(const std::string& handle,
                                               const std::vector<std::string>& types);

    /// To the server of the site that the handle hashes to (§6.3); responses must be signed.
    /// kUnavailable: the site record names none that we may ask.
    Result<Channel> open(const handle::Site& site, std::string_view handle,
                         handle::Version version) const;

    /// Of what a prefix handle holds, or a referral: the plain sites and those behind `HS_SERV`, or
    /// those for prefixes below (§6.6) where there are any and `for_prefixes` is true. At most
    /// `kSitesMax`.
    std::vector<handle::Site> sites_of(const std::vector<handle::Value>& values,
                                       bool for_prefixes = false);

    static constexpr std::size_t kSitesMax = 3;       // of one prefix, that are tried
    static constexpr std::size_t kQuestionsMax = 16;  // of one walk, to any server

  private:
    struct Answer {
        handle::ResponseCode code = handle::ResponseCode::kError;
        Bytes content;  // as of `UpstreamAnswer`
    };
    struct Wanted {
        const std::string& handle;
        const std::vector<std::string>& types;
    };
    Result<Answer> ask_top(const Wanted& wanted);
    Result<Answer> ask_site(const handle::Site& site, const Wanted& wanted) const;
    Result<Answer> ask_sites(const std::vector<handle::Site>& sites, const Wanted& wanted);
    Result<std::vector<handle::Value>> follow(Answer answer, const Wanted& wanted);
    Result<std::vector<handle::Site>> referred(const Answer& answer, const Wanted& wanted);
    bool may_ask();

    resolver::Upstream& upstream_;
    const model::Digests& digests_;
    const Rules rules_;
    std::size_t questions_ = 0;
};

/// The prefix handle whose sites answer for a handle: that of its prefix, and for a prefix handle
/// that of the parent (§1.4, §6.8).
std::string service_handle_of(std::string_view handle);
/// The types of values that tell a service (§6.8).
const std::vector<std::string>& service_types();

}  // namespace idnode::client
