#include "registry/registration/serials.h"

#include <algorithm>
#include <limits>

#include "proto/base/text.h"
#include "registry/registration/coding_rules.h"
#include "registry/registration/objects.h"
#include "registry/registration/prefixes.h"
#include "registry/registration/suffixes.h"

namespace idnode::registration {

namespace {

using model::Table;

constexpr std::uint32_t kLeaseMax = 10'000'000;  // numbers of one lease
constexpr int kReturnedSpansMax = 1'000;         // of one series; what is more stays unused
constexpr std::size_t kHolderBytesMax = 255;
constexpr model::TimeMs kMsPerSecond = 1'000;

std::string series_key(std::string_view prefix, std::string_view rule) {
    return pair_key(prefix, rule);
}
std::string lease_key(std::string_view prefix, std::string_view rule, std::uint64_t first) {
    return pair_key(series_key(prefix, rule), number_key(first));
}

struct Series {
    v1::SerialSeries spans;
    model::TransactionId version = 0;  // 0: nothing was leased yet
};

Outcome<Series> read_series(const model::RecordStore& store, const std::string& key) {
    const auto stored = read_stored(store, Table::kSerialRanges, key);
    if (!stored) return stored.error();
    Series out;
    out.spans.set_next(1);
    if (!*stored) return out;
    if (!from_octets((*stored)->value, out.spans)) return damaged_object();
    out.version = (*stored)->version;
    return out;
}

model::ObjectEdit put_series(const std::string& key, const Series& series) {
    return {Table::kSerialRanges, key, to_octets(series.spans), series.version};
}

/// The first of `count` numbers, taken from what was returned if there are so many side by side.
/// kLimit: none are left.
Outcome<std::uint64_t> take(v1::SerialSeries& series, std::uint64_t count, std::uint64_t max) {
    auto& spans = *series.mutable_returned();
    const auto span = std::ranges::find_if(spans, [count](const v1::SerialSpan& one) {
        return one.last() - one.first() + 1 >= count;
    });
    if (span != spans.end()) {
        const std::uint64_t first = span->first();
        span->set_first(first + count);
        if (span->first() > span->last()) spans.erase(span);
        return first;
    }
    const std::uint64_t first = series.next();
    if (first > max || max - first < count - 1) {
        return Refusal{.code = Code::kLimit,
                       .message = "the rule has room for serial numbers up to " +
                                  std::to_string(max) + "; the next one is " +
                                  std::to_string(first),
                       .field = "count",
                       .remedy = "lease fewer, or make a rule with more digits"};
    }
    series.set_next(first + count);
    return first;
}

void put_back(v1::SerialSeries& series, std::uint64_t first, std::uint64_t last) {
    if (last + 1 == series.next()) {
        series.set_next(first);
        return;
    }
    if (series.returned_size() >= kReturnedSpansMax) return;
    v1::SerialSpan& span = *series.add_returned();
    span.set_first(first);
    span.set_last(last);
}

}  // namespace

Outcome<v1::SerialLease> Serials::lease(const Actor& actor, std::string_view prefix_name,
                                        std::string_view rule_name,
                                        const v1::LeaseRequest& wanted) {
    if (auto may = require(actor, v1::SCOPE_IDENTIFIERS_WRITE); !may) return may.error();
    const auto prefix = Prefixes(registrar_).usable(actor, prefix_name, true);
    if (!prefix) return prefix.error();
    const auto rule = CodingRules(registrar_).named(prefix->prefix(), rule_name);
    if (!rule) return rule.error();
    const auto max = serial_max(*rule);
    if (!max) {
        return Refusal{.code = Code::kWrongState,
                       .message = "coding rule '" + rule->name() + "' has no serial"};
    }
    if (wanted.count() == 0 || wanted.count() > kLeaseMax) {
        return invalid("count", "must be 1 to 10000000");
    }
    if (!is_utf8(wanted.holder()) || wanted.holder().size() > kHolderBytesMax) {
        return invalid("holder", "must be UTF-8, at most 255 octets");
    }
    const std::string key = series_key(prefix->prefix(), rule->name());
    v1::SerialLease lease;
    lease.set_prefix(prefix->prefix());
    lease.set_rule(rule->name());
    lease.set_holder(wanted.holder());
    lease.set_account(actor.account);
    const model::TimeMs now = registrar_.clock.now();
    *lease.mutable_created() = to_timestamp(now);
    if (wanted.lifetime_s() != 0) {
        *lease.mutable_expires() =
            to_timestamp(now + model::TimeMs{wanted.lifetime_s()} * kMsPerSecond);
    }
    return until_no_conflict([&]() -> Outcome<v1::SerialLease> {
        auto series = read_series(registrar_.store, key);
        if (!series) return series.error();
        const auto first = take(series->spans, wanted.count(), *max);
        if (!first) return first.error();
        lease.set_first(*first);
        lease.set_last(*first + wanted.count() - 1);
        model::Change change = change_by(actor);
        change.objects = {
            put_series(key, *series),
            registration::put(Table::kSerialRanges,
                              lease_key(prefix->prefix(), rule->name(), *first), lease)};
        const auto done = commit(registrar_.store, change);
        if (!done) return done.error();
        lease.set_version(done->last);
        return lease;
    });
}

Outcome<v1::SerialLease> Serials::give_back(const Actor& actor, std::string_view prefix_name,
                                            std::string_view rule_name, std::uint64_t first,
                                            std::uint64_t unused_from) {
    if (auto may = require(actor, v1::SCOPE_IDENTIFIERS_WRITE); !may) return may.error();
    const auto prefix = Prefixes(registrar_).usable(actor, prefix_name, true);
    if (!prefix) return prefix.error();
    const std::string key = series_key(prefix->prefix(), rule_name);
    const std::string at = lease_key(prefix->prefix(), rule_name, first);
    return until_no_conflict([&]() -> Outcome<v1::SerialLease> {
        auto lease =
            registration::find<v1::SerialLease>(registrar_.store, Table::kSerialRanges, at);
        if (!lease) return lease.error();
        if (!*lease) return not_found("lease from " + std::to_string(first));
        v1::SerialLease& out = **lease;
        if (out.has_returned()) {
            return Refusal{.code = Code::kWrongState, .message = "the lease has ended already"};
        }
        if (unused_from != 0 && (unused_from < out.first() || unused_from > out.last())) {
            return invalid("unusedFrom", "must be a number of the lease");
        }
        auto series = read_series(registrar_.store, key);
        if (!series) return series.error();
        model::Change change = change_by(actor);
        *out.mutable_returned() = to_timestamp(registrar_.clock.now());
        const model::TransactionId version = out.version();
        if (unused_from != 0) {
            put_back(series->spans, unused_from, out.last());
            change.objects.push_back(put_series(key, *series));
            out.set_last(unused_from - 1);
        }
        // Of a lease of which nothing was used, nothing is left to tell.
        const bool is_empty = out.last() < out.first();
        change.objects.push_back(is_empty
                                     ? drop(Table::kSerialRanges, at)
                                     : registration::put(Table::kSerialRanges, at, out, version));
        change.objects.back().expected_version = version;
        const auto done = commit(registrar_.store, change);
        if (!done) return done.error();
        out.set_version(done->last);
        return out;
    });
}

Outcome<v1::SerialLeaseList> Serials::list(const Actor& actor, std::string_view prefix_name,
                                           std::string_view rule_name, std::string_view cursor,
                                           std::size_t count_max) {
    if (auto may = require(actor, v1::SCOPE_IDENTIFIERS_READ); !may) return may.error();
    const auto prefix = Prefixes(registrar_).usable(actor, prefix_name, false);
    if (!prefix) return prefix.error();
    const std::string beginning = pair_key(series_key(prefix->prefix(), rule_name), {});
    std::uint64_t after = 0;
    if (!cursor.empty() && !read_cursor(cursor, after)) {
        return invalid("cursor", "is none that this list gave");
    }
    const auto stored = registrar_.store.scan_objects(
        Table::kSerialRanges, beginning,
        cursor.empty() ? std::string() : beginning + number_key(after), count_max);
    if (!stored) return to_refusal(stored.error());
    v1::SerialLeaseList out;
    for (const model::StoredObject& one : *stored) {
        v1::SerialLease& lease = *out.add_leases();
        if (!from_octets(one.value, lease)) return damaged_object();
        lease.set_version(one.version);
    }
    if (stored->size() == count_max) {
        out.set_next_cursor(std::to_string(out.leases(out.leases_size() - 1).first()));
    }
    return out;
}

SerialKey split_serial_key(std::string_view key) {
    SerialKey out;
    const std::size_t first = key.find('\0');
    out.prefix = key.substr(0, first);
    if (first == std::string_view::npos) return out;
    key.remove_prefix(first + 1);
    const std::size_t second = key.find('\0');
    out.rule = key.substr(0, second);
    out.is_lease = second != std::string_view::npos;
    return out;
}

}  // namespace idnode::registration
