// Writes the octets of the vectors as seeds: DIR/messages for complete messages, DIR/structures for
// everything else, there with the octet in front that chooses the decoder; DIR/json from their JSON
// forms; DIR/exchanges for requests with the octet in front that chooses how they are sent;
// DIR/secrets for credentials and key files; DIR/identifiers for a spelling of each scheme.
#include <array>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "proto/base/limits.h"
#include "proto/handle/message.h"
#include "tests/fuzz/structures.h"
#include "tests/support/vectors.h"

namespace {

using namespace idnode;

const std::map<std::string_view, test::Structure> kStructures = {
    {"value", test::Structure::kValues},
    {"record", test::Structure::kValueFile},
    {"site", test::Structure::kSite},
    {"admin", test::Structure::kAdmin},
    {"vlist", test::Structure::kVlist},
    {"key", test::Structure::kPublicKey},
    {"keyfile", test::Structure::kKeyFile},
    {"stream", test::Structure::kStream},
    {"seckey", test::Structure::kSecretKeyAnswer},
    {"pubkey-answer", test::Structure::kPublicKeyAnswer},
};

void write(const std::filesystem::path& path, BytesView octets) {
    std::ofstream file(path, std::ios::binary);
    file << as_text(octets);
    if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

// One value is a section of one value, less its count.
Bytes with_choice(test::Structure structure, const test::WireVector& vector) {
    Bytes out{static_cast<std::byte>(structure)};
    if (structure == test::Structure::kValues) {
        for (const unsigned octet : {0U, 0U, 0U, 1U}) out.push_back(static_cast<std::byte>(octet));
    }
    out.insert(out.end(), vector.octets.begin(), vector.octets.end());
    return out;
}

void write_text(const std::filesystem::path& path, test::JsonForm form, std::string_view text) {
    write(path, as_bytes_view(static_cast<char>(form) + std::string(text)));
}

void write_json_form(const std::filesystem::path& folder, const test::WireVector& vector) {
    const auto* form = vector.json.if_contains("restJson");
    if (form == nullptr) return;
    const std::string text = boost::json::serialize(*form);
    if (vector.kind == "site") {
        write_text(folder / vector.name, test::JsonForm::kSite, text);
    } else {
        write_text(folder / vector.name, test::JsonForm::kRecordBody, text);
        write_text(folder / (vector.name + "-record"), test::JsonForm::kRecord,
                   R"({"handle":"88.100.1/abc","values":[)" + text + "]}");
    }
}

/// Parameters and Authorization fields, which the vectors do not have.
void write_requests(const std::filesystem::path& folder) {
    using test::JsonForm;
    write_text(folder / "query", JsonForm::kParameters,
               "type=URL.&index=1&index=various&pretty&callback=a%2Eb&page=-1&publicOnly=YES");
    write_text(folder / "parameters", JsonForm::kParameters,
               R"({"type":["URL","HS_SITE."],"index":[1,2],"auth":true})");
    write_text(folder / "basic", JsonForm::kLogin, "Basic MzAxJTNBMC5OQS84OC4xMDA6c2VjcmV0");
    constexpr std::string_view kProof =
        R"(id="301%3A0.NA/88.100", type="HS_SECKEY", cnonce="AAAA", signature="AAAA")";
    write_text(folder / "proof", JsonForm::kLogin,
               R"(Handle version="0", sessionId="0a", alg="HMAC-SHA256", )" + std::string(kProof));
    write_text(folder / "pbkdf2", JsonForm::kLogin,
               R"(Handle alg="PBKDF2-HMAC-SHA1", salt="AA==", iterations="10", length=160, )" +
                   std::string(kProof));
    write_text(folder / "session", JsonForm::kLogin,
               R"({"sessionId":"0a","id":"300:0.NA/88.100","type":"HS_PUBKEY","alg":"SHA256",)"
               R"("cnonce":"AAAA","signature":"AAAA","clientCert":false})");
}

/// A spelling of each scheme, and of each notation of a scheme.
void write_identifiers(const std::filesystem::path& folder) {
    constexpr std::array<std::string_view, 24> kSpellings{
        "88.100.7/P-000123",
        "hdl:88.101.0042/A/B.c",
        "https://node.example.cn/88.100.7/P%2D1",
        "25SVAA08810012345678/PUMP-0001",
        "MA.156.M0.100/X1",
        "ecode:109991234567890",
        "ecode:30AB12PX401",
        "1.2.156.3088.4.1",
        "/ISO/Member-Body/156/3088",
        "{iso(1) member-body(2) cn(156) 3088}",
        "6901234567892",
        "(01)06901234567892(10)A(B(21)S1(17)271231",
        "]d201069012345678921727123110B7\x1D"
        "21S1",
        "https://example.cn/p/01/06901234567892/10/B7/21/S%2F1?17=271231#x",
        "gs1:/8006/069012345678920102/21/S1",
        "gs1:/8013/1987654Ad4X4bL5ttr2310c2K",
        "urn:epc:id:sgtin:6901234.056789.PUMP-0001",
        "urn:epc:id:sgln:6901234.00001.0",
        "urn:epc:idpat:itip:6901234.056789.01.02.*",
        "urn:epc:id:cpi:6901234.%23A%2F1.12",
        "did:bid:byo1:ef214PmkhKndUcArDQPgD5J4fFVwqJFPt",
        "did:cn:88.100.1;v=1/doc?x#key-1",
        "HTTP://User@Example.CN:80/a/../b/./%7e?Q=%c3%a4#F",
        "urn:uuid:5d0f0f64-0b2b-4a57-9a53-6f1a6d0d9e01",
    };
    std::filesystem::create_directories(folder);
    for (std::size_t i = 0; i < kSpellings.size(); ++i) {
        write(folder / std::to_string(i), as_bytes_view(kSpellings[i]));
    }
}

Bytes behind(unsigned first, BytesView octets) {
    Bytes out{static_cast<std::byte>(first)};
    out.insert(out.end(), octets.begin(), octets.end());
    return out;
}

/// A request in each way that fuzz_engine sends it.
void write_exchanges(const std::filesystem::path& folder, const test::WireVector& vector) {
    for (const unsigned how : {0U, 1U, 2U, 4U, 6U}) {
        write(folder / "exchanges" / (vector.name + "-" + std::to_string(how)),
              behind(how, vector.octets));
    }
}

/// The credential section of a complete message.
void write_credential(const std::filesystem::path& folder, const test::WireVector& vector) {
    const auto envelope = handle::decode_envelope(vector.octets);
    if (!envelope || envelope->encrypted) return;
    const auto message =
        handle::decode_message(*envelope, BytesView(vector.octets).subspan(limits::kEnvelopeBytes));
    if (!message || message->credential.empty()) return;
    write(folder / "secrets" / vector.name, behind(0, message->credential));
}

/// One event of each type.
void write_events(const std::filesystem::path& folder) {
    constexpr std::string_view kSome =
        R"(,"eventTime":"2025-06-02T09:30:00.5+08:00","eventTimeZoneOffset":"+08:00",)";
    constexpr std::string_view kEvents[][2] = {
        {"ObjectEvent",
         R"("epcList":["hdl:88.100.7/P-1"],"action":"ADD","ilmd":{"idn:batch":"B7"},
            "sensorElementList":[{"sensorReport":[{"type":"Temperature","value":2.5}]}])"},
        {"AggregationEvent",
         R"("parentID":"urn:epc:id:sscc:6901234.0000000001","childEPCs":["hdl:88.100.7/P-1"],
            "action":"DELETE","idn:level":"important")"},
        {"AssociationEvent",
         R"("parentID":"hdl:88.100.7/U-5","childEPCs":["hdl:88.100.7/P-1"],"action":"ADD",
            "@context":{"ext":"https://ns.example.com/"},"ext:line":[1,{"ext:x":null}])"},
        {"TransactionEvent",
         R"("bizTransactionList":[{"type":"po","bizTransaction":"urn:x:1"}],"action":"DELETE",
            "errorDeclaration":{"declarationTime":"2025-06-04T00:00:00Z"})"},
        {"TransformationEvent",
         R"("transformationID":"urn:x:2","inputQuantityList":[{"quantity":1.5,"uom":"KGM",
            "epcClass":"https://id.gs1.org/01/06901234567892/10/B7"}])"},
    };
    std::filesystem::create_directories(folder);
    for (const auto& [type, rest] : kEvents) {
        const std::string text = R"({"type":")" + std::string(type) + "\"" + std::string(kSome) +
                                 std::string(rest) + "}";
        write(folder / type, as_bytes_view(text));
    }
}

