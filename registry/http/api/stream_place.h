#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/idnode/v1/identifier.pb.h"
#include "registry/http/handler.h"
#include "registry/http/rest/parameters.h"
#include "registry/registration/operations.h"

/// What streams of lines have in common, whatever a line is about: where one begins, and how far it
/// is, kept under its id so that one that broke off can be carried on.
namespace idnode::http {

// Lines of one commit: more would make lookups wait for the disk, fewer would flush too often.
inline constexpr std::size_t kStreamLinesMax = 2'000;
inline constexpr std::size_t kRowBytesMax = 1U << 20U;
inline constexpr std::string_view kNdjsonType = "application/x-ndjson";

struct StreamPlace {
    std::string id{};          // of the field `Stream-Id`; empty: it cannot be carried on
    std::uint64_t line = 0;    // before the body's first
    v1::StreamProgress known;  // what is done already
};
/// From the field, and `from` in the query. kInvalid says what is wrong with them.
registration::Outcome<StreamPlace> stream_place(const RequestHeader& header,
                                                const registration::Registrar& registrar,
                                                const registration::Actor& actor,
                                                const Parameters& query);
registration::Outcome<v1::StreamProgress> known_progress(const registration::Registrar& registrar,
                                                         const registration::Actor& actor,
                                                         std::string_view id);

/// Keeps how far a stream is, in the same commit as what was done; nothing for one without id. A
/// conflict when the same stream is sent twice at the same time.
class ProgressKeeper {
  public:
    ProgressKeeper(const registration::Registrar& registrar, const registration::Actor& actor,
                   std::string_view id)
        : operations_(registrar), actor_(actor), id_(id) {}

    /// Looks up what is kept now.
    registration::Outcome<void> begin();
    std::vector<model::ObjectEdit> edits(const v1::StreamProgress& progress) const;
    bool keeps() const { return !id_.empty(); }

  private:
    const registration::Operations operations_;
    const registration::Actor& actor_;
    const std::string id_;
    std::optional<registration::Operations::Found> before_;
};

/// A message as a line of JSON.
void append_line(const google::protobuf::Message& message, Bytes& out);

}  // namespace idnode::http
