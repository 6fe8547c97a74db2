#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/handle/challenge.h"
#include "proto/handle/site.h"
#include "proto/handle/value.h"
#include "resolver/client/channel.h"

namespace idnode::client {

/// The bodies and flags of requests, §4; for `Channel::send`, where many go out at once.
struct CreateOptions {
    bool overwrite = false;  // replace an existing record completely
    bool mint = false;       // the handle is a beginning; the server adds the rest
};
/// `values`: a `VALUES` section, count first. Values that not everybody may read make the request
/// confidential (§5.8).
Request create_request(std::string_view handle, BytesView values, CreateOptions options = {});

/// The operations of §4 on one server. Errors carry the server's code and words. What a call does
/// about connections, challenges and sessions: see `Channel`.
class Client {
  public:
    explicit Client(Channel channel) : channel_(std::move(channel)) {}

    Channel& channel() { return channel_; }

    struct Question {
        std::string handle;
        std::vector<std::int32_t> indexes{};  // both empty: everything
        std::vector<std::string> types{};
        bool public_only = true;
        bool authoritative = false;
        bool do_not_refer = false;
    };
    /// The values. A referral (302, 303) is an error with that code: the client asks one server.
    CallResult<std::vector<handle::Value>> resolve(const Question& question);

    struct Created {
        std::string handle;     // as the server says: with the minted part
        bool replaced = false;  // something existed
    };
    CallResult<Created> create(std::string_view handle, std::span<const handle::Value> values,
                               CreateOptions options = {});
    CallResult<void> erase(std::string_view handle);
    /// Whether an existing value was replaced, which only `overwrite` allows.
    CallResult<bool> add(std::string_view handle, std::span<const handle::Value> values,
                         bool overwrite = false);
    CallResult<void> modify(std::string_view handle, std::span<const handle::Value> values);
    CallResult<void> remove(std::string_view handle, std::span<const std::int32_t> indexes);

    using HandleVisitor = std::function<void(std::string_view handle)>;
    /// The handles under a prefix (`0.NA/88.100`), as they arrive.
    CallResult<void> list(std::string_view prefix_handle, const HandleVisitor& visit);
    CallResult<void> list_homed_prefixes(const HandleVisitor& visit);
    CallResult<void> home(std::string_view prefix_handle);
    CallResult<void> unhome(std::string_view prefix_handle);

    CallResult<handle::Site> site();
    /// Operation 201: whether an answer to a challenge of ours proves a secret key that this server
    /// keeps (§5.4). Only a signed answer counts.
    CallResult<bool> verify(const handle::VerifyRequest& request);

    void close() { channel_.close(); }

  private:
    CallResult<Response> ask(const Request& request);
    CallResult<void> ask_about(handle::OpCode op, std::string_view handle);
    CallResult<void> list_all(handle::OpCode op, std::string_view handle,
                              const HandleVisitor& visit);
    CallResult<Response> change(handle::OpCode op, std::string_view handle,
                                std::span<const handle::Value> values, std::uint32_t more_flags);

    Channel channel_;
};

}  // namespace idnode::client
