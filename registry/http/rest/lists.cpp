// Lists: `/api/handles?prefix=…`, `/api/prefixes`, and homing below it.

#include <algorithm>
#include <charconv>
#include <optional>

#include "registry/http/rest/answers.h"
#include "registry/http/rest/refusals.h"
#include "registry/http/rest/resources.h"
#include "registry/json/record_json.h"

namespace idnode::http {

namespace {

using handle::OpCode;
using handle::ResponseCode;

// One answer holds no more names than a list of the native protocol.
constexpr std::size_t kListedMax = 1'000'000;
// To say how many there are, all of them are walked: about ten seconds of one thread.
constexpr std::size_t kCountedMax = 10'000'000;

/// Which part of a list is wanted; without `size` all of it.
struct Page {
    std::int64_t number = 0;
    std::optional<std::int64_t> size;

    bool holds(std::int64_t at) const {
        return !size || (at / std::max<std::int64_t>(*size, 1) == number && *size > 0);
    }
};

Result<std::optional<std::int64_t>> read_number(const Parameters& parameters,
                                                std::string_view name) {
    const auto text = parameters.first(name);
    if (!text || text->empty()) return std::optional<std::int64_t>{};
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error == std::errc{} && end == text->data() + text->size()) return std::optional(number);
    return Error{Errc::kInvalid, "parameter " + std::string(name) + ": must be a number"};
}

/// §8.2: both missing or either negative means everything.
Result<Page> read_page(const Parameters& parameters) {
    const auto number = read_number(parameters, "page");
    if (!number) return number.error();
    const auto size = read_number(parameters, "pageSize");
    if (!size) return size.error();
    if (!*size || **size < 0 || number->value_or(0) < 0) return Page{};
    return Page{number->value_or(0), *size};
}

/// Names as they come from a list, the wanted ones as JSON.
class Names {
  public:
    explicit Names(Page page) : page_(page) {}

    bool take(std::string_view name) {
        if (count_ >= kCountedMax) return stop();
        if (page_.holds(static_cast<std::int64_t>(count_++))) {
            if (++listed_ > kListedMax) return stop();
            if (listed_ > 1) json_ += ',';
            json::write_name(name, json_);
        }
        return true;
    }
    bool is_too_long() const { return too_long_; }
    std::string count() const { return std::to_string(count_); }
    std::string json() const { return json_ + "]"; }

  private:
    bool stop() {
        too_long_ = true;
        return false;
    }

    const Page page_;
    std::size_t count_ = 0;
    std::size_t listed_ = 0;
    bool too_long_ = false;
    std::string json_ = "[";
};

Response refuse_long(const Matter& matter) {
    return refuse(matter, ResponseCode::kError,
                  "more names than a list may hold: ask for pages, or export the data");
}

Response list_handles(Call& call, RestContext& context) {
    if (auto read = add_body_parameters(call); !read) {
        return bad_request(read.error().detail);
    }
    const auto prefix = call.parameters.first("prefix");
    if (!prefix || prefix->empty()) return bad_request("parameter prefix: is missing");
    const auto page = read_page(call.parameters);
    if (!page) return bad_request(page.error().detail);
    Rules rules(context.node, call.caller);
    Login login = log_in(call, context, rules);
    const Matter matter{call, context, login, OpCode::kListHandles, {}};
    Names names(*page);
    const service::Verdict verdict = rules.administration.list_handles(
        *prefix, *login.requester, [&](std::string_view name) { return names.take(name); });
    if (verdict.code != ResponseCode::kSuccess) return refuse(matter, verdict);
    if (names.is_too_long()) return refuse_long(matter);
    JsonObject json;
    json.number("responseCode", 1).name("prefix", *prefix).text("totalCount", names.count());
    if (page->size) json.number("page", page->number).number("pageSize", *page->size);
    return json_response(Status::ok, json.raw("handles", names.json()).finish());
}

Response list_prefixes(Call& call, RestContext& context) {
    if (auto read = add_body_parameters(call); !read) {
        return bad_request(read.error().detail);
    }
    Rules rules(context.node, call.caller);
    Login login = log_in(call, context, rules);
    const Matter matter{call, context, login, OpCode::kListHomedPrefixes, {}};
    Names names({});
    const service::Verdict verdict = rules.administration.list_homed_prefixes(
        *login.requester, [&](std::string_view name) { return names.take(name); });
    if (verdict.code != ResponseCode::kSuccess) return refuse(matter, verdict);
    if (names.is_too_long()) return refuse_long(matter);
    return json_response(Status::ok, JsonObject()
                                         .number("responseCode", 1)
                                         .text("totalCount", names.count())
                                         .raw("prefixes", names.json())
                                         .finish());
}

Response change_homing(Call& call, RestContext& context, OpCode operation) {
    Rules rules(context.node, call.caller);
    Login login = log_in(call, context, rules);
    const Matter matter{call, context, login, operation, call.subject};
    const service::Verdict verdict = change(matter, [&] {
        return operation == OpCode::kHomePrefix
                   ? rules.administration.home(call.subject, *login.requester)
                   : rules.administration.unhome(call.subject, *login.requester);
    });
    if (verdict.code != ResponseCode::kSuccess) return refuse(matter, verdict);
    record_change(matter, verdict);
    return json_response(
        Status::ok, JsonObject().number("responseCode", 1).name("handle", call.subject).finish());
}

}  // namespace

void add_list_routes(Router& router, RestContext& context) {
    router.add({Method::get, Method::post}, "/api/handles",
               [&context](Call& call) { return list_handles(call, context); });
    router.add({Method::get, Method::post}, "/api/prefixes",
               [&context](Call& call) { return list_prefixes(call, context); });
    router.add({Method::post}, "/api/prefixes/*", [&context](Call& call) {
        return change_homing(call, context, OpCode::kHomePrefix);
    });
    router.add({Method::delete_}, "/api/prefixes/*", [&context](Call& call) {
        return change_homing(call, context, OpCode::kUnhomePrefix);
    });
}

}  // namespace idnode::http
