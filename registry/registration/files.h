#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/idnode/v1/enterprise.pb.h"
#include "registry/registration/actor.h"
#include "registry/registration/registrar.h"

namespace idnode::registration {

inline constexpr std::size_t kImageBytesMax = 1U << 20U;
inline constexpr std::size_t kDocumentBytesMax = 5U << 20U;

/// What comes with applications and concerns people: scans, and numbers of identity papers. Kept
/// sealed with the node's key and outside the change log, so that what is deleted is gone: some
/// time after the review of the application, or a day after it came when no application took it.
class Files {
  public:
    explicit Files(const Registrar& registrar) : registrar_(registrar) {}

    /// A JPEG, PNG, GIF or BMP image, or a PDF document; what it is its first octets say.
    Outcome<v1::StoredFile> add(const Actor& actor, BytesView octets);

    /// What gives files to an application, each of which waits for one and comes once.
    Outcome<std::vector<model::ObjectEdit>> edits_to_use(std::span<const std::uint64_t> ids,
                                                         std::uint64_t enterprise_id) const;
    /// What keeps a text that only `texts_of` shows again.
    Outcome<std::vector<model::ObjectEdit>> edits_to_keep(std::string_view text,
                                                          std::uint64_t enterprise_id) const;

    /// The octets of a file, for who reviews. kNotFound: never there, or deleted meanwhile.
    struct Content {
        v1::StoredFile description;
        Bytes octets;
    };
    Outcome<Content> read(const Actor& actor, std::uint64_t id) const;
    /// What belongs to an application, for who reviews it.
    Outcome<v1::StoredFileList> list(const Actor& actor, std::uint64_t enterprise_id) const;

    /// Deletes what has been kept for long enough, once an hour.
    void forget_old() const;

  private:
    Outcome<std::vector<model::ObjectEdit>> edits_to_add(v1::StoredFile& file,
                                                         BytesView octets) const;
    Outcome<std::vector<v1::StoredFile>> descriptions() const;
    Outcome<bool> is_over(const v1::StoredFile& file) const;

    const Registrar& registrar_;
};

}  // namespace idnode::registration
