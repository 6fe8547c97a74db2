#include "registry/http/epcis/webhooks.h"

#include <chrono>
#include <utility>

#include "proto/base/bytes.h"
#include "registry/http/epcis/outside.h"
#include "registry/http/http_client.h"

namespace idnode::http {

namespace {

// A subscriber that needs longer should take events first and work on them afterwards.
constexpr std::chrono::seconds kAnswerTime{5};
// Nothing of the answer matters but its status.
constexpr std::size_t kAnswerBytesMax = 65'536;

class WebhookSender final : public events::DeliverySender {
  public:
    explicit WebhookSender(Outside outside) : outside_(std::move(outside)) {}

    Result<unsigned> send(const events::Delivery& delivery) override {
        const auto to = events::parse_destination(delivery.destination);
        if (!to) return Error{Errc::kInvalid, to.error().message};
        const auto endpoint = outside_.reach(to->host, to->port, to->is_secure);
        if (!endpoint) return endpoint.error();
        Question question{.method = "POST", .target = to->target};
        question.host = to->host;
        question.body = as_bytes_view(delivery.body);
        question.answer_bytes_max = kAnswerBytesMax;
        question.fields = {{"Content-Type", "application/json"},
                           {"GS1-EPCIS-Version", "2.0.0"},
                           {"GS1-CBV-Version", "2.0.0"}};
        if (!delivery.signature.empty()) {
            question.fields.emplace_back("GS1-Signature", delivery.signature);
        }
        const auto answer = ask_http(*endpoint, to->is_secure ? Scheme::kHttps : Scheme::kHttp,
                                     question, kAnswerTime);
        if (!answer) return answer.error();
        return answer->result_int();
    }

  private:
    const Outside outside_;
};

}  // namespace

Result<std::unique_ptr<events::DeliverySender>> make_webhook_sender(
    std::span<const std::string> networks) {
    auto outside = Outside::make(networks);
    if (!outside) return outside.error();
    return std::make_unique<WebhookSender>(*std::move(outside));
}

}  // namespace idnode::http
