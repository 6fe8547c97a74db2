#include "registry/events/queries.h"

#include <algorithm>
#include <utility>

#include "proto/base/bytes.h"
#include "proto/idnode/v1/event_query.pb.h"
#include "registry/events/query_walk.h"
#include "registry/json/encoding.h"
#include "registry/registration/objects.h"

namespace idnode::events {

namespace {

using registration::Outcome;
using registration::to_refusal;

constexpr std::string_view kSealPurpose = "event page";

// What one page may cost: entries of indexes stepped over, events read, octets answered.
constexpr std::size_t kPageSteps = 200'000;
constexpr std::size_t kPageReads = 10'000;
constexpr std::size_t kPageBytes = 8U << 20U;
// What counting for `maxEventCount` may cost.
constexpr std::size_t kCountSteps = 1'000'000;
constexpr std::size_t kCountReads = 50'000;
// Events that are looked at before a word counts as not visible.
constexpr std::size_t kVisibleReads = 64;

QueryRefusal of_store(const Error& error) {
    return of_node(to_refusal(error));
}

QueryRefusal bad_token(std::string rule) {
    return {QueryFault::kParameter,
            registration::invalid("nextPageToken", "nextPageToken: " + std::move(rule))};
}

/// Visits what a query finds, up to a number of steps.
class Finder {
  public:
    struct Budget {
        std::size_t steps;
        std::size_t reads;
    };
    Finder(const model::RecordStore& store, Access& access, const Query& query, EventKey until,
           Budget budget)
        : reader_(store), access_(access), query_(query), until_(until), budget_(budget) {}

    /// The next event that matches and may be read. Nothing: there is none, or the budget is used
    /// up.
    QueryOutcome<std::optional<StoredEvent>> next(QueryWalk& walk) {
        for (;;) {
            if (budget_.steps == 0 || budget_.reads == 0) return std::optional<StoredEvent>{};
            const auto position = walk.next();
            if (!position) return of_store(position.error());
            is_at_end_ = !position->has_value();
            if (is_at_end_) return std::optional<StoredEvent>{};
            last_ = **position;
            --budget_.steps;
            const EventKey& key = last_.event;
            if (key > until_ || !query_.record_time_ms.has(key.record_time_ms)) continue;
            --budget_.reads;
            auto record = reader_.find(key);
            if (!record) return of_store(record.error());
            if (!*record || !query_.matches(**record)) continue;
            const auto readable = access_.may_read(**record);
            if (!readable) return of_node(readable.error());
            if (*readable) return std::optional(StoredEvent{key, **std::move(record)});
        }
    }
    bool is_at_end() const { return is_at_end_; }
    /// Of the last event that was visited.
    const QueryPosition& last() const { return last_; }

