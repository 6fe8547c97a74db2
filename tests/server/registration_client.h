#pragma once

#include <boost/json.hpp>
#include <map>
#include <string>
#include <string_view>

#include "tests/server/setting.h"
#include "tests/support/http_client.h"

namespace idnode::testing {

/// An answer of the registration API.
struct ApiReply {
    unsigned status = 0;
    boost::json::value json;  // null: no body
    HttpReply http;

    /// A member, by a path of names such as `details.id`; empty: there is none. Numbers as texts.
    std::string text(std::string_view path) const;
    std::string code() const { return text("error.code"); }
};

/// The registration API of one node over one connection, for one account.
class ApiClient {
  public:
    /// The operator that `idnode init` made.
    explicit ApiClient(Setting& setting);
    ApiClient(Setting& setting, std::string token);
    ApiClient(const Daemon& daemon, std::string token);

    ApiReply get(std::string_view path) { return ask("GET", path, {}); }
    ApiReply post(std::string_view path, std::string_view body = {}) {
        return ask("POST", path, body);
    }
    ApiReply put(std::string_view path, std::string_view body) { return ask("PUT", path, body); }
    ApiReply ask(std::string_view method, std::string_view path, std::string_view body,
                 std::map<std::string, std::string> fields = {});

    const std::string& token() const { return token_; }

  private:
    HttpClient client_;
    std::string token_;
};

/// A unified social credit code whose check character is right, different for each number below
/// ten thousand.
std::string credit_code(unsigned number);

/// A token of a new account.
std::string new_account(ApiClient& client, std::string_view name, std::string_view role,
                        std::string_view enterprise);

/// An approved enterprise with a prefix.
struct TestEnterprise {
    std::string id;
    std::string prefix;
    std::string administrator;  // tokens
    std::string application;
};
TestEnterprise make_enterprise(Setting& setting, unsigned number);
/// The same at any node, by its operator; `node_prefix`: of the node.
TestEnterprise make_enterprise(ApiClient& client, unsigned number, std::string_view node_prefix);

}  // namespace idnode::testing
