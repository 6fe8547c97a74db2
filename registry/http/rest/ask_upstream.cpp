#include "registry/http/rest/ask_upstream.h"

#include <future>
#include <memory>
#include <utility>

namespace idnode::http {

using resolver::UpstreamAnswer;
using resolver::UpstreamAnswerPtr;

UpstreamAnswerPtr ask_upstream(resolver::Upstream& upstream, resolver::Question question,
                               std::chrono::milliseconds wait) {
    const auto promise = std::make_shared<std::promise<UpstreamAnswerPtr>>();
    auto answer = promise->get_future();
    upstream.ask(std::move(question),
                 [promise](UpstreamAnswerPtr given) { promise->set_value(std::move(given)); });
    if (answer.wait_for(wait) == std::future_status::ready) return answer.get();
    return std::make_shared<const UpstreamAnswer>(
        UpstreamAnswer{.code = handle::ResponseCode::kServerBusy,
                       .content = to_bytes("the responsible node did not answer in time"),
                       .authoritative = false});
}

}  // namespace idnode::http
