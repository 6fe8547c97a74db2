#include "resolver/forward/cache.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "proto/handle/value.h"
#include "registry/model/identifier.h"

namespace idnode::resolver {
namespace {

using handle::ResponseCode;

/// What an entry costs beyond key and content: list node, table node, shared answer.
constexpr std::size_t kEntryOverheadBytes = 256;
constexpr model::TimeMs kMsPerSecond = 1'000;

void append_number(std::size_t number, std::string& out) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        out.push_back(static_cast<char>((number >> static_cast<unsigned>(shift)) & 0xFFU));
    }
}

void append_handle(std::string_view text, std::string& out) {
    const model::HandleParts parts = model::split_handle(text);
    const std::size_t folded =
        !parts.has_slash || model::is_global(text) ? text.size() : parts.prefix.size();
    append_number(text.size(), out);
    for (std::size_t i = 0; i < text.size(); ++i) {
        out.push_back(i < folded ? fold_ascii(text[i]) : text[i]);
    }
}

/// For how long the values of a successful answer may be kept: as long as the shortest-lived.
std::chrono::seconds shortest_lifetime(BytesView values, std::uint32_t now) {
    ByteReader in(values);
    handle::ValuesReader reader(in);
    std::uint32_t least = static_cast<std::uint32_t>(limits::kCacheLifetimeMax.count());
    bool any = false;
    while (const auto value = reader.next()) {
        any = true;
        // A restricted value in a public answer is a mistake that must not be repeated.
        least = value->is_public() ? std::min(least, handle::cacheable_seconds(*value, now)) : 0;
        if (least == 0) break;
    }
    return std::chrono::seconds(any && in.ok() ? least : 0);
}

}  // namespace

void write_cache_key(const Question& question, std::string& out) {
    out.clear();
    out.push_back((question.flags & handle::flag::kDoNotRefer) != 0 ? 'n' : 'r');
    append_handle(question.handle, out);
    std::vector<std::int32_t> indexes = question.indexes;
    std::ranges::sort(indexes);
    indexes.erase(std::ranges::unique(indexes).begin(), indexes.end());
    append_number(indexes.size(), out);
    for (const std::int32_t index : indexes) append_number(static_cast<std::uint32_t>(index), out);
    std::vector<std::string> types;
    for (const std::string& type : question.types) types.push_back(fold_ascii(type));
    std::ranges::sort(types);
    types.erase(std::ranges::unique(types).begin(), types.end());
    for (const std::string& type : types) {
        append_number(type.size(), out);
        out.append(type);
    }
}

bool may_be_cached(const Question& question) {
    return (question.flags & handle::flag::kPublicOnly) != 0 &&
           (question.flags & handle::flag::kAuthoritative) == 0;
}

void AnswerCache::Shard::erase(std::list<Entry>::iterator entry) {
    bytes -= entry->bytes;
    by_key.erase(entry->key);
    entries.erase(entry);
}

AnswerCache::Shard& AnswerCache::shard_of(std::string_view key) {
    return shards_[std::hash<std::string_view>{}(key) % kShards];
}

std::chrono::seconds AnswerCache::lifetime(const UpstreamAnswer& answer) const {
    switch (answer.code) {
        case ResponseCode::kSuccess:
            return shortest_lifetime(answer.content,
                                     static_cast<std::uint32_t>(clock_.now() / kMsPerSecond));
        case ResponseCode::kHandleNotFound:
        case ResponseCode::kValuesNotFound:
            return limits_.negative;
        default:
            return std::chrono::seconds(0);
    }
}

UpstreamAnswerPtr AnswerCache::find(const std::string& key) {
    Shard& shard = shard_of(key);
    const model::TimeMs now = clock_.now();
    const std::scoped_lock guard(shard.lock);
    const auto found = shard.by_key.find(key);
    if (found == shard.by_key.end()) return nullptr;
    const std::list<Entry>::iterator entry = found->second;
    if (entry->until <= now) {
        shard.erase(entry);
        return nullptr;
    }
    shard.entries.splice(shard.entries.begin(), shard.entries, entry);
    return entry->answer;
}

void AnswerCache::keep(const std::string& key, const UpstreamAnswer& answer) {
    const std::chrono::seconds life = lifetime(answer);
    const std::size_t bytes = key.size() + answer.content.size() + kEntryOverheadBytes;
    const std::size_t shard_bytes_max = limits_.bytes_max / kShards;
    const std::size_t shard_entries_max = limits_.entries_max / kShards;
    if (life.count() <= 0 || bytes > shard_bytes_max || shard_entries_max == 0) return;
    auto kept = std::make_shared<UpstreamAnswer>(answer);
    kept->authoritative = false;
    const model::TimeMs until = clock_.now() + life.count() * kMsPerSecond;

    Shard& shard = shard_of(key);
    const std::scoped_lock guard(shard.lock);
    if (const auto old = shard.by_key.find(key); old != shard.by_key.end()) {
        shard.erase(old->second);
    }
    shard.entries.push_front({key, std::move(kept), until, bytes});
    shard.by_key.emplace(shard.entries.front().key, shard.entries.begin());
    shard.bytes += bytes;
    while (shard.bytes > shard_bytes_max || shard.entries.size() > shard_entries_max) {
        shard.erase(std::prev(shard.entries.end()));
    }
}

std::size_t AnswerCache::entries() const {
    std::size_t sum = 0;
    for (const Shard& shard : shards_) {
        const std::scoped_lock guard(shard.lock);
        sum += shard.entries.size();
    }
    return sum;
}

std::size_t AnswerCache::bytes() const {
    std::size_t sum = 0;
    for (const Shard& shard : shards_) {
        const std::scoped_lock guard(shard.lock);
        sum += shard.bytes;
    }
    return sum;
}

}  // namespace idnode::resolver
