#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/server/registration_client.h"

/// The registration API as the node itself describes it, and requests that fit it.
namespace idnode::testing {

/// One thing that can be asked for.
struct ApiOperation {
    std::string name;
    std::string method;  // GET
    std::string path;    // with `{prefix}` and the like
    std::vector<unsigned> statuses;
    bool has_body = false;
};
/// All of `/openapi.json`.
std::vector<ApiOperation> described_operations(ApiClient& client);

/// A request in the making: what stands for the names in its path, and what it carries.
struct ApiRequest {
    std::map<std::string, std::string> subjects{};
    std::string body{};
    std::map<std::string, std::string> fields{};
    std::string query{};
};
ApiReply ask(ApiClient& client, const ApiOperation& operation, const ApiRequest& request);

/// A node with two enterprises, and everything of the first that a request can be about.
class ApiWorld {
  public:
    /// The second account may send one request a second.
    explicit ApiWorld(const Settings& settings = {});

    Setting& setting() { return setting_; }
    const TestEnterprise& works() const { return works_; }
    const TestEnterprise& others() const { return others_; }
    ApiClient& boss() { return boss_; }
    ApiClient& line() { return line_; }

    /// A request that succeeds for the operator; what it needs is made anew. Fails the test where
    /// none is known: a new operation needs one.
    ApiRequest right(const ApiOperation& operation);
    /// What stands for the names in the path of a request that reads.
    std::map<std::string, std::string> known_subjects(const ApiOperation& operation) const;

    /// A name that was not used yet.
    std::string fresh(const std::string& beginning);
    std::string new_enterprise();  // waits for review
    std::string new_approved_enterprise();
    std::string new_prefix();
    std::string new_account();
    std::string new_token(const std::string& account, const std::string& wanted = "{}");
    /// A published template of the first enterprise's prefix.
    std::string new_template();
    std::string new_draft();
    std::string new_identifier();
    std::string new_rule(const std::string& prefix);
    /// Of an identifier that does not exist, to a third enterprise.
    std::string new_grant();
    std::string new_file();

    std::string identifier_body(const std::string& handle, const std::string& version = {}) const;

  private:
    Setting setting_;
    TestEnterprise works_;
    TestEnterprise others_;
    ApiClient boss_;
    ApiClient line_;
    unsigned used_ = 10;
    std::string partner_;  // id of a third enterprise
    std::map<std::string, std::string> known_;
};

}  // namespace idnode::testing
