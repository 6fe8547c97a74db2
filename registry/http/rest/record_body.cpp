#include "registry/http/rest/record_body.h"

#include <algorithm>
#include <charconv>

#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "proto/handle/value.h"
#include "registry/json/fields.h"
#include "registry/json/parse.h"
#include "registry/json/record_json.h"
#include "registry/service/identity.h"

namespace idnode::http {

namespace {

namespace bj = boost::json;

constexpr std::string_view kVarious = "various";

/// The server sets the time of each change, so that whatever stands there is ignored (§8.5).
Result<handle::Value> read_new_value(const bj::value& value, const json::Place& place) {
    const auto* object = value.if_object();
    if (object == nullptr || !object->contains("timestamp")) return json::read_value(value, place);
    bj::object without = *object;
    without.erase("timestamp");
    return json::read_value(without, place);
}

Result<Bytes> read_values(const bj::array& items, const json::Place& place) {
    if (items.size() > limits::kResponseValuesMax) {
        return place.error("has " + std::to_string(items.size()) + " values: at most " +
                           std::to_string(limits::kResponseValuesMax));
    }
    Bytes out;
    ByteWriter writer(out);
    writer.u32(static_cast<std::uint32_t>(items.size()));
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto value = read_new_value(items[i], place.item(i));
        if (!value) return value.error();
        handle::encode_value(*value, writer);
    }
    return out;
}

Result<void> check_handle(const bj::object& object, std::string_view handle) {
    const auto* member = object.if_contains("handle");
    if (member == nullptr) return {};
    const json::Place place;
    const auto given = json::read_string(*member, place.member("handle"));
    if (!given) return given.error();
    if (service::same_identity_handle(*given, handle)) return {};
    return place.member("handle").error("must be the handle of the path, " + std::string(handle));
}

Result<Bytes> read_values_of(const bj::object& object, const bj::value& values,
                             std::string_view handle) {
    const json::Place place;
    if (auto known = json::check_members(object, place, {"responseCode", "handle", "values"});
        !known) {
        return known.error();
    }
    if (auto same = check_handle(object, handle); !same) return same.error();
    const auto items = json::read_array(values, place.member("values"));
    if (!items) return items.error();
    return read_values(**items, place.member("values"));
}

}  // namespace

Result<Bytes> read_record_body(std::string_view body, std::string_view handle) {
    const auto parsed = json::parse(body);
    if (!parsed) return parsed.error();
    const json::Place place;
    if (const auto* items = parsed->if_array()) return read_values(*items, place);
    const auto* object = parsed->if_object();
    const auto* values = object == nullptr ? nullptr : object->if_contains("values");
    if (values != nullptr) return read_values_of(*object, *values, handle);
    if (object != nullptr && object->contains("index")) {
        return read_values(bj::array{*parsed}, place);
    }
    return place.error("must be an array of values, an object with \"values\", or one value");
}

Result<IndexList> read_indexes(const Parameters& parameters, bool may_be_various) {
    IndexList out;
    for (const std::string_view text : parameters.all("index")) {
        if (may_be_various && equal_folded(text, kVarious)) {
            out.various = true;
            continue;
        }
        std::int32_t index = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
        if (error != std::errc{} || end != text.data() + text.size()) {
            return Error{Errc::kInvalid,
                         "parameter index: must be a number up to 2147483647" +
                             std::string(may_be_various ? ", or the word various" : "")};
        }
        out.indexes.push_back(index);
    }
    return out;
}

bool has_exactly(BytesView values, std::vector<std::int32_t> indexes) {
    std::vector<std::int32_t> there;
    ByteReader in(values);
    handle::ValuesReader reader(in);
    while (const auto value = reader.next()) there.push_back(value->index);
    for (auto* list : {&there, &indexes}) {
        std::ranges::sort(*list);
        list->erase(std::ranges::unique(*list).begin(), list->end());
    }
    return there == indexes;
}

}  // namespace idnode::http
