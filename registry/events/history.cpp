#include "registry/events/history.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "proto/base/bytes.h"
#include "registry/events/event_time.h"
#include "registry/events/life.h"
#include "registry/events/stages.h"
#include "registry/json/encoding.h"

namespace idnode::events {

namespace {

using registration::invalid;
using registration::Outcome;
using registration::to_refusal;

/// What a cursor says: the state of knowledge, how far the pages are, and what the stage machine
/// remembers.
struct Cursor {
    EventKey known;
    LifePlace after;
    std::uint8_t machine = 0;
};
constexpr std::size_t kCursorBytes = 2 * kEventKeyBytes + kTimeBytes + 1;

std::string to_text(const Cursor& cursor) {
    std::string octets;
    append_event_key(cursor.known, octets);
    append_time(cursor.after.event_time_ns, octets);
    append_event_key(cursor.after.event, octets);
    octets += static_cast<char>(cursor.machine);
    std::string out;
    json::append_base64url(as_bytes_view(octets), out);
    return out;
}

std::optional<Cursor> read_cursor(std::string_view text) {
    const auto octets = json::parse_base64url(text);
    if (!octets || octets->size() != kCursorBytes) return std::nullopt;
    std::string_view rest = as_text(*octets);
    const auto take = [&rest](std::size_t count) {
        const std::string_view out = rest.substr(0, count);
        rest.remove_prefix(count);
        return out;
    };
    Cursor out;
    out.known = *read_event_key(take(kEventKeyBytes));
    out.after.event_time_ns = read_time(take(kTimeBytes));
    out.after.event = *read_event_key(take(kEventKeyBytes));
    out.machine = static_cast<std::uint8_t>(rest.front());
    return out;
}

Outcome<std::uint32_t> warning_of(std::string_view word) {
    if (word.empty()) return kNoWarning;
    for (const auto& [bit, name] : warning_words()) {
        if (name == word) return bit;
    }
    return invalid("hasWarning", "must be a word of the stage machine");
}

std::int64_t behind(std::int64_t time_ns) {
    return time_ns == INT64_MAX ? INT64_MAX : time_ns + 1;
}

/// Reads one page.
class Reader {
  public:
    Reader(const Lifecycle& lifecycle, Access& access, const HistoryQuestion& question)
        : lifecycle_(lifecycle), access_(access), question_(question) {}

    Outcome<History> read() {
        const auto wanted = warning_of(question_.warning);
        if (!wanted) return wanted.error();
        wanted_ = *wanted;
        KnownAt known = question_.known;
        if (!question_.cursor.empty()) {
            const auto cursor = read_cursor(question_.cursor);
            if (!cursor) return invalid("cursor", "must be one of an answer");
            known.last = std::min(known.last, cursor->known);
            after_ = cursor->after;
            machine_ = StageMachine(cursor->machine);
        }
        const model::RecordStore& store = lifecycle_.registrar.store;
        Containments containments(store, known, question_.as_of_ns);
        EventReader events(store, known);
        const auto stays = stays_of(events, containments, access_, question_.cid);
        if (!stays) return stays.error();
        LifeReader life(events, question_.cid, stays->all);
        const std::size_t count = std::clamp<std::size_t>(question_.count_max, 1, kHistoryPageMax);
        const auto part = life.forward(after_, behind(question_.as_of_ns), count);
        if (!part) return to_refusal(part.error());
        for (const LifeEvent& one : part->events) {
            if (auto done = take(events, one); !done) return done.error();
        }
        if (!part->is_all) {
            auto settled = known_to_next_page(known);
            if (!settled) return to_refusal(settled.error());
            out_.cursor = to_text({*settled, after_, machine_.state()});
        }
        return std::move(out_);
    }

  private:
    Outcome<void> take(EventReader& events, const LifeEvent& one) {
        after_ = std::max(after_, place_of(one.end));
        const std::uint32_t warnings = machine_.show(one.seen());
        if (wanted_ != kNoWarning && (warnings & wanted_) == 0) return {};
        auto record = record_of(events, one);
        if (!record) return to_refusal(record.error());
        const auto readable = access_.may_read(*record);
        if (!readable) return readable.error();
        if (!*readable) {
            ++out_.redacted;
            return {};
        }
        out_.events.push_back(
            {*std::move(record), one.end.event, one.what.roles(), one.via, warnings});
        return {};
    }

    /// What is on its way now belongs to neither page or to the next: keys are in order.
    Result<EventKey> known_to_next_page(const KnownAt& known) {
        if (known.last != KnownAt{}.last) return known.last;
        return lifecycle_.log.settled();
    }

    const Lifecycle& lifecycle_;
    Access& access_;
    const HistoryQuestion& question_;
    std::uint32_t wanted_ = kNoWarning;
    LifePlace after_{};
    StageMachine machine_;
    History out_;
};

void append_member(std::string_view name, std::string_view value, std::string& out) {
    out += ",\"";
    out += name;
    out += "\":";
    json::append_json_string(value, out);
}

constexpr std::array<std::pair<std::uint32_t, std::string_view>, 7> kRoleWords{
    {{v1::EVENT_ROLE_EPC, "epc"},
     {v1::EVENT_ROLE_PARENT, "parent"},
     {v1::EVENT_ROLE_CHILD, "child"},
     {v1::EVENT_ROLE_INPUT, "input"},
     {v1::EVENT_ROLE_OUTPUT, "output"},
     {v1::EVENT_ROLE_CLASS, "class"},
     {v1::EVENT_ROLE_LOT, "lot"}}};

/// The words of the bits that are set.
template <class Words>
void append_words(std::string_view name, std::uint32_t bits, const Words& words, std::string& out) {
    out += ",\"";
    out += name;
    out += "\":[";
    bool first = true;
    for (const auto& [bit, word] : words) {
        if ((bits & bit) == 0) continue;
        out += first ? "\"" : ",\"";
        out += word;
        out += '"';
        first = false;
    }
    out += ']';
}

}  // namespace

Outcome<History> read_history(const Lifecycle& lifecycle, Access& access,
                              const HistoryQuestion& question) {
    return Reader(lifecycle, access, question).read();
}

Outcome<std::string> history_json(const Lifecycle& lifecycle, std::string_view cid,
                                  const History& history) {
    std::string out = "{\"id\":";
    json::append_json_string(cid, out);
    out += ",\"events\":[";
    bool first = true;
    for (const HistoryEvent& one : history.events) {
        auto body = body_of(lifecycle.registrar, one.record);
        if (!body) return body.error();
        out += first ? "{\"eventID\":" : ",{\"eventID\":";
        first = false;
        json::append_json_string(one.record.event_id(), out);
        append_member("eventTime", format_event_time(one.record.event_time_ns()), out);
        const std::string record_time = format_event_time(one.record.record_time_ms() * 1'000'000);
        append_member("recordTime", record_time, out);
        if (!one.record.stage().empty()) append_member("stage", one.record.stage(), out);
        append_words("roles", one.roles, kRoleWords, out);
        if (!one.via.empty()) append_member("via", one.via, out);
        if (one.warnings != kNoWarning) {
            append_words("warnings", one.warnings, warning_words(), out);
        }
        out += ",\"event\":";
        out += *body;
        out += '}';
    }
    out += ']';
    if (history.redacted > 0) out += ",\"redacted\":" + std::to_string(history.redacted);
    if (!history.cursor.empty()) append_member("cursor", history.cursor, out);
    out += '}';
    return out;
}

}  // namespace idnode::events
