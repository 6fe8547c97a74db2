#pragma once

#include <memory>
#include <string_view>

#include "registry/model/ports.h"
#include "storage/rocks_db.h"

namespace idnode::storage {

/// See `RecordStore::scan`. Over one iterator, which is a snapshot in itself. Borrows the database.
std::unique_ptr<model::RecordCursor> scan_records_of(const RocksDb& rocks,
                                                     std::string_view key_prefix,
                                                     std::string_view after_key);

}  // namespace idnode::storage
