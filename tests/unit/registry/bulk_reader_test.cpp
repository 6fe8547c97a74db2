// The fast reader and the general one never disagree: same octets, same errors.
#include "registry/json/bulk_reader.h"

#include <catch2/catch.hpp>
#include <string>

#include "random_records.h"
#include "registry/json/record_json.h"

using namespace idnode;

namespace {

/// The line with the padding that the reader may look at, filled with something misleading.
struct Padded {
    explicit Padded(const std::string& line) : text(line), size(line.size()) {
        text.append(json::BulkReader::kPaddingBytes, '}');
    }
    std::string_view line() const { return std::string_view(text).substr(0, size); }
    std::string text;
    std::size_t size;
};

/// What the general way gives: handle, a NUL, octets; or the complaint.
std::string generally(const std::string& line) {
    const auto record = json::parse_record(line);
    if (!record) return "complaint: " + record.error().detail;
    const auto values = model::encode_record_values(*record);
    if (!values) return "complaint: " + values.error().detail;
    return record->handle + '\0' + std::string(as_text(*values));
}

std::string in_bulk(json::BulkReader& reader, const std::string& line) {
    const Padded padded(line);
    const auto record = reader.read(padded.line());
    if (!record) return "complaint: " + record.error().detail;
    return std::string(record->handle) + '\0' + std::string(as_text(record->values));
}

std::string line_of(const model::Record& record) {
    std::string out;
    REQUIRE(json::write_record(record.handle, handle::encode_values(record.values), out));
    return out;
}

}  // namespace

TEST_CASE("both readers give the same octets for ordinary and for odd records") {
    json::BulkReader reader;
    test::RandomRecords random(11);
    for (int i = 0; i < 3'000; ++i) {
        const std::string line = line_of(i % 2 == 0 ? random.ordinary() : random.odd());
        INFO(line);
        CHECK(in_bulk(reader, line) == generally(line));
    }
    CHECK(reader.fast_lines() > reader.straight_lines());
    CHECK(reader.straight_lines() > 0);
}

TEST_CASE("lines as an export spells them are read straight, those of another spelling are not") {
    json::BulkReader reader;
    const std::string line =
        R"({"handle":"88.100.7/x","values":[{"index":1,"type":"URL","data":{"format":"string",)"
        R"("value":"http://x"},"permissions":"1100","ttl":60,"timestamp":"2023-11-14T22:13:20Z"},)"
        R"({"index":2,"type":"泵","data":{"format":"base64","value":"AAE="},)"
        R"("ttl":"2033-05-18T03:33:20Z"},{"index":100,"type":"HS_ADMIN","data":{"format":"admin",)"
        R"("value":{"handle":"h/a","index":200,"permissions":"011111110011"}},"ttl":86400}]})";
    CHECK(in_bulk(reader, line) == generally(line));
    CHECK(reader.straight_lines() == 1);
    for (const auto& [from, to] :
         {std::pair("\"h/a\"", "\"h\\/a\""), std::pair("\"index\":2", "\"index\":1"),
          std::pair("\"index\":100", "\"index\":2147483648"), std::pair("]}", "] }"),
          std::pair("]}", "]}\r"), std::pair("AAE=", "AAE"), std::pair("\"1100\"", "\"110\""),
          std::pair("-18T", "-32T"), std::pair("86400", "-1"), std::pair("86400", "086400"),
          std::pair("泵", "\xB1"), std::pair("URL", "U\tL")}) {
        std::string other = line;
        other.replace(other.find(from), std::string_view(from).size(), to);
        INFO(other);
        CHECK(in_bulk(reader, other) == generally(other));
    }
    CHECK(reader.straight_lines() == 1);
}

TEST_CASE("a site that comes again is the same again, among more than are remembered") {
    json::BulkReader reader;
    for (int i = 0; i < 700; ++i) {
        const std::string line =
            R"({"handle":"h/x","values":[{"index":7,"type":"HS_SITE","data":{"format":"site",)"
            R"("value":{"servers":[{"serverId":1,"address":"192.0.2.1","interfaces":[)"
            R"({"query":true,"admin":false,"protocol":"UDP","port":)" +
            std::to_string(2000 + i % 300) + R"(}]}]}},"ttl":86400}]})";
        CHECK(in_bulk(reader, line) == generally(line));
    }
    CHECK(reader.fast_lines() == 700);
}

TEST_CASE("both readers say the same about lines with one octet changed, added or taken away") {
    json::BulkReader reader;
    test::RandomRecords random(12);
    static constexpr std::string_view kOctets = "{}[],:\"\\0159-+.eEtrufalsn \n\x01\x7F\xC3\xFF";
    for (int i = 0; i < 6'000; ++i) {
        std::string line = line_of(random.ordinary());
        const std::size_t at = random.below(line.size());
        const char octet = kOctets[random.below(kOctets.size())];
        switch (random.below(3)) {
            case 0:
                line[at] = octet;
                break;
            case 1:
                line.insert(at, 1, octet);
                break;
            default:
                line.erase(at, 1 + random.below(3));
                break;
        }
        INFO(line);
        CHECK(in_bulk(reader, line) == generally(line));
    }
}

