#include <catch2/catch.hpp>

#include "proto/handle/header.h"
#include "proto/handle/value.h"
#include "resolver/forward/cache.h"

namespace idnode {
namespace {

using handle::ResponseCode;
using resolver::AnswerCache;
using resolver::Question;
using resolver::UpstreamAnswer;

class FakeClock : public model::Clock {
  public:
    model::TimeMs now() const override { return now_; }
    void pass(std::chrono::milliseconds time) { now_ += time.count(); }

  private:
    model::TimeMs now_ = 1'800'000'000'000;
};

Question question(std::string handle, std::uint32_t flags = handle::flag::kPublicOnly) {
    Question out;
    out.handle = std::move(handle);
    out.flags = flags;
    return out;
}

std::string key(const Question& of) {
    std::string out;
    resolver::write_cache_key(of, out);
    return out;
}

UpstreamAnswer values(std::vector<std::uint32_t> ttls) {
    std::vector<handle::Value> list;
    for (const std::uint32_t ttl : ttls) {
        handle::Value value;
        value.index = static_cast<std::int32_t>(list.size() + 1);
        value.type = "URL";
        value.ttl = ttl;
        list.push_back(value);
    }
    UpstreamAnswer answer;
    answer.code = ResponseCode::kSuccess;
    answer.content = handle::encode_values(list);
    answer.authoritative = true;
    return answer;
}

UpstreamAnswer error(ResponseCode code) {
    UpstreamAnswer answer;
    answer.code = code;
    return answer;
}

}  // namespace

TEST_CASE("equal questions have equal cache keys however prefix, types and order are spelt") {
    Question a = question("88.100.a/Pump");
    a.indexes = {3, 1, 3};
    a.types = {"url", "EMAIL"};
    Question b = question("88.100.A/Pump");
    b.indexes = {1, 3};
    b.types = {"email", "URL"};
    CHECK(key(a) == key(b));
    CHECK(key(question("0.na/88.100")) == key(question("0.NA/88.100")));
    CHECK(key(question("88.100.a")) == key(question("88.100.A")));
}

TEST_CASE("questions that may have different answers have different cache keys") {
    const Question plain = question("88.100/pump");
    Question other = question("88.100/Pump");  // the suffix may matter upstream
    CHECK(key(plain) != key(other));
    other = plain;
    other.indexes = {1};
    CHECK(key(plain) != key(other));
    Question typed = plain;
    typed.types = {"URL"};
    CHECK(key(plain) != key(typed));
    CHECK(key(other) != key(typed));
    other = plain;
    other.flags |= handle::flag::kDoNotRefer;
    CHECK(key(plain) != key(other));
}

TEST_CASE("questions for an authoritative answer or for restricted values bypass the cache") {
    CHECK(resolver::may_be_cached(question("88.100/a")));
    CHECK_FALSE(resolver::may_be_cached(question("88.100/a", 0)));
    CHECK_FALSE(resolver::may_be_cached(
        question("88.100/a", handle::flag::kPublicOnly | handle::flag::kAuthoritative)));
}

TEST_CASE("an answer is kept as long as its shortest-lived value, and is not authoritative then") {
    FakeClock clock;
    AnswerCache cache({}, clock);
    cache.keep("k", values({600, 60, 86'400}));
    clock.pass(std::chrono::seconds(59));
    const auto kept = cache.find("k");
    REQUIRE(kept);
    CHECK(kept->code == ResponseCode::kSuccess);
    CHECK_FALSE(kept->authoritative);
    clock.pass(std::chrono::seconds(1));
    CHECK_FALSE(cache.find("k"));
    CHECK(cache.entries() == 0);
}

TEST_CASE("no answer is kept longer than an hour") {
    FakeClock clock;
    AnswerCache cache({}, clock);
    cache.keep("k", values({86'400}));
    clock.pass(std::chrono::seconds(3'599));
    CHECK(cache.find("k"));
    clock.pass(std::chrono::seconds(1));
    CHECK_FALSE(cache.find("k"));
}

TEST_CASE(
    "an answer with one value of time to live 0 is not kept, nor one with a restricted value") {
    FakeClock clock;
    AnswerCache cache({}, clock);
    cache.keep("k", values({600, 0}));
    CHECK_FALSE(cache.find("k"));

    handle::Value restricted;
    restricted.index = 1;
    restricted.type = "HS_SECKEY";
    restricted.permissions = handle::permission::kAdminRead;
    UpstreamAnswer answer;
    answer.code = ResponseCode::kSuccess;
    answer.content = handle::encode_values(std::span(&restricted, 1));
    cache.keep("k", answer);
    CHECK_FALSE(cache.find("k"));
}

TEST_CASE("not found is kept for its own short time, other errors and referrals never") {
    FakeClock clock;
    AnswerCache cache({.negative = std::chrono::seconds(10)}, clock);
    for (const ResponseCode code : {ResponseCode::kHandleNotFound, ResponseCode::kValuesNotFound}) {
        cache.keep("k", error(code));
        clock.pass(std::chrono::milliseconds(9'999));
        CHECK(cache.find("k"));
        clock.pass(std::chrono::milliseconds(1));
        CHECK_FALSE(cache.find("k"));
    }
    for (const ResponseCode code :
         {ResponseCode::kError, ResponseCode::kServerBusy, ResponseCode::kServerNotResponsible,
          ResponseCode::kServiceReferral, ResponseCode::kPrefixReferral,
          ResponseCode::kInsufficientPermissions}) {
        cache.keep("k", error(code));
        CHECK_FALSE(cache.find("k"));
    }
    AnswerCache off({.negative = std::chrono::seconds(0)}, clock);
    off.keep("k", error(ResponseCode::kHandleNotFound));
    CHECK_FALSE(off.find("k"));
}

TEST_CASE("the cache keeps within its entries and octets and drops what was not used lately") {
    FakeClock clock;
    const AnswerCache::Limits limits{.bytes_max = 160'000, .entries_max = 160};
    AnswerCache cache(limits, clock);
    cache.keep("used", values({600}));
    for (int i = 0; i < 5'000; ++i) {
        cache.keep("k" + std::to_string(i), values({600}));
        REQUIRE(cache.find("used"));
        REQUIRE(cache.entries() <= limits.entries_max);
        REQUIRE(cache.bytes() <= limits.bytes_max);
    }
    CHECK_FALSE(cache.find("k0"));
    CHECK(cache.find("k4999"));

    UpstreamAnswer huge = values({600});
    huge.content.resize(limits.bytes_max);
    cache.keep("huge", huge);
    CHECK_FALSE(cache.find("huge"));

    AnswerCache none({.bytes_max = 0, .entries_max = 0}, clock);
    none.keep("k", values({600}));
    CHECK_FALSE(none.find("k"));
}

}  // namespace idnode
