// Invariants:
//  * no octets make a reader of JSON, of a form or of an Authorization field crash or read beyond
//    them;
//  * a record that is read is written in JSON that reads back to the same octets, indented or not;
//  * the two readers of import lines accept the same and make the same octets of it.
#include "proto/base/assert.h"
#include "registry/http/rest/answers.h"
#include "registry/http/rest/authorization.h"
#include "registry/http/rest/record_body.h"
#include "registry/json/bulk_reader.h"
#include "registry/json/parse.h"
#include "registry/json/record_json.h"
#include "registry/json/site_json.h"
#include "tests/fuzz/structures.h"

namespace {

using namespace idnode;
using test::JsonForm;

constexpr std::string_view kHandle = "88.100.1/abc";

void read_back(BytesView values) {
    std::string text;
    IDNODE_ASSERT(json::write_record(kHandle, values, text).has_value());
    for (const std::string& spelling : {text, http::indented(text)}) {
        const auto again = json::parse_record(spelling);
        IDNODE_ASSERT(again.has_value());
        IDNODE_ASSERT(same_octets(handle::encode_values(again->values), values));
    }
}

void read_record_body(std::string_view text) {
    const auto values = http::read_record_body(text, kHandle);
    if (values) read_back(*values);
}

void read_record(std::string_view text) {
    const auto record = json::parse_record(text);
    if (record) read_back(handle::encode_values(record->values));
    const auto stored = record ? model::encode_record_values(*record) : Result<Bytes>(Error{});

    static json::BulkReader reader;
    const std::string padded =
        std::string(text) + std::string(json::BulkReader::kPaddingBytes, ' ');
    const auto line = reader.read(std::string_view(padded).substr(0, text.size()));
    IDNODE_ASSERT(line.has_value() == stored.has_value());
    if (!line) return;
    IDNODE_ASSERT(line->handle == record->handle);
    IDNODE_ASSERT(same_octets(line->values, *stored));
}

void read_site(std::string_view text) {
    const auto parsed = json::parse(text);
    if (!parsed) return;
    const auto site = json::read_site(*parsed, {});
    if (!site) return;
    const auto written = json::write_site(*site);
    if (!written) return;
    const auto again = json::read_site(*written, {});
    IDNODE_ASSERT(again.has_value());
    IDNODE_ASSERT(same_octets(*again, *site));
}

void read_parameters(std::string_view text) {
    http::Parameters parameters;
    if (!parameters.add_form(text)) return;
    (void)http::read_indexes(parameters, true);
    http::Parameters of_json;
    if (const auto parsed = json::parse(text)) (void)of_json.add_json(*parsed);
    const std::string encoded = http::percent_encode(text);
    IDNODE_ASSERT(http::percent_decode(encoded) == text);
    for (const char one : http::callback_name(text)) IDNODE_ASSERT(one > ' ' && one < 0x7F);
}

void read_login(std::string_view text) {
    switch (http::scheme_of(text)) {
        case http::Scheme::kBasic:
            (void)http::read_basic(text);
            break;
        case http::Scheme::kHandle:
            if (const auto credentials = http::read_handle(text)) {
                (void)http::native_proof(*credentials);
            }
            break;
        default:
            if (const auto parsed = json::parse(text)) {
                const auto credentials = http::read_handle(*parsed);
                if (credentials) (void)http::native_proof(*credentials);
            }
            break;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text = as_text(std::as_bytes(std::span(data + 1, size - 1)));
    switch (static_cast<JsonForm>(data[0])) {
        case JsonForm::kRecordBody:
            read_record_body(text);
            break;
        case JsonForm::kRecord:
            read_record(text);
            break;
        case JsonForm::kSite:
            read_site(text);
            break;
        case JsonForm::kParameters:
            read_parameters(text);
            break;
        case JsonForm::kLogin:
            read_login(text);
            break;
    }
    return 0;
}
