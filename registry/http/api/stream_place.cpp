#include "registry/http/api/stream_place.h"

#include "proto/base/text.h"
#include "registry/http/api/bodies.h"
#include "registry/http/api/message_json.h"
#include "registry/registration/objects.h"

namespace idnode::http {

using registration::Actor;
using registration::Outcome;
using registration::Registrar;

namespace {

constexpr std::string_view kStreamIdField = "Stream-Id";

/// The place of a stream among the operations. No field of HTTP, so no idempotency key, has this
/// character.
std::string operation_name(std::string_view stream_id) {
    return "stream\x01" + std::string(stream_id);
}

}  // namespace

Outcome<v1::StreamProgress> known_progress(const Registrar& registrar, const Actor& actor,
                                           std::string_view id) {
    v1::StreamProgress out;
    const auto found = registration::Operations(registrar).find(actor, operation_name(id), {});
    if (!found) return found.error();
    if (*found && !out.ParseFromString((*found)->operation.result())) {
        return registration::damaged_object();
    }
    return out;
}

Outcome<StreamPlace> stream_place(const RequestHeader& header, const Registrar& registrar,
                                  const Actor& actor, const Parameters& query) {
    StreamPlace out;
    if (const auto from = query.first("from")) {
        const std::uint64_t line = number_of(*from);
        if (line == 0) return registration::invalid("from", "must be the number of a line, from 1");
        out.line = line - 1;
    }
    const auto field = header[kStreamIdField];
    out.id.assign(field.data(), field.size());
    if (out.id.size() > registration::kIdempotencyKeyBytesMax || !is_utf8(out.id)) {
        return registration::invalid(std::string(kStreamIdField), "at most 128 characters");
    }
    if (out.id.empty()) {
        out.known.set_lines(out.line);
        return out;
    }
    auto known = known_progress(registrar, actor, out.id);
    if (!known) return known.error();
    out.known = *std::move(known);
    if (out.line > out.known.lines()) {
        return registration::invalid(
            "from", "lines up to " + std::to_string(out.known.lines()) + " are done, not more");
    }
    return out;
}

Outcome<void> ProgressKeeper::begin() {
    if (!keeps()) return {};
    auto found = operations_.find(actor_, operation_name(id_), {});
    if (!found) return found.error();
    before_ = *std::move(found);
    return {};
}

std::vector<model::ObjectEdit> ProgressKeeper::edits(const v1::StreamProgress& progress) const {
    v1::Operation operation;
    operation.set_result(progress.SerializeAsString());
    return operations_.renew(actor_, operation_name(id_), std::move(operation), before_);
}

void append_line(const google::protobuf::Message& message, Bytes& out) {
    std::string text;
    write_message(message, text);
    text += '\n';
    const BytesView octets = as_bytes_view(text);
    out.insert(out.end(), octets.begin(), octets.end());
}

}  // namespace idnode::http