  private:
    EventReader reader_;
    Access& access_;
    const Query& query_;
    const EventKey until_;
    Budget budget_;
    QueryPosition last_;
    bool is_at_end_ = false;
};

}  // namespace

/// Where a page begins.
struct Queries::Start {
    std::optional<QueryPosition> after;
    EventKey until;
    std::optional<std::uint64_t> left;
};

/// A token fits one question of one caller.
Bytes Queries::digest_of(const Query& query) const {
    std::string text = query.text;
    if (access_.actor()) text += access_.actor()->account;
    const auto digest = lifecycle_.registrar.digests.sha256(std::as_bytes(std::span(text)));
    return {digest.begin(), digest.end()};
}

QueryOutcome<std::string> Queries::token(const v1::EventPageToken& token) const {
    const auto sealed =
        lifecycle_.registrar.seal.close(registration::to_octets(token), kSealPurpose);
    if (!sealed) return of_store(sealed.error());
    std::string out;
    json::append_base64url(*sealed, out);
    return out;
}

QueryOutcome<Queries::Start> Queries::start_of(const Query& query) {
    if (query.page_token.empty()) {
        const auto until = lifecycle_.log.settled();
        if (!until) return of_store(until.error());
        return Start{.after = {}, .until = *until, .left = query.count_limit};
    }
    const auto sealed = json::parse_base64url(query.page_token);
    if (!sealed) return bad_token("is none of this node");
    const auto octets = lifecycle_.registrar.seal.open(*sealed, kSealPurpose);
    v1::EventPageToken token;
    if (!octets || !registration::from_octets(*octets, token)) {
        return bad_token("is none of this node");
    }
    const Bytes digest = digest_of(query);
    if (token.query() != as_text(digest)) return bad_token("belongs to another question");
    if (token.expires_ms() < lifecycle_.registrar.clock.now()) {
        return bad_token("is too old; ask without it");
    }
    const auto after = read_event_key(token.after());
    const auto until = read_event_key(token.until());
    if (!after || !until) return bad_token("is none of this node");
    Start out{.after = QueryPosition{token.time_ns(), *after}, .until = *until, .left = {}};
    if (token.has_left()) out.left = token.left();
    return out;
}

QueryOutcome<void> Queries::check_count(const Query& query, const EventKey& until) {
    const model::RecordStore& store = lifecycle_.registrar.store;
    auto walk = walk_events(store, query, {});
    if (!walk) return of_store(walk.error());
    Finder finder(store, access_, query, until, {kCountSteps, kCountReads});
    for (std::uint64_t count = 0;; ++count) {
        const auto found = finder.next(**walk);
        if (!found) return found.error();
        if (!*found) break;
        if (count < *query.count_max) continue;
        return QueryRefusal{
            QueryFault::kTooLarge,
            {.code = registration::Code::kLimit,
             .message = "there are more than " + std::to_string(*query.count_max) + " events",
             .field = "maxEventCount"}};
    }
    if (finder.is_at_end()) return {};
    return QueryRefusal{QueryFault::kTooComplex,
                        {.code = registration::Code::kLimit,
                         .message = "too many events must be looked at to count these",
                         .field = "maxEventCount",
                         .remedy = "narrow the query, or ask without maxEventCount"}};
}

QueryOutcome<QueryPage> Queries::page(const Query& query) {
    const model::RecordStore& store = lifecycle_.registrar.store;
    const auto start = start_of(query);
    if (!start) return start.error();
    if (query.count_max && !start->after) {
        if (auto counted = check_count(query, start->until); !counted) return counted.error();
    }
    auto walk = walk_events(store, query, start->after);
    if (!walk) return of_store(walk.error());
    Finder finder(store, access_, query, start->until, {kPageSteps, kPageReads});
    const std::uint64_t left = start->left.value_or(UINT64_MAX);
    const std::size_t size_max = std::min<std::uint64_t>(query.per_page, left);
    QueryPage out;
    for (std::size_t bytes = 0; out.events.size() < size_max && bytes < kPageBytes;) {
        auto found = finder.next(**walk);
        if (!found) return found.error();
        if (!*found) break;
        bytes += (*found)->record.ByteSizeLong();
        out.events.push_back(**std::move(found));
    }
    if (auto settled = access_.settle(); !settled) return of_node(settled.error());
    if (finder.is_at_end() || out.events.size() == left) return out;
    const auto more = (*walk)->next();
    if (!more) return of_store(more.error());
    if (!*more) return out;

    const QueryPosition& last = finder.last();
    v1::EventPageToken next;
    next.set_query(std::string(as_text(digest_of(query))));
    next.set_time_ns(last.time_ns);
    next.set_after(to_key(last.event));
    next.set_until(to_key(start->until));
    if (start->left) next.set_left(left - out.events.size());
    out.token_expires =
        lifecycle_.registrar.clock.now() +
        std::chrono::duration_cast<std::chrono::milliseconds>(kPageTokenLifetime).count();
    next.set_expires_ms(out.token_expires);
    auto text = token(next);
    if (!text) return text.error();
    out.next_token = *std::move(text);
    return out;
}

Outcome<std::optional<StoredEvent>> Queries::find(std::string_view event_id) {
    EventReader reader(lifecycle_.registrar.store);
    auto event = reader.find(event_id);
    if (!event) return to_refusal(event.error());
    if (!*event) return std::optional<StoredEvent>{};
    const auto readable = access_.may_read((*event)->record);
    if (!readable) return readable.error();
    if (!*readable) return std::optional<StoredEvent>{};
    if (auto settled = access_.settle(); !settled) return settled.error();
    return *std::move(event);
}

Outcome<std::vector<StoredEvent>> Queries::declarations(std::string_view event_id) {
    EventReader reader(lifecycle_.registrar.store);
    auto declarations = reader.declarations(event_id);
    if (!declarations) return to_refusal(declarations.error());
    std::vector<StoredEvent> out;
    for (StoredEvent& one : *declarations) {
        const auto readable = access_.may_read(one.record);
        if (!readable) return readable.error();
        if (*readable) out.push_back(std::move(one));
    }
    return out;
}

Outcome<bool> Queries::is_visible(const QueryCondition& condition) {
    const Query query{.conditions = {condition}};
    const model::RecordStore& store = lifecycle_.registrar.store;
    auto walk = walk_events(store, query, {});
    if (!walk) return to_refusal(walk.error());
    const EventKey all{.record_time_ms = INT64_MAX, .sequence = UINT64_MAX};
    Finder finder(store, access_, query, all, {kVisibleReads, kVisibleReads});
    const auto found = finder.next(**walk);
    if (!found) return found.error().why;
    return found->has_value();
}

}  // namespace idnode::events
