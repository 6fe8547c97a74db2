#include "tools/batch_run.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iterator>
#include <utility>

#include "resolver/crypto/key_file.h"
#include "tools/secrets.h"
#include "tools/value_input.h"
#include "tools/value_text.h"

namespace idnode::tools {
namespace {

using client::CallError;
using client::CallResult;

/// What an operation is about, for its line in the report.
std::string subject_of(const BatchOperation& operation) {
    std::string out(name_of(operation.kind));
    if (!operation.handle.empty()) out += ' ' + operation.handle;
    for (const std::string& prefix : operation.prefixes) out += ' ' + prefix;
    return out;
}

Result<std::vector<handle::Value>> values_of(const BatchOperation& operation) {
    std::vector<handle::Value> out;
    for (const BatchValue& value : operation.values) {
        out.push_back(value.value);
        if (value.file.empty()) continue;
        auto data = read_data_file(value.file);
        if (!data) return data.error();
        out.back().data = std::move(*data);
    }
    return out;
}

}  // namespace

Result<void> BatchRun::begin() {
    if (options_.names_somebody()) {
        auto authenticator = make_authenticator(options_);
        if (!authenticator) return authenticator.error();
        authenticator_ = std::move(*authenticator);
    }
    return connect();
}

Result<void> BatchRun::connect() {
    end();
    auto made = make_client(options_, authenticator_ ? &*authenticator_ : nullptr);
    if (!made) return made.error();
    client_.emplace(std::move(*made));
    return {};
}

void BatchRun::end() {
    if (client_) client_->close();
    client_.reset();
}

void BatchRun::tell(const std::string& file, std::uint64_t line, const std::string& what,
                    const CallError* error) {
    ++(error == nullptr ? report_.done : report_.failed);
    if (as_json_) {
        boost::json::object entry{{"file", file}, {"line", line}, {"operation", what}};
        entry["responseCode"] = error == nullptr ? 1U : static_cast<std::uint32_t>(error->response);
        if (error != nullptr) entry["message"] = error->detail;
        out_ << boost::json::serialize(entry) << '\n';
        return;
    }
    const std::string outcome = error == nullptr ? "done" : "failed: " + printable(error->detail);
    out_ << fmt::format("{}:{}: {}: {}\n", file, line, printable(what), outcome);
}

void BatchRun::carry_out(std::istream& in, const std::string& name) {
    BatchReader reader(in);
    while (!report_.no_answer) {
        auto operation = reader.next();
        if (!operation) {
            const CallError error({Errc::kInvalid, operation.error().what},
                                  handle::ResponseCode::kNone);
            tell(name, operation.error().line, "unreadable", &error);
            continue;
        }
        if (!*operation) return;
        const auto performed = perform(**operation);
        tell(name, (*operation)->line, subject_of(**operation),
             performed ? nullptr : &performed.error());
        if (performed) continue;
        const Errc code = performed.error().code;
        report_.no_answer = performed.error().response == handle::ResponseCode::kNone &&
                            (code == Errc::kUnavailable || code == Errc::kTimeout);
    }
}

CallResult<void> BatchRun::perform(const BatchOperation& operation) {
    switch (operation.kind) {
        case BatchKind::kAuthenticate: {
            const auto authenticated = authenticate(operation);
            return authenticated ? CallResult<void>() : CallError(authenticated.error());
        }
        case BatchKind::kSessionSetup: {
            options_.without_session = !operation.use_session.value_or(true);
            const auto connected = connect();
            return connected ? CallResult<void>() : CallError(connected.error());
        }
        case BatchKind::kHome:
        case BatchKind::kUnhome:
            return home(operation);
        default:
            return change(operation);
    }
}

/// In the place of who acted before, even when it fails: nothing may go on in another's name.
Result<void> BatchRun::authenticate(const BatchOperation& operation) {
    authenticator_.reset();
    handle::Reference identity{.handle = operation.handle, .index = operation.identity_index};
    if (operation.with_key) {
        const auto key = operation.secret.empty()
                             ? read_private_key(operation.key_file, options_.passphrase_file)
                             : crypto::read_key_file(operation.key_file, operation.secret);
        auto made = key ? client::Authenticator::with_key(std::move(identity), *key)
                        : Result<client::Authenticator>(key.error());
        if (!made) {
            if (auto connected = connect(); !connected) return connected.error();
            return Error{Errc::kInvalid, made.error().detail};
        }
        authenticator_ = std::move(*made);
    } else {
        authenticator_ =
            client::Authenticator::with_secret(std::move(identity), to_bytes(operation.secret));
    }
    return connect();
}

CallResult<void> BatchRun::change(const BatchOperation& operation) {
    const auto values = values_of(operation);
    if (!values) return CallError({Errc::kInvalid, values.error().detail});
    const std::string& handle = operation.handle;
    const auto outcome = [](const auto& result) {
        return result ? CallResult<void>() : CallResult<void>(result.error());
    };
    switch (operation.kind) {
        case BatchKind::kCreate:
            return outcome(client_->create(handle, *values));
        case BatchKind::kAdd:
            return outcome(client_->add(handle, *values));
        case BatchKind::kModify:
            return client_->modify(handle, *values);
        case BatchKind::kRemove:
            return client_->remove(handle, operation.indexes);
        default:
            return client_->erase(handle);
    }
}

CallResult<void> BatchRun::home(const BatchOperation& operation) {
    RemoteOptions there = options_;
    std::optional<client::Client> other;
    if (!operation.host.empty()) {
        there.server = client::ServerAddress{operation.host, operation.port}.text();
        auto made = make_client(there, authenticator_ ? &*authenticator_ : nullptr);
        if (!made) return CallError({Errc::kInvalid, made.error().detail});
        other.emplace(std::move(*made));
    }
    client::Client& used = other ? *other : *client_;
    CallResult<void> first_failure;
    for (const std::string& prefix : operation.prefixes) {
        auto outcome = operation.kind == BatchKind::kHome ? used.home(prefix) : used.unhome(prefix);
        if (outcome || !first_failure) continue;
        outcome.error().detail = prefix + ": " + outcome.error().detail;
        first_failure = std::move(outcome);
    }
    if (other) other->close();
    return first_failure;
}

}  // namespace idnode::tools
