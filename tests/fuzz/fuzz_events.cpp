// Invariants:
//  * no octets make the readers of events and documents crash or read beyond them;
//  * what is read has a body that reads as the same event, with the same id and content.
#include "proto/base/assert.h"
#include "registry/events/content.h"
#include "registry/events/event_json.h"
#include "registry/events/event_time.h"
#include "registry/json/parse.h"
#include "resolver/crypto/digests.h"

namespace {

using namespace idnode;

void read_back(const v1::EventRecord& record, const events::EventForm& form) {
    auto again = json::parse(record.body());
    IDNODE_ASSERT(again.has_value());
    const auto second = events::read_event(again->as_object(), form, {});
    IDNODE_ASSERT(second.has_value());
    IDNODE_ASSERT(second->event_id() == record.event_id());
    IDNODE_ASSERT(second->event_time_ns() == record.event_time_ns());
    const auto content = events::content_id(record.body(), form.schemes, form.digests);
    const auto same = events::content_id(second->body(), form.schemes, form.digests);
    IDNODE_ASSERT(content.has_value() && same.has_value() && *content == *same);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto digests = crypto::make_digests();
    static const schemes::Options options;
    static const events::Namespaces namespaces;
    const events::EventForm form{.schemes = options,
                                 .digests = *digests,
                                 .namespaces = namespaces,
                                 .time_ns_max = INT64_MAX};
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto time = events::parse_event_time(text);
    if (time) {
        const auto again = events::parse_event_time(events::format_event_time(time->ns, true));
        IDNODE_ASSERT(again.has_value() && again->ns == time->ns);
    }
    auto value = json::parse(text);
    if (!value || !value->is_object()) return 0;
    const auto record = events::read_event(value->get_object(), form, {});
    if (record) read_back(*record, form);
    return 0;
}
