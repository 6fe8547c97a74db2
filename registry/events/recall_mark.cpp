#include "registry/events/recall_mark.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <span>
#include <utility>

#include "proto/base/bytes.h"
#include "proto/base/hex.h"
#include "registry/events/capture.h"
#include "registry/events/documents.h"
#include "registry/events/event_time.h"
#include "registry/registration/objects.h"

namespace idnode::events {

using boost::json::array;
using boost::json::object;
using registration::Outcome;
using registration::to_refusal;

namespace {

constexpr std::size_t kThingsOfEvent = 1'000;
constexpr std::int64_t kNsPerMs = 1'000'000;

/// Captures the events of one mark.
class Marker {
  public:
    Marker(const Lifecycle& lifecycle, const registration::Actor& actor, const RecallMark& mark)
        : lifecycle_(lifecycle), actor_(actor), mark_(mark), reader_(lifecycle.registrar.store) {}

    Outcome<Marked> all(const Recall::Marked& things) {
        if (auto done = groups_of(things.visible, 0); !done) return done.error();
        out_.things = things.visible.size();
        for (const auto& [owner, list] : things.of_others) {
            if (auto done = groups_of(list, owner); !done) return done.error();
            out_.notified += list.size();
        }
        return out_;
    }

  private:
    /// `owner`: whose private events they become; 0: the actor's, for everybody.
    Outcome<void> groups_of(std::vector<std::string> things, std::uint64_t owner) {
        std::ranges::sort(things);
        for (std::size_t at = 0; at < things.size(); at += kThingsOfEvent) {
            const std::size_t count = std::min(kThingsOfEvent, things.size() - at);
            if (auto done = group(std::span(things).subspan(at, count), owner); !done) return done;
        }
        return {};
    }

    Outcome<void> group(std::span<const std::string> things, std::uint64_t owner) {
        const std::string event_id = id_for(things, owner);
        const auto there = reader_.find(event_id);
        if (!there) return to_refusal(there.error());
        if (*there) return {};
        boost::json::value json = event(things, event_id, owner != 0);
        auto record = read_single(lifecycle_, json, {});
        if (!record) return record.error();
        if (owner != 0) return tell_owner(*record, owner);
        const auto captured =
            Capture(lifecycle_)
                .capture(actor_, {&*record, 1}, registration::Together::kIndependent);
        if (!captured) return captured.error();
        if (!captured->front()) return captured->front().error();
        ++out_.events;
        return {};
    }

    /// Captured by the owner, as far as anybody can tell who may not read it.
    Outcome<void> tell_owner(const v1::EventRecord& record, std::uint64_t owner) {
        registration::Actor as = actor_;
        as.enterprise_id = owner;
        v1::EventRecord copy = record;
        copy.mutable_label()->set_visibility(v1::VISIBILITY_PRIVATE);
        const auto captured =
            Capture(lifecycle_).capture(as, {&copy, 1}, registration::Together::kIndependent);
        if (!captured) return captured.error();
        if (!captured->front()) return captured->front().error();
        ++out_.events;
        return {};
    }

    /// The same for the same things under the same number of the same enterprise.
    std::string id_for(std::span<const std::string> things, std::uint64_t owner) const {
        std::string text = registration::number_key(actor_.enterprise_id);
        text += registration::number_key(owner);
        text += mark_.number;
        for (const std::string& thing : things) {
            text += '\0';
            text += thing;
        }
        const auto digest = lifecycle_.registrar.digests.sha256(as_bytes_view(text));
        return "urn:idn:recall:" + to_hex(digest);
    }

    boost::json::value event(std::span<const std::string> things, const std::string& event_id,
                             bool is_private) const {
        object out;
        out["type"] = "ObjectEvent";
        out["eventID"] = event_id;
        out["eventTime"] = format_event_time(lifecycle_.registrar.clock.now() * kNsPerMs);
        out["eventTimeZoneOffset"] = "+00:00";
        out["action"] = "OBSERVE";
        out["bizStep"] = "holding";
        out["disposition"] = "non_sellable_other";
        out["persistentDisposition"] = object{{"set", array{"recalled"}}};
        array list;
        for (const std::string& thing : things) list.push_back(boost::json::string(thing));
        out["epcList"] = std::move(list);
        out["idn:stage"] = "recall";
        out["idn:visibility"] = is_private ? "private" : "public";
        out["idn:recall"] = object{{"idn:number", mark_.number}, {"idn:reason", mark_.reason}};
        return out;
    }

    const Lifecycle& lifecycle_;
    const registration::Actor& actor_;
    const RecallMark& mark_;
    EventReader reader_;
    Marked out_;
};

}  // namespace

Outcome<Marked> mark(const Lifecycle& lifecycle, const registration::Actor& actor,
                     const Recall& recall, const RecallMark& mark) {
    return Marker(lifecycle, actor, mark).all(recall.to_be_marked());
}

}  // namespace idnode::events
