#pragma once

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proto/handle/admin.h"
#include "proto/handle/site.h"
#include "proto/handle/vlist.h"
#include "registry/http/rest/rest.h"
#include "registry/json/encoding.h"
#include "tests/unit/resolver/engine_fixture.h"

namespace idnode::test {

using Field = boost::beast::http::field;
using Method = boost::beast::http::verb;
using Status = boost::beast::http::status;
using Fields = std::map<std::string, std::string>;
namespace bj = boost::json;

inline constexpr std::string_view kSecret = "the secret: of 301 \xC3\xA4";

inline handle::Value admin_value(std::int32_t index, std::uint16_t permissions, std::string handle,
                                 std::uint32_t admin_index) {
    handle::Value out = text_value(index, "HS_ADMIN", {});
    out.data = handle::encode_admin({permissions, {std::move(handle), admin_index}});
    return out;
}

inline handle::Value group_value(std::int32_t index, std::vector<handle::Reference> members) {
    handle::Value out = text_value(index, "HS_VLIST", {});
    out.data = handle::encode_vlist(members);
    return out;
}

inline std::string base64(BytesView octets) {
    std::string out;
    json::append_base64(octets, out);
    return out;
}
inline std::string base64(std::string_view text) {
    return base64(as_bytes_view(text));
}

inline std::string basic(std::string_view identity, std::string_view secret) {
    return "Basic " + base64(std::string(identity) + ":" + std::string(secret));
}
/// The administrator of 88.100.1.
inline std::string as_admin() {
    return basic("301%3A0.NA/88.100.1", kSecret);
}

/// A node with the record P of §10: `0.NA/88.100.1` with public values at 1, 100, 200, 300 and a
/// secret key at 301; 302 is a secret of nobody in particular. Server administrators are the keys
/// 300 and 301 of `0.NA/88.100`.
class RestNode : public EngineFixture {
  public:
    explicit RestNode(http::RestSettings settings = {}) {
        home("0.NA/88.100.1");
        home("0.NA/0.NA/88.100");
        handle::Value key = text_value(300, "HS_PUBKEY", {});
        key.data = *crypto::public_key_of(test_key());
        put("0.NA/88.100.1",
            {text_value(1, "DESC", "the prefix"), admin_value(100, 0x0FFF, "0.NA/88.100.1", 200),
             group_value(200, {{"0.NA/88.100.1", 300}, {"0.NA/88.100.1", 301}}), key,
             text_value(301, "HS_SECKEY", kSecret, 0x0C),
             text_value(302, "HS_SECKEY", "other", 0x0C)});
        put("0.NA/88.100", {text_value(301, "HS_SECKEY", kSecret, 0x0C)});
        put("88.100.1/r1",
            {text_value(1, "URL", "http://y"), admin_value(100, 0x07F3, "0.NA/88.100.1", 200)});
        put("88.100.1/mixed",
            {text_value(1, "URL", "http://y"), text_value(2, "SECRET", "for administrators", 0x0C),
             admin_value(100, 0x07F3, "0.NA/88.100.1", 200)});
        handle::Site site;
        site.servers.push_back({.interfaces = {{}}});
        context.site = handle::encode_site(site);
        context.authority.server_administrators.push_back({"0.NA/88.100", 301});
        context.authority.full_access = false;
        rest = http::make_rest_handler(context, settings);
    }

    http::Response send(Method method, std::string_view target, const Fields& fields = {},
                        std::string body = {}) {
        http::Request request(method, {target.data(), target.size()}, 11);
        for (const auto& [name, value] : fields) request.set(name, value);
        request.body() = std::move(body);
        return rest->handle(request, {peer, secure, certificate});
    }
    http::Response get(std::string_view target, const Fields& fields = {}) {
        return send(Method::get, target, fields);
    }
    /// As the administrator, in JSON.
    http::Response put_json(std::string_view target, std::string body, Fields fields = {}) {
        fields.emplace("Content-Type", "application/json");
        fields.emplace("Authorization", as_admin());
        return send(Method::put, target, fields, std::move(body));
    }
    http::Response remove(std::string_view target, Fields fields = {}) {
        fields.emplace("Authorization", as_admin());
        return send(Method::delete_, target, fields);
    }

    std::unique_ptr<http::Handler> rest;
    bool secure = true;
    Bytes certificate;
};

inline bj::object object_of(const http::Response& response) {
    INFO(response.body());
    bj::value value = bj::parse(response.body());
    REQUIRE(value.is_object());
    return value.as_object();
}
inline std::int64_t code_of(const http::Response& response) {
    return object_of(response).at("responseCode").to_number<std::int64_t>();
}
inline std::string text_of(const bj::value& value) {
    return {value.as_string().data(), value.as_string().size()};
}
inline std::vector<std::int64_t> indexes_of(const http::Response& response) {
    std::vector<std::int64_t> out;
    for (const auto& value : object_of(response).at("values").as_array()) {
        out.push_back(value.at("index").to_number<std::int64_t>());
    }
    return out;
}
inline std::string field(const http::Response& response, std::string_view name) {
    const auto text = response[{name.data(), name.size()}];
    return {text.data(), text.size()};
}
inline std::vector<std::string> challenges(const http::Response& response) {
    std::vector<std::string> out;
    const auto [first, last] = response.equal_range(Field::www_authenticate);
    for (auto at = first; at != last; ++at) {
        out.emplace_back(at->value().data(), at->value().size());
    }
    return out;
}

/// A value as a client writes it.
inline std::string url_value(int index, std::string_view data = "http://z") {
    return R"({"index":)" + std::to_string(index) + R"(,"type":"URL","data":")" +
           std::string(data) + R"("})";
}

}  // namespace idnode::test
