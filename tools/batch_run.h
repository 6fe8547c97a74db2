#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <ostream>
#include <string>

#include "proto/base/result.h"
#include "resolver/client/client.h"
#include "tools/batch_file.h"
#include "tools/remote.h"

/// Carries batch files out, an operation after the other.
namespace idnode::tools {

struct BatchReport {
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
    bool no_answer = false;  // the server was lost: the rest was not tried
};

class BatchRun {
  public:
    /// Outcomes go to `out`, a line each: text, or JSON.
    BatchRun(RemoteOptions options, std::ostream& out, bool as_json)
        : options_(std::move(options)), out_(out), as_json_(as_json) {}

    /// Who acts until a file says otherwise; nobody when the options name nobody. kInvalid,
    /// kRefused, ...: the key cannot be used.
    Result<void> begin();
    /// Goes on after operations that fail; ends where the server no longer answers.
    void carry_out(std::istream& in, const std::string& name);
    const BatchReport& report() const { return report_; }
    void end();

  private:
    client::CallResult<void> perform(const BatchOperation& operation);
    client::CallResult<void> change(const BatchOperation& operation);
    client::CallResult<void> home(const BatchOperation& operation);
    Result<void> authenticate(const BatchOperation& operation);
    Result<void> connect();
    void tell(const std::string& file, std::uint64_t line, const std::string& what,
              const client::CallError* error);

    RemoteOptions options_;
    std::ostream& out_;
    const bool as_json_;
    std::optional<client::Authenticator> authenticator_;
    std::optional<client::Client> client_;
    BatchReport report_;
};

}  // namespace idnode::tools
