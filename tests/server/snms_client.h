#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tests/server/registration_client.h"
#include "tests/server/setting.h"
#include "tests/support/http_client.h"

namespace idnode::testing {

/// The SNMS interface of one node over one connection, as the examples of its specification have
/// it: prefix 88.100.7 of an enterprise with an application `mes-line3`, prefix 88.100.8 of another
/// one. Requests are sent as somebody: `line`, `admin` (of the enterprise), `operator`, `other`
/// (the application of the other enterprise), or `nobody`.
class SnmsClient {
  public:
    explicit SnmsClient(Setting& setting);

    HttpReply ask(std::string_view method, std::string_view path, std::string_view body = {},
                  std::map<std::string, std::string> fields = {}, std::string_view as = "line");
    std::string get(std::string_view path, std::string_view as = "line") {
        return ask("GET", path, {}, {}, as).body;
    }
    std::string post(std::string_view path, std::string_view body, std::string_view as = "line") {
        return ask("POST", path, body, {}, as).body;
    }

    std::string token(std::string_view as) const;
    ApiClient& operations() { return operator_; }

  private:
    ApiClient operator_;
    HttpClient client_;
    std::map<std::string, std::string, std::less<>> tokens_;
};

/// Plays a recorded conversation of tests/data/snms and compares each answer octet by octet.
void play(SnmsClient& client, std::string_view name);

/// A registration under template `pump-2` of the examples, with model `PX-40`.
std::string pump(std::string_view handle, std::string_view model = "PX-40");
/// The template of the examples.
std::string pump_template(std::string_view prefix = "88.100.7");

}  // namespace idnode::testing