TEST_CASE("both readers refuse every shorter beginning of a line") {
    json::BulkReader reader;
    const std::string line =
        R"({"handle":"88.100.7/x","values":[{"index":1,"type":"URL","data":{"format":"string",)"
        R"("value":"http://x"},"ttl":60,"timestamp":"2023-11-14T22:13:20Z","permissions":"1100"}]})";
    CHECK(in_bulk(reader, line) == generally(line));
    CHECK(reader.fast_lines() == 1);
    for (std::size_t size = 0; size < line.size(); ++size) {
        const std::string part = line.substr(0, size);
        INFO(part);
        CHECK(in_bulk(reader, part).starts_with("complaint: not JSON"));
        CHECK(in_bulk(reader, part) == generally(part));
    }
}

TEST_CASE("both readers say the same about lines that are wrong in other ways") {
    json::BulkReader reader;
    const std::string value = R"({"index":1,"type":"URL","data":"x"})";
    for (const std::string line : {
             R"({"handle":"h/x","values":[]} trailing)",
             R"({"handle":"h/x","values":[]}{})",
             R"({"handle":"h/x","handle":"h/y","values":[]})",
             R"({"handle":"h/x","values":[],"values":[]})",
             R"({"\u0068andle":"h/x","values":[]})",
             R"({"handle":"h/\ud83d\ude00","values":[]})",
             R"({"handle":"h/\ud83d","values":[]})",
             R"({"handle":"h/\ude00","values":[]})",
             R"({"responseCode":1,"handle":"h/x","values":[]})",
             R"({"responseCode":100,"handle":"h/x","values":[]})",
             R"({"responseCode":-0,"handle":"h/x","values":[]})",
             R"({"handle":"h/x","values":null})",
             R"({"handle":null,"values":[]})",
             R"([])",
             R"("h/x")",
             R"(  {"handle" : "h/x" , "values" : [ ] }  )",
         }) {
        INFO(line);
        CHECK(in_bulk(reader, line) == generally(line));
    }
    for (const std::string member :
         {R"("index":0)", R"("index":-1)", R"("index":1.0)", R"("index":1e2)", R"("index":01)",
          R"("index":-0)", R"("index":2147483647)", R"("index":2147483648)", R"("index":true)",
          R"("index":9223372036854775808)", R"("index":1,"index":1)", R"("index":1,"extra":null)",
          R"("index":1,"ttl":-1)", R"("index":1,"ttl":"2033-05-18T03:33:20Z")",
          R"("index":1,"references":[])", R"("index":1,"references":[{"handle":"h/y","index":2}])",
          R"("index":1,"permissions":"00001110")", R"("index":1,"permissions":"")"}) {
        const std::string line =
            R"({"handle":"h/x","values":[{"type":"URL","data":"x",)" + member + "}]}";
        INFO(line);
        CHECK(in_bulk(reader, line) == generally(line));
    }
    for (const std::string data :
         {R"({"value":"x","format":"string"})",
          R"({"format":"string","value":"x","value":"x"})",
          R"({"format":"base64","value":"AA=="})",
          R"({"format":"base64","value":"AA"})",
          R"({"format":"hex","value":"41"})",
          R"({"format":"string"})",
          R"({})",
          R"(7)",
          R"({"format":"admin","value":{"handle":"h/a","index":1,"permissions":"000000000011"}})",
          R"({"format":"admin","value":{"handle":"h/a","index":1,"permissions":"11"}})",
          R"({"format":"site","value":{"servers":[{"serverId":1,"address":"127.0.0.1"}]}})",
          R"({"format":"site","value":{"servers":[{"serverId":1,"address":"nowhere"}]}})",
          R"({"format":"site","value":{"servers":[],"servers":[]}})",
          R"({"format":"site","value":{"servers":[]} })",
          R"({"format":"site","value":{"a":1}})",
          R"({"format":"site","value":[]})",
          R"({"format":"site","value":{}},"x":1})",
          R"({"format":"admin","value":{"handle":"h/a","index":1,"permissions":"*"}})",
          R"({"format":"admin","value":{"handle":"h/a","index":1}})",
          R"({"format":"vlist","value":[{"handle":"h/a","index":1}]})"}) {
        const std::string line =
            R"({"handle":"h/x","values":[{"index":1,"type":"URL","data":)" + data + "}]}";
        INFO(line);
        CHECK(in_bulk(reader, line) == generally(line));
    }
    for (const std::string& values : {value + "," + value, value + ",", value + " " + value}) {
        const std::string line = R"({"handle":"h/x","values":[)" + values + "]}";
        INFO(line);
        CHECK(in_bulk(reader, line) == generally(line));
    }
}

TEST_CASE("values in any order are stored in the order of their indexes") {
    json::BulkReader reader;
    std::string line = R"({"values":[)";
    for (const int index : {5, 1, 300, 2}) {
        line += R"({"data":{"format":"string","value":"v"},"type":"T","index":)" +
                std::to_string(index) + "},";
    }
    line.back() = ']';
    line += R"(,"handle":"88.100.7/x"})";
    CHECK(in_bulk(reader, line) == generally(line));
    CHECK(reader.fast_lines() == 1);
}

TEST_CASE("a record too large for a message is refused by both readers alike") {
    json::BulkReader reader;
    const auto line = [](std::size_t size) {
        return R"({"handle":"88.100.7/x","values":[{"index":1,"type":"T","data":")" +
               std::string(size, 'x') + "\"}]}";
    };
    const std::size_t largest = model::record_values_bytes_max("88.100.7/x") - 4 - 26 - 1;
    CHECK(in_bulk(reader, line(largest)) == generally(line(largest)));
    CHECK(reader.fast_lines() == 1);
    CHECK(in_bulk(reader, line(largest + 1)) == generally(line(largest + 1)));
    CHECK(in_bulk(reader, line(largest + 1)).starts_with("complaint:"));
}