void write_all(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder / "json");
    write_events(folder / "events");
    write_requests(folder / "json");
    write_identifiers(folder / "identifiers");
    std::filesystem::create_directories(folder / "messages");
    for (const char* kind : {"structures", "exchanges", "secrets"}) {
        std::filesystem::create_directories(folder / kind);
    }
    for (const test::WireVector& vector : test::wire_vectors()) {
        write_json_form(folder / "json", vector);
        if (vector.kind == "request") write_exchanges(folder, vector);
        if (vector.kind == "request" || vector.kind == "response") write_credential(folder, vector);
        if (vector.kind == "keyfile") {
            write(folder / "secrets" / vector.name, behind(1, vector.octets));
        }
        if (vector.kind == "request" || vector.kind == "response" || vector.kind == "encrypted") {
            write(folder / "messages" / vector.name, vector.octets);
        } else if (const auto found = kStructures.find(vector.kind); found != kStructures.end()) {
            auto structure = found->second;
            if (vector.name.starts_with("key-private")) structure = test::Structure::kPrivateKey;
            if (vector.name == "record-local-info") structure = test::Structure::kLocalSites;
            write(folder / "structures" / vector.name, with_choice(structure, vector));
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: idnode_fuzz_seeds DIR\n";
        return 2;
    }
    try {
        write_all(argv[1]);
    } catch (const std::exception& problem) {
        std::cerr << problem.what() << '\n';
        return 1;
    }
    return 0;
}
