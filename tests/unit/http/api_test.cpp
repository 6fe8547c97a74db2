// The registration API's description and its JSON, held against what they must agree with.
#include <google/protobuf/util/json_util.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "proto/idnode/v1/account.pb.h"
#include "proto/idnode/v1/audit.pb.h"
#include "proto/idnode/v1/coding.pb.h"
#include "proto/idnode/v1/enterprise.pb.h"
#include "proto/idnode/v1/grant.pb.h"
#include "proto/idnode/v1/identifier.pb.h"
#include "proto/idnode/v1/prefix.pb.h"
#include "proto/idnode/v1/template.pb.h"
#include "registry/http/api/message_json.h"
#include "registry/http/api/openapi.h"
#include "registry/http/api/routes.h"
#include "registry/json/parse.h"

namespace idnode::http {
namespace {

namespace bj = boost::json;

bj::value document() {
    return bj::parse(bj::string_view(openapi_document().data(), openapi_document().size()));
}

void find_references(const bj::value& value, std::set<std::string>& out) {
    if (const auto* object = value.if_object()) {
        for (const auto& [name, member] : *object) {
            if (name == "$ref") out.emplace(member.as_string());
            find_references(member, out);
        }
    } else if (const auto* array = value.if_array()) {
        for (const auto& item : *array) find_references(item, out);
    }
}

/// A message with something in every field, two items where there may be several.
void fill(google::protobuf::Message& message, int depth = 0) {
    using Field = google::protobuf::FieldDescriptor;
    const auto& type = *message.GetDescriptor();
    const auto& to = *message.GetReflection();
    for (int at = 0; at < type.field_count(); ++at) {
        const Field* field = type.field(at);
        if (field->is_map()) continue;
        for (int item = 0; item < (field->is_repeated() ? 2 : 1); ++item) {
            const bool many = field->is_repeated();
            switch (field->cpp_type()) {
                case Field::CPPTYPE_UINT32:
                    many ? to.AddUInt32(&message, field, 4'000'000'000U)
                         : to.SetUInt32(&message, field, 4'000'000'000U);
                    break;
                case Field::CPPTYPE_UINT64:
                    many ? to.AddUInt64(&message, field, 18'000'000'000'000'000'000U)
                         : to.SetUInt64(&message, field, 18'000'000'000'000'000'000U);
                    break;
                case Field::CPPTYPE_INT64:
                    to.SetInt64(&message, field, type.name() == "Timestamp" ? 1'700'000'000 : -5);
                    break;
                case Field::CPPTYPE_INT32:
                    to.SetInt32(&message, field, 120'000'000);
                    break;
                case Field::CPPTYPE_BOOL:
                    to.SetBool(&message, field, true);
                    break;
                case Field::CPPTYPE_ENUM:
                    many ? to.AddEnumValue(&message, field, 1)
                         : to.SetEnumValue(&message, field, 1);
                    break;
                case Field::CPPTYPE_STRING: {
                    const std::string text = field->type() == Field::TYPE_BYTES
                                                 ? std::string("\x00\xFF\x10", 3)
                                                 : std::string("\"泵\\\n\x01 <a>");
                    many ? to.AddString(&message, field, text)
                         : to.SetString(&message, field, text);
                    break;
                }
                case Field::CPPTYPE_MESSAGE:
                    if (depth < 3) {
                        fill(many ? *to.AddMessage(&message, field)
                                  : *to.MutableMessage(&message, field),
                             depth + 1);
                    }
                    break;
                default:
                    FAIL("a field of a type that the schemas do not use");
            }
        }
    }
}

template <class Message>
void check_json() {
    Message message;
    fill(message);
    INFO(Message::descriptor()->name());
    std::string ours;
    write_message(message, ours);
    std::string theirs;
    REQUIRE(google::protobuf::util::MessageToJsonString(message, &theirs).ok());
    CHECK(bj::parse(ours) == bj::parse(theirs));

    Message back;
    const auto parsed = json::parse(theirs, theirs.size());
    REQUIRE(parsed);
    const auto read = read_message(*parsed, back);
    INFO((read ? std::string() : read.error().detail));
    CHECK(read);
    CHECK(back.SerializeAsString() == message.SerializeAsString());
    Message again;
    CHECK(google::protobuf::util::JsonStringToMessage(ours, &again).ok());
    CHECK(again.SerializeAsString() == message.SerializeAsString());
}

}  // namespace

TEST_CASE("the description that the program holds is the one of the source") {
    std::ifstream file(IDNODE_SOURCE_DIR "/registry/http/api/openapi.json", std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    CHECK(openapi_document() == text);
    CHECK(document().at("openapi").as_string() == "3.1.0");
}

TEST_CASE("every route is described, and everything described is a route") {
    std::set<std::string> served;
    for (const ApiRoute& route : api_routes()) {
        std::string path(route.path);
        if (const auto dots = path.find("..."); dots != std::string::npos) path.erase(dots, 3);
        std::string method(boost::beast::http::to_string(route.method));
        for (char& one : method) one = static_cast<char>(std::tolower(one));
        CHECK(served.insert(method + " " + path + " " + std::string(route.operation)).second);
    }
    std::set<std::string> described;
    const bj::value all = document();
    for (const auto& [path, methods] : all.at("paths").as_object()) {
        for (const auto& [method, operation] : methods.as_object()) {
            described.insert(std::string(method) + " " + std::string(path) + " " +
                             std::string(operation.at("operationId").as_string()));
        }
    }
    CHECK(served == described);
}

TEST_CASE("whatever the description refers to is in it") {
    const bj::value all = document();
    std::set<std::string> references;
    find_references(all, references);
    CHECK(references.size() > 20);
    for (const std::string& reference : references) {
        INFO(reference);
        REQUIRE(reference.starts_with("#/"));
        boost::system::error_code failed;
        CHECK(all.find_pointer(reference.substr(1), failed) != nullptr);
    }
}

TEST_CASE("the description has the members of the schemas, and no secrets") {
    const bj::value schemas = document().at("components").at("schemas");
    for (const auto* type :
         {v1::Account::descriptor(), v1::Enterprise::descriptor(), v1::Prefix::descriptor(),
          v1::Template::descriptor(), v1::Item::descriptor(), v1::Identifier::descriptor(),
          v1::Batch::descriptor(), v1::StreamProgress::descriptor(), v1::AuditEntry::descriptor(),
          v1::CodingRule::descriptor(), v1::CodingPart::descriptor(),
          v1::SuffixRequest::descriptor(), v1::SerialLease::descriptor(),
          v1::LeaseRequest::descriptor(), v1::Grant::descriptor()}) {
        std::set<std::string> members;
        for (int at = 0; at < type->field_count(); ++at) {
            members.insert(type->field(at)->json_name());
        }
        members.erase("passwordHash");
        members.erase("sealedLoginSecret");
        std::set<std::string> described;
        for (const auto& [name, schema] : schemas.at(type->name()).at("properties").as_object()) {
            described.emplace(name);
        }
        INFO(type->name());
        CHECK(described == members);
    }
}

TEST_CASE("messages are the JSON that Protobuf's own mapping makes of them, and read it") {
    check_json<v1::NewAccount>();
    check_json<v1::TokenList>();
    check_json<v1::EnterpriseList>();
    check_json<v1::PrefixList>();
    check_json<v1::TemplateList>();
    check_json<v1::IdentifierList>();
    check_json<v1::Batch>();
    check_json<v1::BatchResult>();
    check_json<v1::History>();
    check_json<v1::AuditTrail>();
    check_json<v1::Metering>();
    check_json<v1::CodingRuleList>();
    check_json<v1::SerialLeaseList>();
    check_json<v1::GrantList>();
}

TEST_CASE("wrong members are refused with their place") {
    const auto fault = [](std::string_view text) {
        v1::Batch batch;
        const auto parsed = json::parse(text);
        return parsed ? read_message(*parsed, batch).error().detail : parsed.error().detail;
    };
    CHECK(fault(R"({"items":[{"identifier":{"values":[{"index":-1}]}}]})") ==
          "items[0].identifier.values[0].index: must be an integer from 0 to 4294967295");
    CHECK(fault(R"({"items":[{"action":"NO"}]})").starts_with("items[0].action: must be one of"));
    CHECK(fault(R"({"item":[]})") == "has no member \"item\"");
    CHECK(fault(R"({"items":{}})").starts_with("items: must be"));
    CHECK(fault(R"({"items":[],"items":[]})") == "member \"items\" comes twice");
}

}  // namespace idnode::http
