#include "tests/server/setting.h"

#include "proto/base/limits.h"

namespace idnode::testing {
namespace {

// The example of §2.7: one server on 127.0.0.1 with a toy key.
constexpr std::string_view kSiteHex =
    "0001020b0001800200000000000000010000000464657363000000"
    "0464656d6f0000000100000001000000000000000000000000"
    "7f000001000000230000000b5253415f5055425f4b455900000000"
    "00030100010000000300c102000000000000000203010000"
    "0a51020000000a51";
constexpr std::string_view kKeyHex =
    "0000000b5253415f5055425f4b455900000000000301000100000003"
    "00c10200000000";

std::string value(int index, std::string_view type, std::string_view data,
                  std::string_view more = "") {
    return R"({"index":)" + std::to_string(index) + R"(,"type":")" + std::string(type) +
           R"(","data":)" + std::string(data) + std::string(more) + "}";
}

std::string text(std::string_view text) {
    return R"({"format":"string","value":")" + std::string(text) + R"("})";
}

std::string hex(std::string_view digits) {
    return R"({"format":"hex","value":")" + std::string(digits) + R"("})";
}

std::string record(std::string_view handle, const std::vector<std::string>& values) {
    std::string out = R"({"handle":")" + std::string(handle) + R"(","values":[)";
    for (std::size_t i = 0; i < values.size(); ++i) out += (i > 0 ? "," : "") + values[i];
    return out + "]}\n";
}

std::string admin_value() {
    return value(100, "HS_ADMIN",
                 R"({"format":"admin","value":{"handle":"0.NA/88.100.1","index":200,)"
                 R"("permissions":"111111111111"}})");
}

std::string record_p() {
    return record(kP,
                  {value(1, "HS_SITE", hex(kSiteHex)), value(2, "HS_SITE.PREFIX", hex(kSiteHex)),
                   admin_value(),
                   value(200, "HS_VLIST",
                         R"({"format":"vlist","value":[{"handle":"0.NA/88.100.1","index":300}]})"),
                   value(300, "HS_PUBKEY", hex(kKeyHex)),
                   value(301, "HS_SECKEY", text("secret"), R"(,"permissions":"1100")")});
}

}  // namespace

std::string text_record(std::string_view handle, const std::vector<std::string>& texts) {
    std::vector<std::string> values;
    for (const std::string& one : texts) {
        values.push_back(value(static_cast<int>(values.size()) + 1, "DESC", text(one)));
    }
    return record(handle, values);
}

std::string record_for_response_of(std::size_t bytes, std::string_view handle) {
    // Header, handle, value count, one value of type DESC, credential length: §3, §2.1.
    const std::size_t around = limits::kHeaderBytes + 4 + handle.size() + 4 + 26 + 4 + 4;
    return text_record(handle, {std::string(bytes - around, 'x')});
}

std::string setting_records() {
    return record_p() + record("0.NA/0.NA", {value(1, "DESC", text("root of the test"))}) +
           text_record("88.100.1/abc", {"first", "second"}) +
           text_record("88.100.1/\xF0\x9F\x8F\xAD", {"four octets in UTF-8"}) +
           record("88.100.1/hidden",
                  {value(1, "DESC", text("for nobody"), R"(,"permissions":"0100")")}) +
           record("88.100.1/mixed",
                  {value(1, "DESC", text("for everyone")),
                   value(2, "DESC", text("for administrators"), R"(,"permissions":"1100")")}) +
           record_for_response_of(2'319, "88.100.1/2319") +
           record_for_response_of(200'000, "88.100.1/200kB");
}

NodeFolder& Setting::filled(NodeFolder& node, const std::string& records) {
    node.import(records);
    return node;
}

Setting::Setting(const std::string& records, const Settings& settings)
    : daemon_(filled(node_, records), settings) {}

std::vector<Reply> Setting::ask_both(const Request& request) const {
    std::vector<Reply> out;
    out.push_back(udp().ask(request));
    out.push_back(tcp().ask(request));
    return out;
}

handle::Site Setting::site() const {
    const Reply reply = tcp().ask(about(handle::OpCode::kGetSiteInfo, "/"));
    auto site = handle::decode_site(reply.body());
    if (!site) throw std::runtime_error("the body of get-site-info is no site record");
    return std::move(*site);
}

bool Setting::serves() const {
    const Request question = resolution("88.100.1/abc");
    return udp().ask(question).rc() == 1 && tcp().ask(question).rc() == 1;
}

}  // namespace idnode::testing
